package customer

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// TestCallers: after many calls at once a few goroutines are left, which run the next calls, and none after the end.
func TestCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCallers()
		for range 3 {
			var running sync.WaitGroup
			for range 50 {
				running.Add(1)
				c.run(func() {
					defer running.Done()
					time.Sleep(time.Second)
				})
			}
			running.Wait()
			synctest.Wait()
			if n := c.idle.Load(); n != maxIdle {
				t.Fatalf("%d goroutines wait for a call, want %d", n, maxIdle)
			}
		}
		called := make(chan int32)
		c.run(func() { called <- c.idle.Load() })
		if n := <-called; n != maxIdle-1 {
			t.Errorf("while a call runs %d goroutines wait, want %d: one of them has taken it", n, maxIdle-1)
		}
		synctest.Wait()
		c.end()
		c.run(func() { called <- 0 })
		<-called // and the bubble ends only when every goroutine has
	})
}

// TestTurnsLeaveNothing: the turns of records that are not asked about any more take no memory.
func TestTurnsLeaveNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var of turns
		for n := range 100 {
			give, err := of.take(t.Context(), [16]byte{byte(n)})
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				defer give()
			} else {
				give()
			}
		}
		if n := len(of.of); n != 1 {
			t.Errorf("there are %d turns, want that which is taken", n)
		}
		for range 10 { // they wait in vain
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := of.take(ctx, [16]byte{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("the error is %v, want the deadline: another caller has the turn", err)
			}
			cancel()
		}
		if n := of.of[[16]byte{}].users; n != 1 {
			t.Errorf("the turn has %d users, want one", n)
		}
	})
}

// TestShortestCap: a contact that a cap counts for a nanosecond counts for that, also once it was written and read.
func TestShortestCap(t *testing.T) {
	t.Parallel()
	terms := flight.Terms{Keep: 1, Caps: []flight.Cap{{Most: 1, Within: 1, Purposes: []string{"offer"}}}}
	log := (&entry{kind: opAsk, at: 9, id: event.ID{1}, life: 5, purpose: "offer", terms: terms}).appendTo(nil)
	r, _, _, _, err := readLog(log)
	if err != nil || len(r.contacts) != 1 {
		t.Fatalf("the record is %+v, and the error %v", r, err)
	}
	log = (&entry{kind: opAsk, at: 9, id: event.ID{2}, life: 5, purpose: "offer", terms: terms}).appendTo(log)
	if _, _, did, _, err := readLog(log); err != nil || did.answer.Rule != event.RuleCap {
		t.Errorf("the second one is answered %q, and the error is %v", did.answer.Rule, err)
	}
	log = (&entry{kind: opAsk, at: 9, id: event.ID{3}, life: 5, purpose: "letter", terms: flight.Terms{Keep: 1}}).appendTo(nil)
	if r, _, _, _, err := readLog(log); err != nil || len(r.contacts) != 1 {
		t.Errorf("a contact that is kept without a cap is %+v, and the error %v", r, err)
	}
	log = (&entry{kind: opAsk, at: 9, id: event.ID{4}, life: 5, purpose: "letter"}).appendTo(nil)
	if r, _, _, _, err := readLog(log); err != nil || len(r.contacts) != 0 {
		t.Errorf("a contact that no cap counts is %+v, and the error %v", r, err)
	}
}

// TestConsentOfEveryChannel: what was said of every channel replaces what was said of one before, and of another channel it does not.
func TestConsentOfEveryChannel(t *testing.T) {
	t.Parallel()
	r := &record{}
	for _, p := range []permit{
		{"offer", event.Email, true, 1, ""}, {"offer", event.Phone, false, 2, ""}, {"offer", event.Phone, true, 3, ""}, {"survey", event.Email, true, 4, ""},
	} {
		if problem := r.permit(p); problem != noProblem {
			t.Fatalf("problem %d", problem)
		}
	}
	if n := len(r.permits); n != 3 {
		t.Errorf("the record has %d permits, want 3: two of a channel replace each other", n)
	}
	_ = r.permit(permit{"offer", event.Email, false, 0, ""}) // older than what is known
	if given, known := r.consent("offer", event.Email); !given || !known || len(r.permits) != 3 {
		t.Errorf("after an older withdrawal consent is %v (known: %v), of %d permits", given, known, len(r.permits))
	}
	alone := &record{permits: []permit{{"offer", event.Email, true, 1, ""}}}
	_ = alone.permit(permit{"offer", event.Email, false, 0, ""})
	if given, _ := alone.consent("offer", event.Email); !given {
		t.Error("an older withdrawal of the same channel holds")
	}
	_ = r.permit(permit{"offer", 0, false, 5, ""})
	if n := len(r.permits); n != 2 {
		t.Errorf("the record has %d permits, want 2: that of every channel and that of the other purpose", n)
	}
}
