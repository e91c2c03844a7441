package touchpoint_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

// kinds are the kinds of the events of the callback, with what matters of them.
func kinds(s *spy) (all []string) {
	for _, e := range s.all() {
		if e.Journey.Name != "callback" {
			continue
		}
		k := string(e.Kind)
		if e.Outcome != 0 {
			k += " " + e.Outcome.String()
		}
		all = append(all, k)
	}
	return all
}

// TestCallback is a promise in a run of its own, with the customer of the contact.
func TestCallback(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		after        time.Duration // until the company calls
		calls        func(context.Context)
		want         []string
	}{
		{
			"called back in time", "the promise is kept when the customer answers, however long the talk lasts", 59 * time.Minute,
			func(ctx context.Context) {
				_, call := support.Contact(ctx, event.Phone, touchpoint.Outbound())
				call.Answer("x")
				time.Sleep(time.Hour)
				call.End()
			},
			[]string{"journey.started", "promise.made", "promise.kept", "touchpoint.ended ok", "journey.ended completed"},
		},
		{
			"called back late", "the promise was broken when it was due", 2 * time.Hour,
			func(ctx context.Context) {
				_, call := support.Contact(ctx, event.Phone, touchpoint.Outbound())
				call.Answer("x")
				call.End()
			},
			[]string{"journey.started", "promise.made", "promise.broken", "promise.kept", "touchpoint.ended ok", "journey.ended completed"},
		},
		{
			"not reached", "the next attempt keeps it", time.Minute,
			func(ctx context.Context) {
				_, call := support.Contact(ctx, event.Phone, touchpoint.Outbound())
				call.Ring()
				call.End()
				_, call = support.Contact(ctx, event.Phone, touchpoint.Outbound())
				call.Answer("x")
				call.Transfer("b")
				call.Answer("y") // keeps nothing twice
				call.End()
			},
			[]string{"journey.started", "promise.made", "touchpoint.ended abandoned", "promise.kept", "touchpoint.ended ok", "journey.ended completed"},
		},
		{
			"the talk fails", "the customer was called, and the run goes on", time.Minute,
			func(ctx context.Context) {
				_, call := support.Contact(ctx, event.Phone, touchpoint.Outbound())
				call.Answer("x")
				call.Fail(errStory)
				call.End()
			},
			[]string{"journey.started", "promise.made", "promise.kept", "touchpoint.ended failed"},
		},
		{
			"the customer calls", "the company has not called back", time.Minute,
			func(ctx context.Context) {
				_, call := support.Contact(ctx, event.Phone)
				call.Answer("x")
				call.End()
			},
			[]string{"journey.started", "promise.made", "touchpoint.ended ok"},
		},
		{
			"a definition that ends the run", "the run ends once", time.Minute,
			func(ctx context.Context) {
				d := touchpoint.Define("call-back", touchpoint.In(touchpoint.Callbacks, ""), touchpoint.Ends(event.Completed))
				_, call := d.Contact(ctx, event.Phone, touchpoint.Outbound())
				call.Answer("x")
				call.End()
			},
			[]string{"journey.started", "promise.made", "promise.kept", "touchpoint.ended ok", "journey.ended completed"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				spy := newSpy(t, quiet(), cx.WithCustomerKey([]byte("a key for these tests only")))
				ctx := checkout.Start(spy.context(), "cart-1", event.Customer{ID: "customer-7"})
				_, call := support.Contact(ctx, event.Chat)
				call.Queue("a")
				id := call.Callback(time.Now().Add(time.Hour))
				call.End()
				if e := spy.only(t); e.Journey.Name != "checkout" || id == "" {
					t.Errorf("the contact is in the journey %q, the callback is %q", e.Journey.Name, id)
				}
				time.Sleep(c.after)
				c.calls(touchpoint.Callbacks.Resume(spy.context(), id))
				if diff := cmp.Diff(c.want, kinds(spy)); diff != "" {
					t.Errorf("want -, got +: %s\n%s", c.reason, diff)
				}
				for _, e := range spy.all() {
					if e.Journey.Name != "callback" {
						continue
					}
					if e.Customer.Hash == "" || e.Journey.ID != id {
						t.Errorf("%s is of the customer %q in the run %q", e.Kind, e.Customer.Hash, e.Journey.ID)
					}
					if e.Kind == event.JourneyStarted {
						got := map[string]string{}
						for _, kv := range e.Attributes {
							got[string(kv.Key)] = kv.Value.AsString()
						}
						want := map[string]string{"callback.from.touchpoint": "support", "callback.from.journey": "checkout", "callback.from.journey_id": "cart-1"}
						if diff := cmp.Diff(want, got); diff != "" || e.Channel != event.Phone {
							t.Errorf("on %v, from want -, got +:\n%s", e.Channel, diff)
						}
					}
				}
			})
		})
	}
}

// TestCallbackWithoutJourney: a contact in no journey does not join the callback, and the run does not say where it comes from.
func TestCallbackWithoutJourney(t *testing.T) {
	t.Parallel()
	spy := newSpy(t, quiet())
	outer, tp := touchpoint.Define("request").Start(spy.context(), event.Web)
	_, call := support.Contact(outer, event.Chat)
	if call.Callback(time.Now().Add(time.Hour)) == "" { // one: a contact that meets two runs of a journey joins none anyway
		t.Error("there is no callback")
	}
	call.End()
	tp.End()
	for _, e := range spy.all() {
		switch {
		case e.Kind == event.TouchpointEnded && !e.Journey.IsZero():
			t.Errorf("%s is in the journey %q", e.Touchpoint, e.Journey.Name)
		case e.Kind == event.JourneyStarted && len(e.Attributes) != 1:
			t.Errorf("the start has %v", e.Attributes)
		}
	}
	if _, late := support.Contact(spy.context(), event.Chat); late != nil {
		late.End()
		if id := late.Callback(time.Now()); id != "" {
			t.Errorf("after the end there is a callback %q", id)
		}
	}
}

// TestCallbackInAnotherProcess: with a store, another client keeps the promise.
func TestCallbackInAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		desk := newSpy(t, quiet(), cx.WithStore(store))
		_, call := support.Contact(desk.context(), event.Chat)
		id := call.Callback(time.Now().Add(time.Hour))
		call.End()
		must(t, desk.client.Flush(context.Background()))
		caller := newSpy(t, quiet(), cx.WithStore(store))
		_, back := support.Contact(touchpoint.Callbacks.Resume(caller.context(), id), event.Phone, touchpoint.Outbound())
		back.Answer("x")
		back.End()
		must(t, caller.client.Flush(context.Background()))
		synctest.Wait()
		for _, want := range []string{"promise.kept", "journey.ended completed"} {
			found := false
			for _, got := range append(kinds(desk), kinds(caller)...) {
				found = found || got == want
			}
			if !found {
				t.Errorf("there is no %s in %q and %q", want, kinds(desk), kinds(caller))
			}
		}
	})
}
