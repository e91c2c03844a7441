package cxgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxgrpc"
)

// both returns the two interceptors of a server.
func both(opts ...cxgrpc.Option) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(cxgrpc.UnaryServerInterceptor(opts...)),
		grpc.ChainStreamInterceptor(cxgrpc.StreamServerInterceptor(opts...)),
	}
}

// TestServerDescribesTheSpan: with otelgrpc a call has one span at the server, which has the customer's outcome. Without it Cairn opens one.
func TestServerDescribesTheSpan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		instrumented bool
		err          error
		opts         []cxgrpc.Option
		attrs        map[string]string
		status       codes.Code
		twin         bool
	}{
		{
			name: "with otelgrpc", reason: "the span has both", instrumented: true, twin: true,
			attrs: map[string]string{"cx.touchpoint.name": unary, "cx.channel": "api", "cx.outcome": "ok", "cx.journey.id": "7", "rpc.response.status_code": "OK"},
		},
		{
			name: "with otelgrpc and a definition", reason: "the definition names the touchpoint", instrumented: true, twin: true,
			opts:  []cxgrpc.Option{cxgrpc.WithRoute("/"+unary, pay)},
			attrs: map[string]string{"cx.touchpoint.name": "pay", "cx.stage.name": "payment"},
		},
		{
			name: "with otelgrpc, unavailable", reason: "the server failed", instrumented: true, twin: true, status: codes.Error,
			err:   status.Error(grpccodes.Unavailable, "secret"),
			attrs: map[string]string{"cx.outcome": "failed", "error.type": "UNAVAILABLE", "rpc.response.status_code": "UNAVAILABLE"},
		},
		{
			name: "with otelgrpc, exhausted", reason: "the customer was turned away, which is no error of the server", instrumented: true, twin: true,
			err:   status.Error(grpccodes.ResourceExhausted, "secret"),
			attrs: map[string]string{"cx.outcome": "failed", "error.type": "", "rpc.response.status_code": "RESOURCE_EXHAUSTED"},
		},
		{
			name: "with otelgrpc, not found", reason: "a client can make up an ID", instrumented: true,
			err:   status.Error(grpccodes.NotFound, "secret"),
			attrs: map[string]string{"cx.outcome": "ok", "cx.journey.id": ""},
		},
		{
			name: "with otelgrpc, skipped", reason: "the call is found from the run, and is no touchpoint", instrumented: true,
			opts:  []cxgrpc.Option{cxgrpc.WithSkip("/grpc.testing.TestService/*")},
			attrs: map[string]string{"cx.touchpoint.name": "", "cx.journey.id": "7"},
		},
		{
			name: "without", reason: "the touchpoint has a span of its own", twin: true,
			attrs: map[string]string{"cx.touchpoint.name": unary, "cx.outcome": "ok", "rpc.response.status_code": ""},
		},
		{
			name: "without, unavailable", reason: "a failure is an error", twin: true, status: codes.Error,
			err:   status.Error(grpccodes.Unavailable, "secret"),
			attrs: map[string]string{"cx.outcome": "failed", "error.type": "UNAVAILABLE"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t)
			id := cxgrpc.WithJourneyID(checkout, func(_ context.Context, method string, req any) string {
				if method != "/"+unary {
					t.Errorf("the method is %q", method)
				}
				return string(req.(*pb.SimpleRequest).GetPayload().GetBody())
			})
			s := serve(t, p, c.instrumented, &handlers{unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
				return &pb.SimpleResponse{}, c.err
			}}, both(append(c.opts, id)...))
			_, to := dial(t, nil, s.address)
			_, err := to.UnaryCall(t.Context(), &pb.SimpleRequest{Payload: &pb.Payload{Body: []byte("7")}})
			if status.Code(err) != status.Code(c.err) {
				t.Errorf("the client gets %v, want %v", err, c.err)
			}
			s.GracefulStop()
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
			if c.instrumented && live[0].Name != unary {
				t.Errorf("the span's name is %q", live[0].Name)
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

// TestServerCodes: what gRPC sends for an error is what counts. The client sees the same code.
func TestServerCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want grpccodes.Code
	}{
		{"none", nil, grpccodes.OK},
		{"a status", status.Error(grpccodes.DataLoss, "x"), grpccodes.DataLoss},
		{"a status within an error", fmt.Errorf("outside: %w", status.Error(grpccodes.Aborted, "x")), grpccodes.Aborted},
		{"a context's deadline", fmt.Errorf("outside: %w", context.DeadlineExceeded), grpccodes.DeadlineExceeded},
		{"a context of the service is cancelled", context.Canceled, grpccodes.Canceled},
		{"another error", errors.New("secret"), grpccodes.Unknown},
		{"a number that is no code", status.Error(99, "x"), 99},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked []grpccodes.Code
			p := newProcess(t)
			s := serve(t, p, false, &handlers{unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
				return &pb.SimpleResponse{}, c.err
			}}, both(cxgrpc.WithCodes(func(code grpccodes.Code) event.Outcome {
				asked = append(asked, code)
				return cxgrpc.Outcome(code)
			})))
			_, to := dial(t, nil, s.address)
			_, err := to.UnaryCall(t.Context(), &pb.SimpleRequest{})
			s.GracefulStop()
			if status.Code(err) != c.want || !slices.Equal(asked, []grpccodes.Code{c.want}) {
				t.Errorf("the client gets %v and the outcome is that of %v, want %v", status.Code(err), asked, c.want)
			}
			if e := p.touchpoints(t, 1)[0]; e.Outcome != cxgrpc.Outcome(c.want) {
				t.Errorf("the touchpoint is %v", e.Outcome)
			}
		})
	}
}

// TestServerStreams: a touchpoint lasts as long as the handler of the stream, whatever was sent and received, and the handler is in it.
func TestServerStreams(t *testing.T) {
	t.Parallel()
	h := &handlers{
		server: func(_ *pb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
			if err := s.SetHeader(metadata.Pairs("x", "1")); err != nil {
				return err
			}
			s.SetTrailer(metadata.Pairs("y", "2"))
			for range 3 {
				if err := s.Send(&pb.StreamingOutputCallResponse{}); err != nil {
					return err
				}
			}
			touchpoint.FromContext(s.Context()).Degrade("slow-psp")
			return nil
		},
		client: func(s grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error {
			n := 0
			for {
				if _, err := s.Recv(); errors.Is(err, io.EOF) { // half close
					checkout.Resume(s.Context(), fmt.Sprint("c", n))
					return s.SendAndClose(&pb.StreamingInputCallResponse{})
				}
				n++
			}
		},
		bidi: func(s grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
			if _, err := s.Recv(); err != nil {
				return err
			}
			if err := s.Send(&pb.StreamingOutputCallResponse{}); err != nil {
				return err
			}
			return status.Error(grpccodes.Internal, "after a message")
		},
	}
	for _, instrumented := range []bool{true, false} {
		t.Run(fmt.Sprint("otelgrpc ", instrumented), func(t *testing.T) {
			t.Parallel()
			p := newProcess(t)
			s := serve(t, p, instrumented, h, both(cxgrpc.WithJourneyID(checkout, func(_ context.Context, _ string, req any) string {
				if req != nil {
					t.Errorf("a stream has the message %v", req)
				}
				return ""
			})))
			_, to := dial(t, nil, s.address)

			out, err := to.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
			must(t, err)
			n := 0
			for ; err == nil; n++ {
				_, err = out.Recv()
			}
			if header, _ := out.Header(); n != 4 || !errors.Is(err, io.EOF) || header.Get("x")[0] != "1" || out.Trailer().Get("y")[0] != "2" {
				t.Errorf("the client gets %d messages, %v, %v, %v", n-1, err, header, out.Trailer())
			}
			e := p.touchpoints(t, 1)[0]
			if e.Touchpoint != server || e.Outcome != event.Degraded || e.Cause != "slow-psp" {
				t.Errorf("the touchpoint is %q, %v, %q", e.Touchpoint, e.Outcome, e.Cause)
			}

			in, err := to.StreamingInputCall(t.Context())
			must(t, err)
			for range 3 {
				must(t, in.Send(&pb.StreamingInputCallRequest{}))
			}
			_, err = in.CloseAndRecv()
			must(t, err)
			if e = p.touchpoints(t, 1)[0]; e.Touchpoint != client || e.Outcome != event.OK || e.Journey.ID != "c3" {
				t.Errorf("the touchpoint is %q, %v, in %q", e.Touchpoint, e.Outcome, e.Journey.ID)
			}

			both, err := to.FullDuplexCall(t.Context())
			must(t, err)
			must(t, both.Send(&pb.StreamingOutputCallRequest{}))
			_, err = both.Recv()
			must(t, err)
			if _, err = both.Recv(); status.Code(err) != grpccodes.Internal {
				t.Errorf("the client gets %v", err)
			}
			if e = p.touchpoints(t, 1)[0]; e.Touchpoint != bidi || e.Outcome != event.Failed || e.ErrorType != "INTERNAL" {
				t.Errorf("the touchpoint is %q, %v, %q", e.Touchpoint, e.Outcome, e.ErrorType)
			}
			s.GracefulStop()
			p.nothingMore(t)
		})
	}
}

// TestServerClientLeaves: a client that leaves does not get the answer of the handler.
func TestServerClientLeaves(t *testing.T) {
	t.Parallel()
	ends := func(ctx context.Context) error {
		<-ctx.Done()
		return nil // the handler has done its work
	}
	h := &handlers{
		unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
			return &pb.SimpleResponse{}, ends(ctx)
		},
		server: func(_ *pb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
			if err := s.Send(&pb.StreamingOutputCallResponse{}); err != nil {
				return err
			}
			return ends(s.Context())
		},
		bidi: func(s grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
			return ends(s.Context())
		},
	}
	for _, c := range []struct {
		name, reason string
		call         func(ctx context.Context, to pb.TestServiceClient, leave func()) error
		opts         []cxgrpc.Option
		outcome      event.Outcome
		errorType    string
	}{
		{"a unary call is cancelled", "the customer has left", func(ctx context.Context, to pb.TestServiceClient, leave func()) error {
			leave()
			_, err := to.UnaryCall(ctx, &pb.SimpleRequest{})
			return err
		}, nil, event.Cancelled, ""},
		{"a stream is cancelled after a message", "the customer has left", leaveStream, nil, event.Cancelled, ""},
		{"a stream that clients leave", "the application says that it is ok", leaveStream, []cxgrpc.Option{cxgrpc.WithCodes(func(c grpccodes.Code) event.Outcome {
			if c == grpccodes.Canceled {
				return event.OK
			}
			return cxgrpc.Outcome(c)
		})}, event.OK, ""},
		{"a stream is opened and never read", "the customer has left", func(ctx context.Context, to pb.TestServiceClient, leave func()) error {
			s, err := to.FullDuplexCall(ctx)
			if err != nil {
				return err
			}
			leave()
			_, err = s.Recv()
			return err
		}, nil, event.Cancelled, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t)
			arrived := make(chan struct{})
			first := sync.OnceFunc(func() { close(arrived) })
			s := serve(t, p, true, h, append(both(c.opts...),
				grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
					first()
					return next(ctx, req)
				}),
				grpc.ChainStreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
					first()
					return next(srv, ss)
				})))
			_, to := dial(t, nil, s.address)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := c.call(ctx, to, func() { // leaves when the handler has the call
				go func() {
					<-arrived
					cancel()
				}()
			})
			if status.Code(err) != grpccodes.Canceled {
				t.Errorf("the client gets %v", err)
			}
			if e := p.touchpoints(t, 1)[0]; e.Outcome != c.outcome || e.ErrorType != c.errorType {
				t.Errorf("the touchpoint is %v, %q, want %v, %q: %s", e.Outcome, e.ErrorType, c.outcome, c.errorType, c.reason)
			}
		})
	}
}

// TestServerDeadline: the deadline that comes with a call passes, while the handler works. The request is written by hand, after
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, because a client would cancel the call at the same moment.
func TestServerDeadline(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	s := serve(t, p, true, &handlers{unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		<-ctx.Done()
		return &pb.SimpleResponse{}, nil
	}}, both())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/"+unary, strings.NewReader("\x00\x00\x00\x00\x00"))
	must(t, err)
	r.Header.Set("Content-Type", "application/grpc+proto")
	r.Header.Set("Te", "trailers")
	r.Header.Set("Grpc-Timeout", "20m")
	over := &http.Transport{Protocols: new(http.Protocols)}
	over.Protocols.SetUnencryptedHTTP2(true)
	defer over.CloseIdleConnections()
	if res, err := over.RoundTrip(r); err == nil { // the server breaks the stream off, or answers before
		must(t, res.Body.Close())
	}
	if e := p.touchpoints(t, 1)[0]; e.Outcome != event.Failed || e.ErrorType != "DEADLINE_EXCEEDED" {
		t.Errorf("the touchpoint is %v, %q", e.Outcome, e.ErrorType)
	}
}

func leaveStream(ctx context.Context, to pb.TestServiceClient, leave func()) error {
	s, err := to.StreamingOutputCall(ctx, &pb.StreamingOutputCallRequest{})
	if err != nil {
		return err
	}
	if _, err = s.Recv(); err != nil {
		return err
	}
	leave()
	_, err = s.Recv()
	return err
}

// TestServerPanics: a panic is a failed touchpoint, and an interceptor outside recovers from it.
func TestServerPanics(t *testing.T) {
	t.Parallel()
	recovered := func(err *error) {
		if v := recover(); v != nil {
			*err = status.Errorf(grpccodes.Internal, "%v", v)
		}
	}
	h := &handlers{
		unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) { panic("boom") },
		server: func(*pb.StreamingOutputCallRequest, grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
			panic("boom")
		},
	}
	p := newProcess(t)
	s := serve(t, p, true, h, append([]grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (_ any, err error) {
			defer recovered(&err)
			return next(ctx, req)
		}),
		grpc.ChainStreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
			defer recovered(&err)
			return next(srv, ss)
		}),
	}, both()...))
	_, to := dial(t, nil, s.address)
	_, first := to.UnaryCall(t.Context(), &pb.SimpleRequest{})
	stream, err := to.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
	must(t, err)
	_, second := stream.Recv()
	for i, err := range []error{first, second} {
		if status.Code(err) != grpccodes.Internal || !strings.Contains(err.Error(), "boom") {
			t.Errorf("call %d: the client gets %v", i, err)
		}
		if e := p.touchpoints(t, 1)[0]; e.Outcome != event.Failed || e.ErrorType != "panic" {
			t.Errorf("call %d: the touchpoint is %v, %q", i, e.Outcome, e.ErrorType)
		}
	}
}

// TestServerWatched: health checks are no customers, and a method that only the handler of unknown services serves has no name of its own.
func TestServerWatched(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	s := serve(t, p, true, &handlers{}, append(both(cxgrpc.WithRoute("/proxied.v1.Cart/Pay", pay)),
		grpc.UnknownServiceHandler(func(_ any, ss grpc.ServerStream) error {
			var m pb.Empty
			if err := ss.RecvMsg(&m); err != nil {
				return err
			}
			return ss.SendMsg(&m)
		})), func(s *grpc.Server) { healthpb.RegisterHealthServer(s, health.NewServer()) })
	cc, _ := dial(t, nil, s.address)
	_, err := healthpb.NewHealthClient(cc).Check(t.Context(), &healthpb.HealthCheckRequest{})
	must(t, err)
	for i := range 100 {
		must(t, cc.Invoke(t.Context(), fmt.Sprintf("/made.up.V%d/Call", i), &pb.Empty{}, &pb.Empty{}))
	}
	must(t, cc.Invoke(t.Context(), "/proxied.v1.Cart/Pay", &pb.Empty{}, &pb.Empty{}))
	s.GracefulStop()
	if e := p.touchpoints(t, 1)[0]; e.Touchpoint != "pay" {
		t.Errorf("the touchpoint is %q", e.Touchpoint)
	}
	p.nothingMore(t)
}
