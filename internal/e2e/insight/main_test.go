//go:build unix

package insight_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// built has the commands of the repository, each of which is built once.
var built struct {
	sync.Mutex

	dir string
}

// build builds a command of the repository, and returns its path.
func build(t *testing.T, name string) (path string) {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.dir == "" {
		dir, err := os.MkdirTemp("", "insight")
		if err != nil {
			t.Fatal(err)
		}
		built.dir = dir
	}
	path = filepath.Join(built.dir, filepath.Base(name))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-w", "-o", path, "cairncx.dev/cairn/"+name).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// proven is which numbers of reports were proved, by pattern, and of which archives.
var proven struct {
	sync.Mutex

	of  map[string]bool
	all map[string]int // how often the number was not 0
}

// keep keeps what the proof of an archive's report has proved.
func (p *proof) keep(archive string) {
	proven.Lock()
	defer proven.Unlock()
	if proven.of == nil {
		proven.of, proven.all = map[string]bool{}, map[string]int{}
	}
	proven.of[archive] = true
	for pattern, n := range p.all {
		proven.all[pattern] += n
	}
}

// exception is why no report of these archives has a number, and the test that holds the number against what is expected, as folder.Test.
type exception struct{ why, test string }

// without are the numbers that no report of these archives has: each is a number, or an object or a list with all that is in it.
var without = map[string]exception{
	"breakdowns":                                    {"no instance watches these archives", "insight/report.TestBreakdowns"},
	"other_journeys":                                {"the blueprint has all journeys", "insight/report.TestJourneysBeyond"},
	"voice.now.actions.list":                        {"nobody has changed anything", "insight.TestHelped"},
	"voice.mended":                                  {"nobody has changed anything", "insight/report.TestMended"},
	"voice.now.follow_ups.remedies":                 {"nobody was given anything", "insight.TestFollowUpsOfClient"},
	"voice.now.surveys[].non_response":              {"all customers are of one segment", "insight.TestWhoDoesNotAnswer"},
	"voice.now.causes[].quotes[].score":             {"no answer names a cause", "insight.TestVoiceWords"},
	"support.resolution.repeat_rate":                {"a client tells efforts, or no contact is known", "insight.TestSupportResolve"},
	"goes_with[].answer.findings[].turns":           {"no sign turns", "insight/contrast.TestBerkeley"},
	"voice.now.surveys[].answers.causes":            {"it is always empty: voice.now.surveys[].causes has them, without those of few customers", "insight.TestVoiceModel"},
	"voice.now.surveys[].first.causes":              {"it is always empty, as above", "insight.TestVoiceModel"},
	"voice.now.surveys[].segments[].answers.causes": {"it is always empty, as above", "insight.TestVoiceModel"},
	"voice.now.surveys[].weeks[].answers.causes":    {"it is always empty, as above", "insight.TestVoiceModel"},
	"voice.now.surveys[].channels[].answers.causes": {"it is always empty, as above", "insight.TestVoiceModel"},
	"voice.now.surveys[].causes[].answers.causes":   {"it is always empty, as above", "insight.TestVoiceModel"},
	"voice.now.surveys[].causes[].response_rate":    {"it is always 0: a request has no cause", "insight.TestVoiceModel"},
}

// isOf reports whether the number is the exception, or in it.
func isOf(number, exception string) bool {
	rest, ok := strings.CutPrefix(number, exception)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// TestExceptions: the tests that take the place of a proof exist, and an exception is about nothing that only begins like it.
func TestExceptions(t *testing.T) {
	t.Parallel()
	for number, e := range without {
		folder, name, _ := strings.Cut(e.test, ".")
		files, err := filepath.Glob(filepath.Join("..", "..", "..", "cx", filepath.FromSlash(folder), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file) //nolint:gosec // a test of this repository
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(text, []byte("\nfunc "+name+"(t *testing.T)"))
		}
		if !found || e.why == "" {
			t.Errorf("%s: there is no test %s in cx/%s", number, name, folder)
		}
	}
	for number, want := range map[string]bool{"a.b": true, "a.b[]": true, "a.b[].c": true, "a.b.c": true, "a.bc": false, "a": false, "b.a.b": false} {
		if isOf(number, "a.b") != want {
			t.Errorf("%s is of a.b: %v", number, !want)
		}
	}
}

// unproven returns the numbers that a report may have and that no proof has met, and the reasons that hold no longer.
func unproven() (faults []string) {
	needed := map[string]bool{}
	for _, number := range numbers() {
		_, met := proven.all[number]
		reason := ""
		for exception := range without {
			if isOf(number, exception) {
				reason = exception
			}
		}
		switch {
		case reason != "" && !met:
			needed[reason] = true
		case !met:
			faults = append(faults, fmt.Sprintf("nothing proves %s, which a report may have: write a statement of SQL for it, or say how it follows from other numbers", number))
		}
	}
	for exception := range without {
		if !needed[exception] && !whole() {
			faults = append(faults, exception+" is proved, or is no number of a report: take it out of the list of those that no report has")
		}
	}
	return faults
}

// TestMain looks at the end which numbers were proved, if all archives have had their turn.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	if code == 0 && len(proven.of) == 3 {
		for _, fault := range unproven() {
			fmt.Println(fault)
			code = 1
		}
		var always []string
		for _, pattern := range slices.Sorted(maps.Keys(proven.all)) {
			if proven.all[pattern] == 0 {
				always = append(always, pattern)
			}
		}
		if testing.Verbose() {
			fmt.Printf("%d numbers are proved, of which %d are always 0:\n%s\n", len(proven.all), len(always), strings.Join(always, "\n"))
		}
	}
	os.Exit(code)
}
