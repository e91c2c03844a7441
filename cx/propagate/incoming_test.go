package propagate_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
)

// TestIncoming: each way in which a position can come, with each reason to believe it.
func TestIncoming(t *testing.T) {
	t.Parallel()
	keys := keysAt(noon, 0, keyA)
	form, _ := propagate.Header(aPosition())
	good := propagate.AddToBaggage("k=v", signed(t, keys, 0))
	forged := propagate.AddToBaggage("", signed(t, keysAt(noon, 0, keyB), 0))
	old := propagate.AddToBaggage("", signed(t, keysAt(noon.Add(-time.Hour), 0, keyA), 0))
	message := propagate.AddToBaggage("", signed(t, keysAt(noon.AddDate(0, 0, -10), 0, keyA), propagate.MessageLife))
	unsigned := propagate.AddToBaggage("", form)
	yes := func(context.Context) bool { return true }
	boom := func(context.Context) bool { panic("secret") }
	for _, c := range []struct {
		name, reason, baggage string
		belief                propagate.Belief
		believed              bool
		fault                 fault.Fault // 0 is none
	}{
		{"nothing came", "nothing to believe", "", propagate.Belief{Signed: true}, false, 0},
		{"another member", "it is none of ours", "k=v", propagate.Belief{Signed: true}, false, 0},
		{"signed, and believed so", "the key made it", good, propagate.Belief{Signed: true}, true, 0},
		{"signed, and nothing is believed", "the zero value believes none", good, propagate.Belief{}, false, fault.Untrusted},
		{"forged", "another key made it", forged, propagate.Belief{Signed: true}, false, fault.UnknownKey},
		{"forged, from a trusted peer", "the peer is the reason", forged, propagate.Belief{Signed: true, Trusted: yes}, true, 0},
		{"expired", "it is an hour old", old, propagate.Belief{Signed: true}, false, fault.Expired},
		{"expired for a request only", "a message may be that old; the sender has said how long, and the shorter holds", old, propagate.Belief{Signed: true, Life: propagate.MessageLife}, false, fault.Expired},
		{"a message of ten days ago", "messages may be that old", message, propagate.Belief{Signed: true, Life: propagate.MessageLife}, true, 0},
		{"a message of ten days ago, as a request", "a request is not", message, propagate.Belief{Signed: true}, false, fault.Expired},
		{"unsigned", "only a signature is believed", unsigned, propagate.Belief{Signed: true}, false, fault.Unsigned},
		{"unsigned, from a trusted peer", "the peer is the reason", unsigned, propagate.Belief{Trusted: yes}, true, 0},
		{"the rule panics", "it trusts no peer then", unsigned, propagate.Belief{Trusted: boom, By: "an adapter"}, false, fault.Panic},
		{"hostile", "it is no position", "cairn=%00%ff", propagate.Belief{Trusted: yes}, false, fault.BadHeader},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := &keyed{keys: keys}
			base := flight.NewContext(t.Context(), rec)
			ctx, changed := propagate.Incoming(base, c.baggage, c.belief)
			if got := propagate.PositionFromContext(ctx) != nil; got != c.believed {
				t.Errorf("believed %v, want %v: %s", got, c.believed, c.reason)
			}
			_, sent := propagate.TextFromBaggage(c.baggage)
			if changed != sent {
				t.Errorf("changed %v, though the baggage has a position: %v", changed, sent)
			}
			var first fault.Fault
			if len(rec.faults) > 0 {
				first = rec.faults[0]
			}
			if first != c.fault {
				t.Errorf("counted %v, want %v: %s", rec.faults, c.fault, c.reason)
			}
		})
	}
}

// TestIncomingLeavesNothing: what came by other ways than the baggage of the call goes too.
func TestIncomingLeavesNothing(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	member := must(baggage.NewMemberRaw(propagate.Member, "1//checkout/victim////////"))
	ctx := baggage.ContextWithBaggage(flight.NewContext(t.Context(), rec), must(baggage.New(member)))
	ctx = propagate.ContextWithRoute(ctx, "outer")
	var route string
	ctx, changed := propagate.Incoming(ctx, "", propagate.Belief{Route: func() string { route = "asked"; return route }})
	if !changed || baggage.FromContext(ctx).Len() != 0 || propagate.PositionFromContext(ctx) != nil {
		t.Errorf("the position is still in the context, changed %v", changed)
	}
	if !cmp.Equal(rec.faults, []fault.Fault{fault.Untrusted}) || route == "" {
		t.Errorf("counted %v, and the route was asked for: %q", rec.faults, route)
	}
	if got := propagate.RouteFromContext(ctx); got != "outer" {
		t.Errorf("the context is in the route %q: a report's route stays in the report", got)
	}
}

// TestIncomingCarried: a position that the propagator found is kept from a trusted peer, though OpenTelemetry's baggage has it too.
func TestIncomingCarried(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	member := must(baggage.NewMemberRaw(propagate.Member, "1//checkout/victim////////"))
	ctx := propagate.Propagator{}.Extract(flight.NewContext(t.Context(), rec), propagation.MapCarrier{"baggage": "cairn=1//checkout/cart-7////////"})
	ctx = baggage.ContextWithBaggage(ctx, must(baggage.New(member)))
	ctx, changed := propagate.Incoming(ctx, "", propagate.Belief{Trusted: func(context.Context) bool { return true }})
	p := propagate.PositionFromContext(ctx)
	if !changed || p == nil || p.Journey.ID != "cart-7" || baggage.FromContext(ctx).Len() != 0 || len(rec.faults) != 0 {
		t.Errorf("the position is %+v, changed %v, counted %v", p, changed, rec.faults)
	}
}

// An adapter for a protocol of its own takes the position out of each call, and believes those that its own services signed.
func ExampleIncoming() {
	header := "cairn=1%2F%2Fcheckout%2Fcart-7%2F%2F%2F%2F%2F%2F%2F%2F,region=eu"
	ctx, changed := propagate.Incoming(context.Background(), header, propagate.Belief{Signed: true, By: "the adapter"})
	if changed { // the next service trusts this one
		header = propagate.AddToBaggage(header, "")
	}
	fmt.Println(propagate.PositionFromContext(ctx), header)
	// Output: <nil> region=eu
}
