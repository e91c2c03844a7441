package journey_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestAbandoned: a run is abandoned when nothing happened for AbandonAfter, by event time:
// at the last sign of life and AbandonAfter, not when the sweep came by.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	const patience = 30 * time.Minute
	read := touchpoint.Define("read")
	for _, c := range []struct {
		name, reason string
		// live is what the customer does, and returns the last sign of life since the start.
		live  func(ctx context.Context) time.Duration
		never bool
	}{
		{"silent", "nothing but the start", func(context.Context) time.Duration { return 0 }, false},
		{"entered a stage", "a sign of life", func(ctx context.Context) time.Duration {
			time.Sleep(20 * time.Minute)
			checkout.Enter(ctx, "cart")
			return 20 * time.Minute
		}, false},
		{"entered the same stage again", "a sign of life, though nothing is recorded", func(ctx context.Context) time.Duration {
			checkout.Enter(ctx, "cart")
			time.Sleep(20 * time.Minute)
			checkout.Enter(ctx, "cart")
			return 20 * time.Minute
		}, false},
		{"started again", "a sign of life", func(ctx context.Context) time.Duration {
			time.Sleep(29 * time.Minute)
			checkout.Start(ctx, "c1", alice)
			return 29 * time.Minute
		}, false},
		{"gave feedback", "a sign of life", func(ctx context.Context) time.Duration {
			time.Sleep(10 * time.Minute)
			feedback.CSAT.Record(ctx, 3)
			return 10 * time.Minute
		}, false},
		{"was in a touchpoint", "until it ends", func(ctx context.Context) time.Duration {
			_, tp := read.Start(ctx, event.Web)
			time.Sleep(10 * time.Minute)
			tp.End()
			return 10 * time.Minute
		}, false},
		{"reported afterwards", "it counts when it happened", func(ctx context.Context) time.Duration {
			time.Sleep(20 * time.Minute)
			checkout.Enter(ctx, "cart", journey.At(time.Now().Add(-5*time.Minute)))
			return 15 * time.Minute
		}, false},
		{"reported out of order", "the last sign of life stays the last", func(ctx context.Context) time.Duration {
			time.Sleep(20 * time.Minute)
			checkout.Enter(ctx, "payment")
			feedback.CSAT.Record(ctx, 3, feedback.At(time.Now().Add(-15*time.Minute)))
			return 20 * time.Minute
		}, false},
		{"another run's life", "each run for itself", func(ctx context.Context) time.Duration {
			time.Sleep(20 * time.Minute)
			checkout.Start(ctx, "c2", alice)
			return 0
		}, false},
		{"completed in the last moment", "it has ended, and stays so", func(ctx context.Context) time.Duration {
			time.Sleep(patience - 1)
			checkout.Complete(ctx)
			return 0
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rec := cxtest.New(t, cx.WithSweepInterval(time.Minute))
				began := time.Now()
				ctx := checkout.Start(rec.Context(context.Background()), "c1", alice, journey.Via(event.Web))
				last := c.live(ctx)
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				var ends []event.Event
				for _, e := range rec.Events(event.JourneyEnded) {
					if e.Journey.ID == "c1" {
						ends = append(ends, e)
					}
				}
				if len(ends) != 1 {
					t.Fatalf("it ended %d times: %s", len(ends), c.reason)
				}
				end := ends[0]
				if c.never {
					if end.Outcome == event.Abandoned {
						t.Errorf("it was abandoned: %s", c.reason)
					}
					return
				}
				want := began.Add(last + patience)
				if end.Outcome != event.Abandoned || !end.Time.Equal(want) {
					t.Errorf("it is %v at %v, want abandoned at %v: %s", end.Outcome, end.Time.Sub(began), last+patience, c.reason)
				}
				if end.Duration != last+patience || end.Transition == nil || end.Transition.Partial {
					t.Errorf("it took %v, transition %+v; want %v", end.Duration, end.Transition, last+patience)
				}
				if end.ID != flight.DeriveID(end.Journey, "ended") || end.Channel != event.Web || end.Customer.Hash == "" {
					t.Errorf("the end is %+v", end)
				}
				// Late now.
				checkout.Complete(ctx)
				checkout.Start(ctx, "c1", alice)
				rec.Journey("checkout", "c1").Abandoned()
			})
		})
	}
}

// TestAbandonedAtTheVeryMoment: not a nanosecond earlier, and with the next sweep.
func TestAbandonedAtTheVeryMoment(t *testing.T) {
	t.Parallel()
	s := start(t)
	checkout.Enter(checkout.Start(s.ctx(), "c1", alice), "payment")
	s.clock.add(30*time.Minute - 1)
	s.flush(t)
	if got := s.story("checkout", "c1"); !slices.Equal(got, []string{"started", "payment/1"}) {
		t.Fatalf("a nanosecond before its patience is over it is %q", got)
	}
	s.clock.add(1)
	s.flush(t)
	s.flush(t)
	if got := s.story("checkout", "c1"); !slices.Equal(got, []string{"started", "payment/1", "abandoned"}) {
		t.Errorf("when its patience is over it is %q", got)
	}
	end := s.of("checkout", "c1", event.JourneyEnded)[0]
	if end.Stage != "payment" || end.Visit != 1 || end.Transition.From != "payment" || !end.Transition.Entered.Equal(noon) {
		t.Errorf("it was abandoned in %q, visit %d, %+v", end.Stage, end.Visit, end.Transition)
	}
	if live := s.live(); len(live) != 0 {
		t.Errorf("live are %v", live)
	}
}

// TestNeverAbandoned: without AbandonAfter a run waits for ever, and so does one that this
// process merely resumed.
func TestNeverAbandoned(t *testing.T) {
	t.Parallel()
	s := start(t)
	complaint.Start(s.ctx(), "t1", alice)
	feedback.CSAT.Record(checkout.Resume(s.ctx(), "c1"), 3)
	s.clock.add(10 * 365 * 24 * time.Hour)
	s.flush(t)
	if got := s.story("complaint", "t1"); !slices.Equal(got, []string{"started"}) {
		t.Errorf("without AbandonAfter it is %q", got)
	}
	if got := s.story("checkout", "c1"); !slices.Equal(got, []string{"feedback.received"}) {
		t.Errorf("the run of another process is %q", got)
	}
}

// TestAbandonedOnce however many look at the same time.
func TestAbandonedOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i := range 100 {
		checkout.Start(s.ctx(), string(rune('a'+i%26))+string(rune('a'+i/26)), alice)
	}
	s.clock.add(time.Hour)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := s.client.Flush(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[event.ID]bool{}
	for _, e := range s.events {
		if seen[e.ID] {
			t.Errorf("%s of %s is there twice", e.Kind, e.Journey.ID)
		}
		seen[e.ID] = true
	}
	if len(s.events) != 200 {
		t.Errorf("%d events, want 100 starts and 100 ends", len(s.events))
	}
}

// TestSweepStopsWithTheClient: goleak sees to the goroutine; this, that Shutdown returns and
// nothing is abandoned any more.
func TestSweepStopsWithTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := cxtest.New(t, cx.WithSweepInterval(time.Minute))
		checkout.Start(rec.Context(context.Background()), "c1", alice)
		if err := rec.Client().Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if ends := rec.Events(event.JourneyEnded); len(ends) != 0 {
			t.Errorf("after Shutdown %d runs ended", len(ends))
		}
	})
}

// TestEndedRunsAreRemembered: what comes after the end changes nothing, for 30 days.
func TestEndedRunsAreRemembered(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		name, reason string
		ended        time.Duration // before now
		wait         time.Duration
	}{
		{"the same day", "an ended run is known", 0, time.Hour},
		{"after 29 days", "stores remember ended runs for 30 days by default", 0, 29 * day},
		{"after exactly 30 days", "30 days are remembered", 0, 30 * day},
		{"of a backdated run", "what was imported from an archive ended long ago, and was heard of just now", 60 * day, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			ctx := complaint.Start(s.ctx(), "t1", alice, at(-c.ended-time.Hour))
			complaint.Complete(ctx, at(-c.ended))
			s.clock.add(c.wait)
			s.flush(t)
			complaint.Fail(ctx)
			complaint.Start(s.ctx(), "t1", alice)
			if got := s.story("complaint", "t1"); !slices.Equal(got, []string{"started", "completed"}) {
				t.Errorf("it was recorded as %q, want one start and one end: %s", got, c.reason)
			}
			if n := s.faults()["late"]; n != 2 {
				t.Errorf("%d late calls were counted, want 2: %s", n, c.reason)
			}
		})
	}
	t.Run("forgotten in the end", func(t *testing.T) {
		t.Parallel()
		s := start(t)
		complaint.Complete(complaint.Start(s.ctx(), "t1", alice))
		s.clock.add(31 * day)
		s.flush(t)
		complaint.Start(s.ctx(), "t1", alice)
		if n := s.faults()["late"]; n != 0 {
			t.Error("after 31 days memory is still taken by an ended run")
		}
	})
}
