package touchpoint_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// member is a position as it travels.
func member(t *testing.T, p event.Position) string {
	t.Helper()
	h, ok := propagate.Header(&p)
	if !ok {
		t.Fatal("no header")
	}
	return "cairn=" + h
}

// TestReceive believes the position of a trusted peer, and of nobody else.
func TestReceive(t *testing.T) {
	t.Parallel()
	where := event.Position{
		Journey: event.Run{Namespace: "prod", Name: "checkout", ID: "cart/7 ü", Started: time.UnixMicro(1_700_000_000_000_000)},
		Stage:   "payment", Visit: 2, Customer: event.Customer{Hash: "0a1b", Segment: "gold"}, Channel: event.Mobile, Actor: event.ActorDelegate,
	}
	sent := member(t, where)
	trust := touchpoint.WithTrustedPeers(everybody)
	nobody := touchpoint.WithTrustedPeers(func(*http.Request) bool { return false })
	for _, c := range []struct {
		name, reason string
		opt          touchpoint.HandlerOption
		baggage      []string
		believed     bool
		faults       []string
		others       []string // members of OpenTelemetry's baggage that are left
	}{
		{name: "nothing sent", reason: "nothing to believe", opt: trust},
		{name: "a trusted peer", reason: "its word is taken", opt: trust, baggage: []string{sent}, believed: true},
		{name: "not trusted", reason: "ignored, and counted", opt: nobody, baggage: []string{sent}, faults: []string{"untrusted_position"}},
		{name: "nobody is trusted by default", reason: "the public is out there", baggage: []string{sent}, faults: []string{"untrusted_position"}},
		{name: "a nil Trust", reason: "as without", opt: touchpoint.WithTrustedPeers(nil), baggage: []string{sent}, faults: []string{"untrusted_position"}},
		{
			name: "a Trust that panics", reason: "is no trust",
			opt:     touchpoint.WithTrustedPeers(func(*http.Request) bool { panic("boom") }),
			baggage: []string{sent}, faults: []string{"panic", "untrusted_position"},
		},
		{name: "among others", reason: "they are left alone", opt: trust, baggage: []string{"a=1," + sent + ",b=2"}, believed: true, others: []string{"a", "b"}},
		{name: "in the second header", reason: "a list may be sent in parts", opt: trust, baggage: []string{"a=1", sent + ",b=2"}, believed: true, others: []string{"a", "b"}},
		{name: "with properties", reason: "W3C: they are not the value", opt: trust, baggage: []string{sent + ";ttl=1;x"}, believed: true},
		{name: "with spaces", reason: "W3C: optional white space", opt: trust, baggage: []string{" \t" + strings.Replace(sent, "=", " = ", 1) + " , a=1"}, believed: true, others: []string{"a"}},
		{
			name: "not trusted, among others", reason: "they are left alone", opt: nobody, baggage: []string{"a=1," + sent},
			faults: []string{"untrusted_position"}, others: []string{"a"},
		},
		{name: "other baggage only", reason: "is none of our business", opt: nobody, baggage: []string{"a=1"}, others: []string{"a"}},
		{name: "a name that only looks like it", reason: "names are compared whole", opt: trust, baggage: []string{"cairn2=x,xcairn=y,Cairn=z"}, others: []string{"cairn2", "xcairn", "Cairn"}},
		{name: "behind an empty one", reason: "which says nothing", opt: trust, baggage: []string{"cairn=," + sent}, believed: true},
		{name: "twice the same", reason: "no contradiction", opt: trust, baggage: []string{sent + ";p=1", sent}, believed: true},
		{name: "two that differ", reason: "one of them is a stranger's", opt: trust, baggage: []string{sent + ",cairn=1//checkout/victim////////"}, faults: []string{"bad_header"}},
		{name: "percent-encoded", reason: "a hop may do that", opt: trust, baggage: []string{"cairn=" + strings.NewReplacer("/", "%2F", "~", "%7e").Replace(sent[len("cairn="):])}, believed: true},
		{name: "percent-encoded twice", reason: "no hop may do that", opt: trust, baggage: []string{strings.ReplaceAll(sent, "/", "%252F")}, faults: []string{"bad_header"}},
		{name: "an empty one", reason: "nothing can be read", opt: trust, baggage: []string{"cairn="}, faults: []string{"bad_header"}},
		{name: "an empty one, not trusted", reason: "a stranger's word, too", opt: nobody, baggage: []string{"cairn=,a=1"}, faults: []string{"untrusted_position"}, others: []string{"a"}},
		{name: "a name that a hop would decode", reason: "not read, and taken out", opt: trust, baggage: []string{"%63airn=" + sent[len("cairn="):]}, faults: []string{"bad_header"}},
		{name: "signed, trusted without", reason: "who needs no signature needs no keys", opt: trust, baggage: []string{sent + ";sig=1.a.b.c.d"}, believed: true},
		{name: "malformed", reason: "ignored, and counted", opt: trust, baggage: []string{"cairn=nonsense"}, faults: []string{"bad_header"}},
		{name: "another version", reason: "not known here", opt: trust, baggage: []string{strings.Replace(sent, "=1/", "=2/", 1)}, faults: []string{"bad_header"}},
		{name: "huge", reason: "at most 512 bytes", opt: trust, baggage: []string{"cairn=1/" + strings.Repeat("x", 1<<16)}, faults: []string{"bad_header"}},
		{name: "malformed, not trusted", reason: "nobody reads what nobody believes", opt: nobody, baggage: []string{"cairn=nonsense"}, faults: []string{"untrusted_position"}},
		{name: "a field too many", reason: "could not have been sent", opt: trust, baggage: []string{sent + "/x"}, faults: []string{"bad_header"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			var got *event.Position
			var bag baggage.Baggage
			var header http.Header
			h := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, bag, header = propagate.PositionFromContext(r.Context()), baggage.FromContext(r.Context()), r.Header
			}), "/"), c.opt)
			r := get("/")
			r.Header["Baggage"] = c.baggage
			before := r.Header.Clone()
			// otelhttp is outside, and has read the header already.
			r = r.WithContext(propagation.Baggage{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header)))
			s.serve(h, r)
			if (got != nil && got.Journey.ID == where.Journey.ID) != c.believed {
				t.Errorf("the position is %+v, believed: %v: %s", got, c.believed, c.reason)
			}
			e := s.only(t)
			if c.believed {
				if !flight.SameRun(&e.Journey, &where.Journey) || !e.Journey.Started.Equal(where.Journey.Started) || e.Stage != "" ||
					e.Visit != 0 || e.Customer != where.Customer || e.Actor != where.Actor {
					t.Errorf("the touchpoint is at %+v, stage %s/%d of %+v, want %+v, and no stage: %s", e.Journey, e.Stage, e.Visit, e.Customer, where, c.reason)
				}
				if got != nil && (got.Stage != where.Stage || got.Visit != where.Visit) {
					t.Errorf("the position says the stage %s/%d, want %s/%d: it is what the peer said", got.Stage, got.Visit, where.Stage, where.Visit)
				}
			} else if !e.Journey.IsZero() || e.Customer.Hash != "" || e.Actor != event.ActorCustomer {
				t.Errorf("the touchpoint is in %+v of %+v by %v: %s", e.Journey, e.Customer, e.Actor, c.reason)
			}
			if !slices.Equal(s.counted(), c.faults) {
				t.Errorf("counted %q, want %q: %s", s.counted(), c.faults, c.reason)
			}
			if left := strings.Join(header.Values("Baggage"), ","); propagate.AddToBaggage(left, "") != left {
				t.Errorf("the header that goes on is %q: %s", left, c.reason)
			}
			if !reflect.DeepEqual(before, r.Header) {
				t.Errorf("the header of the request outside was changed from %q to %q", before, r.Header)
			}
			var others []string
			for _, m := range bag.Members() {
				others = append(others, m.Key())
			}
			slices.Sort(others)
			slices.Sort(c.others)
			if !slices.Equal(others, c.others) {
				t.Errorf("OpenTelemetry's baggage is %q, want %q: %s", others, c.others, c.reason)
			}
		})
	}
}

// TestChannelOfAPosition: the request comes on a channel of its own, which is the service's, not
// the customer's; the customer's is in the position.
func TestChannelOfAPosition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opt          touchpoint.HandlerOption
		want         event.Channel
	}{
		{"Via says", "it decides", touchpoint.WithChannel(func(*http.Request) event.Channel { return event.API }), event.API},
		{"Via says nothing", "the position's: 0 is that the caller did not say", touchpoint.WithChannel(func(*http.Request) event.Channel { return 0 }), event.Phone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			r := get("/")
			r.Header.Set("Baggage", member(t, event.Position{Journey: event.Run{Name: "checkout", ID: "7"}, Channel: event.Phone}))
			s.serve(touchpoint.Handler(routes(status(200), "/"), touchpoint.WithTrustedPeers(everybody), c.opt), r)
			if e := s.only(t); e.Channel != c.want {
				t.Errorf("the channel is %v, want %v: %s", e.Channel, c.want, c.reason)
			}
		})
	}
}

// TestTrustNetworks goes by the address of the connection.
func TestTrustNetworks(t *testing.T) {
	t.Parallel()
	networks := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("192.0.2.7/32"),
		netip.MustParsePrefix("fe80::/10"),
	}
	for _, c := range []struct {
		name, remote string
		networks     []netip.Prefix
		trusted      bool
	}{
		{"inside", "10.1.2.3:40000", networks, true},
		{"outside", "11.1.2.3:40000", networks, false},
		{"one address", "192.0.2.7:1", networks, true},
		{"its neighbour", "192.0.2.8:1", networks, false},
		{"IPv6", "[fd00::1]:40000", networks, true},
		{"IPv6, outside", "[2001:db8::1]:40000", networks, false},
		{"IPv4 in IPv6, as a dual-stack listener has it", "[::ffff:10.1.2.3]:40000", networks, true},
		{"IPv4 in IPv6, outside", "[::ffff:11.1.2.3]:40000", networks, false},
		{"link-local, with its zone", "[fe80::1%eth0]:40000", networks, true},
		{"a Unix socket", "@", networks, false},
		{"nothing", "", networks, false},
		{"no port", "10.1.2.3", networks, false},
		{"a name", "localhost:1", networks, false},
		{"no networks", "10.1.2.3:40000", nil, false},
		{"the zero network", "10.1.2.3:40000", []netip.Prefix{{}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			r := get("/")
			r.RemoteAddr = c.remote
			r.Header.Set("X-Forwarded-For", "10.0.0.1") // anybody can say that
			r.Header.Set("Baggage", member(t, event.Position{Journey: event.Run{Name: "checkout", ID: "7"}}))
			s.serve(touchpoint.Handler(routes(status(200), "/"), touchpoint.WithTrustedNetworks(c.networks...)), r)
			if got := s.only(t).Journey.ID == "7"; got != c.trusted {
				t.Errorf("%s is trusted: %v, want %v", c.remote, got, c.trusted)
			}
		})
	}
}

// TestPositionAndJourneyID: where both say something the request's own ID decides, and what the
// position knows of the same run is kept. Of the stage an event says nothing: the run may have moved on since the
// position was sent.
func TestPositionAndJourneyID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason, id string
		stage            string
	}{
		{"the same run", "its position goes on", "7", "payment"},
		{"another run", "of it nothing is known", "8", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			r := get("/")
			r.Header.Set("Baggage", member(t, event.Position{
				Journey: event.Run{Name: "checkout", ID: "7"}, Stage: "payment", Visit: 2, Customer: event.Customer{Hash: "abc"},
			}))
			var got journey.Run
			s.serve(touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, _ = journey.FromContext(r.Context())
			}), "/"), touchpoint.WithTrustedPeers(everybody), touchpoint.WithJourneyID(checkout, func(*http.Request) string { return c.id })), r)
			e := s.only(t)
			if e.Journey.ID != c.id || got.ID() != c.id || got.Stage() != c.stage || e.Stage != "" || e.Visit != 0 {
				t.Errorf("the touchpoint is in the run %q, stage %q/%d, and the context in %q, stage %q; want %q, none, and %q: %s",
					e.Journey.ID, e.Stage, e.Visit, got.ID(), got.Stage(), c.id, c.stage, c.reason)
			}
			if e.Customer.Hash != "abc" {
				t.Errorf("the customer is %q: a customer goes on into an inner journey", e.Customer.Hash)
			}
		})
	}
}

// TestReceiveOddRequests: what is no server's header, and what is in OpenTelemetry's baggage without
// being in the header (another propagator's header has it), is taken out and counted too; what is
// another's stays as it was, and a request without any of it is the same request.
func TestReceiveOddRequests(t *testing.T) {
	t.Parallel()
	stranger, err := baggage.NewMemberRaw("cairn", "1//checkout/victim////////")
	must(t, err)
	bag, err := baggage.New(stranger)
	must(t, err)
	for _, c := range []struct {
		name   string
		header http.Header
		bag    baggage.Baggage
		want   http.Header
		faults []string
	}{
		{"nothing", http.Header{"X-Own": {"1"}}, baggage.Baggage{}, http.Header{"X-Own": {"1"}}, nil},
		{"nil header", nil, baggage.Baggage{}, nil, nil},
		{"keys not in the canonical form", http.Header{"baggage": {"cairn=x"}, "bAGGAGE": {"a=1 ; p,cairn=x"}}, baggage.Baggage{}, http.Header{"bAGGAGE": {"a=1 ; p"}}, []string{"untrusted_position"}},
		{"in the baggage alone", http.Header{"Baggage": {" a=1 ,, b=2"}}, bag, http.Header{"Baggage": {" a=1 ,, b=2"}}, []string{"untrusted_position"}},
		{"other lines as they were", http.Header{"Baggage": {" a=1 ,, b=2", "cairn="}}, baggage.Baggage{}, http.Header{"Baggage": {" a=1 ,, b=2"}}, []string{"untrusted_position"}},
		{"beyond the limits of baggage", http.Header{"Baggage": {strings.Repeat("a=1,", 5000) + "cairn=x"}}, baggage.Baggage{}, http.Header{"Baggage": {strings.TrimSuffix(strings.Repeat("a=1,", 5000), ",")}}, []string{"untrusted_position"}},
	} {
		for _, recorded := range []bool{true, false} {
			t.Run(fmt.Sprint(c.name, ", recorded ", recorded), func(t *testing.T) {
				t.Parallel()
				s := newSpy(t)
				r := get("/")
				r.Header = c.header.Clone()
				if recorded {
					r = r.WithContext(s.context())
				}
				r = r.WithContext(baggage.ContextWithBaggage(r.Context(), c.bag))
				var inner *http.Request
				touchpoint.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inner = r })).ServeHTTP(nil, r)
				if !reflect.DeepEqual(inner.Header, c.want) {
					t.Errorf("the header that goes on is %q, want %q", inner.Header, c.want)
				}
				if b := baggage.FromContext(inner.Context()); b.Len() != 0 {
					t.Errorf("the baggage that goes on is %q", b)
				}
				if !reflect.DeepEqual(r.Header, c.header) {
					t.Errorf("the header outside is %q, was %q", r.Header, c.header)
				}
				if recorded && !slices.Equal(s.counted(), c.faults) {
					t.Errorf("counted %q, want %q", s.counted(), c.faults)
				}
				if !recorded && c.faults == nil && inner != r {
					t.Error("it is another request although there was nothing to do")
				}
			})
		}
	}
}

// TestCarriedPosition: what the Propagator outside has believed is believed by this handler's rules only, with
// or without the header, and also around a journey that the application has begun in between.
func TestCarriedPosition(t *testing.T) {
	t.Parallel()
	for _, trusted := range []bool{true, false} {
		for _, cleaned := range []bool{true, false} {
			for _, own := range []bool{true, false} {
				t.Run(fmt.Sprintf("trusted %v, cleaned %v, own %v", trusted, cleaned, own), func(t *testing.T) {
					t.Parallel()
					s := newSpy(t)
					r := get("/")
					r.Header.Set("Baggage", member(t, event.Position{Journey: event.Run{Name: "checkout", ID: "theirs"}}))
					ctx := propagate.Propagator{}.Extract(s.context(), propagation.HeaderCarrier(r.Header))
					if cleaned {
						r.Header.Del("Baggage")
					}
					if own {
						ctx = propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Name: "returns", ID: "ours"}})
					}
					var in *flight.Position
					h := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						in = flight.PositionIn(r.Context(), "checkout")
						if p := flight.PositionIn(r.Context(), "returns"); (p != nil) != own {
							t.Errorf("the application's own journey is %+v", p)
						}
					}), "/"), touchpoint.WithTrustedPeers(func(*http.Request) bool { return trusted }))
					h.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
					if (in != nil) != trusted {
						t.Errorf("the peer's journey is %+v", in)
					}
					if got := len(s.counted()) != 0; got == trusted {
						t.Errorf("counted %q", s.counted())
					}
				})
			}
		}
	}
}

// TestTrustAddsUp: a position is believed if one rule says so.
func TestTrustAddsUp(t *testing.T) {
	t.Parallel()
	yes, no := touchpoint.WithTrustedPeers(everybody), touchpoint.WithTrustedPeers(func(*http.Request) bool { return false })
	loop := touchpoint.WithTrustedNetworks(netip.MustParsePrefix("192.0.2.0/24")) // httptest's peer
	for _, c := range []struct {
		name    string
		opts    []touchpoint.HandlerOption
		trusted bool
	}{
		{"none", nil, false},
		{"no", []touchpoint.HandlerOption{no}, false},
		{"no, no", []touchpoint.HandlerOption{no, no}, false},
		{"yes, no", []touchpoint.HandlerOption{yes, no}, true},
		{"no, yes", []touchpoint.HandlerOption{no, yes}, true},
		{"no, a network", []touchpoint.HandlerOption{no, loop}, true},
		{"yes, nil", []touchpoint.HandlerOption{yes, touchpoint.WithTrustedPeers(nil)}, true},
		{"a panic, yes", []touchpoint.HandlerOption{touchpoint.WithTrustedPeers(func(*http.Request) bool { panic("boom") }), yes}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			r := get("/")
			r.Header.Set("Baggage", member(t, event.Position{Journey: event.Run{Name: "checkout", ID: "7"}}))
			s.serve(touchpoint.Handler(routes(status(200), "/"), c.opts...), r)
			if got := s.only(t).Journey.ID == "7"; got != c.trusted {
				t.Errorf("it is believed: %v, want %v", got, c.trusted)
			}
		})
	}
}
