package agree_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// promise is the blueprint for the words.
const promise = `version: 1
journeys:
  - name: order
    stages: [{name: cart}, {name: payment, expect: 2s}]
    abandon_after: 6s
    promises:
      - {name: paid, from: cart, until: payment, within: 4s}
      - {name: answered, from: browse, until: pay, within: 2500ms}
      - {name: served, within: 5s, pause: [payment]}
touchpoints:
  - {name: browse, journey: order}
  - {name: fill, journey: order, stage: cart}
  - {name: pay, journey: order, stage: payment}
  - {name: placed, journey: order, ends: completed}
  - {name: denied, journey: order, ends: failed}
`

// numbers are the counts of a report.
type numbers struct {
	Started, Late  int
	Ended          map[string]int
	Visits         map[string]int
	Stalled        map[string]int
	CameBackAfter  map[string]int // runs
	DurationsOfEnd map[string]int
	Promises       map[string]int // by name, and how they were settled
}

// numbersOf counts the lines of the truth.
func numbersOf(runs map[string][]deed) numbers {
	n := numbers{Ended: map[string]int{}, Visits: map[string]int{}, Stalled: map[string]int{}, CameBackAfter: map[string]int{}, DurationsOfEnd: map[string]int{}, Promises: map[string]int{}}
	for _, deeds := range runs {
		outcome, late := "", 0
		for _, line := range truth(deeds) {
			var count int
			switch _, err := fmt.Sscanf(line, "%d late", &count); {
			case err == nil:
				late = count
			case strings.HasPrefix(line, "promise."):
				n.Promises[promiseOf(line)]++
			case strings.HasPrefix(line, "friction"): // no report has it
			case strings.HasPrefix(line, "started"):
				n.Started++
			case strings.HasPrefix(line, "stalled in "):
				n.Stalled["payment"]++
			case strings.Contains(line, " at "):
				outcome, _, _ = strings.Cut(line, " ")
				n.Ended[outcome]++
				n.DurationsOfEnd[outcome]++
			default:
				stage, _, _ := strings.Cut(line, "/")
				n.Visits[stage]++
			}
		}
		if n.Late += late; late > 0 {
			n.CameBackAfter[outcome]++
		}
	}
	return n
}

// promiseOf returns the name of the promise in a line of the truth, and how it was settled.
func promiseOf(line string) string {
	line, _, _ = strings.Cut(strings.TrimPrefix(line, "promise."), " at ")
	last := strings.LastIndex(line, " ")
	name, _, _ := strings.Cut(line[last+1:], "/")
	return name + " " + line[:last]
}

// TestReplayAgrees: the report of a log with the same lives has the numbers of the truth.
func TestReplayAgrees(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cairn := filepath.Join(dir, "cairn")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", cairn, "cairncx.dev/cairn/cmd/cairn").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	blueprint := filepath.Join(dir, "blueprint.yaml")
	if err := os.WriteFile(blueprint, []byte(promise), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for seed := range uint64(20) {
		all := livesOf(seed)
		log := filepath.Join(dir, fmt.Sprint(seed, ".csv"))
		writeLog(t, log, all, began)
		cmd := exec.CommandContext(t.Context(), cairn, "replay", "--json", "--blueprint", blueprint, "--map", "case=run,activity=deed,time=at",
			"--until", began.Add(time.Hour).Format(time.RFC3339), log)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, &stderr)
		}
		if diff := cmp.Diff(numbersOf(ofRun(all)), reported(t, text)); diff != "" {
			t.Errorf("seed %d (-truth +report):\n%s", seed, diff)
		}
	}
}

func writeLog(t *testing.T, path string, all []deed, began time.Time) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(file)
	rows := [][]string{{"run", "deed", "at"}}
	for _, d := range all {
		rows = append(rows, []string{runID(d.run), d.name, began.Add(d.at).Format("2006-01-02T15:04:05.000Z07:00")})
	}
	slices.SortStableFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) }) // out of order
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// reported reads the numbers of a report.
func reported(t *testing.T, text []byte) numbers {
	t.Helper()
	var r struct {
		Late     int `json:"late"`
		Journeys []struct {
			Started  int            `json:"started"`
			Ended    map[string]int `json:"ended"`
			AfterEnd map[string]struct {
				Runs int `json:"runs"`
			} `json:"after_end"`
			Duration map[string]struct {
				Count int `json:"count"`
			} `json:"duration_seconds"`
			Promises []struct {
				Name      string `json:"name"`
				Made      int    `json:"made"`
				Kept      int    `json:"kept"`
				Broken    int    `json:"broken"`
				Withdrawn int    `json:"withdrawn"`
				Open      int    `json:"open"`
				KeptLate  struct {
					Count int `json:"count"`
				} `json:"kept_late_seconds"`
			} `json:"promises"`
			Stages []struct {
				Name    string `json:"name"`
				Visits  int    `json:"visits"`
				Stalled int    `json:"stalled"`
			} `json:"stages"`
		} `json:"journeys"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	n := numbers{Late: r.Late, Ended: map[string]int{}, Visits: map[string]int{}, Stalled: map[string]int{}, CameBackAfter: map[string]int{}, DurationsOfEnd: map[string]int{}}
	n.Promises = map[string]int{}
	put := func(m map[string]int, key string, count int) {
		if count > 0 {
			m[key] = count
		}
	}
	for _, j := range r.Journeys {
		n.Started += j.Started
		for _, p := range j.Promises {
			for how, count := range map[string]int{"made": p.Made, "kept": p.Kept, "broken": p.Broken, "withdrawn": p.Withdrawn, "kept late": p.KeptLate.Count, "open": p.Open} {
				put(n.Promises, p.Name+" "+how, count)
			}
		}
		for outcome, count := range j.Ended {
			put(n.Ended, outcome, count)
		}
		for outcome, after := range j.AfterEnd {
			put(n.CameBackAfter, outcome, after.Runs)
		}
		for outcome, d := range j.Duration {
			put(n.DurationsOfEnd, outcome, d.Count)
		}
		for _, s := range j.Stages {
			put(n.Visits, s.Name, s.Visits)
			put(n.Stalled, s.Name, s.Stalled)
		}
	}
	return n
}
