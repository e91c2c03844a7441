package sdktest_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// victim is a stranger's claim about another customer.
const victim = "1/default/checkout/victim-1///////web/synthetic"

// strangers are baggage headers of requests. At least one reader takes each of them for the victim's position.
var strangers = [][]string{
	nil,
	{"tenant=acme,cairn=" + victim},
	{"cairn=,cairn=" + victim + ",tenant=acme"},
	{"cairn=" + victim + ",cairn=,tenant=acme"},
	{"tenant=acme", "cairn=,,", "cairn=" + victim + ";p=1;sig=1.0.0.AAAAAAAA." + strings.Repeat("A", 43)},
	{" cairn\t= " + victim + " ,tenant=acme", "%63airn=" + victim + ",+cairn=" + victim},
	{"tenant=acme,cairn=" + strings.ReplaceAll(victim, "/", "%2f")},
	{"tenant=acme,cairn=" + victim + "," + strings.Repeat("x", 9000) + "=1"},
}

// layout is the construction of a gateway that trusts no peer.
type layout struct {
	server, client string
	propagators    string
	allowed        bool
}

func (a layout) String() string {
	return fmt.Sprintf("%s, %s, propagators %s, allowed %v", a.server, a.client, a.propagators, a.allowed)
}

// tells reports whether the requests to the inner service have the gateway's own position.
func (a layout) tells() bool {
	if a.client == "otelhttp alone" {
		return a.propagators == "Cairn's" // this propagator sends to every host
	}
	return a.allowed
}

var propagators = map[string]propagation.TextMapPropagator{
	"of traces": propagation.TraceContext{},
	"W3C's":     w3c,
	"Cairn's":   propagation.NewCompositeTextMapPropagator(w3c, propagate.Propagator{}),
}

// serverOf combines the gateway's handlers. nil options mean the global propagator.
func serverOf(how string, p *process, app http.Handler, opts ...otelhttp.Option) http.Handler {
	opts = append(opts, otelhttp.WithTracerProvider(p.provider))
	switch how {
	case "Handler":
		return touchpoint.Handler(app)
	case "Handler in otelhttp":
		return otelhttp.NewHandler(touchpoint.Handler(app), "gateway", opts...)
	case "otelhttp in Handler":
		return touchpoint.Handler(otelhttp.NewHandler(app, "gateway", opts...))
	default:
		panic(how)
	}
}

func clientOf(how string, p *process, base http.RoundTripper, host string, opts ...otelhttp.Option) http.RoundTripper {
	opts = append(opts, otelhttp.WithTracerProvider(p.provider))
	switch how {
	case "Transport":
		return touchpoint.Transport(base, host)
	case "Transport in otelhttp's":
		return otelhttp.NewTransport(touchpoint.Transport(base, host), opts...)
	case "otelhttp's in Transport":
		return touchpoint.Transport(otelhttp.NewTransport(base, opts...), host)
	case "Transport between two of otelhttp's":
		return otelhttp.NewTransport(touchpoint.Transport(otelhttp.NewTransport(base, opts...), host), opts...)
	case "otelhttp alone":
		return otelhttp.NewTransport(base, opts...)
	default:
		panic(how)
	}
}

// inner is the service behind the gateway. It trusts the gateway.
type inner struct {
	srv *httptest.Server

	mu       sync.Mutex
	header   []string
	believed string
}

func startInner(t *testing.T, p *process) *inner {
	t.Helper()
	in := &inner{}
	h := otelhttp.NewHandler(touchpoint.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		in.mu.Lock()
		defer in.mu.Unlock()
		if p := flight.PositionFromContext(r.Context()); p != nil {
			in.believed = p.Journey.ID
		}
	}), touchpoint.WithTrustedPeers(everybody)), "inner", otelhttp.WithTracerProvider(p.provider), otelhttp.WithPropagators(w3c))
	in.srv = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in.mu.Lock()
		in.header, in.believed = r.Header.Values("Baggage"), ""
		in.mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	in.srv.Config.BaseContext = func(net.Listener) context.Context { return p.context() }
	in.srv.Start()
	t.Cleanup(in.srv.Close)
	return in
}

// visit is one request of a stranger through the gateway.
type visit struct {
	sent  []string // the stranger's baggage
	way   string   // how the gateway calls the inner service
	own   bool     // the gateway is in a journey of its own
	about string   // where the gateway's own code copies the stranger's claim: the outgoing header, or OpenTelemetry's baggage
}

// gateway is a service that trusts no peer and calls the inner one.
func gateway(t *testing.T, p *process, a layout, in *inner, base http.RoundTripper, next *visit, opts ...otelhttp.Option) *httptest.Server {
	t.Helper()
	host := "elsewhere"
	if a.allowed {
		host = in.srv.Listener.Addr().String()
	}
	out := clientOf(a.client, p, base, host, opts...)
	target, err := url.Parse(in.srv.URL)
	must(t, err)
	proxy := &httputil.ReverseProxy{Transport: out, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if p := flight.PositionFromContext(ctx); p != nil {
			t.Errorf("%v: of %q the gateway believes %+v", a, next.sent, p)
		}
		if next.own {
			ctx = checkout.Start(ctx, orderID, event.Customer{})
		}
		if next.about == "context" {
			ctx = baggage.ContextWithBaggage(ctx, strangersBaggage(t))
		}
		r = r.WithContext(ctx)
		if next.way == "proxy" {
			proxy.ServeHTTP(w, r)
			return
		}
		call, err := http.NewRequestWithContext(ctx, http.MethodGet, in.srv.URL, nil)
		if err != nil {
			t.Error(err)
			return
		}
		if next.about == "header" {
			call.Header["baggage"] = []string{"cairn=" + victim} // not in the canonical form
			call.Header.Add("Baggage", "tenant=acme,cairn="+victim)
		}
		before := fmt.Sprint(call.Header)
		res, err := (&http.Client{Transport: out}).Do(call)
		if err != nil {
			t.Errorf("%v: %v", a, err)
			return
		}
		_ = res.Body.Close()
		if got := fmt.Sprint(call.Header); got != before {
			t.Errorf("%v: the caller's request was changed from %s to %s", a, before, got)
		}
	})
	srv := httptest.NewUnstartedServer(serverOf(a.server, p, app, opts...))
	srv.Config.BaseContext = func(net.Listener) context.Context { return p.context() }
	srv.Start()
	return srv
}

func strangersBaggage(t *testing.T) baggage.Baggage {
	t.Helper()
	b := baggage.Baggage{}
	for _, name := range []string{"cairn", "%63airn", "tenant"} {
		m, err := baggage.NewMemberRaw(name, victim)
		must(t, err)
		b, err = b.SetMember(m)
		must(t, err)
	}
	return b
}

// check sends the visit and checks the inner service's request.
func (a layout) check(t *testing.T, srv *httptest.Server, in *inner, base http.RoundTripper, next *visit, v visit) {
	t.Helper()
	*next = v
	r, err := http.NewRequest(http.MethodGet, srv.URL, nil)
	must(t, err)
	r.Header["Baggage"] = v.sent
	res, err := base.RoundTrip(r)
	must(t, err)
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	in.mu.Lock()
	defer in.mu.Unlock()
	all := strings.Join(in.header, ",")
	want, members := "", 0
	if v.own && a.tells() {
		want, members = orderID, 1
	}
	if in.believed != want {
		t.Errorf("%v: for %+v the inner service believes %q, want %q; it got %q", a, v, in.believed, want, in.header)
	}
	// Check the bytes, too: a service further behind may parse them differently. Members of other vendors may have
	// any value.
	if left := propagate.AddToBaggage(all, ""); strings.Count(all, "cairn") != members || strings.Contains(left, "victim") && v.about != "context" {
		t.Errorf("%v: for %+v the inner service got %q, want %d members of Cairn's", a, v, in.header, members)
	}
	if v.way == "proxy" && v.about == "" && v.sent != nil && !strings.Contains(all, "tenant=acme") {
		t.Errorf("%v: for %+v the inner service got %q: a foreign member is lost", a, v, in.header)
	}
}

// all runs all visits in turn. Only a Transport removes a stranger's claim that the gateway's own code has copied.
func (a layout) all(t *testing.T, srv *httptest.Server, in *inner, base http.RoundTripper, next *visit) {
	t.Helper()
	for _, own := range []bool{false, true} {
		for _, way := range []string{"client", "proxy"} {
			for _, sent := range strangers {
				a.check(t, srv, in, base, next, visit{sent: sent, way: way, own: own})
			}
			if a.client != "otelhttp alone" {
				a.check(t, srv, in, base, next, visit{way: way, own: own, about: "context"})
			}
		}
		if a.client != "otelhttp alone" {
			a.check(t, srv, in, base, next, visit{way: "client", own: own, about: "header"})
		}
	}
}

// TestNoStrangerIsBelieved tries every arrangement of Handler, Transport and otelhttp: no claim of a stranger
// passes a gateway that trusts no peer to a service that trusts the gateway.
func TestNoStrangerIsBelieved(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"Handler", "Handler in otelhttp", "otelhttp in Handler"} {
		for _, client := range []string{
			"Transport", "Transport in otelhttp's", "otelhttp's in Transport", "Transport between two of otelhttp's", "otelhttp alone",
		} {
			t.Run(server+", "+client, func(t *testing.T) {
				t.Parallel()
				front, back := newProcess(t, "front"), newProcess(t, "back")
				base := &http.Transport{}
				defer base.CloseIdleConnections()
				in := startInner(t, back)
				for name, p := range propagators {
					for _, allowed := range []bool{true, false} {
						a := layout{server, client, name, allowed}
						if client == "otelhttp alone" && a.propagators != "Cairn's" && !allowed {
							continue // without a Transport no host can be allowed
						}
						var next visit
						srv := gateway(t, front, a, in, base, &next, otelhttp.WithPropagators(p))
						a.all(t, srv, in, base, &next)
						srv.Close()
					}
				}
			})
		}
	}
}

// TestGlobalPropagator is the same test with the process's global propagator, as otelsetup sets it.
func TestGlobalPropagator(t *testing.T) { //nolint:paralleltest // the test sets a global
	before := otel.GetTextMapPropagator()
	t.Cleanup(func() { otel.SetTextMapPropagator(before) })
	front, back := newProcess(t, "front"), newProcess(t, "back")
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	in := startInner(t, back)
	for name, p := range propagators {
		otel.SetTextMapPropagator(p)
		for _, client := range []string{"Transport in otelhttp's", "otelhttp's in Transport"} {
			a := layout{"Handler in otelhttp", client, name, true}
			var next visit
			srv := gateway(t, front, a, in, base, &next)
			a.all(t, srv, in, base, &next)
			srv.Close()
		}
	}
}
