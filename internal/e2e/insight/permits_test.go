//go:build unix

package insight_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// permitLog returns the path of the permit log, which is not in the repository. If CAIRN_PERMITS is none, the machine does not have the
// log, and the test is skipped whatever CAIRN_NO_SKIP is.
func permitLog(t *testing.T) string {
	t.Helper()
	switch file := os.Getenv("CAIRN_PERMITS"); file {
	case "none":
		t.Skip("skipped: CAIRN_PERMITS is none: this machine does not have the permit log")
	case "":
		servers.Skip(t, "CAIRN_PERMITS does not say where the permit log is, permit-requests.csv, and does not say none: see examples/permits")
	default:
		return file
	}
	return ""
}

// letters counts, in the rows of the log, the requests that were confirmed by a letter within ten days, and later or by the end of the log never, of those that had ten
// days; and those that had not.
func letters(t *testing.T, log string) (kept, broken, young int64) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	first, letter, last := map[string]time.Time{}, map[string]time.Time{}, time.Time{}
	for _, row := range rows[1:] {
		at, err := time.Parse("2006-01-02 15:04:05.999999-07:00", row[2])
		if err != nil {
			t.Fatal(err)
		}
		if old, ok := first[row[0]]; !ok || at.Before(old) {
			first[row[0]] = at
		}
		if old, ok := letter[row[0]]; strings.HasPrefix(row[1], "T05 ") && (!ok || at.Before(old)) {
			letter[row[0]] = at
		}
		if at.After(last) {
			last = at
		}
	}
	for request, began := range first {
		due := began.Add(240 * time.Hour)
		sent, ok := letter[request]
		switch {
		case ok && !sent.After(due):
			kept++
		case due.After(last):
			young++
		default:
			broken++
		}
	}
	return kept, broken, young
}

// TestPermits: from a log alone to a report, as a product lead does it. The numbers of the answers were counted from the file.
func TestPermits(t *testing.T) {
	t.Parallel()
	log, cairn, dir := permitLog(t), build(t, "cmd/cairn"), t.TempDir()
	draft := string(output(t, cairn, "init", log))
	plan := filepath.Join(dir, "blueprint.yaml")
	edit := func(pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(draft, pairs[i]) {
				t.Fatalf("the draft has no %q:\n%s", pairs[i], draft)
			}
		}
		if err := os.WriteFile(plan, []byte(strings.NewReplacer(pairs...).Replace(draft)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit()
	countedPaths(t, output(t, cairn, "ask", "paths", "--json", plan, log))

	const letter = "T05 Print and send confirmation of receipt"
	edit("  - {name: permit-requests}", "  - name: permit-requests\n    promises:\n      - {name: letter, until: "+letter+", within: 10d, target: 80%}",
		"- {name: "+letter+", journey: permit-requests}", "- {name: "+letter+", journey: permit-requests, ends: completed}")
	output(t, cairn, "check", "--allow", "goes_on,unended", plan, log)
	var answer struct {
		Answers []struct {
			Answer struct {
				Promises []struct {
					Kept     struct{ Count, N int64 }
					Broken   int64
					TooYoung int64 `json:"too_young"`
				}
			}
		}
	}
	read(t, output(t, cairn, "ask", "promises", "--json", plan, log), &answer)
	kept, broken, _ := letters(t, log)
	if got := answer.Answers[0].Answer.Promises; len(got) != 1 || got[0].Kept.Count != kept || got[0].Broken != broken || kept != 1182 {
		t.Errorf("the promises are %+v, and %d were kept and %d broken", got, kept, broken)
	}
	text := string(output(t, cairn, "report", "--from", "2011-04-01", "--until", "2011-06-30", plan, log))
	if !strings.HasPrefix(text, "Customer report, ") || !strings.Contains(text, "“letter” within 10 days") || strings.Count(text, "\n") > 15 {
		t.Errorf("the report is\n%s", text)
	}
	if whole() {
		provedPermits(t, cairn, log)
	}
}

// countedPaths holds the answer about paths against what was counted from the file.
func countedPaths(t *testing.T, text []byte) {
	t.Helper()
	type hidden struct{ Groups int64 }
	var answer struct {
		Answers []struct {
			Answer struct {
				Runs    int64
				Follows struct {
					Distinct, Times int64
					Steps           []struct{ Name string }
					Hidden          hidden `json:"hidden_steps"`
					Pairs           []struct {
						From, To string
						Times    int64
					}
				}
				Variants struct {
					Distinct int64
					Shown    []struct{ Share struct{ Count int64 } }
				}
			}
		}
	}
	read(t, text, &answer)
	got := answer.Answers[0].Answer
	var variants []int64
	for _, v := range got.Variants.Shown {
		variants = append(variants, v.Share.Count)
	}
	var sent int64
	for _, pair := range got.Follows.Pairs {
		if strings.HasPrefix(pair.From, "T04 ") && strings.HasPrefix(pair.To, "T05 ") {
			sent += pair.Times
		}
	}
	for name, of := range map[string][2]int64{
		"cases": {got.Runs, 1434}, "activities": {int64(len(got.Follows.Steps)) + got.Follows.Hidden.Groups, 27}, "variants": {got.Variants.Distinct, 116},
		"pairs": {got.Follows.Distinct, 99}, "times": {got.Follows.Times, 7143}, "T04 to T05": {sent, 1177},
	} {
		if of[0] != of[1] {
			t.Errorf("%s: %d, want %d", name, of[0], of[1])
		}
	}
	if want := []int64{713, 123, 116, 115, 75}; len(variants) < 5 || !slices.Equal(variants[:5], want) {
		t.Errorf("the variants have %v runs, want %v", variants, want)
	}
}

func read(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// provedPermits proves every number of reports on the log with the blueprint of the example: at the end of a month, and later, when all of it has ended.
func provedPermits(t *testing.T, cairn, log string) {
	t.Helper()
	plan, archive := example(t, "permits/blueprint.yaml"), filepath.Join(t.TempDir(), "permits.db")
	output(t, cairn, "replay", "--archive", archive, plan, log)
	b, err := yaml.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--month", "2011-05"}, {"--month", "2011-05", "--at", "2012-01-01"}} {
		prove(t, sqlite, archive, b, reported(t, plan, archive, args...), "team", "channel")
	}
}
