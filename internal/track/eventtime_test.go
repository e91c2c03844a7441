package track_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

const (
	truthPatience = 40 * time.Second
	truthExpect   = 7 * time.Second
)

// truthRules: a run is abandoned after 40 seconds, and 7 in "payment" are a stall.
func truthRules(name string) *journey.Definition {
	return journey.Define(name, journey.Stages("cart", "address", "payment"),
		journey.Expect("payment", truthExpect), journey.AbandonAfter(truthPatience))
}

// deed is one thing that happens to a run, and when and where that is heard of.
type deed struct {
	at    int // seconds since the first start
	kind  event.Kind
	stage string
	took  int
	out   event.Outcome

	delay int // milliseconds until an instance hears of it
	by    int
}

// heard is when an instance hears of it, in milliseconds.
func (d *deed) heard() int { return d.at*1000 + d.delay }

// life is what happens to a run after its start, no two things at the same time.
func life(t *rapid.T) []deed {
	deeds := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) deed {
		d := deed{
			at:    rapid.IntRange(1, 150).Draw(t, "at"),
			kind:  rapid.SampledFrom([]event.Kind{event.JourneyStageEntered, event.TouchpointEnded, event.TouchpointEnded, event.FeedbackReceived, event.JourneyStarted, event.JourneyEnded}).Draw(t, "kind"),
			delay: rapid.IntRange(0, 1900).Draw(t, "delay"),
			by:    rapid.IntRange(0, 1).Draw(t, "by"),
		}
		switch d.kind {
		case event.JourneyStageEntered:
			d.stage = rapid.SampledFrom([]string{"cart", "address", "payment"}).Draw(t, "stage")
		case event.TouchpointEnded:
			d.stage = rapid.SampledFrom([]string{"", "cart", "payment"}).Draw(t, "declared")
			d.took = rapid.IntRange(0, 1).Draw(t, "took") * rapid.IntRange(0, 20).Draw(t, "seconds")
		case event.JourneyStarted:
			d.delay = 1900 // after the first start, whose time is told when it is heard of
		case event.JourneyEnded:
			d.out = rapid.SampledFrom([]event.Outcome{event.Completed, event.Failed, event.Cancelled}).Draw(t, "outcome")
		default:
		}
		return d
	}), 0, 14, func(d deed) int { return d.at }).Draw(t, "deeds")
	slices.SortFunc(deeds, func(a, b deed) int { return a.at - b.at })
	// A touchpoint is over before the next thing happens, for it is heard of when it is over.
	for i := range deeds {
		if i+1 < len(deeds) {
			deeds[i].took = min(deeds[i].took, deeds[i+1].at-deeds[i].at-1)
		}
	}
	// What lies behind an end by call is heard of after it: an end cannot take back what was told before.
	end := 0
	for i := range deeds {
		if end > 0 {
			deeds[i].delay = max(deeds[i].delay, end-deeds[i].at*1000+1)
		}
		if deeds[i].kind == event.JourneyEnded && end == 0 {
			end = deeds[i].heard()
		}
	}
	return deeds
}

// truth is what happened, worked out from all of it at once, by the rules as they are written down: a set
// of lines, and how much came late.
func truth(deeds []deed) (lines []string, late int) {
	type visit struct {
		stage string
		n, at int
	}
	var visits []visit
	counts := map[string]int{}
	lines = append(lines, "started at 0")
	last, over, outcome := 0, -1, event.Outcome(0)
	for _, d := range deeds {
		if over < 0 && d.at >= last+int(truthPatience/time.Second) {
			over, outcome = last+int(truthPatience/time.Second), event.Abandoned
		}
		if over >= 0 {
			if d.kind != event.FeedbackReceived {
				late++
			}
			continue
		}
		if d.kind == event.JourneyEnded {
			over, outcome = d.at, d.out
			continue
		}
		if d.stage != "" && (len(visits) == 0 || visits[len(visits)-1].stage != d.stage) {
			counts[d.stage]++
			visits = append(visits, visit{d.stage, counts[d.stage], d.at})
			lines = append(lines, fmt.Sprintf("%s/%d", d.stage, counts[d.stage]))
		}
		last = max(last, d.at, d.at+d.took)
	}
	if over < 0 {
		over, outcome = last+int(truthPatience/time.Second), event.Abandoned
	}
	for i, v := range visits {
		left, due := over, v.at+int(truthExpect/time.Second)
		if i+1 < len(visits) {
			left = visits[i+1].at
		}
		if v.stage == "payment" && left >= due {
			lines = append(lines, fmt.Sprintf("stalled in payment/%d at %d", v.n, due))
		}
	}
	lines = append(lines, fmt.Sprintf("%s at %d", outcome, over))
	slices.Sort(lines)
	return lines, late
}

// toldOf is what was told of the run as lines of truth.
func toldOf(events []flight.Event, began time.Time) []string {
	var lines []string
	for i := range events {
		e := &events[i]
		at := strconv.FormatFloat(e.Time.Sub(began).Seconds(), 'f', -1, 64)
		switch e.Kind {
		case event.JourneyStarted:
			lines = append(lines, "started at "+at)
		case event.JourneyStageEntered:
			lines = append(lines, fmt.Sprintf("%s/%d", e.Stage, e.Visit))
		case event.JourneyStalled:
			lines = append(lines, fmt.Sprintf("stalled in %s/%d at %s", e.Stage, e.Visit, at))
		case event.JourneyEnded:
			lines = append(lines, fmt.Sprintf("%s at %s", e.Outcome, at))
		default:
		}
	}
	slices.Sort(lines)
	return lines
}

func (d *deed) event(began time.Time) flight.Event {
	e := flight.Event{Event: event.Event{
		Kind: d.kind, Time: began.Add(time.Duration(d.at) * time.Second), Duration: time.Duration(d.took) * time.Second,
		Outcome: d.out, Channel: event.Web, Journey: event.Run{Namespace: "test", Name: "checkout", ID: "1"},
	}}
	switch d.kind {
	case event.JourneyStageEntered:
		e.Stage = d.stage
	case event.TouchpointEnded, event.FeedbackReceived:
		e.ID = event.NewID(e.Time)
	default:
	}
	return e
}

// TestTruthInMemory: with sweeps at random moments, or with none, what is told is what happened.
func TestTruthInMemory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		deeds := life(t)
		var told []flight.Event
		late := 0
		now := noon
		tracker := track.New(track.Config{Rules: truthRules, Now: func() time.Time { return now }})
		sweep := func() {
			tracker.Sweep(context.Background(), now, func(e *flight.Event, _ journey.State) { told = append(told, *e) })
		}
		take := func(v track.Result, e *flight.Event) {
			for _, b := range v.Before {
				told = append(told, *b)
			}
			if v.Late {
				late++
			}
			if !v.Drop && e.Kind != event.TouchpointEnded && e.Kind != event.FeedbackReceived {
				told = append(told, *e)
			}
		}
		for _, d := range append([]deed{{kind: event.JourneyStarted}}, deeds...) {
			for now.Before(noon.Add(time.Duration(d.at) * time.Second)) {
				if now = now.Add(time.Duration(rapid.IntRange(1, 150).Draw(t, "step")) * time.Second); now.After(noon.Add(time.Duration(d.at) * time.Second)) {
					now = noon.Add(time.Duration(d.at) * time.Second)
				}
				if rapid.Bool().Draw(t, "sweep") && d.at > 0 && now.Before(noon.Add(time.Duration(d.at)*time.Second)) {
					sweep()
				}
			}
			e := d.event(noon)
			if d.kind == event.TouchpointEnded || d.kind == event.FeedbackReceived {
				v := tracker.Place(&e, d.stage)
				v.Late = v.Late && d.kind == event.TouchpointEnded
				v.Drop = true
				take(v, &e)
			}
			v := tracker.Apply(&e, track.Manner{})
			v.Late = v.Late && !(d.kind == event.TouchpointEnded || d.kind == event.FeedbackReceived)
			take(v, &e)
		}
		now = now.Add(time.Hour)
		sweep()
		compareTruth(t, deeds, toldOf(told, noon), late)
	})
}

// TestTruthInAStore: two instances hear of what happens up to two seconds later, in another order, and
// look for what is due when they please. What is told is what happened.
func TestTruthInAStore(t *testing.T) {
	t.Parallel()
	check := func(t *rapid.T, outer *testing.T) {
		deeds := append([]deed{{kind: event.JourneyStarted, delay: rapid.IntRange(0, 1900).Draw(t, "delay of the start")}}, life(t)...)
		every := []time.Duration{
			time.Duration(rapid.IntRange(1, 30).Draw(t, "sweep of one")) * time.Second,
			time.Duration(rapid.IntRange(1, 30).Draw(t, "sweep of the other")) * time.Second,
		}
		var lines []string
		late := 0
		synctest.Test(outer, func(outer *testing.T) {
			store := newShelf()
			began := time.Now()
			var tellers []*truthTeller
			for range 2 {
				tellers = append(tellers, newTruthTeller(store))
			}
			heard := slices.Clone(deeds)
			slices.SortStableFunc(heard, func(a, b deed) int { return a.heard() - b.heard() })
			tick := began
			until := func(at time.Time) {
				for ; !tick.After(at); tick = tick.Add(time.Second) {
					time.Sleep(time.Until(tick))
					for i, p := range tellers {
						if tick.Sub(began)%every[i] == 0 {
							p.Sweep(context.Background(), tick, func(*flight.Event, journey.State) {})
						}
					}
				}
				time.Sleep(time.Until(at))
			}
			type step struct {
				at time.Time
				do func()
			}
			var steps []step
			for _, d := range heard {
				e := d.event(began)
				at := began.Add(time.Duration(d.heard()) * time.Millisecond)
				if d.kind == event.TouchpointEnded {
					if d.stage != "" {
						e.SetDefinition(inStage(d.stage))
					}
					steps = append(steps, step{at, func() {
						begins := e // it is heard of when it begins, and when it is over
						begins.Duration = 0
						if v := tellers[d.by].Place(&begins, d.stage); v.Late {
							late++
						}
						e.Late = begins.Late
					}})
				}
				steps = append(steps, step{at.Add(time.Duration(d.took) * time.Second), func() {
					if v := tellers[d.by].Apply(&e, track.Manner{}); v.Late && d.kind != event.FeedbackReceived {
						late++
					}
				}})
			}
			slices.SortStableFunc(steps, func(a, b step) int { return a.at.Compare(b.at) })
			for _, s := range steps {
				until(s.at)
				s.do()
				synctest.Wait()
			}
			until(time.Now().Add(5 * time.Minute))
			var told []flight.Event
			for _, p := range tellers {
				if err := p.Shutdown(context.Background()); err != nil {
					outer.Errorf("Shutdown: %v", err)
				}
				told = append(told, p.told...)
				late += p.late
			}
			lines = toldOf(told, began)
		})
		compareTruth(t, deeds[1:], lines, late)
	}
	rapid.Check(t, func(rt *rapid.T) { check(rt, t) })
}

func compareTruth(t *rapid.T, deeds []deed, told []string, late int) {
	want, wantLate := truth(deeds)
	if diff := cmp.Diff(want, told); diff != "" || late != wantLate {
		t.Fatalf("of %+v\nwas told (-truth +told):\n%s%d were late, want %d", deeds, diff, late, wantLate)
	}
}

// truthTeller is an instance on a store, and the transitions that it told.
type truthTeller struct {
	track.Tracker

	told []flight.Event
	late int
}

func newTruthTeller(store ledger.Store) *truthTeller {
	p := &truthTeller{}
	turn := make(chan struct{}, 1)
	locked := func(f func()) {
		turn <- struct{}{}
		f()
		<-turn
	}
	p.Tracker = track.New(track.Config{
		Rules: truthRules, Now: time.Now, Store: store,
		Deliver: func(e *flight.Event, _ journey.State) { locked(func() { p.told = append(p.told, *e) }) },
		Late: func(e *flight.Event) {
			if e.Kind != event.FeedbackReceived {
				locked(func() { p.late++ })
			}
		},
	})
	return p
}

// inStage is the definition of a touchpoint in the stage.
type inStage string

// Name implements [event.Definition].
func (inStage) Name() string { return "touch" }

// Validate implements [event.Definition].
func (inStage) Validate() error { return nil }

// Journey says where it belongs.
func (s inStage) Journey() (j *journey.Definition, stage string) {
	return journey.Define("checkout"), string(s)
}

// TestImplicitStarts: in memory and with a store a run begins with the first thing that happens to it: when the
// touchpoint begins that another one is within, or when a stage is entered.
func TestImplicitStarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		for name, store := range map[string]ledger.Store{"memory": nil, "store": newShelf()} {
			var told []flight.Event
			deliver := func(e *flight.Event, _ journey.State) {
				if e.Kind == event.JourneyStarted || e.Kind == event.JourneyStageEntered {
					told = append(told, *e)
				}
			}
			tracker := track.New(track.Config{
				Rules: truthRules, Now: time.Now, Store: store, ImplicitStarts: true, Deliver: deliver,
			})
			take := func(v track.Result, e *flight.Event) {
				for _, b := range v.Before {
					deliver(b, journey.State{})
				}
				if e != nil && !v.Drop {
					deliver(e, journey.State{})
				}
				if !v.Faults.IsEmpty() {
					t.Errorf("%s: faults %+v", name, v.Faults)
				}
			}
			of := func(id string, d deed) flight.Event {
				e := d.event(began)
				e.Journey.ID = id
				return e
			}
			outer, inner := of("touched", deed{kind: event.TouchpointEnded, at: 10, took: 30}), of("touched", deed{kind: event.TouchpointEnded, at: 20, took: 10})
			take(tracker.Place(&outer, ""), nil)
			take(tracker.Place(&inner, ""), nil)
			take(tracker.Apply(&inner, track.Manner{}), &inner)
			take(tracker.Apply(&outer, track.Manner{}), &outer)
			entered := of("entered", deed{kind: event.JourneyStageEntered, at: 50, stage: "cart"})
			take(tracker.Apply(&entered, track.Manner{}), &entered)
			if err := tracker.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			want := []string{"started at 10", "started at 50", "cart/1"}
			slices.Sort(want)
			if diff := cmp.Diff(want, toldOf(told, began)); diff != "" {
				t.Errorf("%s told (-want +told):\n%s", name, diff)
			}
		}
	})
}

// TestShutdownWhileDeciding: a touchpoint whose end is being decided when the tracker is stopped is delivered.
func TestShutdownWhileDeciding(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &hanging{shelf: newShelf()}
		touched := 0
		tracker := track.New(track.Config{
			Rules: truthRules, Now: time.Now, Store: store, Linger: time.Second,
			Deliver: func(e *flight.Event, _ journey.State) {
				if e.Kind == event.TouchpointEnded {
					touched++
				}
			},
		})
		began := time.Now()
		start := (&deed{kind: event.JourneyStarted}).event(began)
		tracker.Apply(&start, track.Manner{})
		time.Sleep(truthPatience + time.Second)
		touch := (&deed{kind: event.TouchpointEnded, at: 41}).event(began)
		tracker.Apply(&touch, track.Manner{}) // it is behind the abandonment, which is decided in nine seconds
		synctest.Wait()
		store.hangs.Store(true)
		time.Sleep(11 * time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := tracker.Shutdown(ctx); err == nil {
			t.Error("Shutdown returned no error, though the store hangs")
		}
		time.Sleep(10 * time.Second) // it has gone on for a second, and given up
		synctest.Wait()
		if touched != 1 {
			t.Errorf("the touchpoint was delivered %d times, want once", touched)
		}
	})
}

// hanging is a store whose Write, once it hangs, waits for its context.
type hanging struct {
	*shelf

	hangs atomic.Bool
}

func (s *hanging) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if s.hangs.Load() {
		<-ctx.Done()
		return nil, context.Cause(ctx) //nolint:wrapcheck // as a store would
	}
	return s.shelf.Write(ctx, changes)
}

// TestStoreWithoutTime: a store that does not tell its time is reported, and what was just told is not taken for
// something that a dead instance left untold.
func TestStoreWithoutTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		store.overdue = true // another instance is given it at once
		var told, reported int
		tracker := func(s ledger.Store) track.Tracker {
			return track.New(track.Config{
				Rules: truthRules, Now: time.Now, Store: s, Linger: time.Millisecond,
				Deliver: func(*flight.Event, journey.State) { told++ },
				Safe:    func(context.Context) error { return errors.New("not yet") }, //nolint:err113 // a test's
				Fault:   func(fault.Report) { reported++ },
			})
		}
		a, b := tracker(timeless{store}), tracker(store)
		start := (&deed{kind: event.JourneyStarted}).event(time.Now())
		a.Apply(&start, track.Manner{})
		synctest.Wait()
		b.Sweep(context.Background(), time.Now(), func(*flight.Event, journey.State) {})
		synctest.Wait()
		if told != 1 {
			t.Errorf("the start was told %d times, want once: its instance is alive", told)
		}
		before := reported
		a.Sweep(context.Background(), time.Now(), func(*flight.Event, journey.State) {})
		if reported != before+1 {
			t.Error("a store that does not tell its time is not reported")
		}
		for _, tr := range []track.Tracker{a, b} {
			_ = tr.Shutdown(context.Background()) // what it told is not safe
		}
	})
}

// timeless is a store that does not tell its time.
type timeless struct{ ledger.Store }

func (s timeless) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	_, due, err := s.Store.Claim(ctx, limit, lease)
	return time.Time{}, due, err //nolint:wrapcheck // it is the store's own
}
