package bench

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"testing"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/touchpoint/cxconnect"
	"cairncx.dev/cairn/touchpoint/cxgrpc"
)

// The calls of both protocols, each at both ends: otelgrpc and otelconnect propagate the trace of the request, and record a span and a duration
// at each end. "by ID" is Cairn at the server alone: it records a touchpoint in the run that the request names, as in the benchmark of the
// handler. "by position" is Cairn at both ends: the client signs and sends its position, and the server verifies it and records the touchpoint.

var w3c = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

// fewRounds are enough, because a call takes some ten times as long as what the other benchmarks measure.
const fewRounds = 61

// oneProcessor lets Go use one processor until the returned function is called. A call hands over between goroutines many times, and with
// two processors the time in which an idle one looks for work would be most of the difference.
func oneProcessor() func() {
	was := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(was) }
}

// rpcGoals are those of both protocols: what Cairn adds beside what OpenTelemetry's instrumentation adds to a call without either.
func rpcGoals(name string, byID, byPosition float64) func(r []result) []goal {
	return func(r []result) []goal {
		otel := r[1].nanos - r[0].nanos
		return []goal{
			{name + " by ID: cairn adds/otel adds", (r[2].nanos - r[1].nanos) / otel, 0.6, byID},
			{name + " by position: cairn adds/otel adds", (r[3].nanos - r[1].nanos) / otel, 0.6, byPosition},
		}
	}
}

// service answers every unary call.
type service struct {
	pb.UnimplementedTestServiceServer
}

func (service) EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error) { return &pb.Empty{}, nil }

func BenchmarkGRPC(b *testing.B) {
	once(b, func() {
		defer oneProcessor()()
		p := recording(sdktrace.AlwaysSample())
		c := p.client(b, cx.WithJourneySampling(0), cx.WithPositionKeys([]byte("a key of 16 bytes or more")))
		call := func(server []grpc.ServerOption, client []grpc.DialOption) func() {
			l := bufconn.Listen(1 << 16)
			srv := grpc.NewServer(append(server, grpc.WaitForHandlers(true))...)
			pb.RegisterTestServiceServer(srv, service{})
			go func() { _ = srv.Serve(l) }()
			b.Cleanup(srv.Stop)
			cc, err := grpc.NewClient("passthrough:///bufnet", append(client, grpc.WithTransportCredentials(insecure.NewCredentials()),
				grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))...)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = cc.Close() })
			to, ctx := pb.NewTestServiceClient(cc), resumed(c)
			return func() {
				if _, err := to.EmptyCall(ctx, &pb.Empty{}); err != nil {
					b.Error(err)
				}
			}
		}
		opts := []otelgrpc.Option{otelgrpc.WithTracerProvider(p.traces), otelgrpc.WithMeterProvider(p.meter), otelgrpc.WithPropagators(w3c)}
		otelServer := grpc.StatsHandler(otelgrpc.NewServerHandler(opts...))
		otelClient := grpc.WithStatsHandler(otelgrpc.NewClientHandler(opts...))
		cx.SetDefault(c)
		b.Cleanup(func() { cx.SetDefault(nil) })
		vs := []variant{
			{"plain", call(nil, nil), p.flush},
			{"otelgrpc", call([]grpc.ServerOption{otelServer}, []grpc.DialOption{otelClient}), p.flush},
			{"otelgrpc and cairn, by ID", call([]grpc.ServerOption{otelServer, grpc.UnaryInterceptor(cxgrpc.UnaryServerInterceptor(
				cxgrpc.WithRoute("/grpc.testing.TestService/EmptyCall", submitPayment),
				cxgrpc.WithJourneyID(checkout, func(context.Context, string, any) string { return journeyID })))},
				[]grpc.DialOption{otelClient}), p.flush},
			{"otelgrpc and cairn, by position", call([]grpc.ServerOption{otelServer, grpc.UnaryInterceptor(cxgrpc.UnaryServerInterceptor(
				cxgrpc.WithSignedPositions(), cxgrpc.WithRoute("/grpc.testing.TestService/EmptyCall", submitPayment)))},
				[]grpc.DialOption{otelClient, grpc.WithUnaryInterceptor(cxgrpc.UnaryClientInterceptor("bufnet"))}), p.flush},
		}
		scenario{"gRPC call", vs, rpcGoals("gRPC", 0.9, 1.4)}.runFor(b, fewRounds)
	})
}

func BenchmarkConnect(b *testing.B) {
	once(b, func() {
		defer oneProcessor()()
		p := recording(sdktrace.AlwaysSample())
		c := p.client(b, cx.WithJourneySampling(0), cx.WithPositionKeys([]byte("a key of 16 bytes or more")))
		call := func(interceptors ...connect.Interceptor) func() {
			const procedure = "/shop.v1.Cart/Pay"
			h := connect.NewUnaryHandler(procedure, func(context.Context, *connect.Request[emptypb.Empty]) (*connect.Response[emptypb.Empty], error) {
				return connect.NewResponse(&emptypb.Empty{}), nil
			}, connect.WithInterceptors(interceptors...))
			l := bufconn.Listen(1 << 16)
			srv := &http.Server{Handler: h, Protocols: overHTTP2()} //nolint:gosec // the client is this process
			go func() { _ = srv.Serve(l) }()
			b.Cleanup(func() { _ = srv.Close() })
			base := &http.Transport{Protocols: overHTTP2(), DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return l.DialContext(ctx) }}
			b.Cleanup(base.CloseIdleConnections)
			to := connect.NewClient[emptypb.Empty, emptypb.Empty](&http.Client{Transport: base}, "http://bufnet"+procedure, connect.WithInterceptors(interceptors...))
			ctx := resumed(c)
			return func() {
				if _, err := to.CallUnary(ctx, connect.NewRequest(&emptypb.Empty{})); err != nil {
					b.Error(err)
				}
			}
		}
		otel, err := otelconnect.NewInterceptor(otelconnect.WithTracerProvider(p.traces), otelconnect.WithMeterProvider(p.meter),
			otelconnect.WithPropagator(w3c), otelconnect.WithTrustRemote())
		if err != nil {
			b.Fatal(err)
		}
		cx.SetDefault(c)
		b.Cleanup(func() { cx.SetDefault(nil) })
		vs := []variant{
			{"plain", call(), p.flush},
			{"otelconnect", call(otel), p.flush},
			{"otelconnect and cairn, by ID", call(otel, cxconnect.NewInterceptor(cxconnect.WithRoute("/shop.v1.Cart/Pay", submitPayment),
				cxconnect.WithJourneyID(checkout, func(context.Context, string, any) string { return journeyID }))), p.flush},
			{"otelconnect and cairn, by position", call(otel, cxconnect.NewInterceptor(cxconnect.WithSignedPositions(), cxconnect.WithTargets("bufnet"),
				cxconnect.WithRoute("/shop.v1.Cart/Pay", submitPayment))), p.flush},
		}
		scenario{"Connect call", vs, rpcGoals("Connect", 0.8, 1.4)}.runFor(b, fewRounds)
	})
}

// overHTTP2 is HTTP/2 without TLS.
func overHTTP2() *http.Protocols {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return p
}
