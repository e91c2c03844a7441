package cxconnect

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

const (
	baggageHeader = "Baggage"
	agentHeader   = "User-Agent"
)

// interceptor serves and makes calls. It is immutable once it is made.
type interceptor struct {
	rpc     touchpoint.RPC
	targets []string
	hosts   *touchpoint.Targets
}

// NewInterceptor returns an interceptor for handlers and for clients. On a handler it makes touchpoints of the calls; on a client it sends the
// customer's position to the hosts of [WithTargets]. One interceptor can be both. It never changes the answer. Safe for concurrent use.
func NewInterceptor(opts ...Option) connect.Interceptor {
	i := &interceptor{rpc: touchpoint.RPC{By: "cxconnect", Routes: map[string]*touchpoint.Definition{}, Methods: methodsOf}}
	for _, o := range opts {
		if o != nil {
			o.apply(i)
		}
	}
	i.hosts = touchpoint.NewTargets(i.targets...)
	return i
}

// WrapUnary implements [connect.Interceptor].
func (i *interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		if req.Spec().IsClient {
			return next(i.outgoing(ctx, req.Peer().Addr, req.Header()), req)
		}
		c := touchpoint.RPCCall{Method: req.Spec().Procedure, Message: req.Any()}
		ctx, call := i.begin(ctx, req.Header(), req.Peer(), c)
		defer call.End()
		res, err := next(ctx, req)
		call.Answer(uint32(codeOf(err)))
		return res, err
	}
}

// WrapStreamingHandler implements [connect.Interceptor].
func (i *interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		c := touchpoint.RPCCall{Method: conn.Spec().Procedure}
		ctx, call := i.begin(ctx, conn.RequestHeader(), conn.Peer(), c)
		defer call.End()
		err := next(ctx, conn)
		call.Answer(uint32(codeOf(err)))
		return err
	}
}

type peerKey struct{}

// PeerFromContext returns the peer of the call, for functions of [WithTrustedPeers]: Connect itself knows it in the context of unary calls only.
func PeerFromContext(ctx context.Context) (connect.Peer, bool) {
	if ctx == nil {
		return connect.Peer{}, false
	}
	p, ok := ctx.Value(peerKey{}).(connect.Peer)
	return p, ok
}

// begin takes the position out of the call, and begins the touchpoint.
func (i *interceptor) begin(ctx context.Context, header http.Header, peer connect.Peer, c touchpoint.RPCCall) (context.Context, *touchpoint.ServedCall) {
	list := touchpoint.BaggageOf(header)
	if len(i.rpc.Trusted) > 0 {
		ctx = context.WithValue(ctx, peerKey{}, peer)
	}
	if c.Channel = event.API; peer.Protocol == connect.ProtocolGRPCWeb {
		c.Channel = event.Web
	}
	ctx, changed := i.rpc.Receive(ctx, c.Method, list)
	if changed && list != "" {
		touchpoint.CarryPosition(header, baggageHeader, "")
	}
	c.Agent = header.Get(agentHeader)
	return i.rpc.Begin(ctx, c)
}

// codeOf returns the code that Connect sends for an error of a handler, and 0 for none.
func codeOf(err error) connect.Code {
	var coded *connect.Error
	switch {
	case err == nil, connect.IsNotModifiedError(err):
		return 0
	case errors.As(err, &coded) && coded != nil:
		return coded.Code()
	case errors.Is(err, context.Canceled):
		return connect.CodeCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return connect.CodeDeadlineExceeded
	default:
		return connect.CodeUnknown
	}
}

// methodsOf returns the methods of a service of generated code, or none.
func methodsOf(service string) (methods []string) {
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return nil
	}
	of, ok := d.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil
	}
	for i := range of.Methods().Len() {
		methods = append(methods, string(of.Methods().Get(i).Name()))
	}
	return methods
}
