package report_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/feedback/score"
)

// calls are twenty calls of the report's week, of twenty customers: one a minute in the queue "first". Sixteen are answered after 10 seconds and talk for a
// minute; four customers leave after 30 seconds. To ten of the answered a refund of 5.00 EUR is given, to five of them after an approval that took 20 seconds.
func calls() (events []event.Event) {
	for n := range 20 {
		l := event.Leg{Queue: "first", Queued: true, Wait: event.Seconds(30 * time.Second), End: event.LegAbandoned}
		if n < 16 {
			l.Answered, l.Wait, l.Talk, l.End = true, event.Seconds(10*time.Second), event.Seconds(time.Minute), event.LegFinished
		}
		contact := &event.Assisted{Legs: []event.Leg{l}}
		if n < 10 {
			d := event.Decision{What: "refund", Amount: &event.Money{Amount: 500, Currency: "EUR"}}
			if d.Approval = n < 5; d.Approval {
				d.Waited = event.Seconds(20 * time.Second)
			}
			contact.Decisions = []event.Decision{d}
		}
		events = append(events, event.Event{
			ID: event.ID{0: 1, 15: byte(n)}, Kind: event.TouchpointEnded, Time: monday.Add(time.Duration(n) * time.Minute), Touchpoint: "call", Channel: event.Phone,
			Customer: event.Customer{Hash: fmt.Sprint("caller-", n)}, Assisted: contact, Outcome: event.OK,
		})
	}
	return events
}

// TestCSVHasEverySection: what the first page speaks of has its numbers in the CSV.
func TestCSVHasEverySection(t *testing.T) {
	t.Parallel()
	m := newCrowd().memory
	m.events = append(slices.Clone(m.events), calls()...)
	r := made(t, tableOf(t, desk(), &m), week())
	var b bytes.Buffer
	if err := r.CSV(&b); err != nil {
		t.Fatal(err)
	}
	has := rowsOf(t, b.Bytes())
	half := monday.Format(time.RFC3339) + " " + monday.Add(30*time.Minute).Format(time.RFC3339)
	for row, want := range map[string]string{ // by section, group, measure and period; value, count and n, as counted by hand
		"half hours first queued " + half:          "20  ",
		"half hours first abandonment " + half:     "0.2 4 20",
		"decisions refund decided":                 "10  ",
		"decisions refund without approval":        "0.5 5 10",
		"decisions refund wait for approvals, sum": "100  ",
		"decisions refund given":                   "5000  ",
	} {
		if !slices.Contains(has[row], want) {
			t.Errorf("%s is %q, want %q", row, has[row], want)
		}
	}
	spoken := map[report.Section]bool{}
	for _, l := range r.Lines {
		spoken[l.Section] = true
	}
	for section, rows := range map[report.Section]string{
		report.SectionPromises: "promises", report.SectionFlow: "journeys", report.SectionTime: "time", report.SectionGroups: "groups",
		report.SectionReopened: "reopened", report.SectionVoice: "voice", report.SectionSupport: "support", report.SectionGoesWith: "goes with it",
	} {
		switch {
		case !spoken[section]:
			t.Errorf("no line is about %q: the test needs one", section)
		case !strings.Contains(b.String(), "\n"+rows+","):
			t.Errorf("the CSV has no row of %q", rows)
		}
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for measure, want := range map[string][]string{ // value, count, n and unit, as counted by hand
		"queued": {"20", "", "", "count"}, "abandonment": {"0.2", "4", "20", "share"}, "passed on": {"0", "0", "16", "share"},
		"speed of answer, mean": {"10", "", "16", "seconds"}, "handle time, mean": {"60", "", "16", "seconds"},
	} {
		for _, queue := range []string{"", "first"} {
			at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == "support" && row[4] == queue && row[5] == measure })
			if at < 0 {
				t.Errorf("there is no row of %s of the queue %q", measure, queue)
			} else if got := []string{rows[at][8], rows[at][11], rows[at][12], rows[at][13]}; !slices.Equal(got, want) {
				t.Errorf("%s of the queue %q is %q, want %q", measure, queue, got, want)
			}
		}
	}
}

// rowsOf returns value, count and n of the rows, by section, group and measure, and also with the period after these.
func rowsOf(t *testing.T, b []byte) map[string][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	has := map[string][]string{}
	for _, row := range rows {
		name, numbers := strings.Join([]string{row[0], row[4], row[5]}, " "), strings.Join([]string{row[8], row[11], row[12]}, " ")
		for _, name := range []string{name, name + " " + row[6] + " " + row[7]} {
			has[name] = append(has[name], numbers)
		}
	}
	return has
}

// TestCSVOfTrendsWaitsAndActions: each period of a trend has one row; waits and actions have theirs, and a name that a spreadsheet takes for a formula is plain.
func TestCSVOfTrendsWaitsAndActions(t *testing.T) {
	t.Parallel()
	r := made(t, tableOf(t, desk(), &newCrowd().memory), week())
	share := func(count, n int64) score.Share { return score.ShareOf(count, n, score.DefaultConfidence) }
	before, after := share(20, 40), share(5, 40)
	r.Voice.Mended = []insight.Action{
		{Change: "=call twice", Cause: "slow", Made: monday, Told: 7, Helped: &insight.Helped{
			Before: before, After: after, Difference: score.Shares(after, before, score.DefaultConfidence), Adjusted: 0.01, Window: 24 * time.Hour,
		}},
		{Change: "hidden", Cause: "slow", Made: monday, Helped: &insight.Helped{Hidden: true, Before: before}},
	}
	r.Journeys[0].Waited = insight.Waiting{Runs: share(10, 40), Each: insight.Times{N: 10, Median: time.Minute, P90: time.Hour}}
	var b bytes.Buffer
	if err := r.CSV(&b); err != nil {
		t.Fatal(err)
	}
	has := rowsOf(t, b.Bytes())
	for row, want := range map[string]string{
		"mended '=call twice + slow told":         "7  ",
		"mended '=call twice + slow named before": "0.5 20 40",
		"mended '=call twice + slow named since":  "0.125 5 40",
		"mended '=call twice + slow change":       "-0.375  40",
		"time  waited for people":                 "0.25 10 40",
		"time  wait for people, median":           "60  10",
		"time  wait for people, 90th percentile":  "3600  10",
	} {
		if !slices.Contains(has[row], want) {
			t.Errorf("%s is %q, want %q", row, has[row], want)
		}
	}
	for name := range has {
		if strings.Contains(name, "hidden") {
			t.Errorf("the row %s is of what is hidden", name)
		}
	}
	for i := range r.Journeys {
		for _, p := range r.Journeys[i].Trend {
			name := "journeys  completed " + p.From.Format(time.RFC3339) + " " + p.Until.Format(time.RFC3339)
			n := 0
			for _, numbers := range has[name] {
				if strings.HasSuffix(numbers, fmt.Sprint(" ", p.Share.Count, " ", p.Share.N)) {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d rows of %s with %d of %d, want one", n, name, p.Share.Count, p.Share.N)
			}
		}
	}
}

// TestContactsAlone: the report of a source that has contacts and no run is about the contacts.
func TestContactsAlone(t *testing.T) {
	t.Parallel()
	r := made(t, tableOf(t, desk(), &memory{events: calls()}), week())
	if want := "People answered 16 of 20 contacts."; !strings.HasPrefix(r.Headline, want[:len(want)-1]) {
		t.Errorf("the headline is %q, want %q", r.Headline, want)
	}
	var b bytes.Buffer
	if err := r.Text(&b, 100); err != nil {
		t.Fatal(err)
	}
	if want := "Rests on 20 events, which belong to no run"; !strings.Contains(b.String(), want) {
		t.Errorf("the text has no %q:\n%s", want, b.String())
	}
}

// TestQueuesInAPicture: queues are drawn by their service level, the worst one first; one queue alone has a line and no picture.
func TestQueuesInAPicture(t *testing.T) {
	t.Parallel()
	r := made(t, tableOf(t, desk(), &memory{events: calls()}), week())
	if page := written(t, r)["week.md"]; strings.Contains(page, "least often") {
		t.Error("there is a picture of one queue")
	}
	quick, slow := r.Support.Queues[0], r.Support.Queues[0]
	quick.Queue, quick.Level = "quick", score.ShareOf(19, 20, score.DefaultConfidence)
	slow.Queue, slow.Level = "slow", score.ShareOf(10, 20, score.DefaultConfidence)
	r.Support.Queues = []insight.QueueNumbers{quick, slow, {Queue: "few", Hidden: true}}
	page := written(t, r)["week.md"]
	if !strings.Contains(page, "Queue “slow” meets its service level least often") || strings.Index(page, "| slow | 50.0%") > strings.Index(page, "| quick | 95.0%") || strings.Contains(page, "few |") {
		t.Error(page)
	}
}
