package cxconnect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxconnect"
)

// TestHandlerDescribesTheSpan: with otelconnect a call has one span at the server, which has the customer's outcome. Without it Cairn opens
// one. The status is in the trailers or in the body, and never that of HTTP.
func TestHandlerDescribesTheSpan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		instrumented bool
		code         connect.Code
		opts         []cxconnect.Option
		attrs        map[string]string
		status       codes.Code
		twin         bool
	}{
		{
			name: "with otelconnect", reason: "the span has both", instrumented: true, twin: true,
			attrs: map[string]string{"cx.touchpoint.name": "shop.v1.Cart/Pay", "cx.outcome": "ok", "cx.journey.id": "7", "rpc.response.status_code": "OK"},
		},
		{
			name: "with otelconnect and a definition", reason: "the definition names the touchpoint", instrumented: true, twin: true,
			opts:  []cxconnect.Option{cxconnect.WithRoute(unary, pay)},
			attrs: map[string]string{"cx.touchpoint.name": "pay", "cx.stage.name": "payment"},
		},
		{
			name: "with otelconnect, unavailable", reason: "the server failed", instrumented: true, twin: true, status: codes.Error, code: connect.CodeUnavailable,
			attrs: map[string]string{"cx.outcome": "failed", "error.type": "UNAVAILABLE", "rpc.response.status_code": "UNAVAILABLE"},
		},
		{
			name: "with otelconnect, not found", reason: "a client can make up an ID", instrumented: true, code: connect.CodeNotFound,
			attrs: map[string]string{"cx.outcome": "ok", "cx.journey.id": ""},
		},
		{
			name: "with otelconnect, skipped", reason: "the call is found from the run, and is no touchpoint", instrumented: true,
			opts:  []cxconnect.Option{cxconnect.WithSkip(service + "*")},
			attrs: map[string]string{"cx.touchpoint.name": "", "cx.journey.id": "7"},
		},
		{
			name: "without", reason: "the touchpoint has a span of its own", twin: true,
			attrs: map[string]string{"cx.touchpoint.name": "shop.v1.Cart/Pay", "cx.outcome": "ok", "rpc.response.status_code": ""},
		},
		{
			name: "without, unavailable", reason: "a failure is an error", twin: true, status: codes.Error, code: connect.CodeUnavailable,
			attrs: map[string]string{"cx.outcome": "failed", "error.type": "UNAVAILABLE"},
		},
	} {
		for protocol, how := range protocols() {
			t.Run(c.name+" by "+protocol, func(t *testing.T) {
				t.Parallel()
				p := newProcess(t)
				ours := cxconnect.NewInterceptor(append(c.opts, cxconnect.WithJourneyID(checkout, func(_ context.Context, procedure string, message any) string {
					if procedure != unary {
						t.Errorf("the procedure is %q", procedure)
					}
					return message.(*text).GetValue()
				}))...)
				interceptors := []connect.Interceptor{ours}
				if c.instrumented {
					interceptors = []connect.Interceptor{p.otel(t), ours}
				}
				s := serve(t, p, handlers{unary: func(context.Context, *connect.Request[text]) (*connect.Response[text], error) {
					return connect.NewResponse(&text{}), coded(c.code)
				}}, connect.WithInterceptors(interceptors...))
				_, err := to(s, unary, how...).CallUnary(t.Context(), connect.NewRequest(&text{Value: "7"}))
				if err != nil && connect.CodeOf(err) != c.code || err == nil && c.code != 0 {
					t.Errorf("the client gets %v, want %v", err, c.code)
				}
				s.Close()
				var live, twins []tracetest.SpanStub
				for _, span := range p.spans.GetSpans() {
					if span.SpanContext.TraceID() == traceOf("7") {
						twins = append(twins, span)
					} else {
						live = append(live, span)
					}
				}
				if len(live) != 1 {
					t.Fatalf("the call has %d spans, want one", len(live))
				}
				got := attrs(live[0].Attributes)
				for k, v := range c.attrs {
					if got[k] != v {
						t.Errorf("%s is %q, want %q: %s", k, got[k], v, c.reason)
					}
				}
				if live[0].Status.Code != c.status {
					t.Errorf("its status is %v, want %v: %s", live[0].Status, c.status, c.reason)
				}
				want := map[string]string{connect.ProtocolGRPCWeb: "web"}[protocol]
				if want == "" {
					want = "api"
				}
				if c.twin && got["cx.channel"] != want {
					t.Errorf("the channel is %q, want %q", got["cx.channel"], want)
				}
				if (len(twins) > 0) != c.twin {
					t.Fatalf("the journey has %d spans: %s", len(twins), c.reason)
				}
				if c.twin && (len(live[0].Links) != 1 || live[0].Links[0].SpanContext.TraceID() != traceOf("7")) {
					t.Errorf("the call is linked to %v, want the journey", live[0].Links)
				}
			})
		}
	}
}

// TestHandlerCodes: what Connect sends for an error is what counts. The client sees the same code.
func TestHandlerCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want connect.Code
	}{
		{"none", nil, 0},
		{"a code", coded(connect.CodeDataLoss), connect.CodeDataLoss},
		{"a code within an error", fmt.Errorf("outside: %w", coded(connect.CodeAborted)), connect.CodeAborted},
		{"a context's deadline", fmt.Errorf("outside: %w", context.DeadlineExceeded), connect.CodeDeadlineExceeded},
		{"a context of the service is cancelled", context.Canceled, connect.CodeCanceled},
		{"another error", errors.New("secret"), connect.CodeUnknown},
	} {
		for protocol, how := range protocols() {
			t.Run(c.name+" by "+protocol, func(t *testing.T) {
				t.Parallel()
				var asked []connect.Code
				p := newProcess(t)
				s := serve(t, p, handlers{unary: func(context.Context, *connect.Request[text]) (*connect.Response[text], error) {
					return connect.NewResponse(&text{}), c.err
				}}, connect.WithInterceptors(cxconnect.NewInterceptor(cxconnect.WithCodes(func(code connect.Code) event.Outcome {
					asked = append(asked, code)
					return cxconnect.Outcome(code)
				}))))
				_, err := to(s, unary, how...).CallUnary(t.Context(), connect.NewRequest(&text{}))
				s.Close()
				if (err == nil) != (c.want == 0) || err != nil && connect.CodeOf(err) != c.want || !slices.Equal(asked, []connect.Code{c.want}) {
					t.Errorf("the client gets %v and the outcome is that of %v, want %v", err, asked, c.want)
				}
				if e := p.touchpoints(t, 1)[0]; e.Outcome != cxconnect.Outcome(c.want) {
					t.Errorf("the touchpoint is %v", e.Outcome)
				}
			})
		}
	}
}

// TestHandlerStreams: a touchpoint lasts as long as the handler of the stream, and the handler is in it.
func TestHandlerStreams(t *testing.T) {
	t.Parallel()
	h := handlers{
		server: func(ctx context.Context, _ *connect.Request[text], s *connect.ServerStream[text]) error {
			for range 3 {
				if err := s.Send(&text{}); err != nil {
					return err
				}
			}
			touchpoint.FromContext(ctx).Degrade("slow-psp")
			return nil
		},
		client: func(ctx context.Context, s *connect.ClientStream[text]) (*connect.Response[text], error) {
			n := 0
			for s.Receive() {
				n++
			}
			checkout.Resume(ctx, fmt.Sprint("c", n))
			return connect.NewResponse(&text{}), s.Err()
		},
		bidi: func(_ context.Context, s *connect.BidiStream[text, text]) error {
			if _, err := s.Receive(); err != nil {
				return err
			}
			if err := s.Send(&text{}); err != nil {
				return err
			}
			return coded(connect.CodeInternal) // after a message: it is in the trailers
		},
	}
	for protocol, how := range protocols() {
		for _, instrumented := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, otelconnect %v", protocol, instrumented), func(t *testing.T) {
				t.Parallel()
				p := newProcess(t)
				interceptors := []connect.Interceptor{cxconnect.NewInterceptor(cxconnect.WithJourneyID(checkout, func(_ context.Context, _ string, message any) string {
					if message != nil {
						t.Errorf("a stream has the message %v", message)
					}
					return ""
				}))}
				if instrumented {
					interceptors = slices.Insert(interceptors, 0, p.otel(t))
				}
				s := serve(t, p, h, connect.WithInterceptors(interceptors...))

				out, err := to(s, server, how...).CallServerStream(t.Context(), connect.NewRequest(&text{}))
				must(t, err)
				n := 0
				for ; out.Receive(); n++ {
				}
				must(t, out.Err())
				must(t, out.Close())
				if e := p.touchpoints(t, 1)[0]; n != 3 || e.Touchpoint != server[1:] || e.Outcome != event.Degraded || e.Cause != "slow-psp" {
					t.Errorf("%d messages, and the touchpoint is %q, %v, %q", n, e.Touchpoint, e.Outcome, e.Cause)
				}

				in := to(s, client, how...).CallClientStream(t.Context())
				for range 3 {
					must(t, in.Send(&text{}))
				}
				_, err = in.CloseAndReceive()
				must(t, err)
				if e := p.touchpoints(t, 1)[0]; e.Touchpoint != client[1:] || e.Outcome != event.OK || e.Journey.ID != "c3" {
					t.Errorf("the touchpoint is %q, %v, in %q", e.Touchpoint, e.Outcome, e.Journey.ID)
				}

				both := to(s, bidi, how...).CallBidiStream(t.Context())
				must(t, both.Send(&text{}))
				_, err = both.Receive()
				must(t, err)
				if _, err = both.Receive(); connect.CodeOf(err) != connect.CodeInternal {
					t.Errorf("the client gets %v", err)
				}
				_, _ = both.CloseRequest(), both.CloseResponse()
				if e := p.touchpoints(t, 1)[0]; e.Touchpoint != bidi[1:] || e.Outcome != event.Failed || e.ErrorType != "INTERNAL" {
					t.Errorf("the touchpoint is %q, %v, %q", e.Touchpoint, e.Outcome, e.ErrorType)
				}
				s.Close()
				p.nothingMore(t)
			})
		}
	}
}

// TestHandlerGet: a GET request of the Connect protocol is a call like any other, and what has not changed is no error.
func TestHandlerGet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want event.Outcome
	}{
		{"changed", nil, event.OK},
		{"not modified", connect.NewNotModifiedError(http.Header{"Etag": {"1"}}), event.OK},
		{"unknown", errors.New("secret"), event.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t)
			s := serve(t, p, handlers{unary: func(_ context.Context, r *connect.Request[text]) (*connect.Response[text], error) {
				if r.HTTPMethod() != http.MethodGet {
					t.Errorf("the method is %q", r.HTTPMethod())
				}
				return connect.NewResponse(&text{}), c.err
			}}, connect.WithInterceptors(p.otel(t), cxconnect.NewInterceptor()))
			_, err := to(s, cached, connect.WithHTTPGet(), connect.WithIdempotency(connect.IdempotencyNoSideEffects)).CallUnary(t.Context(), connect.NewRequest(&text{}))
			if (err == nil) != (c.err == nil) || connect.IsNotModifiedError(err) != (c.name == "not modified") {
				t.Errorf("the client gets %v", err)
			}
			if e := p.touchpoints(t, 1)[0]; e.Outcome != c.want || e.Touchpoint != cached[1:] {
				t.Errorf("the touchpoint is %q, %v, want %v", e.Touchpoint, e.Outcome, c.want)
			}
		})
	}
}

// TestHandlerClientLeaves: a client that leaves does not get the answer of the handler.
func TestHandlerClientLeaves(t *testing.T) {
	t.Parallel()
	for protocol, how := range protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t)
			arrived := make(chan struct{})
			s := serve(t, p, handlers{
				unary: func(ctx context.Context, _ *connect.Request[text]) (*connect.Response[text], error) {
					close(arrived)
					<-ctx.Done()
					return connect.NewResponse(&text{}), nil // the handler has done its work
				},
				server: func(ctx context.Context, _ *connect.Request[text], s *connect.ServerStream[text]) error {
					if err := s.Send(&text{}); err != nil {
						return err
					}
					<-ctx.Done()
					return nil
				},
			}, connect.WithInterceptors(p.otel(t), cxconnect.NewInterceptor()))
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-arrived; cancel() }()
			if _, err := to(s, unary, how...).CallUnary(ctx, connect.NewRequest(&text{})); connect.CodeOf(err) != connect.CodeCanceled {
				t.Errorf("the client gets %v", err)
			}
			ctx, cancel = context.WithCancel(t.Context())
			defer cancel()
			out, err := to(s, server, how...).CallServerStream(ctx, connect.NewRequest(&text{}))
			must(t, err)
			defer out.Close()
			if !out.Receive() {
				t.Errorf("the client gets %v", out.Err())
			}
			cancel()
			if out.Receive() {
				t.Error("the client gets a second message")
			}
			for _, e := range p.touchpoints(t, 2) {
				if e.Outcome != event.Cancelled || e.ErrorType != "" {
					t.Errorf("%s is %v, %q", e.Touchpoint, e.Outcome, e.ErrorType)
				}
			}
		})
	}
}

// TestHandlerDeadline: the deadline that comes with a call passes, while the handler works. The requests are written by hand, after the
// specifications of the protocols, because a client would cancel the call at the same moment.
func TestHandlerDeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ protocol, contentType, key, value, body string }{
		{connect.ProtocolConnect, "application/proto", "Connect-Timeout-Ms", "20", ""},
		{connect.ProtocolGRPC, "application/grpc+proto", "Grpc-Timeout", "20m", "\x00\x00\x00\x00\x00"},
		{connect.ProtocolGRPCWeb, "application/grpc-web+proto", "Grpc-Timeout", "20m", "\x00\x00\x00\x00\x00"},
	} {
		t.Run(c.protocol, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t)
			s := serve(t, p, handlers{unary: func(ctx context.Context, _ *connect.Request[text]) (*connect.Response[text], error) {
				<-ctx.Done()
				return connect.NewResponse(&text{}), nil
			}}, connect.WithInterceptors(p.otel(t), cxconnect.NewInterceptor()))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+unary, strings.NewReader(c.body))
			must(t, err)
			r.Header.Set("Content-Type", c.contentType)
			r.Header.Set(c.key, c.value)
			res, err := s.Client().Do(r)
			must(t, err)
			must(t, res.Body.Close())
			if e := p.touchpoints(t, 1)[0]; e.Outcome != event.Failed || e.ErrorType != "DEADLINE_EXCEEDED" {
				t.Errorf("the touchpoint is %v, %q", e.Outcome, e.ErrorType)
			}
		})
	}
}

// TestHandlerPanics: a panic is a failed touchpoint, and goes on to what recovers outside.
func TestHandlerPanics(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	s := serve(t, p, handlers{
		unary: func(context.Context, *connect.Request[text]) (*connect.Response[text], error) { panic("boom") },
		bidi:  func(context.Context, *connect.BidiStream[text, text]) error { panic("boom") },
	}, connect.WithRecover(func(_ context.Context, _ connect.Spec, _ http.Header, v any) error {
		return connect.NewError(connect.CodeInternal, fmt.Errorf("%v", v))
	}), connect.WithInterceptors(p.otel(t), cxconnect.NewInterceptor()))
	_, first := to(s, unary).CallUnary(t.Context(), connect.NewRequest(&text{}))
	stream := to(s, bidi).CallBidiStream(t.Context())
	_ = stream.CloseRequest()
	_, second := stream.Receive()
	_ = stream.CloseResponse()
	for i, err := range []error{first, second} {
		if connect.CodeOf(err) != connect.CodeInternal || !strings.Contains(err.Error(), "boom") {
			t.Errorf("call %d: the client gets %v", i, err)
		}
		if e := p.touchpoints(t, 1)[0]; e.Outcome != event.Failed || e.ErrorType != "panic" {
			t.Errorf("call %d: the touchpoint is %v, %q", i, e.Outcome, e.ErrorType)
		}
	}
}

// TestHandlerInsideTheServersSpan: without otelconnect the touchpoint describes the span that is there, such as that of otelhttp.
func TestHandlerInsideTheServersSpan(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	s := serve(t, p, handlers{}, connect.WithInterceptors(connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
			ctx, span := p.traces.Tracer("server").Start(ctx, "POST")
			defer span.End()
			return next(ctx, r)
		}
	}), cxconnect.NewInterceptor()))
	_, err := to(s, unary).CallUnary(t.Context(), connect.NewRequest(&text{}))
	must(t, err)
	s.Close()
	spans := p.spans.GetSpans()
	if len(spans) != 1 || spans[0].Name != "POST" || attrs(spans[0].Attributes)["cx.touchpoint.name"] != "shop.v1.Cart/Pay" {
		t.Errorf("the spans are %v", spans)
	}
}
