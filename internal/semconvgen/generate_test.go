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

// TestCommittedFilesAreGenerated: what is committed is what the model makes. Run
// with -update to write it.
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

// TestLinksResolve: each link within the reference page leads to a heading of it.
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
		t.Error("no links found: the test looks for the wrong thing")
	}
	for _, after := range links {
		if target, _, _ := strings.Cut(after, ")"); !headings[target] {
			t.Errorf("a link leads to #%s, which is not there", target)
		}
	}
}

func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		args   []string
		spoil  string // a file, below the root, that is not as generated
		code   int
		stdout string
		stderr string
	}{
		{
			name: "write", reason: "a stale file is written, and named",
			spoil: folder + "/events_gen.go", stdout: "wrote cx/telemetry/semconv/events_gen.go\n",
		},
		{name: "nothing to do", reason: "a file that is as generated is left alone"},
		{
			name: "check", reason: "a stale file is named with the line, and left alone",
			args: []string{"-check"}, spoil: folder + "/events_gen.go", code: 1,
			stderr: "cx/telemetry/semconv/events_gen.go:1: not as generated: have \"stale\"",
		},
		{name: "check, fresh", reason: "with nothing stale it says nothing", args: []string{"-check"}},
		{
			name: "wrong root", reason: "the message says what -root should be",
			args: []string{"-root", "nowhere"}, code: 1, stderr: "is -root the repository's root?",
		},
		{name: "unknown flag", reason: "a usage error is 2, as for go's own tools", args: []string{"-wrong"}, code: 2, stderr: "flag provided but not defined"},
		{name: "argument", reason: "a forgotten flag name is not ignored", args: []string{"../.."}, code: 2, stderr: `unexpected argument "../.."`},
		{name: "help", reason: "asking for help is no error", args: []string{"-help"}, stderr: "the repository's root"},
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
	// The expected names are what github.com/prometheus/otlptranslator, which the
	// Collector and Prometheus use, makes of these instruments.
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

func TestWrap(t *testing.T) {
	tests := []struct {
		name, reason, in string
		want             []string
	}{
		{"short", "what fits stays on one line", "a b", []string{"a b"}},
		{"long", "breaks at the last space that fits", "aaaa bbbb cccc", []string{"aaaa bbbb", "cccc"}},
		{"word", "a word longer than the line is not broken", "a bbbbbbbbbbbbbb c", []string{"a", "bbbbbbbbbbbbbb", "c"}},
		{"item", "an item goes on under its text", "  - aaaa bbbb", []string{"  - aaaa", "    bbbb"}},
		{"empty", "no text is one empty line", "", []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if have := strings.Join(wrap(tt.in, 10), "\n"); have != strings.Join(tt.want, "\n") {
				t.Errorf("%s: have %q, want %q", tt.reason, have, tt.want)
			}
		})
	}
}
