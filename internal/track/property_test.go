package track_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

const (
	memoryPatience = 24 * time.Hour
	memoryExpect   = 10 * time.Minute
)

// memoryRules: runs of "silent" may be so, all others are abandoned after a day.
func memoryRules(name string) *journey.Definition {
	opts := []journey.Option{journey.Stages("payment"), journey.Expect("payment", memoryExpect)}
	if name != "silent" {
		opts = append(opts, journey.AbandonAfter(memoryPatience))
	}
	return journey.Define(name, opts...)
}

// TestMemoryAnyOrder: without a store too, the same events after a start give the same state, in
// whatever order and however often they are heard of.
func TestMemoryAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type what struct {
			at    int
			stage string
			kind  event.Kind
		}
		happened := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) what {
			return what{
				rapid.IntRange(1, 10_000).Draw(t, "at"),
				rapid.SampledFrom([]string{"", "cart", "address", "payment"}).Draw(t, "stage"),
				rapid.SampledFrom([]event.Kind{event.TouchpointEnded, event.TouchpointEnded, event.FeedbackReceived}).Draw(t, "kind"),
			}
		}), 1, 30, func(w what) int { return w.at }).Draw(t, "happened")
		events := make([]flight.Event, len(happened))
		for i, w := range happened {
			at := noon.Add(time.Duration(w.at) * time.Second)
			events[i] = flight.Event{Event: event.Event{
				ID: event.NewID(at), Kind: w.kind, Time: at, Stage: w.stage, Channel: event.Channel(1 + w.at%3),
				Journey: event.Run{Namespace: "test", Name: "checkout", ID: "1"},
			}}
			if w.kind == event.FeedbackReceived {
				events[i].Stage = ""
			}
		}
		order := make([]int, 0, 2*len(events))
		for i := range events {
			order = append(order, i)
		}
		order = append(order, rapid.SliceOfN(rapid.IntRange(0, len(events)-1), 0, len(events)).Draw(t, "twice")...)
		order = rapid.Permutation(order).Draw(t, "order")
		inOrder := make([]int, len(events))
		for i := range inOrder {
			inOrder[i] = i
		}
		slices.SortFunc(inOrder, func(a, b int) int { return events[a].Time.Compare(events[b].Time) })
		got, want := memoryState(t, events, order), memoryState(t, events, inOrder)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("another order gives another state (-in order +as heard of):\n%s", diff)
		}
	})
}

// memoryState returns the state of a run that is started, lives through the events in this order, and
// is abandoned.
func memoryState(t *rapid.T, events []flight.Event, order []int) (last journey.State) {
	tracker := track.New(track.Config{Rules: memoryRules, Now: func() time.Time { return noon }})
	start := events[0]
	start.Kind, start.Time, start.Stage, start.ID = event.JourneyStarted, noon, "", event.ID{}
	tracker.Apply(&start, track.Manner{})
	for _, i := range order {
		e := events[i]
		stage := e.Stage
		e.Stage = ""
		if e.Kind == event.TouchpointEnded {
			tracker.Place(&e, stage)
		}
		tracker.Apply(&e, track.Manner{})
	}
	ends := 0
	tracker.Sweep(context.Background(), noon.Add(100*time.Hour), func(e *flight.Event, s journey.State) {
		if e.Kind == event.JourneyEnded {
			last = s
			ends++
		}
	})
	if ends != 1 {
		t.Fatalf("it ended %d times", ends)
	}
	return last
}

// mapRun is a run as a map would hold it.
type mapRun struct {
	name, id string
	start    *flight.Event
	state    journey.State
	visits   map[string]int
	channels map[event.Channel]bool
	stalled  bool // the visit is
}

// mapModel is the tracker without slabs, arenas and heaps.
type mapModel struct {
	now   time.Time
	live  map[string]*mapRun
	ended map[string]time.Time
	told  map[string]int
}

func (m *mapModel) tell(format string, args ...any) { m.told[fmt.Sprintf(format, args...)]++ }

// TestMemoryModel: thousands of runs through slabs, arenas, index, heap and tombs, against a map.
func TestMemoryModel(t *testing.T) {
	t.Parallel()
	steps := 60_000
	if testing.Short() {
		steps = 6000
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 42))
			m := &mapModel{now: noon, live: map[string]*mapRun{}, ended: map[string]time.Time{}, told: map[string]int{}}
			told := map[string]int{}
			tracker := track.New(track.Config{Rules: memoryRules, Now: func() time.Time { return m.now }})
			for step := range steps {
				m.now = m.now.Add(time.Duration(1+r.IntN(int(40*time.Second))) * 1)
				key := r.IntN(4000)
				if r.IntN(3) == 0 {
					key = r.IntN(20) // some are busy
				}
				m.step(tracker, r, key, told)
				if step%997 != 0 {
					continue
				}
				if r.IntN(5) == 0 {
					m.now = m.now.Add(time.Duration(r.IntN(20*24)) * time.Hour)
				}
				m.sweep(t, tracker, told)
				if r.IntN(3) == 0 {
					hash := fmt.Sprint("customer ", r.IntN(50))
					got, err := tracker.Forget(t.Context(), hash)
					if want := m.forget(hash); got != want || err != nil {
						t.Fatalf("step %d: %d runs were forgotten, %v; want %d", step, got, err, want)
					}
				}
				m.check(t, tracker, told, step)
			}
			m.now = m.now.Add(100 * 24 * time.Hour)
			m.sweep(t, tracker, told)
			m.check(t, tracker, told, steps)
		})
	}
}

// check compares what was told, and where the live runs are.
func (m *mapModel) check(t *testing.T, tracker track.Tracker, told map[string]int, step int) {
	t.Helper()
	if diff := cmp.Diff(m.told, told); diff != "" {
		t.Fatalf("step %d: there was told (-want +got):\n%.4000s", step, diff)
	}
	want, got := map[string]int64{}, map[string]int64{}
	for _, run := range m.live {
		if run.start.Actor != event.ActorSynthetic {
			want[run.name+"/"+run.state.Stage]++
		}
	}
	tracker.Active(func(name, stage string, n int64) { got[name+"/"+stage] += n })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("step %d: live are (-want +got):\n%s", step, diff)
	}
	clear(m.told)
	clear(told)
}

// step lets something happen to a run, in the tracker and in the model.
func (m *mapModel) step(tracker track.Tracker, r *rand.Rand, key int, told map[string]int) {
	name := []string{"checkout", "silent", "complaint"}[key%3]
	id := fmt.Sprint(key)
	if key%7 == 0 {
		id += strings.Repeat("x", key%100)
	}
	e := &flight.Event{Event: event.Event{
		Time: m.now, Channel: event.Channel(1 + r.IntN(4)), Outcome: event.Completed,
		Customer: event.Customer{Hash: fmt.Sprint("customer ", key%50)},
		Journey:  event.Run{Namespace: "test", Name: name, ID: id},
	}}
	if key%11 == 0 {
		e.Actor = event.ActorSynthetic
	}
	if r.IntN(2) == 0 {
		e.ID = event.NewID(m.now)
	}
	stage := []string{"", "cart", "address", "payment"}[r.IntN(4)]
	var verdicts []track.Result
	switch n := r.IntN(10); {
	case n < 3:
		e.Kind, e.ID = event.JourneyStarted, event.ID{}
	case n < 5 && stage != "":
		e.Kind, e.Stage, e.ID = event.JourneyStageEntered, stage, event.ID{}
	case n < 9:
		e.Kind = event.TouchpointEnded
		verdicts = append(verdicts, tracker.Place(e, stage))
	default:
		e.Kind, e.ID = event.JourneyEnded, event.ID{}
	}
	m.happen(e, name, id, stage)
	verdicts = append(verdicts, tracker.Apply(e, track.Manner{}))
	late := false
	for _, v := range verdicts {
		late = late || v.Late
		for _, b := range v.Before {
			told[modelLine(b)]++
		}
	}
	if last := verdicts[len(verdicts)-1]; !last.Drop && e.Kind != event.TouchpointEnded {
		told[modelLine(e)]++
	}
	if late {
		told["late "+name+id]++
	}
}

func modelLine(e *flight.Event) string {
	return fmt.Sprintf("%s %s%s %s/%d at %d", e.Kind, e.Journey.Name, e.Journey.ID, e.Stage, e.Visit, e.Time.UnixNano())
}

// happen does the same to the model.
func (m *mapModel) happen(e *flight.Event, name, id, stage string) {
	key := name + id
	run := m.live[key]
	if run != nil && name != "silent" && !m.now.Before(run.state.Last.Add(memoryPatience)) {
		m.abandon(key, run) // though no sweep has seen that
	}
	if _, over := m.ended[key]; over {
		m.tell("late %s", key)
		return
	}
	run = m.live[key]
	if run == nil {
		switch e.Kind {
		case event.JourneyStarted:
			c := *e
			run = &mapRun{name: name, id: id, start: &c, visits: map[string]int{}, channels: map[event.Channel]bool{}}
			m.live[key] = run
			m.tell("%s %s /0 at %d", event.JourneyStarted, key, m.now.UnixNano())
		case event.JourneyEnded: // somebody else's
			m.tell("%s %s /0 at %d", event.JourneyEnded, key, m.now.UnixNano())
			m.ended[key] = m.now
			return
		default:
			return
		}
	}
	switch e.Kind {
	case event.JourneyEnded:
		m.stall(run, m.now)
		m.tell("%s %s %s/%d at %d", event.JourneyEnded, key, run.state.Stage, run.state.Visit, m.now.UnixNano())
		delete(m.live, key)
		m.ended[key] = m.now
		return
	case event.TouchpointEnded:
		run.state.Touchpoints++
	case event.JourneyStarted:
		stage = ""
	default:
	}
	run.channels[e.Channel] = true
	run.state.Last = m.now
	if stage != "" && stage != run.state.Stage {
		m.stall(run, m.now)
		run.visits[stage]++
		run.state.Stage, run.state.Visit, run.state.Entered, run.stalled = stage, run.visits[stage], m.now, false
		m.tell("%s %s %s/%d at %d", event.JourneyStageEntered, key, stage, run.state.Visit, m.now.UnixNano())
	}
}

// abandon ends the run when its patience ran out.
func (m *mapModel) abandon(key string, run *mapRun) {
	due := run.state.Last.Add(memoryPatience)
	m.stall(run, due)
	m.tell("%s %s %s/%d at %d", event.JourneyEnded, key, run.state.Stage, run.state.Visit, due.UnixNano())
	delete(m.live, key)
	m.ended[key] = m.now
}

// stall says that the visit is too long, where it is.
func (m *mapModel) stall(run *mapRun, by time.Time) {
	due := run.state.Entered.Add(memoryExpect)
	if run.state.Stage != "payment" || run.stalled || by.Before(due) {
		return
	}
	run.stalled = true
	m.tell("%s %s%s payment/%d at %d", event.JourneyStalled, run.name, run.id, run.state.Visit, due.UnixNano())
}

// sweep lets time pass, in the tracker and in the model, and compares the states at the end.
func (m *mapModel) sweep(t *testing.T, tracker track.Tracker, told map[string]int) {
	t.Helper()
	states := map[string]journey.State{}
	for key, run := range m.live {
		due := run.state.Last.Add(memoryPatience)
		if run.name == "silent" || due.After(m.now) {
			m.stall(run, m.now)
			continue
		}
		m.abandon(key, run)
		s := run.state
		s.Journey, s.Customer, s.Channel, s.Actor = run.start.Journey, run.start.Customer, run.start.Channel, run.start.Actor
		s.Journey.Started, s.Ended, s.Outcome = run.start.Time, due, event.Abandoned
		for _, stage := range slices.Sorted(maps.Keys(run.visits)) {
			s.Visits = append(s.Visits, journey.Visits{Stage: stage, Count: run.visits[stage]})
		}
		s.Channels = slices.Sorted(maps.Keys(run.channels))
		states[key] = s
	}
	tracker.Sweep(t.Context(), m.now, func(e *flight.Event, s journey.State) {
		told[modelLine(e)]++
		if e.Kind != event.JourneyEnded {
			return
		}
		key := e.Journey.Name + e.Journey.ID
		if diff := cmp.Diff(states[key], s); diff != "" {
			t.Fatalf("the state of %s at its end is (-want +got):\n%s", key, diff)
		}
	})
	today := m.now.Unix() / (24 * 60 * 60)
	maps.DeleteFunc(m.ended, func(_ string, at time.Time) bool { return today-at.Unix()/(24*60*60) > 30 })
}

func (m *mapModel) forget(hash string) (n int) {
	for key, run := range m.live {
		if run.start.Customer.Hash == hash {
			delete(m.live, key)
			m.ended[key] = m.now
			n++
		}
	}
	return n
}

// TestMemoryClockSetBack: an ended run stays ended when the clock is set back over midnight.
func TestMemoryClockSetBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 18, 0, 0, 1, 0, time.UTC)
	tracker := track.New(track.Config{Rules: memoryRules, Now: func() time.Time { return now }})
	start := func() track.Result {
		return tracker.Apply(&flight.Event{Event: event.Event{Kind: event.JourneyStarted, Time: now, Journey: event.Run{Namespace: "test", Name: "checkout", ID: "1"}}}, track.Manner{})
	}
	start()
	tracker.Apply(&flight.Event{Event: event.Event{Kind: event.JourneyEnded, Time: now, Journey: event.Run{Namespace: "test", Name: "checkout", ID: "1"}}}, track.Manner{})
	tracker.Sweep(t.Context(), now, func(*flight.Event, journey.State) {})
	now = now.Add(-2 * time.Second)
	tracker.Sweep(t.Context(), now, func(*flight.Event, journey.State) {})
	if v := start(); !v.Late {
		t.Errorf("it was started anew: %+v", v)
	}
}
