package touchpoint_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
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
	return &event.Position{Journey: event.Run{Name: "checkout", ID: "cart-7"}, Stage: "payment", Visit: 1}
}

// send sends a request to the URL, and returns it with what came out below.
func send(t *testing.T, s *spy, rt http.RoundTripper, below *roundTripper, p *event.Position, target string, header http.Header) (r, out *http.Request) {
	t.Helper()
	u, err := url.Parse(target)
	must(t, err)
	r = (&http.Request{Method: http.MethodPost, URL: u, Header: header, Body: io.NopCloser(strings.NewReader("body"))}).
		WithContext(propagate.ContextWithPosition(s.context(), p))
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
		{"https's port", "443 is the one that an https URL leaves out", []string{"payments:443"}, "https://payments/", true},
		{"https's port, said", "the same", []string{"payments:443"}, "https://payments:443/", true},
		{"https's port, with leading zeros", "the same number", []string{"payments:443"}, "https://payments:0443/", true},
		{"https's port, not https", "http's is 80", []string{"payments:443"}, "http://payments/", false},
		{"https's port, by http", "the port is what counts", []string{"payments:443"}, "http://payments:443/", true},
		{"https's port, empty", "RFC 3986, section 3.2.3: as left out", []string{"payments:443"}, "https://payments:/", true},
		{"http's port", "80 is the one that an http URL leaves out", []string{"payments:80"}, "http://payments/", true},
		{"http's port, not http", "https's is 443", []string{"payments:80"}, "https://payments/", false},
		{"http's port, scheme in upper case", "RFC 3986, section 3.1: schemes have no case", []string{"payments:80"}, "HTTP://payments/", true},
		{"a port, of no scheme that has one", "it is not known", []string{"payments:80"}, "unix://payments/", false},
		{"another port than https's", "another service", []string{"payments:443"}, "https://payments:8443/", false},
		{"a wildcard with https's port", "as names have it", []string{"*.internal:443"}, "https://a.internal/", true},
		{"a wildcard with https's port, not https", "as names have it", []string{"*.internal:443"}, "http://a.internal/", false},
		{"an address with http's port", "as names have it", []string{"10.0.0.1:80"}, "http://10.0.0.1/", true},
		{"IPv6 with https's port", "as names have it", []string{"[::1]:443"}, "https://[::1]/", true},
		{"a trailing dot", "the root's, which names may leave out", []string{"payments"}, "http://payments./", true},
		{"a trailing dot and a port", "the same", []string{"payments:443"}, "https://payments.:443/", true},
		{"a trailing dot allowed", "the same", []string{"payments."}, "http://payments/", true},
		{"a trailing dot allowed, with its port", "the same", []string{"payments.:443"}, "https://payments/", true},
		{"two trailing dots", "not a name", []string{"payments"}, "http://payments../", false},
		{"a trailing dot below a wildcard", "the same", []string{"*.internal"}, "http://a.internal./", true},
		{"a wildcard with a trailing dot", "the same", []string{"*.internal."}, "http://a.internal/", true},
		{"a wildcard, nothing before the dot", "not below", []string{"*.internal"}, "http://.internal/", false},
		{"an international name", "RFC 5891: the same name in Punycode", []string{"bücher.example"}, "http://xn--bcher-kva.example/", true},
		{"an international name, the other way", "the same name", []string{"xn--bcher-kva.example"}, "http://bücher.example/", true},
		{"an international name, in letters", "the same name", []string{"bücher.example"}, "http://bücher.example/", true},
		{"an international name, upper case", "host names have no case", []string{"bücher.example"}, "http://BÜCHER.example/", true},
		{"an international name, Punycode in upper case", "host names have no case", []string{"bücher.example"}, "http://XN--BCHER-KVA.Example/", true},
		{"an international name, percent-encoded", "as URLs may have it (RFC 3986, section 3.2.2)", []string{"bücher.example"}, "http://b%C3%BCcher.example/", true},
		{"an international name, with port and dot", "all at once", []string{"bücher.example:443"}, "https://xn--bcher-kva.example./", true},
		{"another international name", "not allowed", []string{"bücher.example"}, "http://bucher.example/", false},
		{"below an international name", "every host below", []string{"*.bücher.example"}, "http://a.xn--bcher-kva.example/", true},
		{"Arabic", "RFC 3492, section 7.1 (A)", []string{"xn--egbpdaj6bu4bxfgehfvwxn"}, "http://ليهمابتكلموشعربي؟/", true},
		{"Chinese", "RFC 3492, section 7.1 (B)", []string{"xn--ihqwcrb4cv8a8dqg056pqjye"}, "http://他们为什么不说中文/", true},
		{"Russian", "RFC 3492, section 7.1 (J)", []string{"xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"}, "http://почемужеонинеговорятпорусски/", true},
		{"Japanese and ASCII", "RFC 3492, section 7.1 (L)", []string{"xn--3b-ww4c5e180e575a65lsy2b"}, "http://3年b組金八先生/", true},
		{"a letter that only looks like it", "Cyrillic а", []string{"payments"}, "http://pаyments/", false},
		{"a capital I with a dot", "UTS 46: net/http calls i with a dot above it", []string{"ship.example"}, "http://sh\u0130p.example/", false},
		{"a capital sharp s", "UTS 46: net/http calls strasse", []string{"stra\u00dfe.example"}, "http://stra\u1e9ee.example/", false},
		{"a capital I with a dot, below a wildcard", "another domain", []string{"*.ship.example"}, "http://a.sh\u0130p.example/", false},
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
		{"IPv6, written in full", "the same address (RFC 5952)", []string{"::1"}, "http://[0:0:0:0:0:0:0:1]/", true},
		{"IPv6, upper case", "the same address", []string{"[FD00::A]:443"}, "https://[fd00::a]/", true},
		{"IPv4 in IPv6", "the same address", []string{"10.0.0.1"}, "http://[::ffff:10.0.0.1]/", true},
		{"a zone", "exact", []string{"fe80::1%eth0"}, "http://[fe80::1%25eth0]/", true},
		{"a zone, as URLs have it", "RFC 6874", []string{"[fe80::1%25eth0]:80"}, "http://[fe80::1%25eth0]/", true},
		{"another zone", "another link, another host", []string{"fe80::1%eth0"}, "http://[fe80::1%25eth1]/", false},
		{"a zone that was not allowed", "another host than without", []string{"fe80::1"}, "http://[fe80::1%25eth0]/", false},
		{"an address below a wildcard", "names are below names", []string{"*.0.0.1"}, "http://10.0.0.1/", false},
		{"an address with a name before it", "not the address", []string{"10.0.0.1"}, "http://evil.10.0.0.1/", false},
		{"a user in what is allowed", "not a host", []string{"user@payments"}, "http://payments/", false},
		{"a URL in what is allowed", "not a host", []string{"https://payments"}, "https://payments/", false},
		{"user and password", "they are not the host", []string{"payments"}, "http://user:secret@payments/", true},
		{"no host", "nobody", []string{"payments"}, "http:///payments", false},
		{"a huge host", "not a name", []string{"*.internal"}, "http://" + strings.Repeat("ü", 5000) + ".internal/", false},
		{"several", "any of them", []string{"a", "b", "*.c"}, "http://x.c/", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			below := &roundTripper{}
			_, out := send(t, s, touchpoint.Transport(below, c.hosts...), below, position(), c.target, http.Header{})
			if got := propagate.FromBaggage(out.Header.Get("Baggage")) != ""; got != c.told {
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
		{"not allowed", "the header is not touched, and a propagator below is told to send nothing", position(), "evil", []string{"a=1"}, []string{"a=1"}, false, nil},
		{"a position that is too long", "it is not sent, and counted", tooLong, "payments", []string{"a=1"}, []string{"a=1"}, false, []string{"header_size"}},
		{"a stranger's, nothing to send", "it goes no further", nil, "payments", []string{"a=1,cairn=1/old", "b=2 ; p, c=3"}, []string{"a=1", "b=2 ; p, c=3"}, false, nil},
		{"only a stranger's, nothing to send", "no header is left", nil, "payments", []string{"cairn=", "cairn=1/old"}, nil, false, nil},
		{"a stranger's by an odd name", "a hop would decode it", position(), "payments", []string{"%63airn=1/old,a=1"}, []string{"a=1," + sent}, false, nil},
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

// TestOddHeaders: a caller's header may be nil, or have keys that are not in the canonical form, which
// net/http sends as they are.
func TestOddHeaders(t *testing.T) {
	t.Parallel()
	sent := member(t, *position())
	for _, c := range []struct {
		name   string
		header http.Header
		p      *event.Position
		want   http.Header
	}{
		{"nil, something to send", nil, position(), http.Header{"Baggage": {sent}}},
		{"nil, nothing to send", nil, nil, nil},
		{"other keys, something to send", http.Header{"baggage": {"a=1,cairn=x"}, "BAGGAGE": {"cairn=y"}, "X-Own": {"1"}}, position(), http.Header{"Baggage": {"a=1," + sent}, "X-Own": {"1"}}},
		{"other keys, nothing to send", http.Header{"baggage": {"a=1,cairn=x"}, "BAGGAGE": {"cairn=y"}, "Baggage": {"b=2"}}, nil, http.Header{"baggage": {"a=1"}, "Baggage": {"b=2"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			below := &roundTripper{}
			before := c.header.Clone()
			r, out := send(t, newSpy(t), touchpoint.Transport(below, "payments"), below, c.p, "http://payments/", c.header)
			if d := cmp.Diff(c.want, out.Header); d != "" {
				t.Errorf("what goes out (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, r.Header); d != "" {
				t.Errorf("the caller's request was changed (-before +after):\n%s", d)
			}
		})
	}
}

// TestInternationalHosts holds the names' Punycode against net/http's own, which writes it in the Host
// header.
func TestInternationalHosts(t *testing.T) {
	t.Parallel()
	letters := rapid.RuneFrom(nil, unicode.Han, unicode.Cyrillic, unicode.Greek, unicode.Latin, unicode.Arabic, unicode.Hangul, unicode.Nd).
		Filter(func(r rune) bool { return unicode.ToLower(r) == r })
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.StringOfN(letters, 1, 12, -1), 1, 3).Draw(t, "labels")
		name := strings.Join(labels, ".")
		u := &url.URL{Scheme: "http", Host: name, Path: "/"}
		var wire strings.Builder
		if err := (&http.Request{Method: http.MethodGet, URL: u}).Write(&wire); err != nil {
			t.Skip(err)
		}
		_, ascii, _ := strings.Cut(wire.String(), "Host: ")
		ascii, _, _ = strings.Cut(ascii, "\r\n")
		below := &roundTripper{}
		r := (&http.Request{URL: &url.URL{Scheme: "http", Host: ascii}}).WithContext(propagate.ContextWithPosition(context.Background(), position()))
		_, _ = touchpoint.Transport(below, name).RoundTrip(r) //nolint:bodyclose // there is none
		if below.seen[0].Header.Get("Baggage") == "" {
			t.Fatalf("%q, which net/http writes as %q, is not told", name, ascii)
		}
	})
}

// TestCapitalsOfHosts: whichever letter a name has instead of one that was allowed, a position goes only where
// net/http calls the host that was allowed.
func TestCapitalsOfHosts(t *testing.T) {
	t.Parallel()
	ctx := propagate.ContextWithPosition(context.Background(), position())
	var dialed string
	transport := &http.Transport{DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
		dialed = addr
		return nil, errors.New("no network")
	}}
	calls := func(name string) string {
		dialed = ""
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: name}, Header: http.Header{}}
		if _, err := transport.RoundTrip(r); err == nil { //nolint:bodyclose // there is none
			t.Fatal("there is a network")
		}
		return dialed
	}
	told := 0
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		l := unicode.ToLower(r)
		if l == r {
			continue
		}
		below := &roundTripper{}
		name, allowed := "a"+string(r)+".example", "a"+string(l)+".example"
		out := (&http.Request{URL: &url.URL{Scheme: "http", Host: name}}).WithContext(ctx)
		_, _ = touchpoint.Transport(below, allowed).RoundTrip(out) //nolint:bodyclose // there is none
		if below.seen[0].Header.Get("Baggage") == "" {
			continue
		}
		told++
		if is, want := calls(name), calls(allowed); is != want && isPublic(is) {
			t.Errorf("%q is told, which net/http calls as %q; %q was allowed, which is %q", name, is, allowed, want)
		}
	}
	if told == 0 {
		t.Error("no name in upper case is told")
	}
}

// isPublic reports whether a host can have the name: one that net/http cannot write in ASCII has no host.
func isPublic(addr string) bool {
	return strings.IndexFunc(addr, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
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
			r, err := http.NewRequestWithContext(propagate.ContextWithPosition(s.context(), position()), http.MethodGet, one.URL, nil)
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
	}), "POST /charge"), touchpoint.WithTrustedPeers(everybody), touchpoint.WithSkip("POST /charge")))
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
	r, err := http.NewRequestWithContext(propagate.ContextWithPosition(s.context(), position()), http.MethodGet, "http://payments/", nil)
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
		got = propagate.PositionFromContext(r.Context())
	}), "/"), touchpoint.WithTrustedPeers(everybody), touchpoint.WithSkip("/"))
	f.Fuzz(func(t *testing.T, ns, name, id, version, stage string, visit int, hash, segment string, started int64, channel, actor byte, bag string) {
		p := &event.Position{
			Journey: event.Run{Namespace: ns, Name: name, ID: id, Version: version},
			Stage:   stage, Visit: visit, Customer: event.Customer{ID: "secret", Hash: hash, Segment: segment},
			Channel: event.Channel(channel), Actor: event.Actor(actor),
		}
		if started != 0 {
			p.Journey.Started = time.UnixMicro(started)
		}
		below := &roundTripper{}
		ctx := propagate.ContextWithPosition(s.context(), p)
		out, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://payments/", nil)
		must(t, err)
		out.Header.Set("Baggage", bag)
		if _, err := touchpoint.Transport(below, "payments").RoundTrip(out); !errors.Is(err, errAnswer) { //nolint:bodyclose // there is none
			t.Fatal(err)
		}
		sent := below.seen[0].Header.Get("Baggage")
		if len(sent) > len(bag)+propagate.MaxHeader+len(",cairn=") {
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
			if len(s.counted()) == 0 && propagate.FromBaggage(sent) != "" {
				t.Fatalf("%+v was sent as %q and is lost without being counted", p, sent)
			} else if propagate.FromBaggage(sent) != "" {
				t.Fatalf("%+v was sent as %q and refused: %q", p, sent, s.counted())
			}
			return
		}
		if !flight.SameRun(&got.Journey, &p.Journey) || !got.Journey.Started.Equal(p.Journey.Started) || got.Stage != p.Stage ||
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
		p.Visit >= 0 && p.Visit < 1<<31 && int(p.Channel) < flight.NumChannels && int(p.Actor) < flight.NumActors
}

// TestWithoutAClient the transport still takes a position along: it is the context's.
func TestWithoutAClient(t *testing.T) {
	t.Parallel()
	below := &roundTripper{}
	r, err := http.NewRequestWithContext(propagate.ContextWithPosition(context.Background(), position()), http.MethodGet, "http://payments/", nil)
	must(t, err)
	_, _ = touchpoint.Transport(below, "payments").RoundTrip(r) //nolint:bodyclose // there is none
	if below.seen[0].Header.Get("Baggage") == "" {
		t.Error("it is not sent")
	}
}
