package cxconnect

import (
	"context"

	"connectrpc.com/connect"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Option is an option of [NewInterceptor]. An option value may be reused.
type Option interface{ apply(*interceptor) }

type option func(*interceptor)

func (o option) apply(i *interceptor) { o(i) }

// WithTargets sends the customer's position with the calls of a client to these hosts, and to no others, by the rules of
// [touchpoint.Transport]. The host is that of the client's URL. A host with a port, such as "payments:8443", is one only where the URL has the
// port too, because Connect does not tell the scheme: write "payments" for "https://payments". Default: no position is sent.
func WithTargets(hosts ...string) Option {
	return option(func(i *interceptor) { i.targets = append(i.targets, hosts...) })
}

// WithRoute makes calls of the procedure the touchpoint d. The procedure is "/package.Service/Method", as a generated constant such as
// CartPayProcedure has it, or "/package.Service/*" for all procedures of a service. A method that its service does not have, by the files of
// generated code, is reported once as unknown_route. A nil d changes nothing. Default: a touchpoint with the procedure as its name, without
// the first slash.
func WithRoute(procedure string, d *touchpoint.Definition) Option {
	return option(func(i *interceptor) {
		if d != nil { // a nil one in the map is a procedure of WithSkip
			i.rpc.Routes[procedure] = d
		}
	})
}

// WithSkip makes calls of these procedures no touchpoints; [WithRoute] says how to write them. They are still in the customer's journey.
// Default: the services in packages grpc.health, grpc.reflection and grpc.channelz, by which a server is watched.
func WithSkip(procedures ...string) Option {
	return option(func(i *interceptor) {
		for _, p := range procedures {
			i.rpc.Routes[p] = nil
		}
	})
}

// WithOnlyRoutes makes touchpoints of the procedures that [WithRoute] names, and of no others. Default: every procedure is a touchpoint.
func WithOnlyRoutes() Option { return option(func(i *interceptor) { i.rpc.OnlyRoutes = true }) }

// WithJourneyID puts calls into a run of j. The function returns the run's ID from the message of a unary call, such as *cartv1.PayRequest,
// or "" for none. It is called once for each call, for several calls at the same time. The message of a stream is nil, because the
// touchpoint begins before the first message: take the ID from the header ([connect.CallInfoForHandlerContext]), or resume the run in the
// handler, which the touchpoint then joins.
//
// The interceptor believes the ID, and any client can make one up. A call that is answered with [connect.CodeNotFound] is therefore not in
// the run, unless the handler has changed the run, or a trusted position names the same run.
func WithJourneyID(j *journey.Definition, id func(ctx context.Context, procedure string, message any) string) Option {
	return option(func(i *interceptor) { i.rpc.Journey, i.rpc.ID = j, id })
}

// WithChannel returns the channel of a call; 0 is the default. Default: the channel of the position that came with the call, where it is
// believed, else [event.Web] for the protocol gRPC-Web, which is made for browsers, and [event.API] for the others.
func WithChannel(channel func(ctx context.Context, procedure string) event.Channel) Option {
	return option(func(i *interceptor) { i.rpc.Channel = channel })
}

// WithTrustedPeers says from which calls the interceptor believes the customer's position: those of the application's own services.
// [PeerFromContext] has the address of the peer. Connect tells no certificate: a middleware outside can put what it knows of
// [net/http.Request.TLS] into the context. Several such options add up, and so does [WithSignedPositions]. The function is called for several
// calls at the same time; a nil function trusts none. Default: none. Trust no gateway or proxy, which passes on what strangers send: use
// [WithSignedPositions] behind one.
func WithTrustedPeers(peer func(ctx context.Context) bool) Option {
	return option(func(i *interceptor) {
		if peer != nil {
			i.rpc.Trusted = append(i.rpc.Trusted, peer)
		}
	})
}

// WithSignedPositions believes the position of a call if another service has signed it with one of the client's keys
// (cx.WithPositionKeys), whichever peer sends the call. The rules are those of [touchpoint.WithSignedPositions].
func WithSignedPositions() Option { return option(func(i *interceptor) { i.rpc.Signed = true }) }

// WithSynthetic identifies the calls of crawlers and probes, as [touchpoint.WithSynthetic] does. Nil is the default. Default: the products
// in the User-Agent header decide.
func WithSynthetic(kind func(ctx context.Context, procedure string) touchpoint.SyntheticType) Option {
	return option(func(i *interceptor) { i.rpc.Synthetic = kind })
}

// WithCodes returns the outcome of an error code for the customer; 0 is ok. The code is the one that the client gets:
// [connect.CodeCanceled] where the client has left, and [connect.CodeDeadlineExceeded] where the deadline has passed, whatever the handler
// answers then. It is 0 for a call without an error. A service whose streams end when the client leaves can say here that this is ok. Nil
// is the default. Default: [Outcome].
func WithCodes(outcome func(connect.Code) event.Outcome) Option {
	return option(func(i *interceptor) {
		if i.rpc.Outcome = nil; outcome != nil {
			i.rpc.Outcome = func(code uint32) event.Outcome { return outcome(connect.Code(code)) }
		}
	})
}

// Outcome is the default of [WithCodes]:
//
//	no error                                              ok
//	canceled                                              cancelled
//	unknown, deadline_exceeded, unimplemented,
//	internal, unavailable, data_loss, resource_exhausted  failed
//	invalid_argument, not_found, already_exists,
//	permission_denied, unauthenticated,
//	failed_precondition, aborted, out_of_range            ok: the service worked, and refused
//
// [touchpoint.RPCOutcome] has the reasons and their sources. The error type of a failed touchpoint is the name of the code as gRPC and
// otelconnect write it, such as UNAVAILABLE. A handler marks its touchpoint itself with [touchpoint.FromContext].
func Outcome(code connect.Code) event.Outcome { return touchpoint.RPCOutcome(uint32(code)) }
