package journey_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestConcurrently: "each start, end, stall and abandonment is committed exactly once".
func TestConcurrently(t *testing.T) {
	t.Parallel()
	const callers = 1000
	s := start(t)
	ctx := s.ctx()
	together := func(f func(i int)) {
		var ready, done sync.WaitGroup
		gate := make(chan struct{})
		for i := range callers {
			ready.Add(1)
			done.Go(func() {
				ready.Done()
				<-gate
				f(i)
			})
		}
		ready.Wait()
		close(gate)
		done.Wait()
	}
	together(func(int) { checkout.Start(ctx, "c1", alice) })
	if got := s.story("checkout", "c1"); !slices.Equal(got, []string{"started"}) {
		t.Errorf("%d callers started one run: %d events", callers, len(got))
	}
	in := checkout.Resume(ctx, "c1")
	together(func(int) { checkout.Enter(in, "cart") })
	together(func(i int) {
		switch i % 3 {
		case 0:
			checkout.Complete(in)
		case 1:
			checkout.Fail(in)
		default:
			checkout.Cancel(in)
		}
	})
	got := s.story("checkout", "c1")
	if len(got) != 3 || got[1] != "cart/1" {
		t.Errorf("%d callers moved and ended one run: it was recorded as %q", callers, got)
	}
	if n := s.faults()["late"]; n != callers-1 {
		t.Errorf("%d calls were late, want %d: all but the one that counted", n, callers-1)
	}
	if live := s.live(); len(live) != 0 {
		t.Errorf("live are %v", live)
	}
	// Starting and ending at the same time, in any order: still one of each.
	together(func(i int) {
		ctx := checkout.Start(ctx, "c2", alice)
		if i%2 == 0 {
			checkout.Complete(ctx)
		}
	})
	if got := s.story("checkout", "c2"); !slices.Equal(got, []string{"started", "completed"}) {
		t.Errorf("the run was recorded as %q", got)
	}
	if live := s.live(); len(live) != 0 {
		t.Errorf("live are %v", live)
	}
}

// TestConcurrentRuns: everything at once on a few runs, with sweeps and readers of the gauge
// between; for the race detector, and for what has to be true afterwards.
func TestConcurrentRuns(t *testing.T) {
	t.Parallel()
	s := start(t)
	read := touchpoint.Define("read", touchpoint.In(checkout, "address"))
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 200 {
				id := strconv.Itoa((w + i) % 7)
				ctx := checkout.Start(s.ctx(), id, alice, journey.Worth(int64(i), "EUR"))
				ctx = checkout.Enter(ctx, []string{"cart", "payment"}[i%2])
				_, tp := read.Start(ctx, event.Web)
				feedback.CSAT.Record(ctx, 1+i%5)
				tp.End()
				if w == 0 && i%50 == 0 {
					s.clock.add(time.Minute)
					s.flush(t)
				}
				for _, n := range s.live() {
					if n < 0 {
						t.Errorf("the gauge is %d", n)
					}
				}
				if i == 199 {
					checkout.Complete(ctx)
				}
			}
		})
	}
	wg.Wait()
	for id := range 7 {
		checkRun(t, s.of("checkout", strconv.Itoa(id)), true)
	}
	for place, n := range s.live() {
		t.Errorf("after all ends there are %d live runs in %s", n, place)
	}
}

type errorfer interface{ Errorf(string, ...any) }

// checkRun is what is true of the events of every run, in whatever order callers at the same
// time were served: one start, one end, every ID once; the visits to a stage are counted up
// from 1; and the places are a chain: each that was entered was left once, by the next
// transition or by the end, unless a visit was heard of only when the run had moved on.
func checkRun(t errorfer, es []event.Event, ended bool) {
	type place struct {
		stage string
		visit int
	}
	starts, ends := 0, 0
	ids := map[event.ID]bool{}
	entered, left := map[place]int{}, map[place]int{}
	visits := map[string]int{}
	late := false
	for i, e := range es {
		if ids[e.ID] {
			t.Errorf("event %d, %s, has the ID of another", i, e.Kind)
		}
		ids[e.ID] = true
		if e.Duration < 0 {
			t.Errorf("event %d, %s, took %v", i, e.Kind, e.Duration)
		}
		switch e.Kind {
		case event.JourneyStarted:
			starts++
			entered[place{}]++
		case event.JourneyStageEntered:
			entered[place{e.Stage, e.Visit}]++
			visits[e.Stage] = max(visits[e.Stage], e.Visit)
			if e.Transition == nil {
				late = true
				continue
			}
			left[place{e.Transition.From, e.Transition.Visit}]++
			if e.Stage == e.Transition.From {
				t.Errorf("event %d: from %s it enters %s", i, e.Stage, e.Stage)
			}
		case event.JourneyEnded:
			ends++
			left[place{e.Transition.From, e.Transition.Visit}]++
		default:
		}
	}
	if starts > 1 || ends > 1 || (ends == 1) != ended {
		t.Errorf("it started %d times and ended %d times, want ended %v", starts, ends, ended)
	}
	if starts == 0 {
		if len(entered) != 0 {
			t.Errorf("without its start here it entered %v", entered)
		}
		return
	}
	for p, n := range entered {
		if n != 1 || left[p] > 1 || left[p] == 0 && ended && !late {
			t.Errorf("%s/%d was entered %d times, and left %d times", p.stage, p.visit, n, left[p])
		}
	}
	for p, n := range left {
		if n != 1 || entered[p] != 1 {
			t.Errorf("%s/%d was left %d times, and entered %d times", p.stage, p.visit, n, entered[p])
		}
	}
	for stage, n := range visits {
		for visit := range n {
			if entered[place{stage, visit + 1}] != 1 {
				t.Errorf("of %d visits to %s, visit %d is missing", n, stage, visit+1)
			}
		}
	}
}

// TestAnyOrder: whatever the order of a run's calls, and however often each comes, before
// its end: it starts at most once, ends exactly once, and the gauge says what is live.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newService(t)
		defer func() { _ = s.client.Shutdown(context.Background()) }()
		type one struct {
			what string
			call func(context.Context) context.Context
		}
		var calls []one
		for i := range rapid.IntRange(0, 8).Draw(t, "calls") {
			when := journey.At(noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "minute")) * time.Minute))
			stage := rapid.SampledFrom([]string{"cart", "address", "payment"}).Draw(t, "stage")
			c := []one{
				{"start", begin(when)},
				{"resume", resume(when)},
				{"enter " + stage, enter(stage, when)},
				{"enter " + stage, enter(stage)},
				{"answer", func(ctx context.Context) context.Context { feedback.NPS.Record(ctx, 10); return ctx }},
				{"touch", func(ctx context.Context) context.Context {
					touchpoint.Define("touch-"+stage, touchpoint.In(checkout, stage)).Record(ctx, event.Web)
					return ctx
				}},
			}[rapid.IntRange(0, 5).Draw(t, "call")]
			calls = append(calls, c)
			if i == 0 || rapid.Bool().Draw(t, "twice") {
				calls = append(calls, c)
			}
		}
		calls = rapid.Permutation(calls).Draw(t, "order")
		started := false
		ctx := checkout.Resume(s.ctx(), "c1")
		for _, c := range calls {
			if next := c.call(ctx); rapid.Bool().Draw(t, "follow") {
				ctx = next
			}
			started = started || c.what == "start"
			var want int64
			if started {
				want = 1
			}
			var got int64
			for place, n := range s.live() {
				if got += n; n < 0 {
					t.Fatalf("after %q there are %d runs in %s", c.what, n, place)
				}
			}
			if got != want {
				t.Fatalf("after %q there are %d live runs, want %d", c.what, got, want)
			}
		}
		for range rapid.IntRange(1, 3).Draw(t, "ends") {
			rapid.SampledFrom([]call{complete(), fail(), cancel()}).Draw(t, "end")(ctx)
		}
		checkRun(t, s.of("checkout", "c1"), true)
		if (len(s.of("checkout", "c1", event.JourneyStarted)) == 1) != started {
			t.Fatalf("it started: %q, want %v", s.story("checkout", "c1"), started)
		}
		if live := s.live(); len(live) != 0 {
			t.Fatalf("after the end live are %v", live)
		}
		if f := s.faults(); f["panic"] != 0 {
			t.Fatalf("the faults are %v", f)
		}
	})
}

// model is what the design says of a run, in its simplest form.
type model struct {
	state  string // "", "live", "ended"
	stage  string
	visits map[string]int
	last   time.Time
	story  []string
}

// TestModel drives several runs by random calls on a clock that only goes forward, and holds
// the client against the model after each of them.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newService(t)
		defer func() { _ = s.client.Shutdown(context.Background()) }()
		runs := map[string]*model{}
		late := int64(0)
		pick := func() (string, *model, context.Context) {
			id := rapid.SampledFrom([]string{"c1", "c2", "c3"}).Draw(t, "run")
			if runs[id] == nil {
				runs[id] = &model{visits: map[string]int{}}
			}
			return id, runs[id], checkout.Resume(s.ctx(), id)
		}
		move := func(m *model, stage string) {
			if m.state == "live" && stage != m.stage {
				m.stage = stage
				m.visits[stage]++
				m.story = append(m.story, fmt.Sprintf("%s/%d", stage, m.visits[stage]))
			}
		}
		note := func(m *model) {
			switch m.state {
			case "live":
				m.last = s.clock.now()
			case "ended":
				late++
			}
		}
		stages := rapid.SampledFrom([]string{"cart", "address", "payment", "confirmation"})
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				want := map[string]int64{}
				for id, m := range runs {
					if m.state == "live" {
						want["checkout/"+m.stage]++
					}
					if got := s.story("checkout", id); !slices.Equal(got, m.story) {
						t.Fatalf("%s was recorded as %q, want %q", id, got, m.story)
					}
					if p := flight.PositionFromContext(checkout.Resume(s.ctx(), id)); m.state == "live" && (p.Stage != m.stage || p.Visit != m.visits[m.stage]) {
						t.Fatalf("%s resumes in %s/%d, want %s/%d", id, p.Stage, p.Visit, m.stage, m.visits[m.stage])
					}
				}
				if got := s.live(); !cmp.Equal(got, want) {
					t.Fatalf("live are %v, want %v", got, want)
				}
				if got := s.faults()["late"]; got != late {
					t.Fatalf("%d late calls were counted, want %d", got, late)
				}
			},
			"start": func(*rapid.T) {
				id, m, _ := pick()
				checkout.Start(s.ctx(), id, alice)
				if note(m); m.state == "" {
					*m = model{state: "live", visits: m.visits, last: s.clock.now(), story: append(m.story, "started")}
				}
			},
			"enter": func(t *rapid.T) {
				_, m, ctx := pick()
				stage := stages.Draw(t, "stage")
				checkout.Enter(ctx, stage)
				note(m)
				move(m, stage)
			},
			"touch": func(t *rapid.T) {
				_, m, ctx := pick()
				stage := stages.Draw(t, "stage")
				touchpoint.Define("touch-"+stage, touchpoint.In(checkout, stage)).Record(ctx, event.Web)
				note(m)
				move(m, stage)
				m.story = append(m.story, "touchpoint.ended")
			},
			"answer": func(*rapid.T) {
				_, m, ctx := pick()
				feedback.NPS.Record(ctx, 7)
				if m.state == "live" { // an answer after the end is what one hopes for, not late
					note(m)
				}
				m.story = append(m.story, "feedback.received")
			},
			"end": func(t *rapid.T) {
				_, m, ctx := pick()
				outcome := rapid.SampledFrom([]string{"completed", "failed", "cancelled"}).Draw(t, "outcome")
				map[string]call{"completed": complete(), "failed": fail(), "cancelled": cancel()}[outcome](ctx)
				if note(m); m.state != "ended" { // one of elsewhere ends too
					m.state, m.story = "ended", append(m.story, outcome)
				}
			},
			"wait": func(t *rapid.T) {
				s.clock.add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
				if err := s.client.Flush(context.Background()); err != nil {
					t.Fatal(err)
				}
				for _, m := range runs {
					if m.state == "live" && s.clock.now().Sub(m.last) >= 30*time.Minute {
						m.state, m.story = "ended", append(m.story, "abandoned")
					}
				}
			},
		})
	})
}

// TestTrackerAlone is the Tracker's own contract, without a client around it.
func TestTrackerAlone(t *testing.T) {
	t.Parallel()
	tr := track.New(track.Config{
		Rules: func(name string) *journey.Definition { return journey.Define(name, journey.AbandonAfter(time.Minute)) }, Now: time.Now,
	})
	run := func(kind event.Kind, stage string, at time.Duration) *flight.Event {
		return &flight.Event{Event: event.Event{Kind: kind, Time: noon.Add(at), Journey: event.Run{Namespace: "n", Name: "checkout", ID: "1"}, Stage: stage}}
	}
	if v := tr.Place(run(event.TouchpointEnded, "", 0), "cart"); v.Before != nil || v.Drop || !v.Faults.IsEmpty() {
		t.Errorf("of a run that is not here it says %+v", v)
	}
	if v := tr.Apply(run(event.JourneyStageEntered, "cart", 0), track.Manner{}); !v.Drop || !v.Faults.Has(fault.UnknownRun) {
		t.Errorf("of a stage of a run that is not here it says %+v", v)
	}
	if v := tr.Apply(run(event.JourneyStarted, "cart", 0), track.Manner{}); v.Drop || !v.Faults.IsEmpty() {
		t.Errorf("of a start it says %+v", v)
	}
	e := run(event.TouchpointEnded, "", time.Second)
	if v := tr.Place(e, "cart"); len(v.Before) != 1 || v.Before[0].Kind != event.JourneyStageEntered || v.Before[0].Stage != "cart" || e.Stage != "cart" || e.Visit != 1 {
		t.Errorf("of a touchpoint with a stage it says %+v, and the touchpoint is in %s/%d", v, e.Stage, e.Visit)
	}
	e = run(event.TouchpointEnded, "", 0)
	if v := tr.Place(e, "address"); len(v.Before) != 1 || v.Before[0].Stage != "address" || v.Before[0].Transition != nil || e.Stage != "address" || e.Visit != 1 {
		t.Errorf("of a touchpoint of before it says %+v, and that is in %s/%d", v, e.Stage, e.Visit)
	}
	e = run(event.TouchpointEnded, "", 2*time.Second)
	if v := tr.Place(e, ""); v.Before != nil || e.Stage != "cart" || e.Visit != 1 {
		t.Errorf("a touchpoint of before has moved the run: it is in %s/%d", e.Stage, e.Visit)
	}
	sum := func() (n int64) {
		tr.Active(func(_, _ string, runs int64) { n += runs })
		return n
	}
	if sum() != 1 {
		t.Errorf("%d runs are active", sum())
	}
	var ends []*flight.Event
	tr.Sweep(context.Background(), noon.Add(time.Hour), func(e *flight.Event, _ journey.State) { ends = append(ends, e) })
	if len(ends) != 1 || !ends[0].Time.Equal(noon.Add(time.Minute+2*time.Second)) || ends[0].Outcome != event.Abandoned || sum() != 0 {
		t.Errorf("abandoned are %+v, active %d", ends, sum())
	}
	if v := tr.Apply(run(event.JourneyEnded, "", time.Hour), track.Manner{}); !v.Drop || !v.Late {
		t.Errorf("of a second end it says %+v", v)
	}
}

// TestEndedRunsMakeRoom: what has ended is remembered as long as there is room. It must not
// keep new runs out: a busy service has a million of them within days.
func TestEndedRunsMakeRoom(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		skip(t, "with -short, this test names four million runs")
	}
	tr := track.New(track.Config{Rules: func(string) *journey.Definition { return nil }, Now: time.Now})
	apply := func(kind event.Kind, id string) track.Result {
		return tr.Apply(&flight.Event{Event: event.Event{Kind: kind, Time: noon, Outcome: event.Completed, Journey: event.Run{Namespace: "n", Name: "checkout", ID: id}}}, track.Manner{})
	}
	// The runs of one part of the memory, so that it is full after 1/64 of them.
	const part, most = 64, 1 << 22 / 64
	runs := 0
	for i := 0; runs <= most+100; i++ {
		id := strconv.Itoa(i)
		j := event.Run{Namespace: "n", Name: "checkout", ID: id}
		if tid := j.TraceID(); tid[15]%part != 0 {
			continue
		}
		runs++
		if v := apply(event.JourneyStarted, id); v.Drop || !v.Faults.IsEmpty() {
			t.Fatalf("after %d runs that have all ended, a new one is dropped: run limit %v", runs-1, v.Faults.Has(fault.RunLimit))
		}
		if v := apply(event.JourneyEnded, id); v.Drop {
			t.Fatalf("run %d does not end", runs)
		}
	}
}
