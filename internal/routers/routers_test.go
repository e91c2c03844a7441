// Package routers_test sends the same requests to the same small service, built with chi, echo and gin and the middlewares of
// cxchi, cxecho and cxgin, and to the service without them.
package routers_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// app is the same small service, built with one of the routers.
type app struct {
	name string
	// build returns the service. recorded says whether the service has the middleware, and recoverFirst whether its
	// recoverer stands in front of it.
	build func(recorded, recoverFirst bool, opts ...touchpoint.HandlerOption) http.Handler
	// pattern turns a pattern of net/http into the router's own form.
	pattern func(string) string
}

func apps() []app {
	colon := strings.NewReplacer("{", ":", "}", "").Replace
	return []app{
		{"chi", chiApp, func(p string) string { return p }},
		{"echo", echoApp, colon},
		{"gin", ginApp, func(p string) string { return strings.Replace(colon(p), "/*", "/*path", 1) }},
	}
}

// service has the parts that the test shares with an app's handlers.
var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"), journey.AbandonAfter(time.Hour))
	openCart = touchpoint.Define("open-cart", touchpoint.In(checkout, "cart"))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
)

type boomError struct{}

func (boomError) Error() string { return "boom" }

// declined is the error of a payment that the bank has declined.
func declined(r *http.Request) { touchpoint.FromContext(r.Context()).Fail(boomError{}) }

type moreKey struct{}

// stream sends two parts of a response. Between them it waits until the client has the first.
func stream(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "one")
	_ = http.NewResponseController(w).Flush()
	if more, ok := r.Context().Value(moreKey{}).(chan struct{}); ok {
		<-more
	}
	_, _ = io.WriteString(w, "two")
}

// echoSocket answers one message of a WebSocket with the same message.
func echoSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	kind, message, err := conn.Read(r.Context())
	if err == nil {
		_ = conn.Write(r.Context(), kind, message)
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
}

// options are the options of the middleware in each app.
func options(a app) []touchpoint.HandlerOption {
	return []touchpoint.HandlerOption{
		touchpoint.WithRoute(a.pattern("POST /cart/{cart}"), openCart),
		touchpoint.WithRoute(a.pattern("POST /cart/{cart}/pay"), pay),
		touchpoint.WithSkip("GET /health"),
		touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("cart") }),
	}
}

func serve(t *testing.T, h http.Handler, opts ...cx.Option) (*cxtest.Recorder, *httptest.Server) {
	t.Helper()
	rec := cxtest.New(t, append([]cx.Option{cx.WithDefinitions(checkout, openCart, pay)}, opts...)...)
	server := httptest.NewUnstartedServer(rec.Handler(h))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // panics of the tests
	server.Start()
	t.Cleanup(server.Close)
	return rec, server
}

// answer is what a client sees of an answer.
type answer struct {
	status       int
	body, header string
}

func send(t *testing.T, method, url string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{ // not the default client: a test server that closes also closes that one's idle connections
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(r)
	if err != nil {
		return answer{body: "no answer"} // the server has broken the connection off
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		b = append(b, " and no end"...)
	}
	res.Header.Del("Date")
	return answer{res.StatusCode, string(b), fmt.Sprint(res.Header)}
}

func ask(t *testing.T, method, url string) (status int, body string) {
	t.Helper()
	a := send(t, method, url)
	return a.status, a.body
}

// TestRequests sends each request to a service with the middleware and to one without it. Both responses are equal,
// and the touchpoint has the name of the route.
func TestRequests(t *testing.T) {
	t.Parallel()
	none := event.Outcome(0)
	for _, c := range []struct {
		name, method, path string
		touchpoint         string // "" means no touchpoint
		status             int    // 0 means the status of the router without the middleware
		outcome            event.Outcome
		errorType, reason  string
	}{
		{"a route", "GET", "/items/7", "GET /items/{id}", 200, event.OK, "", "the pattern, never the path"},
		{"an escaped parameter", "GET", "/items/a%2Fb", "GET /items/{id}", 0, event.OK, "", "no route matches if the router splits the path at the escaped slash"},
		{"a group", "GET", "/api/v1/items/7", "GET /api/v1/items/{id}", 200, event.OK, "", "the pattern begins with the group's prefix"},
		{"a router's mount", "GET", "/api", "", 404, none, "", "the mount itself serves nothing"},
		{"a group's root", "GET", "/api/v1", "GET /api/v1", 0, event.OK, "", "a group may have a route for its root"},
		{"all below a folder", "GET", "/files/a/b.css", "GET /files/*", 200, event.OK, "", "a wildcard is one route"},
		{"nothing written", "GET", "/empty", "GET /empty", 204, event.OK, "", "a status without a body is a response"},
		{"nothing at all", "GET", "/nothing", "GET /nothing", 200, event.OK, "", "net/http answers with 200"},
		{"a handler's error", "GET", "/broken", "GET /broken", 500, event.Failed, "500", "each router has its own way for a handler to report it"},
		{"a handler's 404", "GET", "/items/none", "GET /items/{id}", 404, event.OK, "", "the route exists and reports a missing item"},
		{"too many requests", "GET", "/limited", "GET /limited", 429, event.Failed, "429", "a middleware has refused the customer"},
		{"a refusal in front of the handler", "GET", "/private", "GET /private", 401, event.OK, "", "a middleware of the route answers"},
		{"marked by the code", "GET", "/declined", "GET /declined", 402, event.Failed, "routers_test.boomError", "the handler's mark takes precedence over the status"},
		{"a panic", "GET", "/panic", "GET /panic", 500, event.Failed, "panic", "the recoverer answers with 500"},
		{"no route", "GET", "/wp-admin.php", "", 404, none, "", "a stranger's path is no touchpoint"},
		{"no route in a group", "GET", "/api/v1/none/at/all", "", 404, none, "", "nor is a path below a group"},
		{"no such method", "DELETE", "/items/7", "", 405, none, "", "nor is a refused request"},
		{"a method that does not exist", "BREW", "/items/7", "", 405, none, "", "nor is a method that no router knows"},
		{"skipped", "GET", "/health", "", 204, none, "", "a health check is no interaction of a customer"},
	} {
		for _, a := range apps() {
			t.Run(c.name+"/"+a.name, func(t *testing.T) {
				t.Parallel()
				rec, with := serve(t, a.build(true, true, options(a)...))
				_, without := serve(t, a.build(false, true))
				got, want := send(t, c.method, with.URL+c.path), send(t, c.method, without.URL+c.path)
				status := got.status
				if got != want || c.status != 0 && status != c.status {
					t.Errorf("the answer to %s %s is %+v, and without the middleware %+v; want %d: %s", c.method, c.path, got, want, c.status, c.reason)
				}
				events := rec.Events(event.TouchpointEnded)
				if c.touchpoint == "" || c.status == 0 && status != http.StatusOK {
					if len(events) != 0 {
						t.Errorf("the touchpoints are %+v, want none: %s", events, c.reason)
					}
					return
				}
				if len(events) != 1 {
					t.Fatalf("%d touchpoints were recorded, want 1: %s", len(events), c.reason)
				}
				e := events[0]
				if e.Touchpoint != a.pattern(c.touchpoint) || e.Outcome != c.outcome || e.ErrorType != c.errorType {
					t.Errorf("the touchpoint is %q, %v %q, want %q, %v %q: %s", e.Touchpoint, e.Outcome, e.ErrorType, a.pattern(c.touchpoint), c.outcome, c.errorType, c.reason)
				}
			})
		}
	}
}

// TestJourney runs a journey whose ID is a path parameter.
func TestJourney(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			rec, server := serve(t, a.build(true, true, options(a)...))
			for _, path := range []string{"/cart/c-1", "/cart/c-1/pay", "/cart/c-2"} {
				if status, body := ask(t, http.MethodPost, server.URL+path); status != http.StatusOK {
					t.Fatalf("%s: %d %s", path, status, body)
				}
			}
			rec.Journey("checkout", "c-1").Started().Stages("cart", "payment").Completed()
			rec.Journey("checkout", "c-2").Live().Stages("cart")
			rec.Touchpoint("open-cart").Times(2).OK()
			rec.Touchpoint("pay").Times(1).OK()
		})
	}
}

// TestRecovererInside has the recoverer behind the middleware. The touchpoint has the recoverer's answer.
func TestRecovererInside(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			rec, server := serve(t, a.build(true, false, options(a)...))
			if status, _ := ask(t, http.MethodGet, server.URL+"/panic"); status != http.StatusInternalServerError {
				t.Errorf("the status is %d, want 500", status)
			}
			for _, e := range rec.Touchpoint("GET /panic").Times(1).Failed().Events() {
				if e.ErrorType != "500" {
					t.Errorf("the error type is %q, want 500", e.ErrorType)
				}
			}
		})
	}
}

// TestStreams: a flushed part of the response arrives before the handler returns.
func TestStreams(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			more := make(chan struct{})
			inner := a.build(true, true, options(a)...)
			rec, server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), moreKey{}, more)))
			}))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/stream", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			res, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			first := make([]byte, len("one"))
			if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "one" {
				t.Fatalf("the first part is %q, %v", first, err)
			}
			if n := len(rec.Events(event.TouchpointEnded)); n != 0 {
				t.Errorf("%d touchpoints ended before the response did", n)
			}
			close(more)
			if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "two" {
				t.Fatalf("the rest is %q, %v", rest, err)
			}
			server.Close() // Close waits for the handler
			rec.Touchpoint("POST /stream").Times(1).OK()
		})
	}
}

// TestWebSocket: a handler takes over the connection.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			done := make(chan struct{})
			inner := a.build(true, true, options(a)...)
			rec, server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(done) // a server's Close does not wait for a hijacked connection
				inner.ServeHTTP(w, r)
			}))
			conn, res, err := websocket.Dial(t.Context(), server.URL+"/ws", nil)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("the status is %d", res.StatusCode)
			}
			if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if _, message, err := conn.Read(t.Context()); err != nil || string(message) != "hello" {
				t.Errorf("the answer is %q, %v", message, err)
			}
			_ = conn.CloseNow()
			<-done
			rec.Touchpoint("GET /ws").Times(1).OK()
		})
	}
}

// TestNoClient serves without a client, as a library does if its user has none.
func TestNoClient(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(a.build(true, true, options(a)...))
			defer server.Close()
			if status, body := ask(t, http.MethodGet, server.URL+"/items/7"); status != http.StatusOK || body != "item 7" {
				t.Errorf("the response is %d %q", status, body)
			}
		})
	}
}

// TestUnknownRoutes: the middleware reports a pattern that the router does not have, with the nearest route, and does
// not report one that the router has.
func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			var names []string
			rec, server := serve(t, a.build(true, true))
			for _, path := range []string{"/items/7", "/api/v1/items/7", "/files/a/b.css", "/empty", "/health", "/private"} {
				ask(t, http.MethodGet, server.URL+path)
			}
			ask(t, http.MethodPost, server.URL+"/cart/c-1")
			for _, e := range rec.Events(event.TouchpointEnded) {
				names = append(names, e.Touchpoint)
			}
			if len(names) != 7 {
				t.Fatalf("the touchpoints are %q, want 7", names)
			}
			var opts []touchpoint.HandlerOption
			for _, name := range names {
				opts = append(opts, touchpoint.WithRoute(name, openCart))
			}
			wrong, meant := a.pattern("POST /crat/{cart}/pay"), a.pattern("POST /cart/{cart}/pay")
			rec, server = serve(t, a.build(true, true, append(opts, touchpoint.WithRoute(wrong, pay), touchpoint.WithSkip("/health"))...))
			rec.AllowFaults(fault.OutsideJourney) // all patterns share one touchpoint here
			for range 2 {
				ask(t, http.MethodGet, server.URL+"/empty")
			}
			rec.Fault(fault.UnknownRoute, wrong).Times(1)
			rec.Fault(fault.UnknownRoute, "/health").Times(1)
			for _, f := range rec.Faults(fault.UnknownRoute) {
				if near := map[string]string{wrong: meant, "/health": "GET /health"}[f.Name]; !strings.Contains(f.Detail, "the nearest that it has: \""+near+"\"") {
					t.Errorf("the fault says %s; want %q as the nearest route", f.Detail, near)
				}
			}
		})
	}
}
