package cxgrpc

import (
	"context"

	"google.golang.org/grpc/codes"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Option is an option of [UnaryServerInterceptor] and of [StreamServerInterceptor]. An option value may be reused.
type Option interface{ apply(*server) }

type option func(*server)

func (o option) apply(s *server) { o(s) }

// WithRoute makes calls of the method the touchpoint d. The method is "/package.Service/Method", as a generated constant such as
// Cart_Pay_FullMethodName has it, or "/package.Service/*" for all methods of a service. A method that its service does not have, by the
// files of generated code, is reported once as unknown_route. A nil d changes nothing. Default: a touchpoint with the method as its name,
// without the first slash.
func WithRoute(fullMethod string, d *touchpoint.Definition) Option {
	return option(func(s *server) {
		if d != nil { // a nil one in the map is a method of WithSkip
			s.rpc.Routes[fullMethod] = d
		}
	})
}

// WithSkip makes calls of these methods no touchpoints; [WithRoute] says how to write them. They are still in the customer's journey.
// Default: the services in packages grpc.health, grpc.reflection and grpc.channelz, by which gRPC lets a server be watched.
func WithSkip(fullMethods ...string) Option {
	return option(func(s *server) {
		for _, m := range fullMethods {
			s.rpc.Routes[m] = nil
		}
	})
}

// WithOnlyRoutes makes touchpoints of the methods that [WithRoute] names, and of no others. Default: every method is a touchpoint.
func WithOnlyRoutes() Option { return option(func(s *server) { s.rpc.OnlyRoutes = true }) }

// WithJourneyID puts calls into a run of j. The function returns the run's ID from the request of a unary call, or "" for none. It is
// called once for each call, for several calls at the same time. The request of a stream is nil, because the touchpoint begins before the
// first message: take the ID from the metadata in ctx, or resume the run in the handler, which the touchpoint then joins.
//
// The interceptor believes the ID, and any client can make one up. A call that is answered with [codes.NotFound] is therefore not in the
// run, unless the handler has changed the run, or a trusted position names the same run.
func WithJourneyID(j *journey.Definition, id func(ctx context.Context, fullMethod string, req any) string) Option {
	return option(func(s *server) { s.rpc.Journey, s.rpc.ID = j, id })
}

// WithChannel returns the channel of a call; 0 is the default. Default: the channel of the position that came with the call, where it is
// believed, else [event.API].
func WithChannel(channel func(ctx context.Context, fullMethod string) event.Channel) Option {
	return option(func(s *server) { s.rpc.Channel = channel })
}

// WithTrustedPeers says from which calls the interceptor believes the customer's position: those of the application's own services. The
// function finds the peer in ctx ([google.golang.org/grpc/peer.FromContext]), with the certificate of mutual TLS. Several such options add
// up, and so does [WithSignedPositions]. It is called for several calls at the same time; a nil function trusts none. Default: none. Trust
// no gateway or proxy, which passes on what strangers send: use [WithSignedPositions] behind one.
func WithTrustedPeers(peer func(ctx context.Context) bool) Option {
	return option(func(s *server) {
		if peer != nil {
			s.rpc.Trusted = append(s.rpc.Trusted, peer)
		}
	})
}

// WithSignedPositions believes the position of a call if another service has signed it with one of the client's keys
// (cx.WithPositionKeys), whichever peer sends the call. The rules are those of [touchpoint.WithSignedPositions].
func WithSignedPositions() Option { return option(func(s *server) { s.rpc.Signed = true }) }

// WithSynthetic identifies the calls of crawlers and probes, as [touchpoint.WithSynthetic] does. Nil is the default. Default: the products
// in the user-agent metadata decide, as the User-Agent header does there.
func WithSynthetic(kind func(ctx context.Context, fullMethod string) touchpoint.SyntheticType) Option {
	return option(func(s *server) { s.rpc.Synthetic = kind })
}

// WithCodes returns the outcome of a status code for the customer; 0 is ok. The code is the one that the client gets: [codes.Canceled] where
// the client has left, and [codes.DeadlineExceeded] where the deadline has passed, whatever the handler answers then. A service whose
// streams end when the client leaves can say here that this is ok. Nil is the default. Default: [Outcome].
func WithCodes(outcome func(codes.Code) event.Outcome) Option {
	return option(func(s *server) {
		if s.rpc.Outcome = nil; outcome != nil {
			s.rpc.Outcome = func(code uint32) event.Outcome { return outcome(codes.Code(code)) }
		}
	})
}

// Outcome is the default of [WithCodes]:
//
//	OK                                                  ok
//	Canceled                                            cancelled
//	Unknown, DeadlineExceeded, Unimplemented,
//	Internal, Unavailable, DataLoss, ResourceExhausted  failed
//	InvalidArgument, NotFound, AlreadyExists,
//	PermissionDenied, Unauthenticated,
//	FailedPrecondition, Aborted, OutOfRange             ok: the service worked, and refused
//
// [touchpoint.RPCOutcome] has the reasons and their sources. The error type of a failed touchpoint is the name of the code, such as
// UNAVAILABLE. A handler marks its touchpoint itself with [touchpoint.FromContext].
func Outcome(code codes.Code) event.Outcome { return touchpoint.RPCOutcome(uint32(code)) }
