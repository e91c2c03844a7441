package sdktest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestOtherCustomer starts runs again. The customer of the earliest start holds, also in later events, and the
// client reports another one. Learning a run's customer is no fault.
func TestOtherCustomer(t *testing.T) {
	t.Parallel()
	a, b, nobody := event.Customer{ID: "customer-a"}, event.Customer{ID: "customer-b"}, event.Customer{}
	ids := func(c event.Customer) journey.RecordOption { return journey.From(c) }
	for _, c := range []struct {
		name, reason string
		// play returns the context of the events that follow.
		play func(one context.Context) context.Context
		want string // how often the client reports it
		held string // the customer of the touchpoint in play's context
	}{
		{"another customer", "the first one holds", func(one context.Context) context.Context {
			checkout.Start(one, orderID, a)
			return checkout.Start(one, orderID, b)
		}, "1", "customer-a"},
		{"each time", "each start counts", func(one context.Context) context.Context {
			checkout.Start(one, orderID, a)
			checkout.Start(one, orderID, b)
			return checkout.Start(one, orderID, b)
		}, "2", "customer-a"},
		{"the same customer", "the start resumes the run", func(one context.Context) context.Context {
			checkout.Start(one, orderID, a)
			return checkout.Start(one, orderID, a)
		}, "", "customer-a"},
		{"without a customer", "the start resumes the run", func(one context.Context) context.Context {
			checkout.Start(one, orderID, a)
			return checkout.Start(one, orderID, nobody)
		}, "", "customer-a"},
		{"known at the second start", "the run learns the customer", func(one context.Context) context.Context {
			checkout.Start(one, orderID, nobody)
			return checkout.Start(one, orderID, a)
		}, "", "customer-a"},
		{"known later, then another one", "the known customer holds", func(one context.Context) context.Context {
			checkout.Start(one, orderID, nobody)
			checkout.Start(one, orderID, a)
			return checkout.Start(one, orderID, b)
		}, "1", "customer-a"},
		{"signed in at a touchpoint, then another one", "the known customer holds", func(one context.Context) context.Context {
			ctx := checkout.Start(one, orderID, nobody)
			viewCart.Record(ctx, event.Web, touchpoint.From(a))
			return checkout.Start(one, orderID, b)
		}, "1", "customer-a"},
		{"signed in at a touchpoint", "the run learns the customer", func(one context.Context) context.Context {
			ctx := checkout.Start(one, orderID, nobody)
			viewCart.Record(ctx, event.Web, touchpoint.From(a))
			return checkout.Start(one, orderID, a)
		}, "", "customer-a"},
		{"known when it is resumed", "the run learns the customer", func(one context.Context) context.Context {
			checkout.Start(one, orderID, nobody)
			return checkout.Resume(one, orderID, ids(a))
		}, "", "customer-a"},
		{"another run", "another run has its own customer", func(one context.Context) context.Context {
			checkout.Start(one, orderID, a)
			return checkout.Start(one, orderID+"-2", b)
		}, "", "customer-b"},
		{"after its end", "the start is late, which has its own metric", func(one context.Context) context.Context {
			checkout.Complete(checkout.Start(one, orderID, a))
			return checkout.Start(one, orderID, b)
		}, "", ""},
		{"another segment only", "the customer is the same", func(one context.Context) context.Context {
			checkout.Start(one, orderID, event.Customer{ID: "customer-a", Segment: "gold"})
			return checkout.Start(one, orderID, event.Customer{ID: "customer-a", Segment: "silver"})
		}, "", "customer-a"},
	} {
		for _, store := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/store=%v", c.name, store), func(t *testing.T) {
				t.Parallel()
				events := &processor{}
				opts := []cx.Option{cx.WithProcessors(events)}
				if store {
					opts = append(opts, cx.WithStore(&ledgertest.Memory{}), cx.WithEndGrace(time.Millisecond))
				}
				p := newProcess(t, "shop", opts...)
				ctx := c.play(p.context())
				chargeCard.Record(ctx, event.Web)
				if err := p.client.Flush(context.Background()); err != nil {
					t.Fatal(err)
				}
				if got := p.faults()["other_customer"]; got != c.want {
					t.Errorf("the client reported it %q times, want %q: %s", got, c.want, c.reason)
				}
				for _, e := range events.all() {
					if e.Touchpoint == "charge-card" && c.held != "" && e.Customer.Hash != pseudonym(c.held) {
						t.Errorf("later events have the customer %q, want %s: %s", e.Customer.Hash, c.held, c.reason)
					}
				}
			})
		}
	}
}

// pseudonym returns the first 16 bytes of HMAC-SHA-256 under the client's key, in hexadecimal digits.
func pseudonym(customer string) string {
	m := hmac.New(sha256.New, customerKey)
	m.Write([]byte(customer))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// TestOtherCustomerElsewhere: the other start may come from another instance, so only the store knows of it.
func TestOtherCustomerElsewhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, first, second string
		want                string
	}{
		{"another customer", "customer-a", "customer-b", "1"},
		{"the same", "customer-a", "customer-a", ""},
		{"not known at first", "", "customer-a", ""},
		{"not known the second time", "customer-a", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := &ledgertest.Memory{}
			one := newProcess(t, "shop", cx.WithStore(store))
			two := newProcess(t, "shop", cx.WithStore(store))
			checkout.Start(one.context(), orderID, event.Customer{ID: c.first})
			if err := one.client.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			checkout.Start(two.context(), orderID, event.Customer{ID: c.second})
			if err := two.client.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := two.faults()["other_customer"]; got != c.want {
				t.Errorf("the second instance reported it %q times, want %q", got, c.want)
			}
			if got := one.faults()["other_customer"]; got != "" {
				t.Errorf("the first instance reported it %q times, want none", got)
			}
		})
	}
}

// TestLiveRuns: without a store, the client counts and reports the runs that end with the process.
func TestLiveRuns(t *testing.T) {
	t.Parallel()
	refund := journey.Define("refund")
	play := func(p *process) {
		for i := range 5 {
			ctx := checkout.Start(p.context(), fmt.Sprintf("c%d", i), event.Customer{})
			if i < 2 {
				checkout.Complete(ctx)
			}
			if i == 2 {
				checkout.Enter(ctx, "payment")
			}
		}
		refund.Start(p.context(), "r1", event.Customer{})
		checkout.Start(p.context(), "probe", event.Customer{}, journey.By(event.ActorSynthetic))
		checkout.Enter(checkout.Resume(p.context(), "elsewhere"), "payment") // another process's run
	}
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		want         string
	}{
		{"in memory", "3 of checkout and 1 of refund are lost", nil, "4"},
		{"in a store", "another instance continues the runs", []cx.Option{cx.WithStore(&ledgertest.Memory{})}, ""},
		{"a replay", "a log may end in the middle of journeys", []cx.Option{cx.WithImplicitStarts()}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop", c.opts...)
			play(p)
			if err := p.client.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := p.faults()["live_runs_lost"]; got != "" {
				t.Errorf("the client reports %s before Shutdown", got)
			}
			for range 2 {
				if err := p.client.Shutdown(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			if got := p.faults()["live_runs_lost"]; got != c.want {
				t.Errorf("the faults count %q, want %q once: %s", got, c.want, c.reason)
			}
		})
	}
	p := newProcess(t, "shop")
	checkout.Complete(checkout.Start(p.context(), "c1", event.Customer{}))
	if err := p.client.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := p.faults(); len(got) > 0 {
		t.Errorf("the faults are %v, though no run is live", got)
	}
}
