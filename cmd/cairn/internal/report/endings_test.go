package report_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
)

// TestAtTheEnd: what happens at the very time at which a row ended the run is not after the end, because the row may be in the log twice.
func TestAtTheEnd(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	of := func(kind event.Kind, id string, at time.Time, outcome event.Outcome) *event.Event {
		e := &event.Event{Kind: kind, Time: at, Outcome: outcome, Journey: event.Run{Name: "ticket", ID: id}}
		if kind == event.TouchpointEnded {
			e.Touchpoint = "close"
		}
		return e
	}
	for _, c := range []struct {
		name, reason string
		outcome      event.Outcome
		id           string
		after        time.Duration
		want         int64
	}{
		{"the same row again", "the export has it twice", event.Completed, "a", 0, 0},
		{"a microsecond later", "the customer came back", event.Completed, "a", time.Microsecond, 1},
		{"another run", "it ended earlier", event.Completed, "b", 0, 1},
		{"a failure again", "any end that a row made", event.Failed, "a", 0, 0},
		{"silence", "no row made the end", event.Abandoned, "a", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tally := report.New(series.NewSpool(t.TempDir(), 0))
			for _, e := range []*event.Event{
				of(event.JourneyEnded, "b", end.Add(-time.Hour), event.Completed), of(event.TouchpointEnded, "a", end, event.OK),
				of(event.JourneyEnded, "a", end, c.outcome), of(event.JourneyEnded, "c", end, event.Completed), of(event.TouchpointEnded, c.id, end.Add(c.after), event.OK),
			} {
				tally.Process(t.Context(), e)
			}
			r, err := tally.Report(end.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if r.Late != c.want {
				t.Errorf("%d events are after the end, want %d: %s", r.Late, c.want, c.reason)
			}
		})
	}
}
