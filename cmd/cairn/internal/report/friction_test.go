package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
)

// TestFriction: worked cases by hand, counted by one tally or by several that are added. A run whose friction is not known is in no share
// and in no mean.
func TestFriction(t *testing.T) {
	t.Parallel()
	end := func(run string, transition *event.Transition) event.Event {
		return event.Event{Kind: event.JourneyEnded, Time: time.Unix(100, 0), Journey: event.Run{Name: "checkout", ID: run}, Outcome: event.Completed, Transition: transition}
	}
	rough := func(f event.Friction) *event.Transition { return &event.Transition{Friction: &f} }
	probe := end("g", rough(event.Friction{Repeats: 100}))
	probe.Actor = event.ActorSynthetic
	events := []event.Event{
		end("a", rough(event.Friction{Repeats: 2, FailuresBeforeSuccess: 1})),
		end("b", rough(event.Friction{Repeats: 1, Loops: 3, ChannelSwitches: 1})),
		end("c", rough(event.Friction{})), // counted, and there was none
		end("d", rough(event.Friction{Overdue: 1})),
		end("e", &event.Transition{Partial: true}), // not known
		end("f", nil),
		probe,
		{Kind: event.JourneyStageEntered, Journey: event.Run{Name: "checkout", ID: "h"}, Stage: "cart", Visit: 1},
	}
	want := report.Friction{Runs: 4, Kinds: []report.FrictionKind{
		{Kind: "repeat", Runs: 2, Share: 0.5, Times: 3, Mean: 0.75},
		{Kind: "failure_before_success", Runs: 1, Share: 0.25, Times: 1, Mean: 0.25},
		{Kind: "loop", Runs: 1, Share: 0.25, Times: 3, Mean: 0.75},
		{Kind: "channel_switch", Runs: 1, Share: 0.25, Times: 1, Mean: 0.25},
		{Kind: "overdue", Runs: 1, Share: 0.25, Times: 1, Mean: 0.25},
	}}
	for _, tallies := range []int{1, 2, 3} {
		var list []*report.Tally
		for range tallies {
			list = append(list, report.New(series.NewSpool(t.TempDir(), 0)))
		}
		for i := range events {
			e := events[i]
			list[i%tallies].Process(t.Context(), &e)
		}
		for _, more := range list[1:] {
			list[0].Add(more)
		}
		r, err := list[0].Report(time.Unix(200, 0))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.Journeys[0].Friction); diff != "" {
			t.Errorf("%d tallies (-want +got):\n%s", tallies, diff)
		}
		var b strings.Builder
		if err := r.WriteText(&b, 0); err != nil {
			t.Fatal(err)
		}
		const table = `
  Friction           runs  share  times  in each run
  repeats               2  50.0%      3         0.75
  failed, then ok       1  25.0%      1         0.25
  loops                 1  25.0%      3         0.75
  channel switches      1  25.0%      1         0.25
  overdue               1  25.0%      1         0.25
  Friction is known of 4 of the 6 ended runs.
`
		if !strings.Contains(b.String(), table) {
			t.Errorf("the text has not the table:\n%s", &b)
		}
	}
}

// TestNoFriction: a journey whose runs had no friction has zeros in JSON, and no table.
func TestNoFriction(t *testing.T) {
	t.Parallel()
	tally := report.New(series.NewSpool(t.TempDir(), 0))
	tally.Process(t.Context(), &event.Event{
		Kind: event.JourneyEnded, Time: time.Unix(100, 0), Journey: event.Run{Name: "checkout", ID: "a"}, Outcome: event.Completed,
		Transition: &event.Transition{Friction: &event.Friction{}},
	})
	r, err := tally.Report(time.Unix(200, 0))
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Journeys[0].Friction; f.Runs != 1 || len(f.Kinds) != 5 || f.Kinds[0] != (report.FrictionKind{Kind: "repeat"}) {
		t.Errorf("the friction is %+v, want one run and five kinds of nothing", f)
	}
	var b strings.Builder
	if err := r.WriteText(&b, 0); err != nil || strings.Contains(b.String(), "Friction") {
		t.Errorf("%v, and the text is\n%s", err, &b)
	}
}
