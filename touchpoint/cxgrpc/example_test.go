package cxgrpc_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxgrpc"
)

// printed prints each touchpoint.
type printed struct{}

func (printed) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		fmt.Println(e.Touchpoint, e.Journey.ID, e.Outcome)
	}
}

func (printed) Shutdown(context.Context) error { return nil }

// shop is a service. The payload of a request is the ID of a cart.
type shop struct {
	pb.UnimplementedTestServiceServer
}

func (shop) EmptyCall(ctx context.Context, _ *pb.Empty) (*pb.Empty, error) {
	checkout.Start(ctx, "c-1", event.Customer{})
	return &pb.Empty{}, nil
}

func (shop) UnaryCall(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return nil, status.Error(codes.Unavailable, "the bank does not answer")
}

// The handler of a stream resumes the run that the first message names.
func (shop) StreamingOutputCall(r *pb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
	checkout.Resume(s.Context(), string(r.GetPayload().GetBody()))
	return s.Send(&pb.StreamingOutputCallResponse{})
}

// opened serves the shop in memory with the options, and records to a client that prints touchpoints.
func opened(opts ...grpc.ServerOption) (shop pb.TestServiceClient, closed func()) {
	client, err := cx.New(cx.WithDefinitions(checkout), cx.WithProcessors(printed{}), cx.WithoutCustomerIDs(), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		panic(err)
	}
	cx.SetDefault(client)
	memory := bufconn.Listen(1 << 16)
	server := serving(memory, opts...)
	conn, err := grpc.NewClient("passthrough:///shop", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return memory.DialContext(ctx) }))
	if err != nil {
		panic(err)
	}
	return pb.NewTestServiceClient(conn), func() {
		_ = conn.Close()
		server.GracefulStop()
		_ = client.Shutdown(context.Background())
		cx.SetDefault(nil)
	}
}

func serving(l net.Listener, opts ...grpc.ServerOption) *grpc.Server {
	server := grpc.NewServer(opts...)
	pb.RegisterTestServiceServer(server, shop{})
	go func() { _ = server.Serve(l) }()
	return server
}

// Every method is a touchpoint; one of them has a definition, and the journey's ID is in the request.
func ExampleUnaryServerInterceptor() {
	submitPayment := touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment"))
	shop, closed := opened(grpc.ChainUnaryInterceptor(cxgrpc.UnaryServerInterceptor(
		cxgrpc.WithRoute(pb.TestService_UnaryCall_FullMethodName, submitPayment),
		cxgrpc.WithJourneyID(checkout, func(_ context.Context, _ string, req any) string {
			if r, ok := req.(*pb.SimpleRequest); ok {
				return string(r.GetPayload().GetBody())
			}
			return ""
		}))))
	defer closed()

	ctx := context.Background()
	_, err := shop.EmptyCall(ctx, &pb.Empty{})
	fmt.Println(status.Code(err))
	_, err = shop.UnaryCall(ctx, &pb.SimpleRequest{Payload: &pb.Payload{Body: []byte("c-1")}})
	fmt.Println(status.Code(err))
	// Output:
	// grpc.testing.TestService/EmptyCall c-1 ok
	// OK
	// submit-payment c-1 failed
	// Unavailable
}

// A stream takes the journey from its first message: the handler resumes the run, and the stream's touchpoint joins it.
func ExampleStreamServerInterceptor() {
	shop, closed := opened(grpc.ChainStreamInterceptor(cxgrpc.StreamServerInterceptor()))
	defer closed()

	stream, err := shop.StreamingOutputCall(context.Background(), &pb.StreamingOutputCallRequest{Payload: &pb.Payload{Body: []byte("c-2")}})
	for err == nil {
		_, err = stream.Recv()
	}
	fmt.Println(err)
	// Output:
	// grpc.testing.TestService/StreamingOutputCall c-2 ok
	// EOF
}

// Clients end these streams by leaving, which is ok.
func ExampleWithCodes() {
	opt := cxgrpc.WithCodes(func(c codes.Code) event.Outcome {
		if c == codes.Canceled {
			return event.OK
		}
		return cxgrpc.Outcome(c)
	})
	fmt.Println(opt != nil, cxgrpc.Outcome(codes.Canceled), cxgrpc.Outcome(codes.Unavailable), cxgrpc.Outcome(codes.NotFound))
	// Output: true cancelled failed ok
}

// With mutual TLS a service trusts the certificates of its own services.
func ExampleWithTrustedPeers() {
	ours := func(ctx context.Context) bool {
		p, ok := peer.FromContext(ctx)
		if !ok {
			return false
		}
		info, ok := p.AuthInfo.(credentials.TLSInfo)
		return ok && slices.ContainsFunc(info.State.VerifiedChains, func(chain []*x509.Certificate) bool {
			return slices.Contains(chain[0].DNSNames, "checkout.internal")
		})
	}
	fmt.Println(cxgrpc.WithTrustedPeers(ours) != nil, ours(context.Background()))
	// Output: true false
}

var unavailable = status.Error(codes.Unavailable, "try again")
