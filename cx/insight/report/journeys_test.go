package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// strangers adds so many journeys that the blueprint does not have: the n-th one has 6+n completed runs in the week.
func strangers(c *crowd, journeys int) {
	for n := range journeys {
		for run := range 6 + n {
			begun := monday.Add(time.Duration(run) * time.Minute)
			one := &teller{
				c: c, run: event.Run{Name: fmt.Sprintf("stranger-%03d", n), ID: fmt.Sprint(n, "-", run), Started: begun}, customer: fmt.Sprint("stranger-", n, "-", run),
				team: "shop", high: "low", channel: event.Web,
			}
			one.tell(begun, event.JourneyStarted, nil)
			one.tell(begun.Add(time.Minute), event.JourneyEnded, func(e *event.Event) { e.Outcome = event.Completed })
		}
	}
}

// TestJourneysBeyond: the report is about the journeys of the blueprint and the 50 largest others, and counts the rest.
func TestJourneysBeyond(t *testing.T) {
	t.Parallel()
	for _, journeys := range []int{0, 50, 51, 80} {
		c := newCrowd()
		strangers(c, journeys)
		r := made(t, tableOf(t, desk(), &c.memory), week())
		rest, runs := max(0, journeys-50), int64(0)
		for n := range rest {
			runs += int64(6 + n)
		}
		if len(r.Journeys) != 2+journeys-rest || r.Others.Journeys != rest || r.Others.Runs != runs {
			t.Errorf("%d others: %d journeys are shown, and %+v are not; want %d with %d runs", journeys, len(r.Journeys), r.Others, rest, runs)
		}
		for i := range r.Journeys {
			var n int
			if _, err := fmt.Sscanf(r.Journeys[i].Name, "stranger-%d", &n); err == nil && n < rest {
				t.Errorf("%s is shown, and is not among the 50 largest", r.Journeys[i].Name)
			}
		}
		says := fmt.Sprintf("%d journey", rest)
		if text := written(t, r)["week.md"]; strings.Contains(text, "not in the blueprint") != (rest > 0) || rest > 0 && !strings.Contains(text, says) {
			t.Errorf("%d others: the foot has no %q", journeys, says)
		}
	}
}

// BenchmarkJourneys makes the report of so many journeys of six runs and more each.
func BenchmarkJourneys(b *testing.B) {
	for _, journeys := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(journeys), func(b *testing.B) {
			c := newCrowd()
			strangers(c, journeys)
			table := tableOf(b, desk(), &c.memory)
			for b.Loop() {
				made(b, table, week())
			}
		})
	}
}
