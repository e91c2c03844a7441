package touchpoint_test

import (
	"context"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/touchpoint"
)

// TestPathValues: the function of WithJourneyID reads the parameters that another router has found, and the handlers see the request as
// it was.
func TestPathValues(t *testing.T) {
	t.Parallel()
	found := func(values map[string]string) func(*http.Request) iter.Seq2[string, string] {
		return func(*http.Request) iter.Seq2[string, string] { return maps.All(values) }
	}
	for _, c := range []struct {
		name, pattern string
		values        func(*http.Request) iter.Seq2[string, string]
		outer         bool // a mux outside has set the value to "cart"
		id            string
		reason        string
	}{
		{"a parameter", "POST /cart/:cart", found(map[string]string{"cart": "c-1"}), false, "c-1", "the router has found it"},
		{"in a mux", "POST /cart/:cart", found(map[string]string{"cart": "c-1"}), true, "c-1", "the mux outside has its own"},
		{"another form of the pattern", "POST /{x}/{cart}", found(map[string]string{"cart": "c-1"}), false, "c-1", "the pattern is not read"},
		{"none", "POST /cart/:cart", found(nil), false, "", "the route has no parameter"},
		{"no route", "", found(map[string]string{"cart": "c-1"}), false, "", "the router has chosen none"},
		{"a panic", "POST /cart/:cart", func(*http.Request) iter.Seq2[string, string] { panic("values") }, false, "", "the customer gets the answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var id, inside string
			s := newSpy(t)
			h := touchpoint.Handler(
				http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					inside = r.PathValue("cart")
				}),
				touchpoint.WithRouter(func(*http.Request) string { return c.pattern }), touchpoint.WithPathValues(c.values),
				touchpoint.WithJourneyID(checkout, func(r *http.Request) string {
					id = r.PathValue("cart")
					return ""
				}))
			want := ""
			if c.outer {
				h, want = routes(h, "/{cart}/c-1"), "cart"
			}
			s.serve(h, httptest.NewRequest(http.MethodPost, "/cart/c-1", nil))
			if id != c.id || inside != want {
				t.Errorf("the callback reads %q, want %q; the handler reads %q, want %q: %s", id, c.id, inside, want, c.reason)
			}
		})
	}
}

// TestLateAnswer: a router answers after its middlewares have returned. Time is synctest's.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	type answers = func(status int)
	for _, c := range []struct {
		name    string
		handle  http.HandlerFunc
		keep    bool                                 // what the router says
		outside func(answered answers, ended func()) // the router, after the middlewares have returned
		ctx     func(context.Context) (context.Context, func())
		want    outlived
		asked   bool
		reason  string
	}{
		{"a failure", nothing, true, func(answered answers, _ func()) { answered(502) }, nil, failedAs("502"), true, "the router's answer decides"},
		{"a refusal", nothing, true, func(answered answers, _ func()) { answered(409) }, nil, asOK, true, "as above"},
		{"two answers", nothing, true, func(answered answers, _ func()) { answered(502); answered(200) }, nil, failedAs("502"), true, "only the first counts"},
		{"not kept", nothing, false, func(answers, func()) {}, nil, asOK, true, "the router leaves the answer to net/http"},
		{"not kept, and answered", nothing, false, func(answered answers, _ func()) { answered(502) }, nil, asOK, true, "it has ended"},
		{"answered in time", status(201).ServeHTTP, true, nil, nil, asOK, false, "the answer is known"},
		{"after the context has ended", nothing, true, func(answered answers, ended func()) { ended(); answered(502) }, nil, failedAs("502"), true, "a middleware outside ends the context before the router answers"},
		{"late after the context has ended", nothing, true, func(answered answers, ended func()) {
			ended()
			time.Sleep(time.Second - time.Nanosecond)
			answered(502)
		}, nil, failedAs("502"), true, "the router has a second"},
		{"no answer", nothing, true, func(_ answers, ended func()) { ended(); time.Sleep(time.Second); synctest.Wait() }, nil, asOK, true, "net/http sends 200"},
		{"the customer has left", nothing, true, nil, cancelled, asCancelled, false, "no answer reaches the customer"},
		{"the deadline has passed", nothing, true, nil, overdue, asTimeout, false, "whatever the answer says, it is late"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var answered answers
				asked := 0
				s := newSpy(t)
				h := touchpoint.Handler(c.handle, touchpoint.WithRouter(func(*http.Request) string { return "GET /x" }),
					touchpoint.WithLateAnswer(func(r *http.Request, a func(int)) bool {
						if asked++; touchpoint.FromContext(r.Context()) == nil {
							t.Error("the request is not the touchpoint's")
						}
						answered = a
						return c.keep
					}))
				ctx, ended := context.WithCancel(s.context())
				defer ended()
				if c.ctx != nil {
					var end func()
					ctx, end = c.ctx(ctx)
					defer end()
				}
				h.ServeHTTP(httptest.NewRecorder(), get("/x").WithContext(ctx))
				if n := len(s.touchpoints()); (n == 0) != (c.keep && c.asked) || (asked > 0) != c.asked {
					t.Errorf("%d touchpoints have ended with the handler, asked %d times: %s", n, asked, c.reason)
				}
				if c.outside != nil {
					c.outside(answered, ended)
				}
				if got := s.outlived(t); got != c.want {
					t.Errorf("the touchpoint is %v, want %v: %s", got, c.want, c.reason)
				}
			})
		})
	}
}

func nothing(http.ResponseWriter, *http.Request) {}

func cancelled(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx, cancel
}

func overdue(ctx context.Context) (context.Context, func()) {
	return context.WithDeadline(ctx, time.Now())
}

// TestLateAnswerOfAStrangersID: the run that a request only claims is not the touchpoint's where the late answer is 404.
func TestLateAnswerOfAStrangersID(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]string{http.StatusNotFound: "", http.StatusConflict: "c-1"} {
		var answered func(int)
		s := newSpy(t)
		h := touchpoint.Handler(http.HandlerFunc(nothing), touchpoint.WithRouter(func(*http.Request) string { return "GET /x" }),
			touchpoint.WithJourneyID(checkout, func(*http.Request) string { return "c-1" }),
			touchpoint.WithLateAnswer(func(_ *http.Request, a func(int)) bool {
				answered = a
				return true
			}))
		s.serve(h, get("/x"))
		answered(code)
		if got := s.only(t).Journey.ID; got != want {
			t.Errorf("the touchpoint of %d is in the run %q, want %q", code, got, want)
		}
	}
}

// TestLateAnswerThatPanics: a panic of the router's function is contained, and the touchpoint ends with the handler.
func TestLateAnswerThatPanics(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	h := touchpoint.Handler(http.HandlerFunc(nothing), touchpoint.WithRouter(func(*http.Request) string { return "GET /x" }),
		touchpoint.WithLateAnswer(func(*http.Request, func(int)) bool { panic("later") }))
	s.serve(h, get("/x"))
	if got := s.outlived(t); got != asOK {
		t.Errorf("the touchpoint is %v", got)
	}
	if got := s.counted(); len(got) != 1 || got[0] != "panic" {
		t.Errorf("the faults are %q, want one panic", got)
	}
}

// TestLateAnswerClosesTheConnection: as of an answer in time, after a body that is too large.
func TestLateAnswerClosesTheConnection(t *testing.T) {
	t.Parallel()
	var answered func(int)
	s := newSpy(t)
	routed := touchpoint.Handler(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(http.MaxBytesReader(w, r.Body, 1))
		}),
		touchpoint.WithRouter(func(*http.Request) string { return "POST /x" }),
		touchpoint.WithLateAnswer(func(_ *http.Request, a func(int)) bool {
			answered = a
			return true
		}))
	srv := s.server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		routed.ServeHTTP(w, r)
		answered(http.StatusRequestEntityTooLarge)
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	defer srv.Close()
	res, err := srv.Client().Post(srv.URL+"/x", "text/plain", strings.NewReader("too large"))
	must(t, err)
	_ = res.Body.Close()
	if !res.Close {
		t.Error("the connection stays open after a body that is too large")
	}
}

// routeSpan remembers the attribute http.route.
type routeSpan struct {
	trace.Span

	route string
}

func (s *routeSpan) IsRecording() bool { return true }

func (s *routeSpan) SpanContext() trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
}

func (s *routeSpan) SetAttributes(attrs ...attribute.KeyValue) {
	for _, a := range attrs {
		if a.Key == "http.route" {
			s.route = a.Value.AsString()
		}
	}
}

// TestRouteOnTheServersSpan: the span of the server gets the path of the route from another router than net/http's.
func TestRouteOnTheServersSpan(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{"POST /cart/:cart": "/cart/:cart", "/files/*": "/files/*", "": ""} {
		s := newSpy(t)
		span := &routeSpan{Span: trace.SpanFromContext(context.Background())}
		h := touchpoint.Handler(http.HandlerFunc(nothing), touchpoint.WithRouter(func(*http.Request) string { return pattern }))
		h.ServeHTTP(httptest.NewRecorder(), get("/x").WithContext(trace.ContextWithSpan(s.context(), span)))
		if span.route != want {
			t.Errorf("the route of %q is %q, want %q", pattern, span.route, want)
		}
	}
	s := newSpy(t)
	span := &routeSpan{Span: trace.SpanFromContext(context.Background())}
	touchpoint.Handler(routes(http.HandlerFunc(nothing), "GET /x")).ServeHTTP(httptest.NewRecorder(), get("/x").WithContext(trace.ContextWithSpan(s.context(), span)))
	if span.route != "" {
		t.Errorf("the route of a mux is %q: it is otelhttp's to say", span.route)
	}
}
