package touchpoint_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// roundTripper remembers the requests that it is given, and answers none.
type roundTripper struct {
	mu   sync.Mutex
	seen []*http.Request
}

var errAnswer = errors.New("the answer of this test")

func (rt *roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.seen = append(rt.seen, r)
	return nil, errAnswer
}

// position is somewhere in a journey.
func position() *event.Position {
	return &event.Position{Journey: event.Journey{Name: "checkout", ID: "cart-7"}, Stage: "payment", Visit: 1}
}

// send sends a request to the URL, and returns it with what came out below.
func send(t *testing.T, s *spy, rt http.RoundTripper, below *roundTripper, p *event.Position, target string, header http.Header) (r, out *http.Request) {
	t.Helper()
	u, err := url.Parse(target)
	must(t, err)
	r = (&http.Request{Method: http.MethodPost, URL: u, Header: header, Body: io.NopCloser(strings.NewReader("body"))}).
		WithContext(event.ContextWithPosition(s.context(), p))
	if _, err := rt.RoundTrip(r); !errors.Is(err, errAnswer) { //nolint:bodyclose // there is none
		t.Errorf("the answer is %v", err)
	}
	if len(below.seen) != 1 {
		t.Fatalf("%d requests came out", len(below.seen))
	}
	return r, below.seen[0]
}

// TestHosts says to whom the position is told.
func TestHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		hosts        []string
		target       string
		told         bool
	}{
		{"nobody", "no hosts, nobody", nil, "http://payments/", false},
		{"a name", "exact", []string{"payments"}, "http://payments/", true},
		{"a name with any port", "a host without a port is any port", []string{"payments"}, "http://payments:8443/", true},
		{"a name with its port", "exact", []string{"payments:8443"}, "http://payments:8443/", true},
		{"a name with another port", "another service", []string{"payments:8443"}, "http://payments:8444/", false},
		{"a name without the port", "another service", []string{"payments:8443"}, "http://payments/", false},
		{"another name", "not allowed", []string{"payments"}, "http://evil/", false},
		{"a longer name", "not a prefix", []string{"payments"}, "http://payments.evil.example/", false},
		{"a longer name before it", "not a suffix", []string{"payments"}, "http://evilpayments/", false},
		{"in the user's place", "that is not the host", []string{"payments"}, "http://payments@evil/", false},
		{"in the path", "that is not the host", []string{"payments"}, "http://evil/payments", false},
		{"in the fragment", "that is not the host", []string{"payments"}, "http://evil#@payments/", false},
		{"upper case", "host names have no case", []string{"payments"}, "http://PayMents:80/", true},
		{"upper case allowed", "host names have no case", []string{"PAYMENTS:80"}, "http://payments:80/", true},
		{"a wildcard", "every host below", []string{"*.internal"}, "http://a.internal/", true},
		{"a wildcard, two below", "every host below", []string{"*.internal"}, "http://a.b.internal:1/", true},
		{"a wildcard, itself", "not below", []string{"*.internal"}, "http://internal/", false},
		{"a wildcard, upper case", "host names have no case", []string{"*.Internal"}, "http://A.INTERNAL/", true},
		{"a wildcard, a longer name", "not below", []string{"*.internal"}, "http://evilinternal/", false},
		{"a wildcard, further on", "not below", []string{"*.internal"}, "http://a.internal.evil.example/", false},
		{"a wildcard, with a port", "as names have it", []string{"*.internal:8443"}, "http://a.internal:8443/", true},
		{"a wildcard, with another port", "as names have it", []string{"*.internal:8443"}, "http://a.internal:8444/", false},
		{"a star in the middle", "not a wildcard, nobody", []string{"a.*.internal"}, "http://a.b.internal/", false},
		{"only a star", "not a wildcard, nobody", []string{"*"}, "http://evil/", false},
		{"an empty host", "nobody", []string{""}, "http://evil/", false},
		{"an empty wildcard", "nobody", []string{"*."}, "http://evil./", false},
		{"IPv4", "exact", []string{"10.0.0.1"}, "http://10.0.0.1:80/", true},
		{"IPv4, another", "not allowed", []string{"10.0.0.1"}, "http://10.0.0.10:80/", false},
		{"IPv6", "as one writes addresses", []string{"::1"}, "http://[::1]/", true},
		{"IPv6 with any port", "an address without a port is any port", []string{"::1"}, "http://[::1]:8080/", true},
		{"IPv6 in brackets", "as one writes hosts", []string{"[::1]"}, "http://[::1]/", true},
		{"IPv6 in brackets with any port", "an address without a port is any port", []string{"[::1]"}, "http://[::1]:8080/", true},
		{"IPv6 with its port", "exact", []string{"[::1]:8080"}, "http://[::1]:8080/", true},
		{"IPv6 with another port", "another service", []string{"[::1]:8080"}, "http://[::1]:8081/", false},
		{"IPv6, another", "not allowed", []string{"::1"}, "http://[::2]/", false},
		{"several", "any of them", []string{"a", "b", "*.c"}, "http://x.c/", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			below := &roundTripper{}
			_, out := send(t, s, touchpoint.Transport(below, c.hosts...), below, position(), c.target, http.Header{})
			if got := event.FromBaggage(out.Header.Get("Baggage")) != ""; got != c.told {
				t.Errorf("%s is told: %v, want %v: %s", c.target, got, c.told, c.reason)
			}
			if len(s.counted()) != 0 {
				t.Errorf("counted %q", s.counted())
			}
		})
	}
}

// TestBaggage says what becomes of a request's own baggage.
func TestBaggage(t *testing.T) {
	t.Parallel()
	sent := member(t, *position())
	tooLong := position()
	tooLong.Journey.ID = strings.Repeat("ü", 64)
	tooLong.Journey.Name = strings.Repeat("ü", 32)
	for _, c := range []struct {
		name, reason string
		p            *event.Position
		host         string
		baggage      []string
		want         []string
		same         bool // the request goes on as it is
		faults       []string
	}{
		{"none", "only the position", position(), "payments", nil, []string{sent}, false, nil},
		{"some", "it is kept", position(), "payments", []string{"a=1;p,b=2"}, []string{"a=1;p,b=2," + sent}, false, nil},
		{"in two headers", "it is one list", position(), "payments", []string{"a=1", "b=2"}, []string{"a=1,b=2," + sent}, false, nil},
		{"an older position", "there is one", position(), "payments", []string{"a=1,cairn=1/old,b=2"}, []string{"a=1,b=2," + sent}, false, nil},
		{"no position", "nothing is touched", nil, "payments", []string{"a=1"}, []string{"a=1"}, true, nil},
		{"not allowed", "nothing is touched", position(), "evil", []string{"a=1"}, []string{"a=1"}, true, nil},
		{"a position that is too long", "it is not sent, and counted", tooLong, "payments", []string{"a=1"}, []string{"a=1"}, true, []string{"header_size"}},
		{"a position in no journey", "there is nothing to send", &event.Position{Stage: "a"}, "payments", []string{"a=1"}, []string{"a=1"}, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			below := &roundTripper{}
			header := http.Header{"X-Own": {"1"}}
			if c.baggage != nil {
				header["Baggage"] = c.baggage
			}
			before := header.Clone()
			r, out := send(t, s, touchpoint.Transport(below, "payments"), below, c.p, "http://"+c.host+"/", header)
			if d := cmp.Diff(before, r.Header); d != "" {
				t.Errorf("the client's own request was changed (-before +after):\n%s", d)
			}
			if d := cmp.Diff(c.want, out.Header["Baggage"]); d != "" {
				t.Errorf("the baggage (-want +got): %s\n%s", c.reason, d)
			}
			if (r == out) != c.same {
				t.Errorf("it is the same request: %v, want %v: %s", r == out, c.same, c.reason)
			}
			if b, _ := io.ReadAll(out.Body); string(b) != "body" || out.Header.Get("X-Own") != "1" || out.Method != http.MethodPost {
				t.Errorf("the request that came out is another one: %q %v", b, out)
			}
			if !slices.Equal(s.counted(), c.faults) {
				t.Errorf("counted %q, want %q: %s", s.counted(), c.faults, c.reason)
			}
		})
	}
}

// TestRedirects: where a redirect goes is judged anew.
func TestRedirects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		allowed      []string // of "first", "second"
		first        bool
		second       bool
	}{
		{"from one that is allowed to another", "the other is not told", []string{"first"}, true, false},
		{"between two that are allowed", "both are told", []string{"first", "second"}, true, true},
		{"to one that is allowed", "only that one is told", []string{"second"}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			var first, second string
			other := s.server(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { second = r.Header.Get("Baggage") }))
			defer other.Close()
			one := s.server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				first = r.Header.Get("Baggage")
				http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
			}))
			defer one.Close()
			hosts := map[string]string{"first": one.Listener.Addr().String(), "second": other.Listener.Addr().String()}
			var allowed []string
			for _, a := range c.allowed {
				allowed = append(allowed, hosts[a])
			}
			client := &http.Client{Transport: touchpoint.Transport(one.Client().Transport, allowed...)}
			r, err := http.NewRequestWithContext(event.ContextWithPosition(s.context(), position()), http.MethodGet, one.URL, nil)
			must(t, err)
			res, err := client.Do(r)
			must(t, err)
			_ = res.Body.Close()
			if (first != "") != c.first || (second != "") != c.second {
				t.Errorf("the first one was told %q, the second one %q: %s", first, second, c.reason)
			}
		})
	}
}

// TestTransportToHandler is a customer's way through two services that trust each other.
func TestTransportToHandler(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	back := s.server(touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		pay.Record(r.Context(), 0)
	}), "POST /charge"), touchpoint.Trust(everybody), touchpoint.Skip("POST /charge")))
	defer back.Close()
	client := &http.Client{Transport: touchpoint.Transport(nil, "127.0.0.1")}
	defer client.CloseIdleConnections()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections() //nolint:forcetypeassert // it is one

	ctx := checkout.Start(s.context(), "7", event.Customer{Segment: "gold"})
	ctx = checkout.Enter(ctx, "payment")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, back.URL+"/charge", nil)
	must(t, err)
	res, err := client.Do(r)
	must(t, err)
	_ = res.Body.Close()
	e := s.only(t)
	if e.Journey.ID != "7" || e.Stage != "payment" || e.Visit != 1 || e.Customer.Segment != "gold" {
		t.Errorf("over there the customer is in %+v, stage %s/%d, %+v", e.Journey, e.Stage, e.Visit, e.Customer)
	}
}

// TestTransportIsShared by all goroutines of a client.
func TestTransportIsShared(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	below := &roundTripper{}
	rt := touchpoint.Transport(below, "payments")
	r, err := http.NewRequestWithContext(event.ContextWithPosition(s.context(), position()), http.MethodGet, "http://payments/", nil)
	must(t, err)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { _, _ = rt.RoundTrip(r) }) //nolint:bodyclose // there is none
	}
	wg.Wait()
	if len(below.seen) != 50 || len(r.Header) != 0 {
		t.Errorf("%d requests, and the original has the headers %v", len(below.seen), r.Header)
	}
}

// TestCustomersStayHere: the application's own ID of the customer is on no header, even when
// nobody has hashed it yet.
func TestCustomersStayHere(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	below := &roundTripper{}
	p := position()
	p.Customer.ID = "erika"
	_, out := send(t, s, touchpoint.Transport(below, "payments"), below, p, "http://payments/", http.Header{})
	if got := out.Header.Get("Baggage"); strings.Contains(got, "erika") || got == "" {
		t.Errorf("the header is %q", got)
	}
}

// FuzzRoundTrip sends positions from Transport to Handler: what arrives is what was sent, but for
// what the header's bound leaves out, or nothing, which is counted.
func FuzzRoundTrip(f *testing.F) {
	f.Add("prod", "checkout", "cart-7", "v1", "payment", 1, "hash", "gold", int64(1_700_000_000_000_000), byte(1), byte(0), "a=1")
	f.Add("", "ü/~%,;= \"", "\x00", "", "", 0, "", "", int64(0), byte(0), byte(4), "")
	f.Add("_other", "_other", strings.Repeat("~", 128), "", "_other", 1<<31-1, "\xff", "é", int64(-1), byte(99), byte(99), "cairn=1,,;")
	f.Add("n", "j", "i", "", "", 7, "", "", int64(1)<<62, byte(12), byte(1), "cairn=a,a=b")
	s := newSpy(f)
	var got *event.Position
	h := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = event.PositionFromContext(r.Context())
	}), "/"), touchpoint.Trust(everybody), touchpoint.Skip("/"))
	f.Fuzz(func(t *testing.T, ns, name, id, version, stage string, visit int, hash, segment string, started int64, channel, actor byte, bag string) {
		p := &event.Position{
			Journey: event.Journey{Namespace: ns, Name: name, ID: id, Version: version},
			Stage:   stage, Visit: visit, Customer: event.Customer{ID: "secret", Hash: hash, Segment: segment},
			Channel: event.Channel(channel), Actor: event.Actor(actor),
		}
		if started != 0 {
			p.Journey.Started = time.UnixMicro(started)
		}
		below := &roundTripper{}
		ctx := event.ContextWithPosition(s.context(), p)
		out, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://payments/", nil)
		must(t, err)
		out.Header.Set("Baggage", bag)
		if _, err := touchpoint.Transport(below, "payments").RoundTrip(out); !errors.Is(err, errAnswer) { //nolint:bodyclose // there is none
			t.Fatal(err)
		}
		sent := below.seen[0].Header.Get("Baggage")
		if len(sent) > len(bag)+event.MaxHeader+len(",cairn=") {
			t.Fatalf("%d bytes were sent", len(sent))
		}
		if strings.Contains(sent, "secret") && !strings.Contains(bag, "secret") {
			t.Fatalf("the customer's ID was sent: %q", sent)
		}
		in := get("/")
		in.Header.Set("Baggage", sent)
		got = nil
		s.forget()
		h.ServeHTTP(nil, in.WithContext(s.context()))
		if !valid(p) {
			return // refused on one side or the other; nothing panicked
		}
		if got == nil {
			if len(s.counted()) == 0 && event.FromBaggage(sent) != "" {
				t.Fatalf("%+v was sent as %q and is lost without being counted", p, sent)
			} else if event.FromBaggage(sent) != "" {
				t.Fatalf("%+v was sent as %q and refused: %q", p, sent, s.counted())
			}
			return
		}
		if !got.Journey.Same(&p.Journey) || !got.Journey.Started.Equal(p.Journey.Started) || got.Stage != p.Stage ||
			got.Visit != p.Visit || got.Channel != p.Channel || got.Actor != p.Actor {
			t.Fatalf("%+v was sent as %q and arrives as %+v", p, sent, got)
		}
		for _, pair := range [][2]string{
			{p.Customer.Hash, got.Customer.Hash}, {p.Customer.Segment, got.Customer.Segment}, {p.Journey.Version, got.Journey.Version},
		} {
			if pair[1] != "" && pair[1] != pair[0] {
				t.Fatalf("%q was sent and arrives as %q", pair[0], pair[1])
			}
		}
		if got.Customer.ID != "" {
			t.Fatalf("a customer's ID %q arrives", got.Customer.ID)
		}
	})
}

// valid reports whether a client could have made the position.
func valid(p *event.Position) bool {
	name := func(s string, may bool) bool { return may && s == "" || s == event.Other || event.ValidName(s) }
	return name(p.Journey.Namespace, true) && name(p.Journey.Name, false) && event.ValidID(p.Journey.ID) &&
		name(p.Journey.Version, true) && name(p.Stage, true) && name(p.Customer.Segment, true) &&
		(p.Customer.Hash == "" || event.ValidID(p.Customer.Hash)) && (p.Stage != "" || p.Visit == 0) &&
		p.Visit >= 0 && p.Visit < 1<<31 && int(p.Channel) < event.NumChannels && int(p.Actor) < event.NumActors
}

// TestWithoutAClient the transport still takes a position along, for it is the context's.
func TestWithoutAClient(t *testing.T) {
	t.Parallel()
	below := &roundTripper{}
	r, err := http.NewRequestWithContext(event.ContextWithPosition(context.Background(), position()), http.MethodGet, "http://payments/", nil)
	must(t, err)
	_, _ = touchpoint.Transport(below, "payments").RoundTrip(r) //nolint:bodyclose // there is none
	if below.seen[0].Header.Get("Baggage") == "" {
		t.Error("it is not sent")
	}
}
