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
	"cairncx.dev/cairn/cx/insight/report"
)

// calls are twenty calls of the report's week, of twenty customers: one a minute in the queue "first". Sixteen are answered after 10 seconds and talk for a
// minute; four customers leave after 30 seconds.
func calls() (events []event.Event) {
	for n := range 20 {
		l := event.Leg{Queue: "first", Queued: true, Wait: event.Seconds(30 * time.Second), End: event.LegAbandoned}
		if n < 16 {
			l.Answered, l.Wait, l.Talk, l.End = true, event.Seconds(10*time.Second), event.Seconds(time.Minute), event.LegFinished
		}
		events = append(events, event.Event{
			ID: event.ID{0: 1, 15: byte(n)}, Kind: event.TouchpointEnded, Time: monday.Add(time.Duration(n) * time.Minute), Touchpoint: "call", Channel: event.Phone,
			Customer: event.Customer{Hash: fmt.Sprint("caller-", n)}, Assisted: &event.Assisted{Legs: []event.Leg{l}}, Outcome: event.OK,
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
