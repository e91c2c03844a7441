package cx_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// seen is a processor that keeps copies of events.
type seen struct {
	mu  sync.Mutex
	all []event.Event
}

func (s *seen) Process(_ context.Context, e *event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, *e)
}
func (*seen) Shutdown(context.Context) error { return nil }

// of returns the events of the kind.
func (s *seen) of(kind event.Kind) (all []event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.all {
		if s.all[i].Kind == kind {
			all = append(all, s.all[i])
		}
	}
	return all
}

// eachPlace runs the test in memory and with a store.
func eachPlace(t *testing.T, test func(t *testing.T, open func(opts ...cx.Option) *instance)) {
	t.Helper()
	for name, store := range map[string]func() ledger.Store{"memory": nil, "store": func() ledger.Store { return newTable() }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var s ledger.Store
				if store != nil {
					s = store()
				}
				test(t, func(opts ...cx.Option) *instance { return open(t, s, opts...) })
			})
		})
	}
}

// TestRootsFromOutside: the root that an event names changes neither the run of that trace nor the record of its own.
func TestRootsFromOutside(t *testing.T) {
	t.Parallel()
	victim := event.Run{Namespace: "test", Name: "order", ID: "1"}
	full := victim.RootSpan()
	for name, root := range map[string]event.SpanRef{
		"half":  {TraceID: full.TraceID()},
		"other": {SpanID: full.SpanID()},
		"whole": {TraceID: full.TraceID(), SpanID: full.SpanID()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				var got seen
				i := open(cx.WithProcessors(&got))
				ctx := order.Start(i.ctx(), "1", event.Customer{ID: "alice"})
				for _, of := range []event.Run{{Name: "order", ID: "2", Root: root}, {Name: "unknown", ID: "3", Root: root}} {
					i.Record(i.ctx(), event.Event{Kind: event.JourneyStarted, Journey: of})
					i.Record(i.ctx(), event.Event{Kind: event.JourneyEnded, Outcome: event.Cancelled, Journey: of})
				}
				time.Sleep(10 * time.Second)
				order.Complete(ctx)
				time.Sleep(10 * time.Second)
				i.close(t)
				ends := got.of(event.JourneyEnded)
				byID := map[string]event.Event{}
				for _, e := range ends {
					byID[e.Journey.ID] = e
					if e.Journey.ID != "1" && (e.TraceID() == full.TraceID() || e.Customer.Hash != "") {
						t.Errorf("run %s is in the trace of run 1, or of its customer: %+v", e.Journey.ID, e)
					}
					if _, err := event.ParseJSON(e.AppendJSON(nil)); err != nil {
						t.Errorf("the end of run %s: %v", e.Journey.ID, err)
					}
				}
				if len(ends) != 3 || byID["1"].Outcome != event.Completed {
					t.Errorf("%d ends, that of run 1 is %v; want three, and completed", len(ends), byID["1"].Outcome)
				}
			})
		})
	}
}

// TestSaidByTheCaller: what the client decides is not what an event from outside says of it.
func TestSaidByTheCaller(t *testing.T) {
	t.Parallel()
	left := &event.Transition{From: "cart", Visit: 9, Entered: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		var got seen
		i := open(cx.WithProcessors(&got))
		say := func(e event.Event) {
			e.Journey.Name, e.Late, e.Zone, e.Transition = "order", true, event.Frustrated, left
			i.Record(i.ctx(), e)
			time.Sleep(10 * time.Second)
		}
		run := event.Run{ID: "1"}
		say(event.Event{Kind: event.JourneyStarted, Journey: run, Duration: time.Hour})
		say(event.Event{Kind: event.JourneyStageEntered, Stage: "payment", Journey: run, Duration: 50 * time.Minute})
		say(event.Event{Kind: event.JourneyEnded, Outcome: event.Completed, Journey: run, Duration: time.Hour})
		say(event.Event{Kind: event.JourneyEnded, Outcome: event.Completed, Journey: event.Run{ID: "2"}, Duration: time.Hour})
		say(event.Event{Kind: "acme.note", Journey: run})
		i.close(t)
		for _, e := range got.all {
			if e.Kind != "acme.note" && e.Late || e.Zone != 0 {
				t.Errorf("%s of run %s: late %v, zone %v", e.Kind, e.Journey.ID, e.Late, e.Zone)
			}
			if tr := e.Transition; tr != nil && tr.Visit == 9 && e.Kind != "acme.note" {
				t.Errorf("%s has the caller's transition", e.Kind)
			}
		}
		ends := got.of(event.JourneyEnded)
		if len(ends) != 2 {
			t.Fatalf("%d ends, want 2", len(ends))
		}
		for _, e := range ends {
			if want := map[string]time.Duration{"1": 20 * time.Second, "2": 0}[e.Journey.ID]; e.Duration != want {
				t.Errorf("run %s took %v, want %v", e.Journey.ID, e.Duration, want)
			}
		}
		if entered := got.of(event.JourneyStageEntered); len(entered) != 1 || entered[0].Duration != 0 {
			t.Errorf("entered %+v, want once and in no time", entered)
		}
	})
}

// TestEntryTakesNoTime: the duration of an entry is no sign of life.
func TestEntryTakesNoTime(t *testing.T) {
	t.Parallel()
	patient := journey.Define("patient", journey.Stages("a"), journey.AbandonAfter(time.Hour))
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		var got seen
		i := open(cx.WithProcessors(&got), cx.WithDefinitions(patient))
		began := time.Now()
		patient.Start(i.ctx(), "1", event.Customer{})
		i.Record(i.ctx(), event.Event{Kind: event.JourneyStageEntered, Stage: "a", Journey: event.Run{Name: "patient", ID: "1"}, Duration: 50 * time.Minute})
		time.Sleep(3 * time.Hour)
		i.close(t)
		ends := got.of(event.JourneyEnded)
		if len(ends) != 1 || ends[0].Time.Sub(began) != time.Hour {
			t.Errorf("ended %+v, want abandoned after an hour", ends)
		}
	})
}

// TestSignsOfLife: what happens to the customer keeps the run alive, whatever its kind. What only the company or time does, does not.
func TestSignsOfLife(t *testing.T) {
	t.Parallel()
	patient := journey.Define("patient", journey.Stages("a"), journey.AbandonAfter(time.Hour))
	silent := map[event.Kind]bool{
		event.SurveyClosed: true, event.ContactSuppressed: true, event.EmployeeLooked: true, event.EmployeeActed: true,
		event.JourneyStalled: true, // the client records it, and the promises
		event.PromiseMade:    true, event.PromiseKept: true, event.PromiseBroken: true, event.PromiseWithdrawn: true,
	}
	for _, kind := range append(event.Kinds(), "acme.note") {
		if kind == event.JourneyEnded {
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				var got seen
				i := open(cx.WithProcessors(&got), cx.WithDefinitions(patient))
				began := time.Now()
				patient.Start(i.ctx(), "1", event.Customer{})
				time.Sleep(50 * time.Minute)
				i.Record(i.ctx(), event.Event{
					Kind: kind, Stage: "a", Journey: event.Run{Name: "patient", ID: "1"}, Feedback: &event.Feedback{Survey: "s", Scale: event.CSAT, Score: 4, Request: event.ID{1}, Amends: event.ID{2}, Ended: event.SurveyExpired},
					FollowUp: &event.FollowUp{ID: "1"}, Action: &event.Action{Name: "a"}, Contact: &event.Contact{}, Promise: &event.Promise{Name: "answered"},
					Assisted: &event.Assisted{},
				})
				time.Sleep(3 * time.Hour)
				i.close(t)
				want := 110 * time.Minute
				if silent[kind] {
					want = time.Hour
				}
				if kind == event.JourneyStarted {
					want = 110 * time.Minute // it is resumed
				}
				ends := got.of(event.JourneyEnded)
				if len(ends) != 1 || ends[0].Time.Sub(began) != want {
					t.Errorf("ended %+v, want abandoned after %v", ends, want)
				}
			})
		})
	}
}

// TestBoundsOfEveryKind: whatever the kind, names are bounded, and an event without a run has no stage.
func TestBoundsOfEveryKind(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20) + "\xff"
	for _, kind := range append(event.Kinds(), "acme.note") {
		for name, run := range map[string]event.Run{"a run": {Name: "order", ID: "1"}, "no run": {Namespace: long, Version: long, Started: time.Unix(0, 0)}} {
			t.Run(string(kind)+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var got seen
					i := open(t, nil, cx.WithProcessors(&got))
					i.Record(i.ctx(), event.Event{
						Kind: kind, Journey: run, Stage: long, Visit: 3, Touchpoint: long, Cause: long, ErrorType: long, Outcome: event.Completed,
						Customer: event.Customer{ID: "alice", Segment: long},
						Feedback: &event.Feedback{Survey: long, Scale: event.CSAT, Score: 4, Comment: long},
						FollowUp: &event.FollowUp{ID: "1"}, Action: &event.Action{Name: long}, Contact: &event.Contact{},
					})
					i.close(t)
					for _, e := range got.all {
						if b := e.AppendJSON(nil); len(b) > event.MaxJSON {
							t.Errorf("%s has %d bytes of JSON", e.Kind, len(b))
						} else if _, err := event.ParseJSON(b); err != nil {
							t.Errorf("%s: %v", e.Kind, err)
						}
						if e.Journey.IsZero() && (e.Stage != "" || e.Visit != 0 || e.Journey != (event.Run{})) {
							t.Errorf("%s without a run is in stage %.20q, visit %d, of %.20q", e.Kind, e.Stage, e.Visit, e.Journey.Namespace)
						}
					}
				})
			})
		}
	}
}

// TestRequestOfEveryEvent: every event has the span that it happened in.
func TestRequestOfEveryEvent(t *testing.T) {
	t.Parallel()
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		var got seen
		i := open(cx.WithProcessors(&got))
		ctx := trace.ContextWithSpanContext(order.Start(i.ctx(), "1", event.Customer{}), sc)
		order.Enter(ctx, "payment")
		pay.Record(ctx, event.Web)
		feedback.CSAT.Record(ctx, 4)
		i.Record(ctx, event.Event{Kind: "acme.note"})
		time.Sleep(10 * time.Second)
		i.close(t)
		for _, e := range got.all {
			if e.Kind != event.JourneyStarted && e.SpanContext.TraceID() != sc.TraceID() {
				t.Errorf("%s happened in no request", e.Kind)
			}
		}
		if len(got.all) < 5 {
			t.Errorf("%d events", len(got.all))
		}
	})
}

// TestLateVisitFromOutside: an event that turns out to begin another visit, whose stage before was reported as left already, has no
// transition, whatever it says itself.
func TestLateVisitFromOutside(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		var got seen
		i := open(cx.WithProcessors(&got))
		began := time.Now()
		enter := func(kind event.Kind, stage string, minute int) {
			i.Record(i.ctx(), event.Event{
				Kind: kind, Stage: stage, Time: began.Add(time.Duration(minute) * time.Minute), Journey: event.Run{Name: "order", ID: "1"},
				Transition: &event.Transition{From: "nowhere", Visit: 9, Entered: began.Add(-time.Hour)},
			})
			time.Sleep(10 * time.Second)
		}
		time.Sleep(time.Hour)
		enter(event.JourneyStarted, "", 0)
		enter(event.JourneyStageEntered, "cart", 10)
		enter(event.JourneyStageEntered, "payment", 40)
		enter(event.JourneyStageEntered, "payment", 5)
		i.close(t)
		visits := 0
		for _, e := range got.all {
			if tr := e.Transition; tr != nil && tr.From == "nowhere" {
				t.Errorf("%s %s %d has the caller's transition", e.Kind, e.Stage, e.Visit)
			}
			if e.Kind == event.JourneyStageEntered {
				visits++
			}
		}
		if visits != 3 {
			t.Errorf("%d visits, want 3", visits)
		}
	})
}

// TestFlushEndsWhatItWrites: Flush ends a run that is abandoned by what it has just written to the store.
func TestFlushEndsWhatItWrites(t *testing.T) {
	t.Parallel()
	patient := journey.Define("patient", journey.AbandonAfter(time.Hour))
	step := touchpoint.Define("step")
	synctest.Test(t, func(t *testing.T) {
		store := &gated{newTable(), make(chan struct{})}
		var got seen
		i := open(t, store, cx.WithProcessors(&got), cx.WithDefinitions(patient, step), cx.WithSweepInterval(24*time.Hour))
		close(store.gate)
		began := time.Now()
		ctx := patient.Start(i.ctx(), "1", event.Customer{})
		if err := i.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		store.gate = make(chan struct{})
		time.Sleep(3 * time.Hour)
		step.Record(ctx, event.Phone, touchpoint.At(began.Add(30*time.Minute)))
		done := make(chan error, 1)
		go func() { done <- i.Flush(context.Background()) }()
		synctest.Wait()
		close(store.gate)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if ends := got.of(event.JourneyEnded); len(ends) != 1 || ends[0].Time.Sub(began) != 90*time.Minute {
			t.Errorf("ended %+v, want abandoned after 90 minutes", ends)
		}
		i.close(t)
	})
}

// TestFlushBeforeSweep: a run is not abandoned while its sign of life waits for the store in this instance.
func TestFlushBeforeSweep(t *testing.T) {
	t.Parallel()
	patient := journey.Define("patient", journey.AbandonAfter(time.Hour))
	step := touchpoint.Define("step")
	synctest.Test(t, func(t *testing.T) {
		store := &gated{newTable(), make(chan struct{})}
		var got seen
		i := open(t, store, cx.WithProcessors(&got), cx.WithDefinitions(patient, step), cx.WithSweepInterval(24*time.Hour))
		close(store.gate)
		ctx := patient.Start(i.ctx(), "1", event.Customer{})
		if err := i.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		store.gate = make(chan struct{})
		time.Sleep(50 * time.Minute)
		step.Record(ctx, event.Web)
		time.Sleep(20 * time.Minute) // the store has been away since
		done := make(chan error, 1)
		go func() { done <- i.Flush(context.Background()) }()
		synctest.Wait()
		close(store.gate)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if ends := got.of(event.JourneyEnded); len(ends) > 0 {
			t.Errorf("ended %v, want a run that lives until 1 h 50", ends[0].Outcome)
		}
		i.close(t)
	})
}

// TestForgottenElsewhere: an instance that has not heard that the store forgot a customer exports no event of theirs that says
// whose it is.
func TestForgottenElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newTable()
		var got seen
		a, b := open(t, store), open(t, store, cx.WithProcessors(&got))
		order.Start(a.ctx(), "1", event.Customer{ID: "alice", Segment: "gold"})
		flush := func(i *instance) {
			if err := i.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		flush(a)
		ctx := order.Resume(b.ctx(), "1")
		_, open := pay.Start(ctx, event.Chat)
		pay.Record(ctx, event.Phone)
		flush(b)
		if got := got.of(event.TouchpointEnded); len(got) != 1 || got[0].Customer.Hash == "" {
			t.Fatalf("%d touchpoints, or the first has no customer: the instance knows them", len(got))
		}
		before := len(got.all)
		if n, err := a.Forget(context.Background(), "alice"); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		pay.Record(ctx, event.Phone)
		open.End()
		order.Enter(ctx, "payment")
		feedback.CSAT.Record(ctx, 4)
		flush(b)
		pay.Record(ctx, event.Phone)
		flush(b)
		if len(got.all) == before {
			t.Error("nothing was exported since")
		}
		for _, e := range got.all[before:] {
			if e.Customer != (event.Customer{}) {
				t.Errorf("%s at %v late %v says whose it is: %+v", e.Kind, e.Channel, e.Late, e.Customer)
			}
		}
		a.close(t)
		b.close(t)
	})
}
