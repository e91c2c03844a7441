//go:build unix

package insight_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/insight"
)

// reported returns the JSON of a report.
func reported(t *testing.T, plan, source string, args ...string) []byte {
	t.Helper()
	return output(t, build(t, "cmd/cairn"), slices.Concat([]string{"report", "--json"}, args, []string{plan, source})...)
}

// forms returns a report in its forms: the one that it prints, and those of files.
func forms(t *testing.T, printed string, args ...string) map[string]string {
	t.Helper()
	dir, cairn := t.TempDir(), build(t, "cmd/cairn")
	args = slices.Concat([]string{"report", "--week", "2026-W12", "--by", "team,impact"}, args)
	all := map[string]string{}
	names := []string{"html", "markdown", "csv", "mail"}
	var more []string
	if printed == "json" {
		more = []string{"--json"}
	}
	for _, name := range names {
		more = append(more, "--"+name, filepath.Join(dir, name))
	}
	all[printed] = string(output(t, cairn, slices.Insert(args, 1, more...)...))
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	return all
}

// TestPlanted: the report of the desk whose answers are known says what was planted. It has the same bytes in all forms as CSV, as JSON lines, and in both
// archives; and every number of it is what SQL finds.
func TestPlanted(t *testing.T) {
	t.Parallel()
	const plan = "testdata/planted.yaml"
	log, mentions := planted(t)
	fromLog := forms(t, "json", "--feedback", mentions, plan, log)
	fromLog["text"] = forms(t, "text", "--feedback", mentions, plan, log)["text"]
	plantedLines(t, fromLog["text"], fromLog["json"])

	archive := filepath.Join(t.TempDir(), "archive.db")
	output(t, build(t, "cmd/cairn"), "replay", "--archive", archive, "--feedback", mentions, plan, log)
	events := eventsOf(t, readSQLite(t, archive))
	url, _ := inPostgres(t, events)
	file, _ := inLines(t, events)
	for name, source := range map[string]string{"SQLite": archive, "PostgreSQL": url, "JSON lines": file} {
		for _, printed := range []string{"json", "text"} {
			if printed == "text" && name != "JSON lines" && !whole() {
				continue // one of the sources is enough: the text follows from the same report
			}
			for form, got := range forms(t, printed, plan, source) {
				if want := fromLog[form]; got != want {
					t.Errorf("the report as %s (-CSV +%s):\n%s", form, name, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
				}
			}
		}
	}

	b, err := yaml.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	prove(t, sqlite, archive, b, []byte(fromLog["json"]), "team", "impact").keep("planted")
	// In the middle of the week west is late with tickets that are still open.
	late := prove(t, sqlite, archive, b, reported(t, plan, archive, "--week", "2026-W12", "--by", "team,impact", "--at", "2026-03-18T10:00:00Z"), "team", "impact")
	if late.number("backlog[0].by[0].groups[0].late") == 0 {
		t.Error("no open run is late by a team: the test needs one")
	}
	late.keep("planted")
	// As of that moment, promises are broken of which no event says so, and the clock of some stands still.
	for _, at := range []time.Time{lastOf(events), time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)} {
		daily := proveDaily(t, sqlite, archive, readSQLite(t, archive), b, at, 7*plantedWeeks()+3)
		daily.series("ticket", insight.Team)
		daily.wants(insight.AboutJourney, insight.AboutStage, insight.AboutTouchpoint, insight.AboutPromise)
	}
	if whole() {
		prove(t, postgres, url, b, []byte(fromLog["json"]), "team", "impact")
	}
}

// plantedLines holds the first page against what was planted.
func plantedLines(t *testing.T, text, js string) {
	t.Helper()
	weeks := plantedWeeks()
	west, broke, others := 40*weeks, 10*(weeks-1)+40, 160*weeks
	// of is a share of some with its interval, as it is written.
	of := func(count, n int) string {
		in := wilson(float64(count), float64(n))
		return fmt.Sprintf("%.1f%% of %d (%.1f%% to %.1f%%)", 100*float64(count)/float64(n), n, 100*in.low, 100*in.high)
	}
	// than is how a share of 200 differs from another one.
	than := func(now, before int, when string) string {
		in := newcombe(float64(now), 200, float64(before), 200)
		return minus(fmt.Sprintf("%.1f points on %s (%.1f%% of 200), more than chance explains (%.1f to %.1f points)", float64(now-before)/2, when, float64(before)/2, 100*in.low, 100*in.high))
	}
	all := newcombe(float64(broke), float64(west), 0, float64(others))
	rose := apart(0.75, newcombe(40, 40, 10, 40), 0, newcombe(0, 160, 0, 160))
	want := []struct{ section, clauses string }{
		{"promises", "“solved” within 1 day: " + of(160, 200) + " kept, 40 broken; below the target of 90%; " + than(160, 190, "the week before") + "; " + than(160, 195, "a year ago")},
		{"promises", "“taken” within 4 hours: " + of(180, 200) + " kept, 20 broken; below the target of 95%; no clear change from the week before (90.0% of 200); " +
			"no clear change from a year ago (90.0% of 200)"},
		{"open", "7 “ticket” are open; 6 “solved” break by Friday 27 March if nothing is done; the clock of 1 stands still; none of them is late; the oldest open run is 4 h old"},
		// 124 tickets take 4 hours, 20 wait for a supplier and take 8, 16 of Friday take 9, and west's 40 take 31.
		{"flow", "“ticket”: 207 began (200 before) and 200 ended, 100.0% of them completed; half took up to 4 h, nine of ten up to 1 d 7 h"},
		// 2,040 hours in all: 300 until the ticket is taken, 60 with the supplier, and of the rest 60 after it.
		{"time", "Most time of “ticket” goes into “working”: 82.4% of 85 d; customers wait in 2.9% of the time; steps done again take 2.9%"},
		{"groups", "Team “west” keeps “solved” in 0.0% of 40 (0.0% to 8.8%), the others in 100.0%; that is 40 broken more than at the rate of the others (association, not proof)"},
		{"groups", "Slowest: half of team “west” take up to 1 d 7 h (n 40); half of all “ticket” take up to 4 h"},
		{"reopened", of(10, 200) + " of what ended has been taken up again so far, most often after “closed”; half of them for 21 h or longer; no clear change from the week before (5.0% of 200)"},
		{"voice", "Customers complain most of “waiting”: 9 times, which is 60.0% of all that they said; they praise “kindness” most, 6 times; 9 complaints and 6 compliments came unasked"},
		{"goes with it", fmt.Sprintf("Over 12 weeks, team “west” stands out: %.1f%% of %d broke “solved”, of the others 0.0%%; if those did as well as the others: %d fewer runs (%.0f to %.0f), +%.1f points "+
			"(association, not proof)", 100*float64(broke)/float64(west), west, broke, all.low*float64(west), all.high*float64(west), 100*float64(broke)/float64(200*weeks))},
		{"goes with it", fmt.Sprintf("New since the week before, team “west” stands out: 100.0%% of 40 broke “solved”, of the others 0.0%%; if those did as well as the others: 30 fewer runs (%.0f to %.0f), "+
			"+15.0 points (association, not proof)", rose.low*40, rose.high*40)},
	}
	var r struct {
		Headline string
		Lines    []struct{ Section, Text string }
		GoesWith []struct {
			Sentences []string
		} `json:"goes_with"`
	}
	if err := json.Unmarshal([]byte(js), &r); err != nil {
		t.Fatal(err)
	}
	headline := "Both promises are below target: “solved” within 1 day was kept in 80.0% of cases, and the target is 90%."
	if r.Headline != headline {
		t.Errorf("the headline is\n%s\nwant\n%s", r.Headline, headline)
	}
	for i, line := range want {
		if i >= len(r.Lines) || r.Lines[i].Section != line.section || r.Lines[i].Text != line.clauses+"." {
			t.Errorf("line %d is %q, want %s: %s", i, r.Lines[min(i, len(r.Lines)-1)], line.section, line.clauses)
		}
	}
	if len(r.Lines) != len(want) {
		t.Errorf("%d lines, want %d: %q", len(r.Lines), len(want), r.Lines)
	}
	friday := fmt.Sprintf("with weekday Fri broke “taken” in 50.0%% (n %d,", 40*weeks)
	if !slices.ContainsFunc(r.GoesWith, func(g struct{ Sentences []string }) bool {
		return strings.Contains(strings.Join(g.Sentences, " "), friday)
	}) {
		t.Errorf("nothing says %q: %v", friday, r.GoesWith)
	}
	// The terminal has room for the first clauses of a part of the lines.
	shown := "Customer report, 16 to 22 March 2026 " + headline
	for _, line := range []struct{ n, clauses int }{{0, 2}, {1, 2}, {2, 2}, {5, 1}, {8, 1}, {9, 2}, {10, 2}} {
		mark := ""
		if line.n < 2 || line.n == 5 {
			mark = "! "
		}
		shown += " " + mark + strings.Join(strings.Split(want[line.n].clauses, "; ")[:line.clauses], "; ") + "."
	}
	if got := strings.Join(strings.Fields(text), " "); !strings.HasPrefix(got, shown+" Rests on ") {
		t.Errorf("the terminal has\n%s\nwant\n%s", got, shown)
	}
	if lines := bytes.Count([]byte(text), []byte("\n")); lines > 15 {
		t.Errorf("%d lines, want at most 15", lines)
	}
}

// minus writes a sign as readers see it.
func minus(text string) string {
	return strings.TrimPrefix(strings.NewReplacer("(-", "(−", " -", " −").Replace(" "+text), " ")
}
