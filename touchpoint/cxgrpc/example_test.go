package cxgrpc_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxgrpc"
)

// Every method is a touchpoint; one of them has a definition, and the journey's ID is in the request.
func ExampleUnaryServerInterceptor() {
	submitPayment := touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment"))
	opts := []cxgrpc.Option{
		cxgrpc.WithSignedPositions(),
		cxgrpc.WithRoute(pb.TestService_UnaryCall_FullMethodName, submitPayment),
		cxgrpc.WithJourneyID(checkout, func(_ context.Context, _ string, req any) string {
			if r, ok := req.(*pb.SimpleRequest); ok {
				return string(r.GetPayload().GetBody())
			}
			return ""
		}),
	}
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(cxgrpc.UnaryServerInterceptor(opts...)),
		grpc.ChainStreamInterceptor(cxgrpc.StreamServerInterceptor(opts...)))
	defer server.Stop()
	fmt.Println(len(server.GetServiceInfo()), "services")
	// Output: 0 services
}

// A stream takes the journey from its first message: the handler resumes the run, and the stream's touchpoint joins it.
func ExampleStreamServerInterceptor() {
	watch := func(order *pb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
		ctx := checkout.Resume(s.Context(), string(order.GetPayload().GetBody()))
		<-ctx.Done()
		return ctx.Err()
	}
	_ = watch
	fmt.Println(cxgrpc.StreamServerInterceptor() != nil)
	// Output: true
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
