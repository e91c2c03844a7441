package routers_test

import (
	"context"
	"io"
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
	"cairncx.dev/cairn/examples/routers"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// app is the same small service on one of the routers.
type app struct {
	name string
	// build returns the service. Recorded is whether the recipe is in it; recoverFirst is whether the recoverer
	// stands in front of it, as the recipe says.
	build func(recorded, recoverFirst bool, opts ...touchpoint.HandlerOption) http.Handler
	// pattern says how the router writes a pattern of net/http's.
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

// service is what the test shares with the handlers of an app.
var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"), journey.AbandonAfter(time.Hour))
	openCart = touchpoint.Define("open-cart", touchpoint.In(checkout, "cart"))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
)

type boomError struct{}

func (boomError) Error() string { return "boom" }

// declined is what becomes of a payment that the bank refuses.
func declined(r *http.Request) { touchpoint.FromContext(r.Context()).Fail(boomError{}) }

type moreKey struct{}

// stream sends two parts of an answer, and waits between them until the client has the first.
func stream(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "one")
	_ = http.NewResponseController(w).Flush()
	if more, ok := r.Context().Value(moreKey{}).(chan struct{}); ok {
		<-more
	}
	_, _ = io.WriteString(w, "two")
}

// echoSocket answers one message of a WebSocket with the same.
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

// options are those with which the apps are tested.
func options(a app) []touchpoint.HandlerOption {
	return []touchpoint.HandlerOption{
		touchpoint.WithRoute(a.pattern("POST /cart/{cart}"), openCart),
		touchpoint.WithRoute(a.pattern("POST /cart/{cart}/pay"), pay),
		touchpoint.WithSkip("GET /health"),
		touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return routers.Param(r, "cart") }),
	}
}

func serve(t *testing.T, h http.Handler, opts ...cx.Option) (*cxtest.Recorder, *httptest.Server) {
	t.Helper()
	rec := cxtest.New(t, append([]cx.Option{cx.WithDefinitions(checkout, openCart, pay)}, opts...)...)
	server := httptest.NewServer(rec.Handler(h))
	t.Cleanup(server.Close)
	return rec, server
}

func ask(t *testing.T, method, url string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{ // of its own: a test server that closes takes the idle connections of the default one along
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestRequests sends each request to a service with the recipe and to one without: the answers are the same, and
// the touchpoint is the route's.
func TestRequests(t *testing.T) {
	t.Parallel()
	none := event.Outcome(0)
	for _, c := range []struct {
		name, method, path string
		touchpoint         string // "" is none
		status             int    // 0 is what the router itself answers
		outcome            event.Outcome
		errorType, reason  string
	}{
		{"a route", "GET", "/items/7", "GET /items/{id}", 200, event.OK, "", "the pattern, never the path"},
		{"an escaped parameter", "GET", "/items/a%2Fb", "GET /items/{id}", 0, event.OK, "", "or none, where the router splits the path at it"},
		{"a group", "GET", "/api/v1/items/7", "GET /api/v1/items/{id}", 200, event.OK, "", "with what the group is mounted at"},
		{"a router's mount", "GET", "/api", "", 404, none, "", "nothing is served there"},
		{"a group's root", "GET", "/api/v1", "GET /api/v1", 0, event.OK, "", "a route that the group may have"},
		{"all below a folder", "GET", "/files/a/b.css", "GET /files/*", 200, event.OK, "", "one route"},
		{"nothing written", "GET", "/empty", "GET /empty", 204, event.OK, "", "the status alone is an answer"},
		{"nothing at all", "GET", "/nothing", "GET /nothing", 200, event.OK, "", "net/http answers with 200"},
		{"a handler's error", "GET", "/broken", "GET /broken", 500, event.Failed, "500", "however the router lets handlers say so"},
		{"a handler's 404", "GET", "/items/none", "GET /items/{id}", 404, event.OK, "", "the route exists: it says that there is no such item"},
		{"too many requests", "GET", "/limited", "GET /limited", 429, event.Failed, "429", "the customer was turned away by a middleware"},
		{"a refusal in front of the handler", "GET", "/private", "GET /private", 401, event.OK, "", "a middleware of a route answers"},
		{"marked by the code", "GET", "/declined", "GET /declined", 402, event.Failed, "routers_test.boomError", "the handler's word goes before the status"},
		{"a panic", "GET", "/panic", "GET /panic", 500, event.Failed, "panic", "the recoverer answers"},
		{"no route", "GET", "/wp-admin.php", "", 404, none, "", "a stranger's path is no touchpoint"},
		{"no route in a group", "GET", "/api/v1/none/at/all", "", 404, none, "", "nor is one below a group"},
		{"no such method", "DELETE", "/items/7", "", 405, none, "", "nor a request that is refused"},
		{"a method that does not exist", "BREW", "/items/7", "", 405, none, "", "nor one that no router knows"},
		{"skipped", "GET", "/health", "", 204, none, "", "health checks are no experience"},
	} {
		for _, a := range apps() {
			t.Run(c.name+"/"+a.name, func(t *testing.T) {
				t.Parallel()
				rec, with := serve(t, a.build(true, true, options(a)...))
				_, without := serve(t, a.build(false, true))
				status, body := ask(t, c.method, with.URL+c.path)
				wantStatus, wantBody := ask(t, c.method, without.URL+c.path)
				if status != wantStatus || body != wantBody || c.status != 0 && status != c.status {
					t.Errorf("%s %s is answered with %d %q, and without the recipe with %d %q; want %d: %s", c.method, c.path, status, body, wantStatus, wantBody, c.status, c.reason)
				}
				events := rec.Events(event.TouchpointEnded)
				if c.touchpoint == "" || c.status == 0 && status != http.StatusOK {
					if len(events) != 0 {
						t.Errorf("there are touchpoints %+v, want none: %s", events, c.reason)
					}
					return
				}
				if len(events) != 1 {
					t.Fatalf("there are %d touchpoints, want 1: %s", len(events), c.reason)
				}
				e := events[0]
				if e.Touchpoint != a.pattern(c.touchpoint) || e.Outcome != c.outcome || e.ErrorType != c.errorType {
					t.Errorf("the touchpoint is %q, %v %q, want %q, %v %q: %s", e.Touchpoint, e.Outcome, e.ErrorType, a.pattern(c.touchpoint), c.outcome, c.errorType, c.reason)
				}
			})
		}
	}
}

// TestJourney goes through a journey whose ID is a path parameter.
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

// TestRecovererInside has the recoverer behind the recipe: the touchpoint has the recoverer's answer.
func TestRecovererInside(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			rec, server := serve(t, a.build(true, false, options(a)...))
			if status, _ := ask(t, http.MethodGet, server.URL+"/panic"); status != http.StatusInternalServerError {
				t.Errorf("it is answered with %d, want 500", status)
			}
			for _, e := range rec.Touchpoint("GET /panic").Times(1).Failed().Events() {
				if e.ErrorType != "500" {
					t.Errorf("the error type is %q, want 500", e.ErrorType)
				}
			}
		})
	}
}

// TestStreams: what is flushed arrives before the handler returns.
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
				t.Fatalf("first arrives %q, %v", first, err)
			}
			if n := len(rec.Events(event.TouchpointEnded)); n != 0 {
				t.Errorf("%d touchpoints have ended before the answer has", n)
			}
			close(more)
			if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "two" {
				t.Fatalf("then arrives %q, %v", rest, err)
			}
			server.Close() // waits for the handler
			rec.Touchpoint("POST /stream").Times(1).OK()
		})
	}
}

// TestWebSocket: a handler takes the connection over.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			done := make(chan struct{})
			inner := a.build(true, true, options(a)...)
			rec, server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(done) // a server does not wait for a connection that was taken over
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

// TestNoClient serves without a client, as a library does whose user has none.
func TestNoClient(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(a.build(true, true, options(a)...))
			defer server.Close()
			if status, body := ask(t, http.MethodGet, server.URL+"/items/7"); status != http.StatusOK || body != "item 7" {
				t.Errorf("it is answered with %d %q", status, body)
			}
		})
	}
}

// TestUnknownRoutes: a pattern that the router does not have is told, with the one that was meant; one that it has is not.
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
			rec.AllowFaults(fault.OutsideJourney) // all are the same touchpoint here
			for range 2 {
				ask(t, http.MethodGet, server.URL+"/empty")
			}
			rec.Fault(fault.UnknownRoute, wrong).Times(1)
			rec.Fault(fault.UnknownRoute, "/health").Times(1)
			for _, f := range rec.Faults(fault.UnknownRoute) {
				if near := map[string]string{wrong: meant, "/health": "GET /health"}[f.Name]; !strings.Contains(f.Detail, "the nearest that it has: \""+near+"\"") {
					t.Errorf("it is told that %s; want the nearest to be %q", f.Detail, near)
				}
			}
		})
	}
}
