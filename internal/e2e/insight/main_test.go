//go:build unix

package insight_test

import (
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

// without are the numbers that no report of these archives has, by the beginning of their patterns, and what proves them instead.
var without = map[string]string{
	"other_journeys":                             "the blueprint has all journeys: TestJourneysBeyond of package report",
	"voice.now.actions.list[]":                   "nobody has changed anything: TestHelped of package insight",
	"voice.mended[]":                             "nobody has changed anything: TestHelped of package insight",
	"voice.now.follow_ups.remedies[]":            "nobody was given anything: TestVoice of package insight",
	"voice.now.surveys[].non_response[]":         "all customers are of one segment: TestSilence of package insight",
	"voice.now.causes[].quotes[].score":          "no answer names a cause: TestVoice of package insight",
	"support.resolution.repeat_rate":             "a client tells efforts, or no contact is known: TestSupport of package insight",
	"goes_with[].answer.findings[].turns":        "no sign turns: the admissions of Berkeley, in package contrast",
	"voice.now.surveys[].answers.causes[]":       "nothing: voice.now.surveys[].causes has them, without those of few customers",
	"voice.now.surveys[].first.causes[]":         "nothing, as above",
	"voice.now.surveys[].segments[].answers.cau": "nothing, as above",
	"voice.now.surveys[].weeks[].answers.causes": "nothing, as above",
	"voice.now.surveys[].channels[].answers.cau": "nothing, as above",
	"voice.now.surveys[].causes[].answers.cause": "nothing, as above",
	"voice.now.surveys[].causes[].response_rate": "nothing: a request has no cause",
}

// unproven returns the numbers that a report may have and that no proof has met, and the reasons that hold no longer.
func unproven() (faults []string) {
	needed := map[string]bool{}
	for _, number := range numbers() {
		_, met := proven.all[number]
		reason := ""
		for prefix := range without {
			if strings.HasPrefix(number, prefix) {
				reason = prefix
			}
		}
		switch {
		case reason != "" && !met:
			needed[reason] = true
		case !met:
			faults = append(faults, fmt.Sprintf("nothing proves %s, which a report may have: write a statement of SQL for it, or say how it follows from other numbers", number))
		}
	}
	for prefix := range without {
		if !needed[prefix] && !whole() {
			faults = append(faults, prefix+" is proved, or is no number of a report: take it out of the list of those that no report has")
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
