package rpc_test

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

// answering answers each call with the status that it asks for, and says on the span of the instrumentation which cart the call is about.
type answering struct {
	pb.UnimplementedTestServiceServer
}

func (answering) UnaryCall(ctx context.Context, r *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("shop.cart.id", "c1"))
	code := r.GetResponseStatus().GetCode()
	return &pb.SimpleResponse{}, status.Error(grpccodes.Code(code), "secret") //nolint:gosec // the test asks for 0 to 16
}

// matching is a provider whose spans become touchpoints by one rule, and what they become.
func matching(t *testing.T, rule string) (*sdktrace.TracerProvider, *cxtest.Recorder) {
	t.Helper()
	bp := &blueprint.Blueprint{
		Version:  1,
		Journeys: []blueprint.Journey{{Name: "checkout"}},
		Touchpoints: []blueprint.Touchpoint{{Name: "pay", Journey: "checkout", Match: blueprint.Matches{
			{Span: rule, Kind: "server", Case: blueprint.MatchSource{Attribute: "shop.cart.id"}, Starts: true},
		}}},
	}
	rec := cxtest.New(t, cx.WithBlueprint(bp))
	p, err := spanmatch.New(bp, spanmatch.WithClient(rec.Client()))
	must(t, err)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(spanmatch.RecordAll(sdktrace.NeverSample())), sdktrace.WithSpanProcessor(p))
	t.Cleanup(func() { must(t, provider.Shutdown(context.Background())) })
	return provider, rec
}

// became lists the touchpoints as "outcome class", those in no run with a dash before them, in the order of these texts: the span of a call
// may end after the client has the answer.
func became(rec *cxtest.Recorder) (list []string) {
	for _, e := range rec.Events() {
		if e.Kind != event.TouchpointEnded {
			continue
		}
		text := strings.TrimSpace(e.Outcome.String() + " " + e.ErrorType)
		if e.Journey.ID != "c1" {
			text = "-" + text
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// TestSpansOfOtelgrpc: the server's spans of otelgrpc, of which none is sampled, become touchpoints with the outcome of each status code. The
// expected values are those of docs/grpc.md for the adapter, but for a status that the span alone cannot tell.
func TestSpansOfOtelgrpc(t *testing.T) {
	t.Parallel()
	provider, rec := matching(t, "grpc.testing.TestService/UnaryCall")
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithTracerProvider(provider))))
	pb.RegisterTestServiceServer(server, answering{})
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	cc, err := grpc.NewClient("dns:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	to, want := pb.NewTestServiceClient(cc), []string(nil)
	for code := range grpccodes.Unauthenticated + 1 {
		_, err := to.UnaryCall(t.Context(), &pb.SimpleRequest{ResponseStatus: &pb.EchoStatus{Code: int32(code)}}) //nolint:gosec // 0 to 16
		if status.Code(err) != code {
			t.Errorf("%v is answered with %v", code, err)
		}
		want = append(want, expected(code))
	}
	must(t, cc.Close())
	server.GracefulStop()
	must(t, <-served)
	slices.Sort(want)
	if d := cmp.Diff(want, became(rec)); d != "" {
		t.Errorf("the touchpoints of the codes 0 to 16 (-want +got):\n%s", d)
	}
}

// TestSpansOfOtelconnect is TestSpansOfOtelgrpc in the three protocols of Connect.
func TestSpansOfOtelconnect(t *testing.T) {
	t.Parallel()
	for protocol, how := range map[string][]connect.ClientOption{
		connect.ProtocolConnect: nil, connect.ProtocolGRPC: {connect.WithGRPC()}, connect.ProtocolGRPCWeb: {connect.WithGRPCWeb()},
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			provider, rec := matching(t, "psp.v1.Cards/Charge")
			theirs, err := otelconnect.NewInterceptor(otelconnect.WithTracerProvider(provider))
			must(t, err)
			code := connect.Code(0)
			cards := httptest.NewUnstartedServer(connect.NewUnaryHandler(chargeProcedure,
				func(ctx context.Context, _ *connect.Request[emptypb.Empty]) (*connect.Response[emptypb.Empty], error) {
					trace.SpanFromContext(ctx).SetAttributes(attribute.String("shop.cart.id", "c1"))
					if code == 0 {
						return connect.NewResponse(&emptypb.Empty{}), nil
					}
					return nil, connect.NewError(code, errors.New("secret"))
				}, connect.WithInterceptors(theirs)))
			cards.EnableHTTP2 = true
			cards.StartTLS()
			to := connect.NewClient[emptypb.Empty, emptypb.Empty](cards.Client(), cards.URL+chargeProcedure, how...)
			var want []string
			for code = range connect.CodeUnauthenticated + 1 {
				if _, err := to.CallUnary(t.Context(), connect.NewRequest(&emptypb.Empty{})); (err != nil) != (code != 0) || code != 0 && connect.CodeOf(err) != code {
					t.Errorf("%v is answered with %v", code, err)
				}
				want = append(want, expected(grpccodes.Code(code)))
			}
			cards.Close()
			slices.Sort(want)
			if d := cmp.Diff(want, became(rec)); d != "" {
				t.Errorf("the touchpoints of the codes 0 to 16 (-want +got):\n%s", d)
			}
		})
	}
}

// expected returns what a call with the code becomes: OpenTelemetry's conventions name the codes that are the server's errors
// (https://opentelemetry.io/docs/specs/semconv/rpc/grpc/), which are failures, as a service at its limit is.
func expected(code grpccodes.Code) string {
	names := []string{
		"", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
		"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
	}
	switch errs := []grpccodes.Code{
		grpccodes.Unknown, grpccodes.DeadlineExceeded, grpccodes.Unimplemented, grpccodes.Internal, grpccodes.Unavailable, grpccodes.DataLoss, grpccodes.ResourceExhausted,
	}; {
	case slices.Contains(errs, code):
		return "failed " + names[code]
	case code == grpccodes.Canceled:
		return "cancelled"
	case code == grpccodes.NotFound:
		return "-ok"
	default:
		return "ok"
	}
}
