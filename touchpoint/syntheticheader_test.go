package touchpoint_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestSyntheticHeader says whose word a request is synthetic by.
func TestSyntheticHeader(t *testing.T) {
	t.Parallel()
	trusted := touchpoint.WithTrustedNetworks(netip.MustParsePrefix("192.0.2.0/24")) // httptest.NewRequest comes from 192.0.2.1
	customer := touchpoint.WithSynthetic(func(*http.Request) touchpoint.SyntheticType { return touchpoint.NotSynthetic })
	for _, c := range []struct {
		name, reason string
		values       []string
		opts         []touchpoint.HandlerOption
		want         event.Actor
		left         []string // of the header, for the application
		fault        bool
	}{
		{"no header", "nothing is said", nil, []touchpoint.HandlerOption{trusted}, event.ActorCustomer, nil, false},
		{"a trusted peer", "it says so", []string{"test"}, []touchpoint.HandlerOption{trusted}, event.ActorSynthetic, []string{"test"}, false},
		{"a crawler's", "the other type", []string{"bot"}, []touchpoint.HandlerOption{trusted}, event.ActorSynthetic, []string{"bot"}, false},
		{"in capitals", "values of headers are often changed so", []string{" Test "}, []touchpoint.HandlerOption{trusted}, event.ActorSynthetic, []string{" Test "}, false},
		{"twice the same", "they agree", []string{"test", "test"}, []touchpoint.HandlerOption{trusted}, event.ActorSynthetic, []string{"test", "test"}, false},
		{"over the option", "the peer knows better", []string{"test"}, []touchpoint.HandlerOption{trusted, customer}, event.ActorSynthetic, []string{"test"}, false},
		{"a stranger", "any client could hide its failures", []string{"test"}, nil, event.ActorCustomer, nil, true},
		{"a stranger with signed positions", "a signature is of the position", []string{"test"}, []touchpoint.HandlerOption{touchpoint.WithSignedPositions()}, event.ActorCustomer, nil, true},
		{"an unknown value", "it means nothing", []string{"yes"}, []touchpoint.HandlerOption{trusted}, event.ActorCustomer, nil, true},
		{"an empty value", "it means nothing", []string{""}, []touchpoint.HandlerOption{trusted}, event.ActorCustomer, nil, true},
		{"two that differ", "one of them is wrong", []string{"test", "bot"}, []touchpoint.HandlerOption{trusted}, event.ActorCustomer, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			var left []string
			h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				left = r.Header.Values(touchpoint.SyntheticHeader)
				checkout.Complete(checkout.Start(r.Context(), "o1", event.Customer{}))
			})
			r := httptest.NewRequest(http.MethodGet, "/x", nil)
			for _, v := range c.values {
				r.Header.Add(touchpoint.SyntheticHeader, v)
			}
			s.serve(touchpoint.Handler(routes(h, "/x"), c.opts...), r)
			all := s.all()
			if len(all) != 3 {
				t.Fatalf("%d events, want a touchpoint, a start and an end", len(all))
			}
			for _, e := range all {
				if e.Actor != c.want {
					t.Errorf("%s: the actor of %s is %s, want %s", c.reason, e.Kind, e.Actor, c.want)
				}
			}
			if !slices.Equal(left, c.left) {
				t.Errorf("%s: the application sees the header %q, want %q", c.reason, left, c.left)
			}
			if got := slices.Contains(s.counted(), "untrusted_synthetic"); got != c.fault {
				t.Errorf("%s: the faults are %q, want untrusted_synthetic: %v", c.reason, s.counted(), c.fault)
			}
			if !slices.Equal(r.Header.Values(touchpoint.SyntheticHeader), c.values) {
				t.Error("the caller's own request has changed")
			}
		})
	}
}

// TestSyntheticHeaderWithoutAClient: it goes also where nothing is recorded, because the next service trusts this one.
func TestSyntheticHeaderWithoutAClient(t *testing.T) {
	t.Parallel()
	left := []string{"not called"}
	h := touchpoint.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { left = r.Header.Values(touchpoint.SyntheticHeader) }))
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	r.Header.Set(touchpoint.SyntheticHeader, "test")
	h.ServeHTTP(httptest.NewRecorder(), r)
	if len(left) != 0 {
		t.Errorf("the application sees %q", left)
	}
}

// TestAsSynthetic: everything in the context is a probe's, whatever its options say.
func TestAsSynthetic(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	ctx := touchpoint.AsSynthetic(s.context())
	ctx = checkout.Start(ctx, "o1", event.Customer{}, journey.By(event.ActorEmployee))
	inner, tp := touchpoint.Define("pay").Start(ctx, event.Web, touchpoint.By(event.ActorCustomer))
	feedback.CSAT.Record(inner, 5, feedback.By(event.ActorAutomation))
	touchpoint.Define("log").Record(inner, event.Web)
	tp.End()
	s.client.Record(inner, event.Event{Kind: event.TouchpointEnded, Touchpoint: "other", Actor: event.ActorDelegate})
	checkout.Complete(ctx)
	all := s.all()
	if len(all) < 6 {
		t.Fatalf("%d events, want those of a run, three touchpoints and an answer", len(all))
	}
	for _, e := range all {
		if e.Actor != event.ActorSynthetic {
			t.Errorf("the actor of %s %s is %s", e.Kind, e.Touchpoint, e.Actor)
		}
	}
	p := &event.Position{Journey: event.Run{Name: "checkout", ID: "o2"}, Stage: "cart", Actor: event.ActorEmployee, Customer: event.Customer{Hash: "h"}}
	at := propagate.PositionFromContext(touchpoint.AsSynthetic(propagate.ContextWithPosition(s.context(), p)))
	if at.Actor != event.ActorSynthetic || at.Journey.ID != "o2" || at.Stage != "cart" || at.Customer.Hash != "h" {
		t.Errorf("the position is %+v, want the same place and another actor", at)
	}
	if touchpoint.AsSynthetic(nil) == nil { //nolint:staticcheck // nil is safe
		t.Error("a nil context")
	}
}

// TestTransportSendsSynthetic: to the allowed hosts, and to no others.
func TestTransportSendsSynthetic(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	for _, c := range []struct {
		name, reason, host string
		ctx                context.Context //nolint:containedctx // a case
		had, want          []string
	}{
		{"a probe", "the next service must know", "payments", touchpoint.AsSynthetic(s.context()), nil, []string{"test"}},
		{"a probe with the header", "a proxy passes it on", "payments", touchpoint.AsSynthetic(s.context()), []string{"bot"}, []string{"bot"}},
		{"a probe with nonsense", "the next service would refuse it", "payments", touchpoint.AsSynthetic(s.context()), []string{"yes"}, []string{"test"}},
		{"a probe to a stranger", "it is none of its business", "evil", touchpoint.AsSynthetic(s.context()), []string{"test"}, nil},
		{"a customer", "nothing is to say", "payments", propagate.ContextWithPosition(s.context(), position()), nil, nil},
		{"a customer with the header", "another client wrote it", "payments", propagate.ContextWithPosition(s.context(), position()), []string{"test"}, nil},
		{"no position", "nothing is known", "payments", s.context(), []string{"test"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var below roundTripper
			r, err := http.NewRequestWithContext(c.ctx, http.MethodGet, "http://"+c.host+"/", nil)
			must(t, err)
			for _, v := range c.had {
				r.Header.Add(touchpoint.SyntheticHeader, v)
			}
			_, _ = touchpoint.Transport(&below, "payments").RoundTrip(r) //nolint:bodyclose // there is none
			if got := below.seen[0].Header.Values(touchpoint.SyntheticHeader); !slices.Equal(got, c.want) {
				t.Errorf("%s: it sends %q, want %q", c.reason, got, c.want)
			}
			if !slices.Equal(r.Header.Values(touchpoint.SyntheticHeader), c.had) {
				t.Error("the caller's own request has changed")
			}
		})
	}
}
