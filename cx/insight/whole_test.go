package insight_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestWholeEvents: whole events obey the viewer's scope, the moment, and the right to see words.
func TestWholeEvents(t *testing.T) {
	t.Parallel()
	said := func(id, journey, run, segment string, hour float64) event.Event {
		e := event.Event{ID: event.NewID(at(hour)), Kind: event.FeedbackMentioned, Time: at(hour), Customer: event.Customer{Hash: id, Segment: segment}}
		e.Feedback, e.Mention = &event.Feedback{Comment: "words"}, &event.Mention{Address: "https://example.com/1"}
		if journey != "" {
			e.Journey = event.Run{Name: journey, ID: run}
		}
		return e
	}
	probe := said("probe", "ticket", "2", "", 1)
	probe.Actor = event.ActorSynthetic
	m := &memory{events: []event.Event{
		said("a", "ticket", "1", "gold", 1), said("b", "ticket", "1", "", 2), said("c", "order", "1", "iron", 3), said("d", "order", "9", "", 4),
		said("e", "", "", "gold", 5), said("f", "", "", "", 6), probe, said("g", "ticket", "2", "gold", 7), said("z", "ticket", "1", "gold", 99),
	}}
	table := tableOf(t, m)
	all := insight.Numbers | insight.Words
	for _, c := range []struct {
		name, reason string
		viewer       insight.Viewer
		query        event.Query
		want         []string
	}{
		{"everything", "all but the probe, its run, and what is later", insight.Everything(), event.Query{}, []string{"a", "b", "c", "d", "e", "f"}},
		{"a journey", "without those of no journey", insight.Viewer{Rights: all, Journeys: []string{"order"}}, event.Query{}, []string{"c", "d"}},
		{"an owner", "the owner of the blueprint", insight.Viewer{Rights: all, Owners: []string{"support"}}, event.Query{}, []string{"a", "b"}},
		{"an unknown owner", "a scope without a journey is empty, and not all", insight.Viewer{Rights: all, Owners: []string{"nobody"}}, event.Query{}, nil},
		{"a segment", "the segment is that of the run, so that b is in it", insight.Viewer{Rights: all, Segments: []string{"gold"}}, event.Query{}, []string{"a", "b", "e"}},
		{"no segment", "the empty segment is one that is not known", insight.Viewer{Rights: all, Segments: []string{""}}, event.Query{}, []string{"d", "f"}},
		{"a limit", "it counts what the viewer sees", insight.Viewer{Rights: all, Segments: []string{"gold"}}, event.Query{Limit: 2}, []string{"a", "b"}},
		{"a period", "the moment does not widen it", insight.Everything(), event.Query{From: at(2), Until: at(4)}, []string{"b", "c"}},
		{"after the moment", "there is nothing", insight.Everything(), event.Query{From: at(60)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			if err := table.View(c.viewer, at(50)).WholeEvents(t.Context(), c.query, func(e *event.Event) error {
				got = append(got, e.Customer.Hash)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the events are %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
	for _, c := range []struct {
		rights insight.Right
		words  string
	}{{insight.Numbers | insight.Customers | insight.Act, ""}, {insight.Words, "words"}} {
		_ = table.View(insight.Viewer{Rights: c.rights}, at(50)).WholeEvents(t.Context(), event.Query{}, func(e *event.Event) error {
			if e.Feedback.Comment != c.words || (e.Mention.Address == "") != (c.words == "") {
				t.Errorf("with the rights %s, the words are %q at %q", c.rights, e.Feedback.Comment, e.Mention.Address)
			}
			return nil
		})
	}
	stop := errors.New("stop")
	if err := table.View(insight.Everything(), time.Time{}).WholeEvents(t.Context(), event.Query{}, func(*event.Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of each is %v", err)
	}
	empty, err := insight.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := empty.View(insight.Everything(), time.Time{}).WholeEvents(context.Background(), event.Query{}, nil); !errors.Is(err, insight.ErrLoading) {
		t.Errorf("a table that was not loaded: %v", err)
	}
}
