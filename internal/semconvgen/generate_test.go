package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files instead of comparing them")

const repository = "../.."

// TestCommittedFilesAreGenerated: the committed files equal the generated ones. Run with -update to write them.
func TestCommittedFilesAreGenerated(t *testing.T) {
	files, err := generate(os.DirFS(repository))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := write(repository, files, os.Stdout); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := compare(repository, files); err != nil {
		t.Error(err)
	}
}

// TestSmallModel: the files of a model that has what Cairn's own does not have: a histogram of bytes with one bucket, an
// attribute on no signal, a group with one attribute, and a condition of each kind. The files are in testdata.
func TestSmallModel(t *testing.T) {
	const more = `  - id: metric.cx.trip.size
    type: metric
    metric_name: cx.trip.size
    stability: development
    brief: An example | of bytes.
    note: It has a note.
    instrument: histogram
    unit: By
    attributes:
      - ref: cx.trip.end
        requirement_level:
          recommended: If it has ended.
      - ref: cx.trip.name
        requirement_level: recommended
    annotations:
      cx:
        question: How large?
        query: rate(cx_trip_size_bytes_sum[5m])
        buckets: [1024]
  - id: registry.cx.bag
    type: attribute_group
    display_name: Bag attributes
    brief: A bag.
    attributes:
      - id: cx.bag.heavy
        type: boolean
        stability: development
        brief: Whether it is heavy.
`
	files, err := generate(filesystem(goodManifest, goodModel+more))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		path := filepath.Join("testdata", filepath.Base(f.path)+".txt")
		if *update {
			if err := os.WriteFile(path, f.content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if line, got, wanted, same := firstDifference(f.content, want); !same {
			t.Errorf("%s:%d: have %q, want %q: run the test with -update and check the difference", path, line, got, wanted)
		}
	}
}

// TestFirstDifference: the difference is the first line that the texts do not share, or the end of the shorter one.
func TestFirstDifference(t *testing.T) {
	const end = "the end of the file"
	for _, tt := range []struct {
		have, want string
		line       int
		got, other string
	}{
		{"", "", 0, "", ""},
		{"a\nb\n", "a\nb\n", 0, "", ""},
		{"a\nb\n", "a\nc\n", 2, "b", "c"},
		{"x\nb\n", "a\nb\n", 1, "x", "a"},
		{"a\n", "a\nb\n", 2, "", "b"},
		{"a", "a\nb", 2, end, "b"},
		{"a\nb", "a", 2, "b", end},
		{"a\nb\n", "a\nb", 3, "", end},
	} {
		line, got, other, same := firstDifference([]byte(tt.have), []byte(tt.want))
		if line != tt.line || got != tt.got || other != tt.other || same != (tt.line == 0) {
			t.Errorf("%q and %q differ in line %d: %q and %q, same %v; want line %d: %q and %q", tt.have, tt.want, line, got, other, same, tt.line, tt.got, tt.other)
		}
	}
}

// TestNoFolder: a file that cannot be written or read is named, and each file that cannot be read is.
func TestNoFolder(t *testing.T) {
	files := []file{{"none/a.go", []byte("a")}, {"none/b.go", []byte("b")}}
	var stdout bytes.Buffer
	if err := write(t.TempDir(), files, &stdout); err == nil || !strings.Contains(err.Error(), "semconvgen: writing none/a.go: ") || stdout.Len() > 0 {
		t.Errorf("the error is %v, want the file that cannot be written, and no output: %q", err, &stdout)
	}
	err := compare(t.TempDir(), files)
	for _, want := range []string{"semconvgen: reading none/a.go: ", "semconvgen: reading none/b.go: ", "run go generate"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}

// TestLinksResolve: each link within the reference page leads to one of its headings.
func TestLinksResolve(t *testing.T) {
	files, err := generate(os.DirFS(repository))
	if err != nil {
		t.Fatal(err)
	}
	text := string(files[len(files)-1].content)
	headings := map[string]bool{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			headings[anchor(strings.TrimSpace(strings.TrimLeft(line, "#")))] = true
		}
	}
	links := strings.Split(text, "](#")[1:]
	if len(links) == 0 {
		t.Error("the page has no links: the test's pattern is wrong")
	}
	for _, after := range links {
		if target, _, _ := strings.Cut(after, ")"); !headings[target] {
			t.Errorf("a link leads to #%s, which does not exist", target)
		}
	}
}

func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		args   []string
		spoil  string // a file below the root that differs from the generated one
		code   int
		stdout string
		stderr string
	}{
		{
			name: "write", reason: "the command writes a stale file and names it",
			spoil: folder + "/events_gen.go", stdout: "wrote cx/telemetry/semconv/events_gen.go\n",
		},
		{name: "nothing to do", reason: "the command does not write a file that is up to date"},
		{
			name: "check", reason: "the command names a stale file with the line, and does not write it",
			args: []string{"-check"}, spoil: folder + "/events_gen.go", code: 1,
			stderr: "cx/telemetry/semconv/events_gen.go:1: not as generated: have \"stale\"",
		},
		{name: "check, fresh", reason: "without a stale file the command prints nothing", args: []string{"-check"}},
		{
			name: "wrong root", reason: "the message names the remedy",
			args: []string{"-root", "nowhere"}, code: 1, stderr: "-root has to be the repository's root",
		},
		{name: "unknown flag", reason: "a usage error has exit code 2, as in go's own tools", args: []string{"-wrong"}, code: 2, stderr: "flag provided but not defined"},
		{name: "argument", reason: "an argument without a flag is an error", args: []string{"../.."}, code: 2, stderr: `unexpected argument "../.."`},
		{name: "help", reason: "a request for help is no error", args: []string{"-help"}, stderr: "the repository's root"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join(repository, folder))); err != nil {
				t.Fatal(err)
			}
			if tt.spoil != "" {
				if err := os.WriteFile(filepath.Join(root, tt.spoil), []byte("stale"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var stdout, stderr bytes.Buffer
			code := run(append([]string{"-root", root}, tt.args...), &stdout, &stderr)
			if code != tt.code {
				t.Errorf("%s: exit code %d, want %d; stderr %s", tt.reason, code, tt.code, &stderr)
			}
			if stdout.String() != tt.stdout {
				t.Errorf("%s: stdout %q, want %q", tt.reason, &stdout, tt.stdout)
			}
			if !strings.Contains(stderr.String(), tt.stderr) || tt.stderr == "" && stderr.Len() > 0 {
				t.Errorf("%s: stderr %q, want %q in it", tt.reason, &stderr, tt.stderr)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"cx.journey.id":               "JourneyID",
		"cx.sdk.processor.queue.size": "SDKProcessorQueueSize",
		"cx.apdex.zone":               "ApdexZone",
		"user.hash":                   "UserHash",
		"cx.followup.time_to_tell":    "FollowUpTimeToTell",
	} {
		if have := goName(name); have != want {
			t.Errorf("goName(%s): have %s, want %s", name, have, want)
		}
	}
	// The expected names are those of github.com/prometheus/otlptranslator, which the Collector and Prometheus
	// use.
	for want, g := range map[string]*group{
		"cx_journey_started_total":    {metric: "cx.journey.started", instrument: "counter", unit: "{journey}"},
		"cx_journey_duration_seconds": {metric: "cx.journey.duration", instrument: "histogram", unit: "s"},
		"cx_spool_size_bytes":         {metric: "cx.spool.size", instrument: "updowncounter", unit: "By"},
		"cx_feedback_score":           {metric: "cx.feedback.score", instrument: "histogram", unit: "1"},
		"cx_queue_fill_ratio":         {metric: "cx.queue.fill", instrument: "gauge", unit: "1"},
	} {
		if have := prometheusName(g); have != want {
			t.Errorf("prometheusName(%s): have %s, want %s", g.metric, have, want)
		}
	}
}

func TestLowerFirst(t *testing.T) {
	for in, want := range map[string]string{"": "", "A": "A", "At": "at", "An ID.": "an ID.", "ID": "ID", "IDs": "IDs", "AZ": "AZ", "BA": "BA", "A[": "a[", "A@": "a@", "The trip's ID.": "the trip's ID.", "a trip": "a trip"} {
		if have := lowerFirst(in); have != want {
			t.Errorf("lowerFirst(%q): have %q, want %q", in, have, want)
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		name, reason, in string
		want             []string
	}{
		{"short", "a text that fits stays on one line", "a b", []string{"a b"}},
		{"long", "the line breaks at the last space that fits", "aaaa bbbb cccc", []string{"aaaa bbbb", "cccc"}},
		{"word", "a word longer than the line stays whole", "a bbbbbbbbbbbbbb c", []string{"a", "bbbbbbbbbbbbbb", "c"}},
		{"item", "the continuation of an item is indented as its text", "  - aaaa bbbb", []string{"  - aaaa", "    bbbb"}},
		{"empty", "an empty text is one empty line", "", []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if have := strings.Join(wrap(tt.in, 10), "\n"); have != strings.Join(tt.want, "\n") {
				t.Errorf("%s: have %q, want %q", tt.reason, have, tt.want)
			}
		})
	}
}
