package cx_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

var brief = journey.Define("brief", journey.Stages("form"), journey.AbandonAfter(30*time.Minute))

// interrupted is a store at whose Forget something else happens.
type interrupted struct {
	*table
	before, after func()
}

func (s *interrupted) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	if s.before != nil {
		s.before()
	}
	n, err := s.table.Forget(ctx, customer, keep)
	if s.after != nil {
		s.after()
	}
	return n, err
}

// TestForgetRacingAStart: a journey that begins while a customer is being forgotten is forgotten as a whole, or goes on
// and ends as it ends; those of others are not touched.
func TestForgetRacingAStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		after        bool
		alice        []string
	}{
		{"before the store forgets", "it is in the store by then, and is forgotten", false, []string{"started new"}},
		{"after the store has forgotten", "the store does not know that it is to be forgotten", true, []string{"started new", "stage.entered new", "ended new"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &interrupted{table: newTable()}
				i := open(t, store, cx.WithDefinitions(brief))
				old := brief.Start(i.ctx(), "old", event.Customer{ID: "alice"})
				if err := i.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				var fresh, bob context.Context
				begin := func() {
					fresh = brief.Start(i.ctx(), "new", event.Customer{ID: "alice"})
					bob = brief.Start(i.ctx(), "bob's", event.Customer{ID: "bob"})
					time.Sleep(time.Second) // it is in the store
				}
				if c.after {
					store.after = begin
				} else {
					store.before = begin
				}
				if _, err := i.Forget(t.Context(), "alice"); err != nil {
					t.Fatal(err)
				}
				for _, ctx := range []context.Context{fresh, bob, old} {
					time.Sleep(time.Minute)
					brief.Enter(ctx, "form")
					brief.Complete(ctx)
				}
				time.Sleep(3 * time.Hour) // whatever is live is abandoned
				if err := i.Flush(t.Context()); err != nil {
					t.Error(err)
				}
				of := func(id string) []string {
					return slices.DeleteFunc(i.sink.got(), func(line string) bool { return line[len(line)-len(id)-1:] != " "+id })
				}
				same(t, "of her new journey the sink", of("new"), c.alice...)
				same(t, "of bob's journey the sink", of("bob's"), "started bob's", "stage.entered bob's", "ended bob's")
				same(t, "of her old journey the sink", of("old"), "started old")
				if n := i.counts.of("cx.journey.ended abandoned"); n != 0 {
					t.Errorf("%d journeys were abandoned, and all were completed: %s", n, c.reason)
				}
				i.close(t)
			})
		})
	}
}

// TestForgetAmongOthers: customers come, go and are forgotten at the same time. A journey that was completed is never
// abandoned; one of a customer who was not forgotten is told as it was; and who was forgotten does not come back.
func TestForgetAmongOthers(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		for round := range 10 {
			t.Run(fmt.Sprintf("with a store: %v, %d", shared, round), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var store ledger.Store
					table := newTable()
					if shared {
						store = table
					}
					i := open(t, store, cx.WithDefinitions(brief))
					var all sync.WaitGroup
					for n := range 20 {
						for _, who := range []string{"alice", "bob"} {
							all.Go(func() {
								time.Sleep(time.Duration(n*(round+1)) * time.Millisecond)
								ctx := brief.Start(i.ctx(), fmt.Sprint(who, n), event.Customer{ID: who})
								ctx = brief.Enter(ctx, "form")
								time.Sleep(time.Duration(n%3) * time.Millisecond)
								brief.Complete(ctx)
								feedback.CSAT.Record(ctx, 4)
							})
						}
					}
					for range 8 {
						all.Go(func() {
							for range 10 {
								if _, err := i.Forget(t.Context(), "alice"); err != nil {
									t.Error(err)
								}
								time.Sleep(time.Duration(round+1) * time.Millisecond)
								_ = i.Flush(t.Context())
							}
						})
					}
					all.Wait()
					time.Sleep(3 * time.Hour)
					if err := i.Flush(t.Context()); err != nil {
						t.Error(err)
					}
					if n := i.counts.of("cx.journey.ended abandoned"); n != 0 {
						t.Errorf("%d journeys were abandoned, and all were completed", n)
					}
					got := i.sink.got()
					for n := range 20 {
						id := fmt.Sprint("bob", n)
						for _, line := range []string{"started " + id, "stage.entered " + id, "ended " + id, "feedback.received " + id} {
							if !slices.Contains(got, line) {
								t.Errorf("there is no %q", line)
							}
						}
					}
					if n, err := i.Forget(t.Context(), "alice"); n != 0 || err != nil {
						t.Errorf("%d of her journeys came back, %v", n, err)
					}
					i.close(t)
				})
			})
		}
	}
}

// TestForgetWhatWaits: what waits for the store is forgotten too, and what comes afterwards does not bring the customer
// back, while something is settled and while another instance has one of the journeys at hand.
func TestForgetWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := newTable()
		slow := &gated{shared, make(chan struct{})}
		a, b := open(t, slow, cx.WithDefinitions(brief)), open(t, shared, cx.WithDefinitions(brief))
		alice := brief.Start(a.ctx(), "1", event.Customer{ID: "alice"})
		alice = brief.Enter(alice, "form")
		bob := brief.Start(a.ctx(), "2", event.Customer{ID: "bob"})
		go func() {
			time.Sleep(3 * time.Second)
			close(slow.gate)
		}()
		if n, err := a.Forget(t.Context(), "alice"); n != 1 || err != nil {
			t.Errorf("Forget = %d, %v: want the one that waited", n, err)
		}
		for _, i := range []*instance{a, b} {
			ctx := brief.Start(i.ctx(), "1", event.Customer{ID: "alice"})
			feedback.CSAT.Record(brief.Enter(ctx, "form"), 2)
			brief.Complete(ctx)
		}
		brief.Complete(alice)
		brief.Complete(bob)
		time.Sleep(3 * time.Hour)
		for _, i := range []*instance{a, b} {
			if err := i.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if n, err := i.Forget(t.Context(), "alice"); n != 0 || err != nil {
				t.Errorf("the customer came back in %d journeys, %v", n, err)
			}
		}
		if got := append(a.sink.got(), b.sink.got()...); slices.Contains(got, "ended 1") || !slices.Contains(got, "ended 2") {
			t.Errorf("the sinks got %q", got)
		}
		if n := a.counts.of("cx.journey.ended abandoned") + b.counts.of("cx.journey.ended abandoned"); n != 0 {
			t.Errorf("%d journeys were abandoned", n)
		}
		a.close(t)
		b.close(t)
	})
}
