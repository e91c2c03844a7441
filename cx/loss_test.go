package cx_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// archive is an exporter that keeps events by their IDs, as a sink does that removes duplicates.
type archive struct {
	mu     sync.Mutex
	events map[event.ID]event.Event
	order  []event.ID
}

func (a *archive) Export(_ context.Context, events []event.Event) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.events == nil {
		a.events = map[event.ID]event.Event{}
	}
	for _, e := range events {
		if _, ok := a.events[e.ID]; !ok {
			a.events[e.ID] = e
			a.order = append(a.order, e.ID)
		}
	}
	return nil
}

func (*archive) Shutdown(context.Context) error { return nil }

// of returns the events of the kind.
func (a *archive) of(kind event.Kind) (out []event.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range a.order {
		if e := a.events[id]; e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// derived returns the event of a transition of the run.
func (a *archive) derived(id, transition string) (event.Event, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.events[flight.DeriveID(event.Run{Namespace: "test", Name: "order", ID: id}, transition)]
	return e, ok
}

// roomy has a queue that all of a test fits into.
func roomy(e event.Exporter) cx.Option {
	return cx.WithProcessors(exporters.NewBatch(e, exporters.WithQueueSize(1<<16)))
}

// TestStoreQueueFull: of 1,000 journeys whose store does not answer every start, stage and end is exported under the ID
// that it always has; those that the store has not taken are in no metric; and the next Flush says how many.
func TestStoreQueueFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const runs, queue = 1000, 64
		store := &gated{newTable(), make(chan struct{})}
		var sink archive
		i := open(t, store, cx.WithStoreQueue(queue), roomy(&sink))
		for n := range runs {
			ctx := order.Start(i.ctx(), fmt.Sprint(n), event.Customer{ID: "alice"}, journey.Worth(100, "EUR"))
			ctx = order.Enter(ctx, "cart")
			_, tp := pay.Start(ctx, event.Web) // it moves the run to payment
			tp.End()
			feedback.CSAT.Record(ctx, 4)
			time.Sleep(time.Second)
			order.Complete(ctx, journey.Because("paid"))
		}
		synctest.Wait()
		full := i.counts.of(semconv.SDKFaultsName + " " + fault.StoreFull.String())
		close(store.gate)
		err := i.Flush(t.Context())
		if want := fmt.Sprintf("%d found its queue of %d full", full, queue); !errors.Is(err, cx.ErrLost) || !strings.Contains(err.Error(), want) {
			t.Errorf("Flush says %v, want %q", err, want)
		}
		if err := i.Flush(t.Context()); err != nil {
			t.Errorf("the next Flush says it again: %v", err)
		}
		for n := range runs {
			id := fmt.Sprint(n)
			for _, transition := range []string{"started", "entered/cart/1", "entered/payment/1", "ended"} {
				e, ok := sink.derived(id, transition)
				if !ok {
					t.Fatalf("%q of run %s was not exported", transition, id)
				}
				if e.Customer.Hash == "" || e.Journey.Value == nil || e.Time.IsZero() {
					t.Fatalf("%q of run %s is %+v", transition, id, e)
				}
				// In which stage a run ended only the store knows: another instance may have moved it.
				if transition == "ended" && !slices.Contains([]string{"", "payment"}, e.Stage) {
					t.Fatalf("the end of run %s is in %q", id, e.Stage)
				}
				if transition == "ended" && (e.Outcome != event.Completed || e.Cause != "paid" || e.Duration != time.Second) {
					t.Fatalf("the end of run %s is %v %q, took %v, in %q: %+v", id, e.Outcome, e.Cause, e.Duration, e.Stage, e.Transition)
				}
			}
		}
		if n := len(sink.of(event.TouchpointEnded)); n != runs {
			t.Errorf("%d touchpoints were exported, want %d", n, runs)
		}
		if n := len(sink.of(event.FeedbackReceived)); n != runs {
			t.Errorf("%d answers were exported, want %d", n, runs)
		}
		if n := i.counts.of(semconv.JourneyStartedName); n == 0 || n > queue+512 {
			t.Errorf("%d starts were counted, want those that the store has taken", n)
		}
		if n := i.counts.of(semconv.TouchpointInteractionsName); n != runs {
			t.Errorf("%d touchpoints were counted, want %d: they are no transitions", n, runs)
		}
		i.close(t)
	})
}

// TestEndThatFoundNoRoom: a journey whose end the store did not hear of is live there, and may be ended later.
func TestEndThatFoundNoRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &gated{newTable(), make(chan struct{})}
		var sink archive
		i := open(t, store, cx.WithStoreQueue(3), roomy(&sink))
		ctx := order.Start(i.ctx(), "1", event.Customer{})
		synctest.Wait() // it is on its way to the store
		for range 3 {
			feedback.CSAT.Record(ctx, 4)
		}
		order.Complete(ctx)
		close(store.gate)
		if err := i.Flush(t.Context()); !errors.Is(err, cx.ErrLost) {
			t.Errorf("Flush says %v", err)
		}
		if _, ok := sink.derived("1", "ended"); !ok {
			t.Error("the end was not exported")
		}
		if n := i.counts.of(semconv.JourneyEndedName); n != 0 {
			t.Errorf("%d ends were counted, and none is in the store", n)
		}
		order.Complete(ctx)
		if err := i.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if n := i.counts.of(semconv.JourneyEndedName); n != 1 || !store.settled() {
			t.Errorf("after the second call %d ends were counted, and the run has ended in the store: %v", n, store.settled())
		}
		i.close(t)
	})
}

// TestShutdownOutOfTime: what waits for the store then is counted once, exported and said; when the store comes back it
// takes it after all, and nothing is counted twice.
func TestShutdownOutOfTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		back         time.Duration // after the first Shutdown; 0 is never within the time that the client goes on
		again        bool          // Shutdown is called again
	}{
		{"it comes back", "the next Shutdown is done", 10 * time.Second, true},
		{"it comes back, and there is no further Shutdown", "the client finishes by itself", 10 * time.Second, false},
		{"it does not", "the next Shutdown says that it is lost for good", 0, true},
		{"it does not, and there is no further Shutdown", "the client finishes by itself", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &failing{table: newTable(), err: errBad}
				var sink archive
				i := open(t, store, roomy(&sink))
				ctx := order.Start(i.ctx(), "1", event.Customer{ID: "alice"})
				ctx = order.Enter(ctx, "payment")
				feedback.CSAT.Record(ctx, 4)
				order.Complete(ctx)
				const changes = 4
				err := bounded(t, "Shutdown", i.Shutdown)
				if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "4 of them are counted as lost") {
					t.Errorf("Shutdown says %v", err)
				}
				lost := func() int64 { return i.counts.of(semconv.SDKFaultsName + " " + fault.StoreLost.String()) }
				if n := lost(); n != changes {
					t.Errorf("%d changes were counted as lost, want %d", n, changes)
				}
				exported := func() {
					t.Helper()
					for _, transition := range []string{"started", "entered/payment/1", "ended"} {
						if e, ok := sink.derived("1", transition); !ok || transition == "ended" && e.Outcome != event.Completed {
							t.Errorf("%q was not exported, or is %v", transition, e.Outcome)
						}
					}
					if n := len(sink.of(event.FeedbackReceived)); n != 1 || len(sink.order) != 4 {
						t.Errorf("%d answers of %d events were exported", n, len(sink.order))
					}
				}
				exported() // in time, and not some day
				if n := i.counts.of(semconv.JourneyStartedName); n != 0 {
					t.Errorf("%d starts are counted, and none is in the store", n)
				}
				if c.back > 0 {
					time.Sleep(c.back)
					store.set(nil)
				}
				time.Sleep(2 * time.Minute)
				if c.again {
					err := i.Shutdown(t.Context())
					if (c.back > 0) != (err == nil) {
						t.Errorf("the next Shutdown says %v: %s", err, c.reason)
					}
					i.close(t)
				}
				synctest.Wait()
				if n := lost(); n != changes {
					t.Errorf("in the end %d changes were counted as lost, want %d", n, changes)
				}
				exported()
				want := int64(0)
				if c.back > 0 {
					want = 1
				}
				if n := i.counts.of(semconv.JourneyEndedName); n != want || (store.settled() != (want == 1)) {
					t.Errorf("%d ends were counted, want %d; the store has it: %v", n, want, store.settled())
				}
				if err := i.Flush(t.Context()); err != nil {
					t.Errorf("Flush says again what Shutdown has said: %v", err)
				}
			})
		})
	}
}

// failing is a store that fails with err, while there is one.
type failing struct {
	*table
	mu  sync.Mutex
	err error
}

func (f *failing) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *failing) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	f.mu.Lock()
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return f.table.Write(ctx, changes)
}

// reporting is a processor that reports a loss by its Flush, once.
type reporting struct {
	mu    sync.Mutex
	lost  int
	fails bool
}

func (*reporting) Process(context.Context, *event.Event) {}
func (*reporting) Shutdown(context.Context) error        { return nil }

func (r *reporting) Flush(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails {
		return errBad
	}
	if n := r.lost; n > 0 {
		r.lost = 0
		return fmt.Errorf("%d events were dropped: %w", n, errBad)
	}
	return nil
}

// TestFlushSaysWhatWasDropped: a processor's report of a loss gets to Client.Flush, once, whoever flushed the processor
// in the meantime; and a loss is no reason not to settle what is delivered.
func TestFlushSaysWhatWasDropped(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("with a store: %v", shared), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &reporting{}
				var store ledger.Store
				table := newTable()
				if shared {
					store = table
				}
				i := open(t, store, cx.WithProcessors(r))
				for round := range 3 {
					r.mu.Lock()
					r.lost = 7
					r.mu.Unlock()
					order.Complete(order.Start(i.ctx(), fmt.Sprint(round), event.Customer{}))
					time.Sleep(time.Minute) // with a store it is settled by now, for which the processor is flushed
					if shared && !table.settled() {
						t.Error("it is not settled, for something else was dropped")
					}
					err := i.Flush(t.Context())
					if !errors.Is(err, errBad) || strings.Count(err.Error(), "7 events were dropped") != 1 {
						t.Errorf("Flush says %v", err)
					}
					if err := i.Flush(t.Context()); err != nil {
						t.Errorf("the next Flush says it again: %v", err)
					}
				}
				r.mu.Lock()
				r.fails = true
				r.mu.Unlock()
				order.Start(i.ctx(), "late", event.Customer{})
				time.Sleep(time.Minute)
				r.mu.Lock()
				r.fails = false
				r.mu.Unlock()
				time.Sleep(time.Minute)
				if err := i.Flush(t.Context()); err != nil {
					t.Errorf("what failed for a while has lost nothing, and yet: %v", err)
				}
				i.close(t)
			})
		})
	}
}

// moody is a store that refuses, is slow or does not answer for a while, as it likes.
type moody struct {
	*table
	mu   sync.Mutex
	rand *rand.Rand
	well bool
}

func (m *moody) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	m.mu.Lock()
	mood, long, well := m.rand.IntN(6), time.Duration(m.rand.IntN(20_000))*time.Millisecond, m.well
	m.mu.Unlock()
	if well {
		mood = 0
	}
	switch mood {
	case 1:
		return nil, errBad
	case 2: // slow, and it heeds no context
		time.Sleep(long)
	case 3: // it has taken them, and says that it has not
		_, err := m.table.Write(ctx, changes)
		return nil, errors.Join(errBad, err)
	case 4:
		<-ctx.Done()
		return nil, context.Cause(ctx)
	default:
	}
	return m.table.Write(ctx, changes)
}

func (m *moody) cure() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.well = true
}

// TestNothingIsSilentlyGone: whatever a store does, every call is by its event's ID exported at least once, or told.
func TestNothingIsSilentlyGone(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 8))                                 //nolint:gosec // a test's choice, which the seed repeats
				store := &moody{table: newTable(), rand: rand.New(rand.NewPCG(seed, 9))} //nolint:gosec // as above
				var sink archive
				i := open(t, store, cx.WithStoreQueue(1+random.IntN(100)), roomy(&sink))
				wanted := map[string][]string{} // transitions by run
				told := map[string]bool{}       // that something of the run found no room
				full := func() int64 { return i.counts.of(semconv.SDKFaultsName + " " + fault.StoreFull.String()) }
				touches, answers := 0, 0
				stages := []string{"cart", "payment"}
				for n := range 40 + random.IntN(100) {
					id, before := fmt.Sprint(n), full()
					ctx := order.Start(i.ctx(), id, event.Customer{ID: "alice"})
					wanted[id] = append(wanted[id], "started")
					visits, at := map[string]int{}, ""
					for range random.IntN(4) {
						stage := stages[random.IntN(2)]
						if stage != at {
							visits[stage]++
							at = stage
							wanted[id] = append(wanted[id], fmt.Sprintf("entered/%s/%d", stage, visits[stage]))
						}
						time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
						ctx = order.Enter(ctx, stage)
					}
					if random.IntN(2) == 0 {
						if at != "payment" {
							visits["payment"]++
							wanted[id] = append(wanted[id], fmt.Sprintf("entered/payment/%d", visits["payment"]))
						}
						time.Sleep(time.Millisecond)
						_, tp := pay.Start(ctx, event.Web)
						tp.End()
						touches++
					}
					feedback.CSAT.Record(ctx, 4)
					answers++
					if random.IntN(3) > 0 {
						order.Complete(ctx)
						wanted[id] = append(wanted[id], "ended")
					}
					told[id] = full() > before
					if random.IntN(20) == 0 {
						_ = bounded(t, "Flush", i.Flush)
					}
				}
				if err := bounded(t, "Shutdown", i.Shutdown); random.IntN(2) == 0 && err != nil {
					store.cure()
				}
				time.Sleep(3 * time.Minute)
				_ = i.Shutdown(t.Context())
				i.close(t)
				lost := i.counts.of(semconv.SDKFaultsName+" "+fault.StoreLost.String()) > 0
				for id, transitions := range wanted {
					for _, transition := range transitions {
						// Where a stage did not get into the store, or not in time, it is not seen that the customer has come
						// back to the one before. That it did not is told and counted.
						if (told[id] || lost) && strings.HasPrefix(transition, "entered/") && !strings.HasSuffix(transition, "/1") {
							continue
						}
						if _, ok := sink.derived(id, transition); !ok {
							t.Errorf("%q of run %s is gone", transition, id)
						}
					}
				}
				if n := len(sink.of(event.TouchpointEnded)); n != touches {
					t.Errorf("%d of %d touchpoints were exported", n, touches)
				}
				if n := len(sink.of(event.FeedbackReceived)); n != answers {
					t.Errorf("%d of %d answers were exported", n, answers)
				}
			})
		})
	}
}
