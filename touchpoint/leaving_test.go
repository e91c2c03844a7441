package touchpoint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// outlived is what became of a request whose customer did not get, or did not wait for, the answer.
type outlived struct {
	outcome event.Outcome
	class   string
}

func (s *spy) outlived(tb testing.TB) outlived {
	e := s.only(tb)
	return outlived{e.Outcome, e.ErrorType}
}

var (
	asOK        = outlived{event.OK, ""}
	asCancelled = outlived{event.Cancelled, ""}
	asTimeout   = outlived{event.Failed, "timeout"}
)

func failedAs(class string) outlived { return outlived{event.Failed, class} }

// TestDeadlines: the customer's time is over before the handler returns, by a deadline that something
// outside has set. Time is synctest's.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	const limit = time.Second
	deadline := func(answer func(w http.ResponseWriter)) func(http.Handler) http.Handler { // what chi's Timeout is
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithTimeout(r.Context(), limit)
				defer cancel()
				next.ServeHTTP(w, r.WithContext(ctx))
				if ctx.Err() != nil {
					answer(w)
				}
			})
		}
	}
	with := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(status) }
	}
	timeoutHandler := func(next http.Handler) http.Handler { return http.TimeoutHandler(next, limit, "too slow") }
	late := func(do func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			synctest.Wait() // what is outside has answered
			do(w, r)
		}
	}
	nothing := func(http.ResponseWriter, *http.Request) {}
	for _, c := range []struct {
		name, reason string
		outside      func(http.Handler) http.Handler
		handler      http.HandlerFunc
		want         outlived
	}{
		{"TimeoutHandler, nothing written", "it has answered 503", timeoutHandler, late(nothing), asTimeout},
		{"TimeoutHandler, written too late", "what is written is discarded", timeoutHandler, late(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }), asTimeout},
		{"TimeoutHandler, a status too late", "the same", timeoutHandler, late(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }), asTimeout},
		{"TimeoutHandler, written in time but returned too late", "what was written is discarded too", timeoutHandler, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "hello")
			late(nothing)(w, r)
		}, asTimeout},
		{"TimeoutHandler, an error too late", "the time is what it was about", timeoutHandler, late(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }), asTimeout},
		{"TimeoutHandler, a redirect too late", "it is discarded", timeoutHandler, late(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusSeeOther) }), asTimeout},
		{"TimeoutHandler, Fail by the context's error", "the same", timeoutHandler, late(func(_ http.ResponseWriter, r *http.Request) {
			touchpoint.FromContext(r.Context()).Fail(r.Context().Err())
		}), asTimeout},
		{"TimeoutHandler, Fail because a call was cancelled", "it was, by the deadline", timeoutHandler, late(func(_ http.ResponseWriter, r *http.Request) {
			touchpoint.FromContext(r.Context()).Fail(context.Canceled)
		}), asTimeout},
		{"TimeoutHandler, Abort", "the answer was the timeout", timeoutHandler, late(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), asTimeout},
		{"TimeoutHandler, in time", "it is answered", timeoutHandler, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, asOK},
		{"TimeoutHandler, 503 in time", "of the handler's own", timeoutHandler, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, failedAs("503")},
		{"504 by middleware", "nothing was written", deadline(with(504)), late(nothing), asTimeout},
		{"503 by middleware", "nothing was written", deadline(with(503)), late(nothing), asTimeout},
		{"middleware that answers nothing", "neither does net/http's 200 say anything", deadline(func(http.ResponseWriter) {}), late(nothing), asTimeout},
		{"middleware, the handler answers 504", "the time is what it is about", deadline(with(504)), late(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(504) }), asTimeout},
		{"middleware, the handler answers 408", "the same", deadline(with(504)), late(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(408) }), asTimeout},
		{"middleware, the handler answers 200 all the same", "late, but answered: the customer has it", deadline(with(504)), late(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }), asOK},
		{"middleware, the handler refuses", "so is this an answer", deadline(with(504)), late(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) }), asOK},
		{"a deadline that is said as a cause", "it is cancelled, because its time is over", func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithCancelCause(r.Context())
				time.AfterFunc(limit, func() { cancel(fmt.Errorf("budget: %w", os.ErrDeadlineExceeded)) })
				next.ServeHTTP(w, r.WithContext(ctx))
				w.WriteHeader(503)
			})
		}, late(nothing), asTimeout},
		{"a deadline with a cause of its own", "it is a deadline", func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithTimeoutCause(r.Context(), limit, io.ErrNoProgress)
				defer cancel()
				next.ServeHTTP(w, r.WithContext(ctx))
			})
		}, late(func(_ http.ResponseWriter, r *http.Request) {
			touchpoint.FromContext(r.Context()).Fail(context.Cause(r.Context()))
		}), asTimeout},
		{"a panic when the time is over", "a fault of the code is one", deadline(with(504)), late(func(http.ResponseWriter, *http.Request) { panic("boom") }), failedAs("panic")},
		{"an own deadline inside", "the handler's own, which it has marked", nil, func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			defer cancel()
			<-ctx.Done()
			touchpoint.FromContext(r.Context()).Fail(ctx.Err())
			w.WriteHeader(502)
		}, asTimeout},
		{"an own deadline inside that is handled", "the customer has an answer", nil, func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			defer cancel()
			<-ctx.Done()
			_, _ = io.WriteString(w, "from the cache")
		}, asOK},
		{"TimeoutHandler inside", "a 503, which says no more", nil, func(w http.ResponseWriter, r *http.Request) {
			http.TimeoutHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), limit, "").ServeHTTP(w, r)
		}, failedAs("503")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			synctest.Test(t, func(t *testing.T) {
				h := touchpoint.Handler(routes(c.handler, "/"))
				if c.outside != nil {
					h = c.outside(h)
				}
				func() {
					defer func() { _ = recover() }()
					s.serve(h, get("/"))
				}()
			})
			if got := s.outlived(t); got != c.want {
				t.Errorf("%v, want %v: %s", got, c.want, c.reason)
			}
		})
	}
}

// serving returns h, and a channel that is closed when it has served its request: a server of HTTP/2 does
// not wait for that.
func serving(h http.Handler) (_ http.Handler, served <-chan struct{}) {
	done := make(chan struct{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		h.ServeHTTP(w, r)
	}), done
}

// TestLeavers: the client goes away in the middle, over real connections: HTTP/1.1 closes its connection,
// HTTP/2 resets its stream.
func TestLeavers(t *testing.T) {
	t.Parallel()
	gone := func(r *http.Request) { <-r.Context().Done() }
	for _, c := range []struct {
		name, reason string
		do           func(w http.ResponseWriter, r *http.Request)
		want         outlived
	}{
		{"nothing answered", "nobody has got anything", func(_ http.ResponseWriter, r *http.Request) { gone(r) }, asCancelled},
		{"a 200 that nobody gets", "it is written to nobody", func(w http.ResponseWriter, r *http.Request) {
			gone(r)
			_, _ = io.WriteString(w, "hello")
		}, asCancelled},
		{"a 500 that nobody gets", "the error is that nobody waits", func(w http.ResponseWriter, r *http.Request) {
			gone(r)
			w.WriteHeader(500)
		}, asCancelled},
		{"a 200 that is broken off", "half an answer", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "hel")
			_ = http.NewResponseController(w).Flush()
			gone(r)
		}, asCancelled},
		{"a 200 of a known length that is broken off", "half an answer", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "hel")
			_ = http.NewResponseController(w).Flush()
			gone(r)
			_, _ = io.WriteString(w, "lo")
		}, asCancelled},
		{"server-sent events", "a stream without an end ends when its customer leaves", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "data: x\n\n")
				_ = http.NewResponseController(w).Flush()
			}
		}, asCancelled},
		{"all of a known length, then work of its own", "the customer had it all, and did not have to stay", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "hello")
			_ = http.NewResponseController(w).Flush()
			gone(r)
		}, asOK},
		{"an aborted answer", "as httputil.ReverseProxy does", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "hel")
			_ = http.NewResponseController(w).Flush()
			gone(r)
			panic(http.ErrAbortHandler)
		}, asCancelled},
		{"a panic of another kind", "a fault of the code is one", func(_ http.ResponseWriter, r *http.Request) {
			gone(r)
			panic("boom")
		}, failedAs("panic")},
		{"Fail because a call was cancelled", "it was, because they left", func(_ http.ResponseWriter, r *http.Request) {
			gone(r)
			touchpoint.FromContext(r.Context()).Fail(fmt.Errorf("query: %w", r.Context().Err()))
		}, asCancelled},
		{"Fail for another reason", "the code knows better", func(_ http.ResponseWriter, r *http.Request) {
			gone(r)
			touchpoint.FromContext(r.Context()).Fail(&os.PathError{})
		}, failedAs("*fs.PathError")},
		{"Fail by an own deadline", "it was the call that took too long", func(_ http.ResponseWriter, r *http.Request) {
			gone(r)
			touchpoint.FromContext(r.Context()).Fail(context.DeadlineExceeded)
		}, asTimeout},
		{"499", "the application's word for it", func(w http.ResponseWriter, r *http.Request) {
			gone(r)
			w.WriteHeader(499)
		}, asCancelled},
	} {
		for _, p := range protocols {
			t.Run(c.name+" over "+p.name, func(t *testing.T) {
				t.Parallel()
				s := newSpy(t)
				begun := make(chan struct{})
				h, served := serving(touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					close(begun)
					c.do(w, r)
				}), "/")))
				srv := s.unstarted(h)
				p.start(srv)
				ctx, cancel := context.WithCancel(context.Background())
				go func() {
					<-begun
					if c.want == asOK {
						return // it leaves when it has read
					}
					cancel()
				}()
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
				must(t, err)
				if res, err := srv.Client().Do(r); err == nil {
					_, _ = io.ReadFull(res.Body, make([]byte, 5))
					cancel()
					_ = res.Body.Close()
					srv.CloseClientConnections()
				}
				cancel()
				<-served
				srv.Close()
				if got := s.outlived(t); got != c.want {
					t.Errorf("%v, want %v: %s", got, c.want, c.reason)
				}
			})
		}
	}
}

// TestLeaverOfAKeptBackAnswer: http.TimeoutHandler keeps all of an answer back and throws it away when the
// customer leaves, however much of it was written.
func TestLeaverOfAKeptBackAnswer(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(s.context())
		answer := strings.Repeat("x", 20_000)
		h := http.TimeoutHandler(touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
			_, _ = io.WriteString(w, answer)
			cancel()
			<-r.Context().Done()
		}), "/")), time.Hour, "")
		h.ServeHTTP(httptest.NewRecorder(), get("/").WithContext(ctx))
		synctest.Wait()
	})
	if got := s.outlived(t); got != asCancelled {
		t.Errorf("%v, want %v", got, asCancelled)
	}
}

// TestProxiedStreams: a ReverseProxy panics with http.ErrAbortHandler when it cannot go on.
func TestProxiedStreams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		leaves       bool
		backend      func(w http.ResponseWriter, r *http.Request)
		want         outlived
	}{
		{"the client leaves", "it is cancelled", true, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, asCancelled},
		{"the backend breaks off", "the client is there, and got half an answer", false, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, failedAs("panic")},
		{"all is well", "it is answered", false, func(http.ResponseWriter, *http.Request) {}, asOK},
	} {
		for _, p := range protocols {
			t.Run(c.name+" over "+p.name, func(t *testing.T) {
				t.Parallel()
				s := newSpy(t)
				backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.WriteString(w, "hello")
					_ = http.NewResponseController(w).Flush()
					c.backend(w, r)
				}))
				backend.Config.ErrorLog = discard
				backend.Start()
				defer backend.Close()
				to, err := url.Parse(backend.URL)
				must(t, err)
				transport := &http.Transport{}
				defer transport.CloseIdleConnections()
				proxy := &httputil.ReverseProxy{
					Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
					Transport: transport, FlushInterval: -1, ErrorLog: discard,
				}
				h, served := serving(touchpoint.Handler(routes(proxy, "/")))
				srv := s.unstarted(h)
				p.start(srv)
				ctx, cancel := context.WithCancel(context.Background())
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
				must(t, err)
				res, err := srv.Client().Do(r)
				must(t, err)
				_, err = io.ReadFull(res.Body, make([]byte, 5))
				must(t, err)
				if c.leaves {
					cancel()
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				cancel()
				<-served
				srv.Close()
				if got := s.outlived(t); got != c.want {
					t.Errorf("%v, want %v: %s", got, c.want, c.reason)
				}
			})
		}
	}
}

// TestWriteTimeout: the server gives an answer only so long. That net/http cancels the request then is
// not the customer's doing.
func TestWriteTimeout(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(w http.ResponseWriter) error{
		"Write": func(w http.ResponseWriter) error {
			_, err := w.Write(make([]byte, 64<<10))
			return err //nolint:wrapcheck // a test
		},
		"WriteString": func(w http.ResponseWriter) error {
			_, err := io.WriteString(w, strings.Repeat("x", 64<<10))
			return err //nolint:wrapcheck // a test
		},
		"Flush": func(w http.ResponseWriter) error {
			_, _ = io.WriteString(w, "x")
			return http.NewResponseController(w).Flush() //nolint:wrapcheck // a test
		},
		"ReadFrom": func(w http.ResponseWriter) error {
			_, err := io.Copy(w, strings.NewReader(strings.Repeat("x", 64<<10)))
			return err //nolint:wrapcheck // a test
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			srv := s.server(touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Hour))
				if err := write(w); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("the test is wrong: the error is %v", err)
				}
			}), "/")))
			if res, err := srv.Client().Get(srv.URL); err == nil { //nolint:noctx // a test
				_ = res.Body.Close()
			}
			srv.Close()
			if got := s.outlived(t); got != asTimeout {
				t.Errorf("%v, want %v", got, asTimeout)
			}
		})
	}
}

// errOfNet is what package net says when a connection took too long.
var errOfNet = &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}

// slow is an error of a driver that says so in its own way.
type slow struct{ error }

func (slow) Timeout() bool { return true }

// typed is an error with a class of its own.
type typed struct{ error }

func (typed) ErrorType() string { return "card_declined" }
func (e typed) Unwrap() error   { return e.error }

// TestFailures: what Fail makes of an error depends on the customer's own context: the one that the
// interaction was started in.
func TestFailures(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("own")
	errLeft := errors.New("the customer has hung up")
	sub := func(ctx context.Context) error { // an own context that is cancelled
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx.Err() //nolint:wrapcheck // a test
	}
	is := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	other := failedAs("_OTHER")
	for _, c := range []struct {
		name                    string
		err                     func(ctx context.Context) error
		waiting, left, deadline outlived
	}{
		{"an own context", sub, other, asCancelled, asTimeout},
		{"context.Canceled", is(context.Canceled), other, asCancelled, asTimeout},
		{"it, wrapped", is(fmt.Errorf("query: %w", context.Canceled)), other, asCancelled, asTimeout},
		{"it, in a type", is(&url.Error{Op: "Get", Err: context.Canceled}), failedAs("*url.Error"), asCancelled, asTimeout},
		{"it, with a class", is(typed{context.Canceled}), failedAs("card_declined"), asCancelled, asTimeout},
		{"it, joined", is(errors.Join(errOwn, context.Canceled)), other, asCancelled, asTimeout},
		{"the context's error", context.Context.Err, asOK, asCancelled, asTimeout},
		{"the context's cause", context.Cause, asOK, asCancelled, asTimeout},
		{"the context's cause, wrapped", func(ctx context.Context) error {
			if cause := context.Cause(ctx); cause != nil {
				return fmt.Errorf("call: %w", cause)
			}
			return nil
		}, asOK, asCancelled, asTimeout},
		{"context.DeadlineExceeded", is(context.DeadlineExceeded), asTimeout, asTimeout, asTimeout},
		{"it, joined", is(errors.Join(errOwn, fmt.Errorf("x: %w", context.DeadlineExceeded))), asTimeout, asTimeout, asTimeout},
		{"both, joined", is(errors.Join(context.Canceled, context.DeadlineExceeded)), asTimeout, asCancelled, asTimeout},
		{"os.ErrDeadlineExceeded", is(fmt.Errorf("x: %w", os.ErrDeadlineExceeded)), asTimeout, asTimeout, asTimeout},
		{"http.ErrHandlerTimeout", is(http.ErrHandlerTimeout), asTimeout, asTimeout, asTimeout},
		{"a timeout of the network", is(errOfNet), asTimeout, asTimeout, asTimeout},
		{"it, in a URL error", is(&url.Error{Op: "Get", Err: errOfNet}), asTimeout, asTimeout, asTimeout},
		{"it, behind one that did not time out", is(errors.Join(&net.OpError{Op: "dial", Err: errOwn}, errOfNet)), asTimeout, asTimeout, asTimeout},
		{"a driver's timeout", is(slow{errOwn}), asTimeout, asTimeout, asTimeout},
		{"a class of its own and a timeout", is(typed{errOfNet}), failedAs("card_declined"), failedAs("card_declined"), failedAs("card_declined")},
		{"something else", is(errOwn), other, other, other},
		{"nothing", is(nil), asOK, asOK, asOK},
	} {
		for _, state := range []struct {
			name string
			ctx  func(context.Context) (context.Context, func())
			want outlived
		}{
			{"waiting", func(ctx context.Context) (context.Context, func()) { return ctx, func() {} }, c.waiting},
			{"left", func(ctx context.Context) (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(ctx)
				return ctx, func() { cancel(errLeft) }
			}, c.left},
			{"left, without a cause", func(ctx context.Context) (context.Context, func()) {
				ctx, cancel := context.WithCancel(ctx)
				return ctx, cancel
			}, c.left},
			{"left, further out", func(ctx context.Context) (context.Context, func()) {
				ctx, cancel := context.WithCancel(ctx)
				ctx, done := context.WithTimeout(ctx, time.Hour)
				return ctx, func() {
					cancel()
					done()
				}
			}, c.left},
			{"overdue", func(ctx context.Context) (context.Context, func()) {
				ctx, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
				return ctx, cancel
			}, c.deadline},
			{"overdue by a cause", func(ctx context.Context) (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(ctx)
				return ctx, func() { cancel(fmt.Errorf("budget: %w", os.ErrDeadlineExceeded)) }
			}, c.deadline},
		} {
			t.Run(c.name+", "+state.name, func(t *testing.T) {
				t.Parallel()
				s := newSpy(t)
				own, end := state.ctx(s.context())
				ctx, tp := pay.Start(own, event.Phone)
				end()
				tp.Fail(c.err(ctx))
				tp.End()
				if got := s.outlived(t); got != state.want {
					t.Errorf("%v, want %v", got, state.want)
				}
			})
		}
	}
}

// TestNestedInteractions: one within another goes by the context that it was started in itself.
func TestNestedInteractions(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	ctx, outer := touchpoint.Define("outer").Start(s.context(), event.Web)
	within, cancel := context.WithCancel(ctx)
	within, inner := touchpoint.Define("inner").Start(within, event.Web)
	cancel()
	inner.Fail(within.Err())
	outer.Fail(within.Err())
	inner.End()
	outer.End()
	all := s.touchpoints()
	if len(all) != 2 || all[0].Outcome != event.Cancelled || all[1].Outcome != event.Failed {
		t.Errorf("inner and outer are %v and %v, want cancelled and failed", all[0].Outcome, all[1].Outcome)
	}
}
