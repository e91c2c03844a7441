package track_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// heard is one transition as a sink and a trace backend know it.
type heard struct {
	Kind        event.Kind
	ID          event.ID
	Trace, Span trace.SpanContext // the root, and the span that the transition is under
	Root        event.SpanRef
}

// hearing collects the transitions of one run.
type hearing struct {
	mu  sync.Mutex
	all map[event.ID]heard
}

func (h *hearing) hear(e *flight.Event) {
	if !e.Kind.IsTransition() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[event.ID]heard{}
	}
	h.all[e.ID] = heard{e.Kind, e.ID, e.Trace().Root(), e.Trace().Parent(), e.Journey.Root}
}

// events returns what was heard, by kind and stage.
func (h *hearing) events() []heard {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []heard
	for _, e := range h.all {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b heard) int {
		return strings.Compare(string(a.Kind)+a.ID.String(), string(b.Kind)+b.ID.String())
	})
	return out
}

// story is what happens to a run: its start, the entry of a stage that stalls, perhaps its end, and hours without
// a sign of life.
type story struct {
	folded, ends bool
}

// happens returns an event of the run, whose journey is called "returns".
func (l story) happens(kind event.Kind, stage string) *flight.Event {
	e := flight.Of(event.Event{Kind: kind, Time: time.Now(), Channel: event.Web, Journey: unfolded, Stage: stage})
	if kind == event.JourneyEnded {
		e.Outcome = event.Completed
	}
	if l.folded {
		e.Fold()
		e.Stage = stage
	}
	return e
}

var unfolded = event.Run{Namespace: "test", Name: "returns", ID: "r-1"}

// apply gives the event to the tracker and hears what a client would show of it at once.
func (l story) apply(tr track.Tracker, h *hearing, kind event.Kind, stage string) {
	e := l.happens(kind, stage)
	v := tr.Apply(e, track.Manner{})
	for _, before := range v.Before {
		h.hear(before)
	}
	if !v.Drop {
		h.hear(e)
	}
}

// live lets the story happen on the trackers that next returns, which is called between two events.
func (l story) live(ctx context.Context, h *hearing, next func() track.Tracker) {
	sweep := func(tr track.Tracker) {
		tr.Sweep(ctx, time.Now(), func(e *flight.Event, _ journey.State) { h.hear(e) })
	}
	l.apply(next(), h, event.JourneyStarted, "")
	l.apply(next(), h, event.JourneyStageEntered, "payment")
	time.Sleep(15 * time.Minute) // five more than it may take
	tr := next()
	sweep(tr)
	if l.ends {
		l.apply(tr, h, event.JourneyEnded, "")
	}
	time.Sleep(2 * time.Hour)
	tr = next()
	sweep(tr)
	time.Sleep(time.Minute)
	sweep(tr)
}

// homes are the ways to live: where the run is kept, and what becomes of the instances.
func homes(t *testing.T, h *hearing) map[string]func() (next func() track.Tracker) {
	t.Helper()
	rules := func(name string) *journey.Definition {
		return journey.Define(name, journey.Stages("payment"), journey.Expect("payment", 10*time.Minute), journey.AbandonAfter(time.Hour))
	}
	instance := func(s ledger.Store) track.Tracker {
		return track.New(track.Config{
			Store: s, Now: time.Now, Rules: rules, EndGrace: -1,
			Deliver: func(e *flight.Event, _ journey.State) { h.hear(e) }, Uncommitted: h.hear,
		})
	}
	stop := func(tr track.Tracker) {
		if err := tr.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	return map[string]func() func() track.Tracker{
		"in memory": func() func() track.Tracker {
			tr := instance(nil)
			return func() track.Tracker { return tr }
		},
		"in a store": func() func() track.Tracker {
			tr := instance(newShelf())
			t.Cleanup(func() { stop(tr) })
			return func() track.Tracker { return tr }
		},
		"in a store, restarted between any two events": func() func() track.Tracker {
			store := newShelf()
			var last track.Tracker
			t.Cleanup(func() { stop(last) })
			return func() track.Tracker {
				if last != nil {
					stop(last)
				}
				last = instance(store)
				return last
			}
		},
		"in a store, killed after each commit": func() func() track.Tracker {
			store := newShelf()
			var last track.Tracker
			t.Cleanup(func() { stop(last) })
			calls := 0
			return func() track.Tracker {
				if last != nil {
					synctest.Wait()
					ctx, cancel := context.WithCancel(t.Context())
					cancel()
					_ = last.Shutdown(ctx)
				}
				if calls++; calls > 2 { // it finds what the others left
					last = instance(store)
					return last
				}
				way := &door{shelf: store}
				way.set(nil, func([]ledger.Change) error { return errors.New("cut off") })
				last = track.New(track.Config{Store: way, Now: time.Now, Rules: rules, EndGrace: -1, Linger: time.Second, Deliver: func(*flight.Event, journey.State) {}})
				return last
			}
		},
	}
}

// TestFoldedRunKeepsItsTrace: a run whose journey's name was folded into "_other" has the trace that it has under its own
// name, and its transitions have the IDs that follow from that trace, wherever the run is kept and whatever becomes of
// the instances.
func TestFoldedRunKeepsItsTrace(t *testing.T) {
	t.Parallel()
	root := unfolded.RootSpan()
	for _, l := range []story{{false, false}, {false, true}, {true, false}, {true, true}} {
		run := unfolded
		if l.folded {
			run.Name, run.Root = event.Other, event.SpanRef{TraceID: root.TraceID(), SpanID: root.SpanID()}
		}
		stage := trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: root.TraceID(), SpanID: flight.StageSpanID(&run, "payment", 1), TraceFlags: trace.FlagsSampled, Remote: true,
		})
		var want []heard
		for _, w := range []struct {
			kind event.Kind
			name string
			span trace.SpanContext
		}{
			{event.JourneyEnded, "ended", stage},
			{event.JourneyStageEntered, "entered/payment/1", stage},
			{event.JourneyStalled, "stalled/payment/1", stage},
			{event.JourneyStarted, "started", root},
		} {
			want = append(want, heard{w.kind, flight.DeriveID(run, w.name), root, w.span, run.Root})
		}
		for name := range homes(t, &hearing{}) {
			t.Run(name+map[bool]string{true: ", folded", false: ", under its name"}[l.folded]+map[bool]string{true: ", completed", false: ", abandoned"}[l.ends], func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var h hearing
					l.live(t.Context(), &h, homes(t, &h)[name]())
					synctest.Wait()
					if d := cmp.Diff(want, h.events()); d != "" {
						t.Errorf("transitions (-want +got):\n%s", d)
					}
				})
			})
		}
	}
}
