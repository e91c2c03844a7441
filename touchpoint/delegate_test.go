package touchpoint_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// assistantOf is which assistant an event names, and how it is known.
func assistantOf(e *event.Event) string {
	name, proof := "", ""
	for _, kv := range e.Attributes {
		switch kv.Key {
		case semconv.DelegateNameKey:
			name = kv.Value.AsString()
		case semconv.DelegateProofKey:
			proof = kv.Value.AsString()
		}
	}
	return fmt.Sprint(e.Actor, " ", name, " ", proof)
}

// TestDelegates says which requests are an assistant's, and how that is known.
func TestDelegates(t *testing.T) {
	t.Parallel()
	is := func(name string, proof touchpoint.DelegateProof, refused string) touchpoint.HandlerOption {
		return touchpoint.WithDelegates(func(*http.Request) touchpoint.Delegate {
			return touchpoint.Delegate{Name: name, Proof: proof, Refused: refused}
		})
	}
	const none, claimed, verified = touchpoint.DelegateNone, touchpoint.DelegateClaimed, touchpoint.DelegateVerified
	for _, c := range []struct {
		name, reason string
		opts         []touchpoint.HandlerOption
		want         string
		refused      bool
	}{
		{"no option", "nothing is known", nil, "customer  ", false},
		{"a nil option", "it is the default", []touchpoint.HandlerOption{touchpoint.WithDelegates(nil)}, "customer  ", false},
		{"claimed", "as the function says", []touchpoint.HandlerOption{is("Ann", claimed, "")}, "delegate Ann claimed", false},
		{"verified", "as the function says", []touchpoint.HandlerOption{is("Ann", verified, "")}, "delegate Ann verified", false},
		{"a name without a proof", "a name alone is no assistant", []touchpoint.HandlerOption{is("Ann", none, "")}, "customer  ", false},
		{"a number that is no proof", "it proves nothing", []touchpoint.HandlerOption{is("Ann", 9, "")}, "customer  ", false},
		{"no name", "it is none of the vocabulary", []touchpoint.HandlerOption{is("", verified, "")}, "delegate _other verified", false},
		{"a name that is none", "it is none of the vocabulary", []touchpoint.HandlerOption{is("a\nb", claimed, "")}, "delegate _other claimed", false},
		{"refused", "the signature is counted, the customer is served", []touchpoint.HandlerOption{is("", none, "it is forged")}, "customer  ", true},
		{"refused and claimed", "anyone can claim", []touchpoint.HandlerOption{is("Ann", claimed, "it is forged")}, "delegate Ann claimed", true},
		{"two claims", "the first one", []touchpoint.HandlerOption{is("Ann", claimed, ""), is("Bob", claimed, "")}, "delegate Ann claimed", false},
		{"a claim and a proof", "a proof is better", []touchpoint.HandlerOption{is("Ann", claimed, ""), is("Bob", verified, "")}, "delegate Bob verified", false},
		{"two proofs", "the first one", []touchpoint.HandlerOption{is("Ann", verified, ""), is("Bob", verified, "")}, "delegate Ann verified", false},
		{"a panic", "a customer", []touchpoint.HandlerOption{touchpoint.WithDelegates(func(*http.Request) touchpoint.Delegate { panic("no") })}, "customer  ", false},
		{
			"a probe", "the company's own request is no assistant's",
			[]touchpoint.HandlerOption{is("Ann", verified, ""), touchpoint.WithSynthetic(func(*http.Request) touchpoint.SyntheticType { return touchpoint.SyntheticTest })},
			"synthetic  ", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				ctx := checkout.Start(r.Context(), "o1", event.Customer{})
				feedback.CSAT.Record(ctx, 5)
				checkout.Complete(ctx)
			})
			s.serve(touchpoint.Handler(routes(h, "/x"), c.opts...), httptest.NewRequest(http.MethodGet, "/x", nil))
			all := s.all()
			if len(all) != 4 {
				t.Fatalf("%d events, want a touchpoint, an answer, a start and an end", len(all))
			}
			for i := range all {
				if got := assistantOf(&all[i]); got != c.want {
					t.Errorf("%s: %s says %q, want %q", c.reason, all[i].Kind, got, c.want)
				}
			}
			if got := slices.Contains(s.counted(), "refused_delegate"); got != c.refused {
				t.Errorf("%s: the faults are %q", c.reason, s.counted())
			}
		})
	}
}

// TestDelegateKnown: a position that is believed and says who acts wins, and no function is asked.
func TestDelegateKnown(t *testing.T) {
	t.Parallel()
	for actor := event.ActorCustomer; actor <= event.ActorSynthetic; actor++ {
		s, asked := newSpy(t), false
		r := httptest.NewRequest(http.MethodGet, "/x", nil)
		p := &event.Position{Journey: event.Run{Name: "checkout", ID: "o1"}, Stage: "cart", Customer: event.Customer{Hash: "c"}, Actor: actor}
		r = r.WithContext(propagate.ContextWithPosition(r.Context(), p))
		s.serve(touchpoint.Handler(routes(status(http.StatusOK), "/x"), touchpoint.WithDelegates(func(*http.Request) touchpoint.Delegate {
			asked = true
			return touchpoint.Delegate{Name: "Ann", Proof: touchpoint.DelegateVerified}
		})), r)
		e := s.only(t)
		want := actor.String() + "  "
		if actor == event.ActorCustomer {
			want = "delegate Ann verified"
		}
		if got := assistantOf(&e); got != want || asked != (actor == event.ActorCustomer) || e.Journey.ID != "o1" || e.Customer.Hash != "c" {
			t.Errorf("%s: it says %q (asked: %v), want %q: %+v", actor, got, asked, want, e)
		}
	}
}

// TestDelegateNames are bounded: a function that makes names up makes no more than 64.
func TestDelegateNames(t *testing.T) {
	t.Parallel()
	s, n := newSpy(t), 0
	h := touchpoint.Handler(routes(status(http.StatusOK), "/x"), touchpoint.WithDelegates(func(*http.Request) touchpoint.Delegate {
		n++
		return touchpoint.Delegate{Name: fmt.Sprint("assistant ", n%100), Proof: touchpoint.DelegateProof(1 + n%2)}
	}))
	for range 300 {
		s.serve(h, httptest.NewRequest(http.MethodGet, "/x", nil))
	}
	names := map[string]int{}
	for _, e := range s.touchpoints() {
		for _, kv := range e.Attributes {
			if kv.Key == semconv.DelegateNameKey {
				names[kv.Value.AsString()]++
			}
		}
	}
	if len(names) != 65 || names[event.Other] != 3*36 || names["assistant 1"] != 3 {
		t.Errorf("%d names, %d of them other: want 64 and other", len(names), names[event.Other])
	}
}

// TestAsDelegate: code says who acts where there is no handler.
func TestAsDelegate(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	pay := touchpoint.Define("pay")
	ann := touchpoint.Delegate{Name: "Ann", Proof: touchpoint.DelegateVerified}
	ctx := touchpoint.AsDelegate(s.context(), ann)
	pay.Record(ctx, event.Web)
	pay.Record(ctx, event.Web, touchpoint.By(event.ActorEmployee))
	pay.Record(touchpoint.AsDelegate(s.context(), touchpoint.Delegate{Name: "Ann"}), event.Web)
	pay.Record(touchpoint.AsDelegate(touchpoint.AsSynthetic(s.context()), ann), event.Web)
	pay.Record(touchpoint.AsSynthetic(ctx), event.Web)
	pay.Record(checkout.Start(ctx, "o1", event.Customer{}), event.Web)
	want := []string{"delegate Ann verified", "employee  ", "customer  ", "synthetic  ", "synthetic  ", "delegate Ann verified"}
	all := s.touchpoints()
	if len(all) != len(want) {
		t.Fatalf("%d touchpoints, want %d", len(all), len(want))
	}
	for i, e := range all {
		if got := assistantOf(&e); got != want[i] {
			t.Errorf("%d: it says %q, want %q", i, got, want[i])
		}
	}
	if touchpoint.AsDelegate(nil, ann) == nil { //nolint:staticcheck // nil is safe
		t.Error("a nil context")
	}
}
