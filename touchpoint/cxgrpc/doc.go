// Package cxgrpc makes touchpoints of the calls that a gRPC server receives, and carries the customer's position between gRPC services.
//
//	grpc.NewServer(
//		grpc.StatsHandler(otelgrpc.NewServerHandler()),
//		grpc.ChainUnaryInterceptor(cxgrpc.UnaryServerInterceptor(cxgrpc.WithSignedPositions())),
//		grpc.ChainStreamInterceptor(cxgrpc.StreamServerInterceptor(cxgrpc.WithSignedPositions())))
//
//	grpc.NewClient("dns:///payments.internal:443",
//		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
//		grpc.WithChainUnaryInterceptor(cxgrpc.UnaryClientInterceptor("payments.internal")),
//		grpc.WithChainStreamInterceptor(cxgrpc.StreamClientInterceptor("payments.internal")))
//
// # Servers
//
// Each call is a touchpoint, named by its full method without the first slash: "shop.v1.Cart/Pay". It describes the span that otelgrpc has
// opened, and opens none of its own. Without otelgrpc it opens a span. [Outcome] is the table of status codes and outcomes. The touchpoint of a
// stream lasts until the handler of the stream returns, whatever messages it sent or received before.
//
// A server by default believes no position that comes with a call: see [WithSignedPositions] and [WithTrustedPeers]. It removes one that it
// does not believe from the incoming metadata and from OpenTelemetry's baggage, so that the service cannot pass it on.
//
// Where the client cancels a call before the answer, the touchpoint is cancelled; where the deadline passes, it is failed with the error
// type DEADLINE_EXCEEDED. A panic of the handler is a failed touchpoint with the error type "panic", and goes on: put an interceptor that
// recovers from panics before this one in the chain. Behind this one, the status that it answers with counts, and not the panic.
//
// gRPC calls interceptors once it has read and decoded the message of a unary call. A call that it answers before, such as one of a method
// that the server does not have, is no touchpoint.
//
// # Clients
//
// The interceptors of a client send the customer's position to the targets that are named, and to no others. They record nothing. Each
// attempt of gRPC's retries carries the same position, and each that reaches the service is a touchpoint there.
package cxgrpc
