package touchpoint_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// arrive serves one request, recorded by the client.
func arrive(client *cx.Client, h http.Handler, r *http.Request) {
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(cx.NewContext(context.Background(), client)))
}

// outcomes is a processor that says how touchpoints end.
type outcomes struct{}

func (outcomes) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		fmt.Println(e.Touchpoint, e.Channel, e.Outcome)
	}
}
func (outcomes) Shutdown(context.Context) error { return nil }

func newOutcomes() *cx.Client {
	client, err := cx.New(cx.WithProcessors(outcomes{}), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		panic(err)
	}
	return client
}

// actors is a processor that says who acted.
type actors struct{}

func (actors) Process(_ context.Context, e *event.Event) { fmt.Println(e.Touchpoint, "by", e.Actor) }
func (actors) Shutdown(context.Context) error            { return nil }
func ok(http.ResponseWriter, *http.Request)              {}
func on(pattern string, f http.HandlerFunc) *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc(pattern, f)
	return m
}

// The company's own probe knows a secret, so that nobody else is taken for it and missing in the metrics.
func ExampleWithSynthetic() {
	client, err := cx.New(cx.WithProcessors(actors{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	h := touchpoint.Handler(on("GET /cart", ok), touchpoint.WithSynthetic(func(r *http.Request) touchpoint.SyntheticType {
		if r.Header.Get("X-Probe") == "a secret of the probe" {
			return touchpoint.SyntheticTest
		}
		return touchpoint.NotSynthetic
	}))
	probe := httptest.NewRequest(http.MethodGet, "/cart", nil)
	probe.Header.Set("X-Probe", "a secret of the probe")
	arrive(client, h, probe)
	arrive(client, h, httptest.NewRequest(http.MethodGet, "/cart", nil))
	// Output:
	// GET /cart by synthetic
	// GET /cart by customer
}

// router stands for one that is not net/http's: it knows the route before it calls the handler, and lists its routes.
type router map[string]string // the route of a path

func (rt router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rt[r.URL.Path] == "" {
		http.NotFound(w, r)
	}
}

// A router of one's own says which route a request has and which routes there are. Packages cxchi, cxecho and cxgin do so for chi,
// echo and gin.
func ExampleWithRouter() {
	client, err := cx.New(cx.WithProcessors(outcomes{}), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	rt := router{"/cart": "GET /cart", "/help": "GET /help"}
	h := touchpoint.Handler(rt,
		touchpoint.WithRouter(func(r *http.Request) string { return rt[r.URL.Path] }),
		touchpoint.WithRoutes(func(*http.Request) []string { return []string{"GET /cart", "GET /help"} }),
		touchpoint.WithRoute("GET /crat", examplePay)) // which the router does not have
	arrive(client, h, httptest.NewRequest(http.MethodGet, "/cart", nil))
	for _, f := range client.Faults() {
		fmt.Printf("%s: %s\n", f.Fault, f.Detail)
	}
	// Output:
	// GET /cart web ok
	// unknown_route: it is given to touchpoint.WithRoute, and the router does not have it; the nearest that it has: "GET /cart"
}

// Only the routes that are named are touchpoints: an API has many that say nothing of a customer's experience.
func ExampleWithOnlyRoutes() {
	client := newOutcomes()
	defer func() { _ = client.Shutdown(context.Background()) }()

	mux := on("POST /pay", ok)
	mux.HandleFunc("GET /internal/stock", ok)
	h := touchpoint.Handler(mux, touchpoint.WithOnlyRoutes(), touchpoint.WithRoute("POST /pay", touchpoint.Define("pay")))
	arrive(client, h, httptest.NewRequest(http.MethodGet, "/internal/stock", nil))
	arrive(client, h, httptest.NewRequest(http.MethodPost, "/pay", nil))
	// Output:
	// pay web ok
}

// A search that finds nothing is answered with 404, and is no success for the customer.
func ExampleWithStatuses() {
	client := newOutcomes()
	defer func() { _ = client.Shutdown(context.Background()) }()

	h := touchpoint.Handler(on("GET /search", http.NotFound), touchpoint.WithStatuses(func(status int) event.Outcome {
		switch {
		case status == http.StatusNotFound:
			return event.Degraded
		case status >= http.StatusInternalServerError:
			return event.Failed
		default:
			return 0 // ok
		}
	}))
	arrive(client, h, httptest.NewRequest(http.MethodGet, "/search", nil))
	// Output:
	// GET /search web degraded
}

// The app and the web page call the same API.
func ExampleWithChannel() {
	client := newOutcomes()
	defer func() { _ = client.Shutdown(context.Background()) }()

	h := touchpoint.Handler(on("GET /cart", ok), touchpoint.WithChannel(func(r *http.Request) event.Channel {
		if strings.HasPrefix(r.UserAgent(), "ShopApp/") {
			return event.Mobile
		}
		return event.Web
	}))
	r := httptest.NewRequest(http.MethodGet, "/cart", nil)
	r.Header.Set("User-Agent", "ShopApp/7.1")
	arrive(client, h, r)
	// Output:
	// GET /cart mobile ok
}

// A service that only one's own services reach, without a proxy in between, believes the addresses of that network.
func ExampleWithTrustedNetworks() {
	client := newOutcomes()
	defer func() { _ = client.Shutdown(context.Background()) }()

	h := touchpoint.Handler(on("POST /payments", func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("in a journey:", flight.PositionFromContext(r.Context()) != nil)
	}), touchpoint.WithTrustedNetworks(netip.MustParsePrefix("10.0.0.0/8")))
	for _, from := range []string{"10.1.2.3:4711", "203.0.113.9:4711"} {
		r := httptest.NewRequest(http.MethodPost, "/payments", nil)
		r.RemoteAddr = from
		r.Header.Set("Baggage", "cairn=1/default/order/order-1////////")
		arrive(client, h, r)
	}
	// Output:
	// in a journey: true
	// POST /payments web ok
	// in a journey: false
	// POST /payments web ok
}

// The application's own session says which requests an assistant makes. Module touchpoint/delegate reads the User-Agent and verifies signatures.
func ExampleWithDelegates() {
	client, err := cx.New(cx.WithProcessors(whoActed{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	h := touchpoint.Handler(on("GET /cart", ok), touchpoint.WithDelegates(func(r *http.Request) touchpoint.Delegate {
		if r.Header.Get("X-Assistant") == "a secret of the session" {
			return touchpoint.Delegate{Name: "Ann", Proof: touchpoint.DelegateVerified}
		}
		return touchpoint.Delegate{}
	}))
	for _, secret := range []string{"", "a secret of the session"} {
		r := httptest.NewRequest(http.MethodGet, "/cart", nil).WithContext(cx.NewContext(context.Background(), client))
		r.Header.Set("X-Assistant", secret)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	_ = client.Shutdown(context.Background())
	// Output:
	// customer []
	// delegate [cx.delegate.name=Ann cx.delegate.proof=verified]
}

// A job that orders for a customer, where no handler is.
func ExampleAsDelegate() {
	client, err := cx.New(cx.WithProcessors(whoActed{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := touchpoint.AsDelegate(cx.NewContext(context.Background(), client), touchpoint.Delegate{Name: "Ann", Proof: touchpoint.DelegateClaimed})
	touchpoint.Define("order").Record(ctx, event.API)
	_ = client.Shutdown(context.Background())
	// Output: delegate [cx.delegate.name=Ann cx.delegate.proof=claimed]
}

// A job that places test orders.
func ExampleAsSynthetic() {
	client, err := cx.New(cx.WithProcessors(whoActed{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := touchpoint.AsSynthetic(cx.NewContext(context.Background(), client))
	touchpoint.Define("order").Record(ctx, event.Web)
	_ = client.Shutdown(context.Background())
	// Output: synthetic []
}

// The interaction has the arm that its customer saw.
func ExampleSeeArm() {
	client, err := cx.New(cx.WithProcessors(armSeen{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, tp := touchpoint.Define("pay").Start(cx.NewContext(context.Background(), client), event.Web)
	touchpoint.SeeArm(ctx, "one-page-checkout", "b")
	tp.End()
	_ = client.Shutdown(context.Background())
	// Output: pay one-page-checkout b
}

// A worker handles one customer after another.
func ExampleContextWithArms() {
	client, err := cx.New(cx.WithProcessors(armSeen{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)
	for _, arm := range []string{"a", "b"} {
		ctx := touchpoint.ContextWithArms(ctx)
		touchpoint.SeeArm(ctx, "sooner", arm)
		touchpoint.Define("remind").Record(ctx, event.Email)
	}
	_ = client.Shutdown(context.Background())
	// Output:
	// remind sooner a
	// remind sooner b
}

// whoActed prints who acted, and the attributes.
type whoActed struct{}

func (whoActed) Process(_ context.Context, e *event.Event) {
	said := []string{}
	for _, kv := range e.Attributes {
		said = append(said, string(kv.Key)+"="+kv.Value.AsString())
	}
	fmt.Println(e.Actor, said)
}

func (whoActed) Shutdown(context.Context) error { return nil }

// armSeen prints the experiment and the arm.
type armSeen struct{}

func (armSeen) Process(_ context.Context, e *event.Event) {
	fmt.Println(e.Touchpoint, e.Variant.Experiment, e.Variant.Arm)
}

func (armSeen) Shutdown(context.Context) error { return nil }
