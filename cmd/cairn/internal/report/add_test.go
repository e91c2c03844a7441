package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// TestAdd: runs that are dealt out over several tallies are reported as by one that has seen all of
// them.
func TestAdd(t *testing.T) {
	t.Parallel()
	checkout := journey.Define("checkout", journey.Stages("cart", "payment"))
	fresh := func() *report.Tally { return report.New(series.NewSpool(t.TempDir(), 0), checkout) }
	whole, parts := fresh(), []*report.Tally{fresh(), fresh(), fresh()}
	outcomes := []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Abandoned}
	names := []string{"checkout", "return", "a name that only the second tally hears of"}
	for run := range 60 {
		started, name := time.Unix(int64(run), 0), names[0]
		switch {
		case run%3 == 1 && run > 30:
			name = names[2]
		case run%5 == 0:
			name = names[1]
		}
		j := event.Journey{Name: name, ID: string(rune('A' + run)), Started: started}
		left := &event.Transition{From: "cart", Visit: 1, Entered: started}
		events := []event.Event{
			{Kind: event.JourneyStarted, Time: started, Journey: j},
			{Kind: event.TouchpointEnded, Time: started, Journey: j, Touchpoint: name + "-page", Channel: event.Channel(run % event.NumChannels)}, //nolint:gosec // small
			{Kind: event.JourneyStageEntered, Time: started, Journey: j, Stage: "cart", Visit: 1 + run%2},
			{Kind: event.JourneyStageEntered, Time: started.Add(time.Duration(run) * time.Minute), Journey: j, Stage: "payment", Visit: 1, Transition: left},
			{Kind: event.JourneyEnded, Time: started.Add(time.Hour), Duration: time.Duration(run) * time.Hour, Journey: j, Outcome: outcomes[run/2%4], Transition: &event.Transition{}, Late: run%7 == 0},
		}
		if run%4 == 0 {
			events = events[:4] // it lives
		}
		for i := range events {
			one := events[i]
			whole.Process(t.Context(), &one)
			parts[run%3].Process(t.Context(), &events[i])
		}
	}
	want, err := whole.Report()
	if err != nil {
		t.Fatal(err)
	}
	parts[0].Add(parts[1])
	parts[0].Add(parts[2])
	got, err := parts[0].Report()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report (-of one tally +of three):\n%s", diff)
	}
	if len(want.Journeys) != 3 || want.Journeys[0].Active == 0 || want.Late == 0 || want.Journeys[0].Duration.Failed == nil {
		t.Errorf("the report %+v does not have what is to be compared", want)
	}
}
