package touchpoint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var discard = log.New(io.Discard, "", 0)

// TestNames says what a request's touchpoint is called.
func TestNames(t *testing.T) {
	t.Parallel()
	ok := status(http.StatusOK)
	inside := func(opts ...touchpoint.HandlerOption) http.Handler {
		return routes(touchpoint.Handler(ok, opts...), "GET /orders/{id}", "/")
	}
	wrapped := func(opts ...touchpoint.HandlerOption) http.Handler {
		return touchpoint.Handler(routes(ok, "GET /orders/{id}", "POST /orders/{id}", "/static/", "/healthz", "shop.example/basket"), opts...)
	}
	for _, c := range []struct {
		name, reason string
		handler      http.Handler
		method       string // GET by default
		target       string
		want         []string
	}{
		{"around a mux", "the pattern, not the path", wrapped(), "", "/orders/7", []string{"GET /orders/{id}"}},
		{"around a mux, another method", "methods are routes of their own", wrapped(), http.MethodPost, "/orders/7", []string{"POST /orders/{id}"}},
		{"around a mux, a host", "the host is in the pattern", wrapped(), "", "http://shop.example/basket", []string{"shop.example/basket"}},
		{"around a mux, no route", "a stranger's path is nobody's touchpoint", wrapped(), "", "/wp-admin.php", nil},
		{"around a mux, no such method", "nor is a request that is refused", wrapped(), http.MethodDelete, "/orders/7", nil},
		{"inside a mux", "the pattern that the mux has set", inside(), "", "/orders/7", []string{"GET /orders/{id}"}},
		{"inside a mux, the rest", "/ is a route like another", inside(), "", "/anything", []string{"/"}},
		{"without any mux", "there is no route to name it by", touchpoint.Handler(ok), "", "/orders/7", nil},
		{"Route", "the route is the definition", wrapped(touchpoint.WithRoute("GET /orders/{id}", pay)), "", "/orders/7", []string{"pay"}},
		{"Route, inside a mux", "the same", inside(touchpoint.WithRoute("GET /orders/{id}", pay)), "", "/orders/7", []string{"pay"}},
		{"Route, another route", "has its pattern for a name", wrapped(touchpoint.WithRoute("GET /orders/{id}", pay)), http.MethodPost, "/orders/7", []string{"POST /orders/{id}"}},
		{"Skip", "health checks are nobody's experience", wrapped(touchpoint.WithSkip("/healthz", "/static/")), "", "/healthz", nil},
		{"Skip, a subtree", "the pattern counts, not the path", wrapped(touchpoint.WithSkip("/healthz", "/static/")), "", "/static/a.css", nil},
		{"Skip, another route", "the others are still there", wrapped(touchpoint.WithSkip("/healthz", "/static/")), "", "/orders/7", []string{"GET /orders/{id}"}},
		{"OnlyRoutes", "those that Route names", wrapped(touchpoint.WithOnlyRoutes(), touchpoint.WithRoute("/healthz", pay)), "", "/healthz", []string{"pay"}},
		{"OnlyRoutes, another route", "no others", wrapped(touchpoint.WithOnlyRoutes(), touchpoint.WithRoute("/healthz", pay)), "", "/orders/7", nil},
		{"Router", "as it says", touchpoint.Handler(ok, touchpoint.WithRouter(func(*http.Request) string { return "/x/:id" })), "", "/x/1", []string{"/x/:id"}},
		{"Router, before a mux", "it wins", wrapped(touchpoint.WithRouter(func(*http.Request) string { return "/x/:id" })), "", "/orders/7", []string{"/x/:id"}},
		{"Router, no route", "none", touchpoint.Handler(ok, touchpoint.WithRouter(func(*http.Request) string { return "" })), "", "/x/1", nil},
		{"Router, with Route", "it finds the route", touchpoint.Handler(ok, touchpoint.WithRouter(func(*http.Request) string { return "/x" }), touchpoint.WithRoute("/x", pay)), "", "/x/1", []string{"pay"}},
		{"a nil Router", "as without", wrapped(touchpoint.WithRouter(nil)), "", "/orders/7", []string{"GET /orders/{id}"}},
		{"nil options", "do nothing", wrapped(nil, nil), "", "/orders/7", []string{"GET /orders/{id}"}},
		{"a mux in a mux", "the mux that is wrapped says more than the one outside", routes(touchpoint.Handler(routes(ok, "/orders/{id}")), "/orders/"), "", "/orders/7", []string{"/orders/{id}"}},
		{
			"a pattern that no name can be", "it is folded", touchpoint.Handler(ok, touchpoint.WithRouter(func(*http.Request) string { return "_x" })),
			"", "/",
			[]string{event.Other},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			r := get(c.target)
			if c.method != "" {
				r.Method = c.method
			}
			s.serve(c.handler, r)
			if got := s.names(); !slices.Equal(got, c.want) {
				t.Errorf("the touchpoints are %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestStrangersMakeNoNames: names come from routes, which are written by hand. What a stranger
// sends never becomes one, or every stranger makes series, and takes the place of what is
// defined later.
func TestStrangersMakeNoNames(t *testing.T) {
	t.Parallel()
	const strangers = 50
	for _, c := range []struct {
		name, reason string
		patterns     []string
		request      func(i int) (method, path string)
		recorded     int
	}{
		{
			"paths", "they have one pattern",
			[]string{"/orders/{id}"},
			func(i int) (string, string) { return http.MethodGet, fmt.Sprintf("/orders/%d", i) },
			strangers,
		},
		{
			"methods", "a pattern without a method is one for all",
			[]string{"/orders/{id}"},
			func(i int) (string, string) { return fmt.Sprintf("M%d", i), "/orders/7" },
			strangers,
		},
		{
			"redirects to a subtree", "the route that they lead to",
			[]string{"/orders/{id}/"},
			func(i int) (string, string) { return http.MethodGet, fmt.Sprintf("/orders/%d", i) },
			strangers,
		},
		{
			"redirects of CONNECT to a subtree", "ServeMux.Handler gives the path, not the pattern, for these",
			[]string{"/orders/{id}/"},
			func(i int) (string, string) { return http.MethodConnect, fmt.Sprintf("/orders/%d", i) },
			0,
		},
		{
			"paths that are cleaned", "the route that they lead to",
			[]string{"/orders/{id}"},
			func(i int) (string, string) { return http.MethodGet, fmt.Sprintf("/x/../orders//%d", i) },
			strangers,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			h := touchpoint.Handler(routes(status(http.StatusOK), c.patterns...))
			for i := range strangers {
				r := get("/")
				r.Method, r.URL.Path = c.request(i)
				s.serve(h, r)
			}
			names := s.names()
			if len(names) != c.recorded {
				t.Errorf("%d of %d requests are touchpoints, want %d: %s", len(names), strangers, c.recorded, c.reason)
			}
			for _, name := range names {
				if !slices.Contains(c.patterns, name) {
					t.Fatalf("a touchpoint is called %q, which is no route: %s", name, c.reason)
				}
			}
		})
	}
}

// TestLongRoutes: two routes are two touchpoints, also when they differ only beyond the 64 bytes
// that a name may have.
func TestLongRoutes(t *testing.T) {
	t.Parallel()
	const prefix = "GET /api/v1/organizations/{organization}/projects/{project}/issues/{issue}"
	s := newSpy(t)
	h := touchpoint.Handler(routes(status(http.StatusOK), prefix+"/comments", prefix+"/attachments"))
	for _, last := range []string{"comments", "attachments"} {
		s.serve(h, get("/api/v1/organizations/1/projects/2/issues/3/"+last))
	}
	got := s.names()
	if len(got) != 2 || got[0] == got[1] {
		t.Errorf("the two routes are the touchpoints %q: nobody can tell them apart", got)
	}
	for _, name := range got {
		if !event.ValidName(name) {
			t.Errorf("%q is not a name", name)
		}
	}
}

// TestStatuses says what an answer is for the customer.
func TestStatuses(t *testing.T) {
	t.Parallel()
	strict := touchpoint.WithStatuses(func(status int) event.Outcome {
		switch {
		case status == http.StatusNotFound:
			return event.Failed
		case status == http.StatusPartialContent:
			return event.Degraded
		case status == http.StatusGone:
			return event.Abandoned
		default:
			return 0
		}
	})
	for _, c := range []struct {
		name, reason string
		opt          touchpoint.HandlerOption
		status       int // 0 is a handler that writes nothing
		want         event.Outcome
		class        string
	}{
		{"nothing written", "net/http says 200", nil, 0, event.OK, ""},
		{"200", "it worked", nil, 200, event.OK, ""},
		{"304", "it worked", nil, 304, event.OK, ""},
		{"303", "it worked", nil, 303, event.OK, ""},
		{"400", "what the customer typed is not a failure of ours", nil, 400, event.OK, ""},
		{"404", "until the code says otherwise", nil, 404, event.OK, ""},
		{"429", "the customer was turned away", nil, 429, event.Failed, "429"},
		{"499", "nginx's word for a client that did not wait", nil, 499, event.Cancelled, ""},
		{"500", "it did not work", nil, 500, event.Failed, "500"},
		{"503", "it did not work", nil, 503, event.Failed, "503"},
		{"599", "it did not work", nil, 599, event.Failed, "599"},
		{"own rules, failed", "as the application says", strict, 404, event.Failed, "404"},
		{"own rules, degraded", "as the application says", strict, 206, event.Degraded, ""},
		{"own rules, abandoned", "as the application says", strict, 410, event.Abandoned, ""},
		{"own rules, ok", "0 is ok", strict, 500, event.OK, ""},
		{"no rules", "nil is as without", touchpoint.WithStatuses(nil), 500, event.Failed, "500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.status != 0 {
					w.WriteHeader(c.status)
				}
			})
			unharmed(t, func() { s.serve(touchpoint.Handler(routes(h, "/"), c.opt), get("/")) })
			if e := s.only(t); e.Outcome != c.want || e.ErrorType != c.class || e.Channel != event.Web {
				t.Errorf("%v (%q) on %v, want %v (%q) on the web: %s", e.Outcome, e.ErrorType, e.Channel, c.want, c.class, c.reason)
			}
		})
	}
}

// unharmed runs what the host does, and fails if it panics.
func unharmed(t *testing.T, host func()) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("the host was hit by a panic: %v", r)
		}
	}()
	host()
}

// TestTheCodeKnowsBetter: what the handler's code says of the touchpoint is not undone by the
// status.
func TestTheCodeKnowsBetter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		mark         func(*touchpoint.Touchpoint)
		status       int
		want         event.Outcome
		class, cause string
	}{
		{"Fail with 200", "a page that says sorry", func(tp *touchpoint.Touchpoint) { tp.Fail(context.DeadlineExceeded) }, 200, event.Failed, "timeout", ""},
		{"Fail with 500", "the code's class is better than the status", func(tp *touchpoint.Touchpoint) { tp.Fail(context.DeadlineExceeded) }, 500, event.Failed, "timeout", ""},
		{"Degraded with 200", "it worked, somehow", func(tp *touchpoint.Touchpoint) { tp.Degrade("stale") }, 200, event.Degraded, "", "stale"},
		{"Degraded with 500", "the worst one stays", func(tp *touchpoint.Touchpoint) { tp.Degrade("stale") }, 500, event.Failed, "500", "stale"},
		{"Cancel with 200", "the customer called it off", func(tp *touchpoint.Touchpoint) { tp.Cancel() }, 200, event.Cancelled, "", ""},
		{"Because with 503", "the cause is kept", func(tp *touchpoint.Touchpoint) { tp.Because("maintenance") }, 503, event.Failed, "503", "maintenance"},
		{"End before the answer", "then it has ended", func(tp *touchpoint.Touchpoint) { tp.End() }, 500, event.OK, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c.mark(touchpoint.FromContext(r.Context()))
				w.WriteHeader(c.status)
			})
			s.serve(touchpoint.Handler(routes(h, "/")), get("/"))
			if e := s.only(t); e.Outcome != c.want || e.ErrorType != c.class || e.Cause != c.cause {
				t.Errorf("%v (%q) because %q, want %v (%q) because %q: %s", e.Outcome, e.ErrorType, e.Cause, c.want, c.class, c.cause, c.reason)
			}
		})
	}
}

// TestPanicsOfTheHandler go through as they are, and are failed touchpoints.
func TestPanicsOfTheHandler(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("own")
	for _, c := range []struct {
		name, reason string
		panics       any
		before       func(w http.ResponseWriter, tp *touchpoint.Touchpoint)
		class        string
	}{
		{"a value", "it is what the recoverer outside gets", "boom", nil, "panic"},
		{"http.ErrAbortHandler", "net/http wants exactly this one", http.ErrAbortHandler, nil, "panic"},
		{"after 200 was written", "half an answer", errOwn, func(w http.ResponseWriter, _ *touchpoint.Touchpoint) { w.WriteHeader(200) }, "panic"},
		{"after Fail", "the code's class is better", errOwn, func(_ http.ResponseWriter, tp *touchpoint.Touchpoint) { tp.Fail(context.DeadlineExceeded) }, "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.before != nil {
					c.before(w, touchpoint.FromContext(r.Context()))
				}
				panic(c.panics)
			}), "GET /x/{id}"))
			func() {
				defer func() {
					if r := recover(); r != c.panics {
						t.Errorf("the panic outside is %v, want %v: %s", r, c.panics, c.reason)
					}
				}()
				s.serve(h, get("/x/1"))
			}()
			if e := s.only(t); e.Outcome != event.Failed || e.ErrorType != c.class {
				t.Errorf("%v (%q), want failed (%q): %s", e.Outcome, e.ErrorType, c.class, c.reason)
			}
		})
	}
}

// TestGoexit: a handler's goroutine may be ended in the middle, which is no panic, and neither an
// answer.
func TestGoexit(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	h := touchpoint.Handler(routes(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { runtime.Goexit() }), "/"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.serve(h, get("/"))
	}()
	<-done
	if e := s.only(t); e.Outcome != event.Failed {
		t.Errorf("%v, want failed", e.Outcome)
	}
}

// TestTheCustomerHasGone: who closes the browser has called it off, whatever would have been
// answered.
func TestTheCustomerHasGone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		answer       func(w http.ResponseWriter)
		want         event.Outcome
	}{
		{"a 500 to nobody", "the error is but that nobody waits any more", func(w http.ResponseWriter) { w.WriteHeader(500) }, event.Cancelled},
		{"nothing at all", "the handler has given up: nobody has got anything, so it is not ok", func(http.ResponseWriter) {}, event.Cancelled},
		{"an aborted answer", "as httputil.ReverseProxy does", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, event.Cancelled},
		{"a panic", "a fault of the code is one, whether somebody waits or not", func(http.ResponseWriter) { panic("boom") }, event.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			begun := make(chan struct{})
			srv := s.server(touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(begun)
				<-r.Context().Done()
				c.answer(w)
			}), "/")))
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				<-begun
				cancel()
			}()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
			must(t, err)
			if res, err := srv.Client().Do(r); err == nil {
				_ = res.Body.Close()
				t.Fatal("the customer is still there")
			}
			srv.Close()
			if e := s.only(t); e.Outcome != c.want {
				t.Errorf("%v, want %v: %s", e.Outcome, c.want, c.reason)
			}
		})
	}
}

// TestAnInterruptedCheckoutIsNotComplete: a touchpoint that completes its journey does not when
// nobody got the answer.
func TestAnInterruptedCheckoutIsNotComplete(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	confirm := touchpoint.Define("confirm", touchpoint.In(checkout, "payment"), touchpoint.Ends(event.Completed))
	h := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done() // and returns, as code does whose every call says "context canceled"
	}), "/confirm"), touchpoint.WithRoute("/confirm", confirm), touchpoint.WithJourneyID(checkout, func(*http.Request) string { return "1" }))
	ctx, cancel := context.WithCancel(s.context())
	checkout.Start(ctx, "1", event.Customer{})
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), get("/confirm").WithContext(ctx))
	for _, e := range s.events {
		if e.Kind == event.JourneyEnded {
			t.Errorf("the journey is %v although the customer has gone and nothing was answered", e.Outcome)
		}
	}
}

// TestJourneyID puts requests into runs.
func TestJourneyID(t *testing.T) {
	t.Parallel()
	cookie := func(r *http.Request) string {
		c, err := r.Cookie("cart")
		if err != nil {
			return ""
		}
		return c.Value
	}
	for _, c := range []struct {
		name, reason string
		opts         []touchpoint.HandlerOption
		cookie       string
		journey      string // "name/ID"
		channel      event.Channel
		faults       []string
	}{
		{"a cookie", "the run that it names", []touchpoint.HandlerOption{touchpoint.WithJourneyID(checkout, cookie)}, "cart-7", "checkout/cart-7", event.Web, nil},
		{"no cookie", "no journey", []touchpoint.HandlerOption{touchpoint.WithJourneyID(checkout, cookie)}, "", "/", event.Web, nil},
		{"a cookie that is no ID", "no journey", []touchpoint.HandlerOption{touchpoint.WithJourneyID(checkout, cookie)}, strings.Repeat("x", 129), "/", event.Web, nil},
		{
			"on a channel", "of the application", []touchpoint.HandlerOption{
				touchpoint.WithJourneyID(checkout, cookie), touchpoint.WithChannel(func(*http.Request) event.Channel { return event.Mobile }),
			}, "cart-7", "checkout/cart-7", event.Mobile, nil,
		},
		{
			"a channel that is none", "other", []touchpoint.HandlerOption{
				touchpoint.WithJourneyID(checkout, cookie), touchpoint.WithChannel(func(*http.Request) event.Channel { return 200 }),
			}, "cart-7", "checkout/cart-7", event.OtherChannel, nil,
		},
		{
			"a callback that panics", "costs the journey, not the answer",
			[]touchpoint.HandlerOption{touchpoint.WithJourneyID(checkout, func(*http.Request) string { panic("boom") })},
			"cart-7", "/", event.Web,
			[]string{"panic"},
		},
		{"no callback", "no journey", []touchpoint.HandlerOption{touchpoint.WithJourneyID(checkout, nil)}, "cart-7", "/", event.Web, nil},
		{"no journey", "no journey", []touchpoint.HandlerOption{touchpoint.WithJourneyID(nil, cookie)}, "cart-7", "/", event.Web, nil},
		{
			"a channel that panics", "costs the channel, not the answer",
			[]touchpoint.HandlerOption{touchpoint.WithChannel(func(*http.Request) event.Channel { panic("boom") })},
			"", "/", event.Web,
			[]string{"panic"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			var got string
			h := routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				j, _ := journey.FromContext(r.Context())
				got = j.Name() + "/" + j.ID()
			}), "/")
			r := get("/")
			if c.cookie != "" {
				r.AddCookie(&http.Cookie{Name: "cart", Value: c.cookie})
			}
			unharmed(t, func() { s.serve(touchpoint.Handler(h, c.opts...), r) })
			if got != c.journey {
				t.Errorf("the handler is in the journey %q, want %q: %s", got, c.journey, c.reason)
			}
			if e := s.only(t); e.Journey.Name+"/"+e.Journey.ID != c.journey || e.Channel != c.channel {
				t.Errorf("the touchpoint is in the journey %s/%s on %v, want %s on %v: %s",
					e.Journey.Name, e.Journey.ID, e.Channel, c.journey, c.channel, c.reason)
			}
			if !slices.Equal(s.counted(), c.faults) {
				t.Errorf("counted %q, want %q: %s", s.counted(), c.faults, c.reason)
			}
		})
	}
}

// TestCallbacksThatPanic: all of them are the application's code, and none may cost the customer
// the answer.
func TestCallbacksThatPanic(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opt  touchpoint.HandlerOption
	}{
		{"Router", touchpoint.WithRouter(func(*http.Request) string { panic("boom") })},
		{"Via", touchpoint.WithChannel(func(*http.Request) event.Channel { panic("boom") })},
		{"JourneyID", touchpoint.WithJourneyID(checkout, func(*http.Request) string { panic("boom") })},
		{"Trust", touchpoint.WithTrustedPeers(func(*http.Request) bool { panic("boom") })},
		{"Statuses", touchpoint.WithStatuses(func(int) event.Outcome { panic("boom") })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			srv := s.server(touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "hello")
			}), "/"), c.opt))
			r, err := http.NewRequest(http.MethodGet, srv.URL, nil) //nolint:noctx // a test
			must(t, err)
			r.Header.Set("Baggage", "cairn=1/n/checkout/1///////web/")
			res, err := srv.Client().Do(r)
			if err != nil {
				t.Errorf("the customer gets no answer: %v", err)
			} else {
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if string(body) != "hello" || err != nil {
					t.Errorf("the customer gets %q, %v", body, err)
				}
			}
			srv.Close()
			if !slices.Contains(s.counted(), "panic") {
				t.Errorf("counted %q, want the panic", s.counted())
			}
		})
	}
}

// TestSkippedRequestsAreInTheJourney: they are no touchpoints, but what they do may be.
func TestSkippedRequestsAreInTheJourney(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	h := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if touchpoint.FromContext(r.Context()) != nil {
			t.Error("there is a touchpoint")
		}
		pay.Record(r.Context(), event.Web)
	}), "/poll"), touchpoint.WithSkip("/poll"), touchpoint.WithJourneyID(checkout, func(*http.Request) string { return "7" }))
	s.serve(h, get("/poll"))
	if e := s.only(t); e.Touchpoint != "pay" || e.Journey.ID != "7" {
		t.Errorf("%s in the run %q, want pay in 7", e.Touchpoint, e.Journey.ID)
	}
}

// TestNobodyRecords: without a client the handler is as if it were not there.
func TestNobodyRecords(t *testing.T) { //nolint:paralleltest // there must be no default client
	var seen http.ResponseWriter
	h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = w
		if r.PathValue("id") != "7" {
			t.Errorf("the path value is %q", r.PathValue("id"))
		}
	}), "/x/{id}"), touchpoint.WithTrustedPeers(func(*http.Request) bool { panic("nobody asks") }))
	w := httptest.NewRecorder()
	r := get("/x/7")
	r.Header.Set("Baggage", "cairn=nonsense")
	h.ServeHTTP(w, r)
	if seen != http.ResponseWriter(w) {
		t.Errorf("the writer is a %T", seen)
	}
	if r.Pattern != "/x/{id}" {
		t.Errorf("the pattern is %q for those outside", r.Pattern)
	}
}

// TestOutsidersSeeThePattern: what a mux inside finds out is told to middleware outside.
func TestOutsidersSeeThePattern(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		handler http.Handler
		panics  bool
	}{
		{"a touchpoint", status(200), false},
		{"a panic", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), true},
	} {
		for _, skip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, skipped %v", c.name, skip), func(t *testing.T) {
				t.Parallel()
				var opt touchpoint.HandlerOption
				if skip {
					opt = touchpoint.WithSkip("GET /x/{id}")
				}
				s := newSpy(t)
				r := get("/x/7")
				r = r.WithContext(s.context())
				func() {
					defer func() { _ = recover() }()
					touchpoint.Handler(routes(c.handler, "GET /x/{id}"), opt).ServeHTTP(httptest.NewRecorder(), r)
				}()
				if r.Pattern != "GET /x/{id}" {
					t.Errorf("the pattern is %q", r.Pattern)
				}
			})
		}
	}
}

// TestTimes: the touchpoint takes as long as the answer does.
func TestTimes(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	var begun, ended time.Time
	s.serve(touchpoint.Handler(routes(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun = time.Now()
		for time.Since(begun) < time.Millisecond { //nolint:revive // time has to pass, and nobody may sleep
		}
		ended = time.Now()
	}), "/")), get("/"))
	e := s.only(t)
	if e.Time.After(begun) || e.Time.Add(e.Duration).Before(ended) {
		t.Errorf("it began at %v and took %v; the handler began at %v and ended at %v", e.Time, e.Duration, begun, ended)
	}
}

// TestJourneyIDFromThePath: the callback runs before the mux, and sees the values of the path all
// the same.
func TestJourneyIDFromThePath(t *testing.T) {
	t.Parallel()
	id := touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") })
	ok := status(http.StatusOK)
	for _, c := range []struct {
		name, reason string
		handler      http.Handler
		target       string
		want         string
	}{
		{"around a mux", "the wildcard's value", touchpoint.Handler(routes(ok, "/orders/{id}"), id), "/orders/7", "7"},
		{"a method and a host", "they are not the path", touchpoint.Handler(routes(ok, "GET shop.example/orders/{id}/pay"), id), "http://shop.example/orders/7/pay", "7"},
		{"the second one", "by name", touchpoint.Handler(routes(ok, "/{shop}/orders/{id}"), id), "/9/orders/7", "7"},
		{"the rest", "slashes and all", touchpoint.Handler(routes(ok, "/orders/{id...}"), id), "/orders/7/8", "7/8"},
		{"the end", "{$} is no value", touchpoint.Handler(routes(ok, "/orders/{id}/{$}"), id), "/orders/7/", "7"},
		{"a subtree", "what is below is not named", touchpoint.Handler(routes(ok, "/orders/{id}/"), id), "/orders/7/a/b", "7"},
		{"escaped", "as ServeMux does", touchpoint.Handler(routes(ok, "/orders/{id}"), id), "/orders/a%2Fb%20c", "a/b c"},
		{"a literal that is escaped", "segments are compared unescaped", touchpoint.Handler(routes(ok, "/a%20b/{id}"), id), "/a%20b/7", "7"},
		{"inside a mux", "the mux has set it", routes(touchpoint.Handler(ok, id), "/orders/{id}"), "/orders/7", "7"},
		{"no wildcard of the name", "no journey", touchpoint.Handler(routes(ok, "/orders/{order}"), id), "/orders/7", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			s.serve(c.handler, get(c.target))
			if got := s.only(t).Journey.ID; got != c.want {
				t.Errorf("the run is %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestOutsidersKeepTheirPathValues: what the wrapped mux's pattern says of the path is not for
// the request of those outside, who have a pattern with values of their own.
func TestOutsidersKeepTheirPathValues(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	inner := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got := r.PathValue("id"); got != "order-7" {
			t.Errorf("inside, {id} is %q, want order-7", got)
		}
	}), "/orders/{id}"), touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") }))
	outer := routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.StripPrefix("/shops/"+r.PathValue("id"), inner).ServeHTTP(w, r)
		if got := r.PathValue("id"); got != "shop-1" {
			t.Errorf("outside, {id} has become %q, want shop-1", got)
		}
	}), "/shops/{id}/")
	s.serve(outer, get("/shops/shop-1/orders/order-7"))
	if got := s.only(t).Journey.ID; got != "order-7" {
		t.Errorf("the run is %q, want order-7", got)
	}
}

// TestCallbacksMayReadForms: a callback that asks for a form's value reads the body. What it has
// read is not lost to the handler, whatever the pattern is.
func TestCallbacksMayReadForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, pattern, target string }{
		{"a plain pattern", "/orders", "/orders"},
		{"a pattern with a wildcard", "/orders/{id}", "/orders/7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			var got string
			h := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = r.FormValue("cart") + " " + r.FormValue("item")
			}), c.pattern), touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.FormValue("cart") }))
			r := httptest.NewRequest(http.MethodPost, c.target, strings.NewReader("cart=cart-7&item=book"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			s.serve(h, r)
			if got != "cart-7 book" {
				t.Errorf("the handler reads %q, want cart-7 book", got)
			}
			if id := s.only(t).Journey.ID; id != "cart-7" {
				t.Errorf("the run is %q, want cart-7", id)
			}
		})
	}
}

// TestPathValuesAreTheMuxs: whatever the pattern and the path, the callback sees the values that
// the mux gives to the handler.
func TestPathValuesAreTheMuxs(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "segments")
		var pattern, path strings.Builder
		var names []string
		for i := range n {
			value := rapid.SampledFrom([]string{"7", "a%2Fb", "a%20b", "ü", "%C3%BC", "%25", "a+b", "a;b", "a=b", "{id}", "$", "...", "%7Bid%7D"}).Draw(t, "value")
			pattern.WriteByte('/')
			path.WriteString("/" + value)
			kind := rapid.SampledFrom([]string{"literal", "wildcard", "rest"}).Draw(t, "kind")
			name := fmt.Sprintf("v%d", i)
			switch {
			case kind == "rest" && i == n-1:
				names = append(names, name)
				pattern.WriteString("{" + name + "...}")
				path.WriteString(rapid.SampledFrom([]string{"", "/x", "/x/y%2F", "/"}).Draw(t, "rest"))
			case kind == "literal":
				literal := rapid.SampledFrom([]string{"orders", "a%20b", "ü"}).Draw(t, "literal")
				pattern.WriteString(literal)
				s := path.String()
				path.Reset()
				path.WriteString(s[:strings.LastIndex(s, "/")+1] + literal)
			default:
				names = append(names, name)
				pattern.WriteString("{" + name + "}")
			}
		}
		end := rapid.SampledFrom([]string{"", "/", "/{$}"}).Draw(t, "end")
		if strings.HasSuffix(pattern.String(), "...}") {
			end = ""
		}
		pattern.WriteString(end)
		if end != "" {
			path.WriteByte('/')
		}
		values := func(r *http.Request) (all []string) {
			for _, name := range names {
				all = append(all, r.PathValue(name))
			}
			return all
		}
		var early, late []string
		served := false
		h := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			late, served = values(r), true
		}), pattern.String()), touchpoint.WithJourneyID(checkout, func(r *http.Request) string {
			early = values(r)
			return ""
		}))
		u, err := url.Parse("http://shop.example" + path.String())
		if err != nil {
			return
		}
		r := get("/")
		r.URL = u
		h.ServeHTTP(httptest.NewRecorder(), r.WithContext(s.context()))
		if served && !slices.Equal(early, late) {
			t.Fatalf("of %s in %s the callback sees %q, the handler %q", path.String(), pattern.String(), early, late)
		}
	})
}
