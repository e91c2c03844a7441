package cx_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// outage is a store of customers' records that fails while it is down.
type outage struct {
	ledger.Store

	down atomic.Bool
}

var errDown = errors.New("the store is down")

func (o *outage) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if o.down.Load() {
		return nil, errDown
	}
	return o.Store.Write(ctx, changes)
}

func (o *outage) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if o.down.Load() {
		return time.Time{}, nil, errDown
	}
	return o.Store.Claim(ctx, limit, lease)
}

func (o *outage) Shelf(name string) ledger.Store {
	return &outageShelf{o.Store.(ledger.Shelver).Shelf(name), o}
}

type outageShelf struct {
	ledger.Store

	of *outage
}

func (o *outageShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if o.of.down.Load() {
		return nil, errDown
	}
	return o.Store.Write(ctx, changes)
}

func (o *outageShelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if o.of.down.Load() {
		return time.Time{}, nil, errDown
	}
	return o.Store.Claim(ctx, limit, lease)
}

func (o *outageShelf) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	return o.Store.(ledger.Forgetter).Forget(ctx, customer, keep)
}

// TestHoldsSurviveOutages: the hold of a follow-up is opened and closed, also where the store of customers' records is down for minutes.
func TestHoldsSurviveOutages(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		f := complaints()
		policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("marketing", touchpoint.StoppedBy("complaint")))
		records := &outage{Store: &memory.Store{}}
		i := open(cx.WithDefinitions(f, policy), cx.WithContactStore(records))
		ann := event.Customer{ID: "ann"}
		records.down.Store(true)
		ctx := f.Open(i.ctx(), "1", ann)
		time.Sleep(2 * time.Minute)
		records.down.Store(false)
		time.Sleep(time.Minute)
		if _, reason := policy.May(i.ctx(), ann, "marketing", event.Email); reason != event.RuleHold {
			t.Errorf("while the complaint is open, marketing is %q, want %q", reason, event.RuleHold)
		}
		records.down.Store(true)
		f.Confirm(f.Tell(ctx))
		time.Sleep(2 * time.Minute)
		records.down.Store(false)
		time.Sleep(time.Minute)
		if ok, reason := policy.May(i.ctx(), ann, "marketing", event.Email); !ok {
			t.Errorf("marketing is refused as %q though the complaint is closed", reason)
		}
		i.close(t)
	})
}

// TestHoldsOfTheForgotten: a hold that waits for the store when its customer is forgotten does not come back, because nothing would close it.
func TestHoldsOfTheForgotten(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		f := complaints()
		policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("marketing", touchpoint.StoppedBy("complaint")))
		records := &outage{Store: &memory.Store{}}
		i := open(cx.WithDefinitions(f, policy), cx.WithContactStore(records))
		ann := event.Customer{ID: "ann"}
		records.down.Store(true)
		f.Open(i.ctx(), "1", ann)
		time.Sleep(time.Second + time.Millisecond) // between two attempts
		records.down.Store(false)
		if _, err := i.Forget(t.Context(), ann.ID); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if ok, reason := policy.May(i.ctx(), ann, "marketing", event.Email); !ok {
			t.Errorf("marketing is refused as %q though no complaint is left", reason)
		}
		i.close(t)
	})
}

// TestHoldsOfADeadInstance: the beginning of a follow-up that is told again after its end opens no hold that nothing closes.
func TestHoldsOfADeadInstance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := complaints()
		policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("marketing", touchpoint.StoppedBy("complaint")))
		runs, records := newTable(), &memory.Store{}
		dying := &outage{Store: runs}
		ann := event.Customer{ID: "ann"}
		stuck := make(chan struct{})
		a := open(t, dying, cx.WithDefinitions(f, policy), cx.WithContactStore(records), cx.WithOnFollowUp(func(context.Context, event.Event) { <-stuck }))
		f.Open(a.ctx(), "1", ann)
		time.Sleep(5 * time.Second)
		dying.down.Store(true) // it has opened the hold, and not settled the beginning
		b := open(t, runs, cx.WithDefinitions(f, policy), cx.WithContactStore(records), cx.WithSweepInterval(time.Second))
		ctx := f.Resume(b.ctx(), "1")
		f.Withdraw(ctx, feedback.From(ann))
		time.Sleep(5 * time.Minute) // the lease of the dead instance is over
		if ok, reason := policy.May(b.ctx(), ann, "marketing", event.Email); !ok {
			t.Errorf("marketing is refused as %q though the complaint is withdrawn", reason)
		}
		close(stuck)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_ = a.Shutdown(ctx) // its store is gone
		b.close(t)
		time.Sleep(5 * time.Minute)
	})
}
