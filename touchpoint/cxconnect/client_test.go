package cxconnect_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel/baggage"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxconnect"
)

// TestHandlerBelieves: every way in which a position comes over a real connection, with each reason to believe it. A position that is not
// believed is gone: from the header and from OpenTelemetry's baggage.
func TestHandlerBelieves(t *testing.T) {
	t.Parallel()
	key, other := make([]byte, 32), make([]byte, 32)
	_, _ = rand.Read(key)
	_, _ = rand.Read(other)
	sign := func(key []byte, now time.Time) string {
		c, err := cx.New(cx.WithPositionKeys(key), cx.WithClock(func() time.Time { return now }))
		must(t, err)
		defer func() { must(t, c.Shutdown(context.Background())) }()
		return propagate.AddToBaggage("", propagate.Sign(at(cx.NewContext(context.Background(), c), "c1"), 0))
	}
	good, forged, old := sign(key, time.Now()), sign(other, time.Now()), sign(key, time.Now().Add(-time.Hour))
	unsigned := propagate.AddToBaggage("", propagate.Sign(at(context.Background(), "c1"), 0))
	signed := []cxconnect.Option{cxconnect.WithSignedPositions()}
	trusted := []cxconnect.Option{cxconnect.WithTrustedPeers(nil), cxconnect.WithTrustedPeers(func(context.Context) bool { return false }), cxconnect.WithTrustedPeers(func(ctx context.Context) bool {
		peer, ok := cxconnect.PeerFromContext(ctx)
		return ok && strings.HasPrefix(peer.Addr, "127.0.0.1:")
	})}
	for _, c := range []struct {
		name, reason string
		baggage      []string
		opts         []cxconnect.Option
		want         string
		fault        string
	}{
		{"none", "there is nothing to believe", nil, signed, "", ""},
		{"signed", "a service of ours made it", []string{good}, signed, "c1", ""},
		{"signed, nothing is believed", "no option says so", []string{good}, nil, "", "untrusted_position"},
		{"forged", "a stranger made it", []string{forged}, signed, "", "unknown_position_key"},
		{"expired", "it was good an hour ago", []string{old}, signed, "", "expired_position"},
		{"unsigned", "anyone can write it", []string{unsigned}, signed, "", "unsigned_position"},
		{"unsigned, from a trusted peer", "the peer is the reason", []string{unsigned}, trusted, "c1", ""},
		{"two headers that agree", "a hop has doubled it", []string{good, "a=1," + good}, signed, "c1", ""},
		{"two headers that differ", "one of them is a stranger's", []string{good, unsigned[:len(unsigned)-1] + "x"}, signed, "", "bad_header"},
		{"oversized", "no position is so long", []string{"cairn=" + strings.Repeat("x", 6000)}, signed, "", "unsigned_position"},
	} {
		for protocol, how := range protocols() {
			t.Run(c.name+" by "+protocol, func(t *testing.T) {
				t.Parallel()
				p := newProcess(t, cx.WithPositionKeys(key))
				check := func(ctx context.Context, h http.Header) {
					if text, found := propagate.TextFromBaggage(strings.Join(h.Values("Baggage"), ",")); found {
						t.Errorf("the header has the position %q", text)
					}
					if m := baggage.FromContext(ctx).Member("cairn"); m.Key() != "" {
						t.Errorf("OpenTelemetry's baggage has the position %q", m.Value())
					}
					if c.name == "two headers that agree" && strings.Join(h.Values("Baggage"), ",") != "a=1" {
						t.Errorf("the rest of the baggage is %q", h.Values("Baggage"))
					}
				}
				s := serve(t, p, handlers{
					unary: func(ctx context.Context, r *connect.Request[text]) (*connect.Response[text], error) {
						check(ctx, r.Header())
						return connect.NewResponse(&text{}), nil
					},
					bidi: func(ctx context.Context, s *connect.BidiStream[text, text]) error {
						check(ctx, s.RequestHeader())
						return nil
					},
				}, connect.WithInterceptors(p.otel(t), cxconnect.NewInterceptor(c.opts...)))
				r := connect.NewRequest(&text{})
				stream := to(s, bidi, how...).CallBidiStream(t.Context())
				for _, b := range c.baggage {
					r.Header().Add("Baggage", b)
					stream.RequestHeader().Add("Baggage", b)
				}
				_, err := to(s, unary, how...).CallUnary(t.Context(), r)
				must(t, err)
				_ = stream.CloseRequest()
				_, _ = stream.Receive()
				_ = stream.CloseResponse()
				s.Close()
				for _, e := range p.touchpoints(t, 2) {
					if e.Journey.ID != c.want {
						t.Errorf("%s is in %q, want %q: %s", e.Touchpoint, e.Journey.ID, c.want, c.reason)
					}
				}
				got := p.counted(t)
				if (len(got) == 0) != (c.fault == "") || len(got) > 0 && got[0] != c.fault {
					t.Errorf("the faults are %q, want %q", got, c.fault)
				}
			})
		}
	}
}

// TestAcrossServices: one customer's call goes from a client to a service, in every protocol, with otelconnect on either side of ours, and with
// baggage of the application, which otelconnect writes over the header.
func TestAcrossServices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		own          bool
		targets      []string
		inside       bool // ours is inside otelconnect
		want         string
	}{
		{"to a named host", "it is sent and believed", false, []string{"127.0.0.1"}, true, "c1"},
		{"with baggage", "both arrive", true, []string{"127.0.0.1"}, true, "c1"},
		{"with baggage, outside otelconnect", "both arrive", true, []string{"127.0.0.1"}, false, "c1"},
		{"to another host", "it is not sent", true, []string{"payments"}, true, ""},
		{"to no host", "it is not sent", false, nil, false, ""},
	} {
		for protocol, how := range protocols() {
			t.Run(c.name+" by "+protocol, func(t *testing.T) {
				t.Parallel()
				keys := cx.WithPositionKeys([]byte("a key of 16 bytes or more"))
				front, back := newProcess(t, keys), newProcess(t, keys)
				tenants := make(chan string, 2)
				s := serve(t, back, handlers{
					unary: func(ctx context.Context, _ *connect.Request[text]) (*connect.Response[text], error) {
						tenants <- baggage.FromContext(ctx).Member("tenant").Value()
						return connect.NewResponse(&text{}), nil
					},
					bidi: func(ctx context.Context, _ *connect.BidiStream[text, text]) error {
						tenants <- baggage.FromContext(ctx).Member("tenant").Value()
						return nil
					},
				}, connect.WithInterceptors(back.otel(t), cxconnect.NewInterceptor(cxconnect.WithSignedPositions())))
				interceptors := []connect.Interceptor{front.otel(t), cxconnect.NewInterceptor(cxconnect.WithTargets(c.targets...))}
				if !c.inside {
					interceptors[0], interceptors[1] = interceptors[1], interceptors[0]
				}
				how := append(how, connect.WithInterceptors(interceptors...))
				ctx := checkout.Start(front.context(t.Context()), "c1", event.Customer{})
				if c.own {
					ctx = withBaggage(ctx, t, "tenant", "acme")
				}
				r := connect.NewRequest(&text{})
				r.Header().Set("Baggage", "cairn=stale") // of another call
				_, err := to(s, unary, how...).CallUnary(ctx, r)
				must(t, err)
				stream := to(s, bidi, how...).CallBidiStream(ctx)
				stream.RequestHeader().Add("Baggage", "cairn=stale")
				_ = stream.CloseRequest()
				_, _ = stream.Receive()
				_ = stream.CloseResponse()
				s.Close()
				for _, e := range back.touchpoints(t, 2) {
					if e.Journey.ID != c.want {
						t.Errorf("%s is in %q, want %q: %s", e.Touchpoint, e.Journey.ID, c.want, c.reason)
					}
				}
				for range 2 {
					if got := <-tenants; (got == "acme") != c.own {
						t.Errorf("the application's baggage is %q", got)
					}
				}
				if got := back.counted(t); len(got) > 0 {
					t.Errorf("the faults are %q", got)
				}
				for _, span := range back.spans.GetSpans() {
					if span.SpanContext.TraceID() != traceOf("c1") && !span.Parent.IsRemote() {
						t.Errorf("%s is no child of the client's span", span.Name)
					}
				}
			})
		}
	}
}

// TestClientTargets: the host of the client's URL decides.
func TestClientTargets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason, url string
		targets           []string
		want              bool
	}{
		{"the name", "it is named", "https://payments", []string{"payments"}, true},
		{"the name and a port", "every port is allowed", "https://payments:8443", []string{"payments"}, true},
		{"the port", "it is named", "https://payments:8443", []string{"payments:8443"}, true},
		{"another port", "it is not named", "https://payments:8443", []string{"payments:443"}, false},
		{"the port of the scheme", "Connect does not tell the scheme", "https://payments", []string{"payments:443"}, false},
		{"below", "it is below", "http://payments.internal", []string{"*.internal"}, true},
		{"another host", "it is not named", "https://payments.evil.example", []string{"payments"}, false},
		{"a name before the host", "it is a user", "https://payments@evil.example", []string{"payments"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var sent string
			base := doer(func(r *http.Request) (*http.Response, error) {
				sent = strings.Join(r.Header.Values("Baggage"), ",")
				return nil, http.ErrServerClosed
			})
			_, _ = connect.NewClient[text, text](base, c.url+unary, connect.WithInterceptors(cxconnect.NewInterceptor(cxconnect.WithTargets(c.targets...)))).
				CallUnary(at(t.Context(), "c1"), connect.NewRequest(&text{}))
			if _, got := propagate.TextFromBaggage(sent); got != c.want {
				t.Errorf("the position is sent: %v, want %v: %s", got, c.want, c.reason)
			}
		})
	}
}

type doer func(*http.Request) (*http.Response, error)

func (f doer) Do(r *http.Request) (*http.Response, error) { return f(r) }

// TestClientRedirect: net/http sends headers to where it is redirected. A touchpoint.Transport below the client decides anew.
func TestClientRedirect(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- strings.Join(r.Header.Values("Baggage"), ",")
		w.WriteHeader(http.StatusNotFound)
	}))
	defer elsewhere.Close()
	other, err := url.Parse(elsewhere.URL)
	must(t, err)
	redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, found := propagate.TextFromBaggage(r.Header.Get("Baggage")); !found {
			t.Error("the host that is named gets no position")
		}
		http.Redirect(w, r, "http://localhost:"+other.Port()+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer redirecting.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	client := &http.Client{Transport: touchpoint.Transport(base, "127.0.0.1")}
	_, err = connect.NewClient[text, text](client, redirecting.URL+unary, connect.WithInterceptors(cxconnect.NewInterceptor(cxconnect.WithTargets("127.0.0.1")))).
		CallUnary(at(t.Context(), "c1"), connect.NewRequest(&text{}))
	if err == nil {
		t.Error("the client gets an answer")
	}
	if text, found := propagate.TextFromBaggage(<-got); found {
		t.Errorf("the position %q goes to a host that is not named", text)
	}
}

// FuzzHandlerHeader: whatever a stranger sends, the call is served, no position is believed, and none is left.
func FuzzHandlerHeader(f *testing.F) {
	f.Add("Baggage", "cairn=1%2F%2Fcheckout%2Fvictim%2F%2F%2F%2F%2F%2F%2F%2F;sig=x")
	f.Add("baggage", "c%61irn=x,%63airn=y")
	f.Add("User-Agent", "kube-probe/1.30")
	f.Add("", "\x00\xff")
	c, err := cx.New(cx.WithPositionKeys([]byte("a key of 16 bytes or more")), cx.WithOnFault(func(context.Context, fault.Report) {}))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = c.Shutdown(context.Background()) })
	h := connect.NewUnaryHandler(unary, func(ctx context.Context, r *connect.Request[text]) (*connect.Response[text], error) {
		if p := propagate.PositionFromContext(ctx); p != nil && !p.Journey.IsZero() {
			return nil, connect.NewError(connect.CodeInternal, nil)
		}
		if _, found := propagate.TextFromBaggage(touchpoint.BaggageOf(r.Header())); found {
			return nil, connect.NewError(connect.CodeDataLoss, nil)
		}
		return connect.NewResponse(&text{}), nil
	}, connect.WithInterceptors(cxconnect.NewInterceptor(cxconnect.WithSignedPositions())))
	f.Fuzz(func(t *testing.T, key, value string) {
		if strings.EqualFold(key, "content-type") || strings.HasPrefix(strings.ToLower(key), "connect-") || strings.HasPrefix(strings.ToLower(key), "content-") {
			return // Connect's own
		}
		r := httptest.NewRequestWithContext(cx.NewContext(t.Context(), c), http.MethodPost, unary, strings.NewReader(`""`))
		r.Header[key] = []string{value, "a=1"}
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("the answer is %d, %s", w.Code, w.Body)
		}
	})
}
