package cxgrpc

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
)

const (
	baggageKey = "baggage"
	agentKey   = "user-agent"
)

// server serves calls. It is immutable once it is made.
type server struct{ rpc touchpoint.RPC }

func newServer(opts []Option) *server {
	s := &server{rpc: touchpoint.RPC{By: "cxgrpc", Routes: map[string]*touchpoint.Definition{}, Methods: methodsOf}}
	for _, o := range opts {
		if o != nil {
			o.apply(s)
		}
	}
	return s
}

// UnaryServerInterceptor makes touchpoints of unary calls. Give [StreamServerInterceptor] the same options. It never changes the answer of
// the handler. It sees an error as the interceptors inside it return it: put an interceptor that maps errors to status codes inside.
func UnaryServerInterceptor(opts ...Option) grpc.UnaryServerInterceptor {
	s := newServer(opts)
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, call := s.begin(ctx, touchpoint.RPCCall{Method: info.FullMethod, Message: req})
		defer call.End()
		res, err := handler(ctx, req)
		call.Answer(uint32(codeOf(err)))
		return res, err
	}
}

// StreamServerInterceptor makes touchpoints of streams. A touchpoint lasts until the handler of the stream returns. A method that only
// [grpc.UnknownServiceHandler] serves is a touchpoint if [WithRoute] names it, because any client can make up its name.
func StreamServerInterceptor(opts ...Option) grpc.StreamServerInterceptor {
	s := newServer(opts)
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		outer := ss.Context()
		ctx, call := s.begin(outer, touchpoint.RPCCall{Method: info.FullMethod, Unknown: srv == nil})
		defer call.End()
		if ctx != outer {
			ss = &stream{ss, ctx}
		}
		err := handler(srv, ss)
		call.Answer(uint32(codeOf(err)))
		return err
	}
}

// stream is a stream in another context.
type stream struct {
	grpc.ServerStream

	ctx context.Context //nolint:containedctx // a stream has the context of its call
}

// Context implements [grpc.ServerStream].
func (s *stream) Context() context.Context { return s.ctx }

// begin takes the position out of the call, and begins the touchpoint.
func (s *server) begin(ctx context.Context, c touchpoint.RPCCall) (context.Context, *touchpoint.ServedCall) {
	list := strings.Join(metadata.ValueFromIncomingContext(ctx, baggageKey), ",")
	if agent := metadata.ValueFromIncomingContext(ctx, agentKey); len(agent) > 0 {
		c.Agent = agent[0]
	}
	ctx, changed := s.rpc.Receive(ctx, c.Method, list)
	if changed && list != "" {
		ctx = &cleaned{ctx}
	}
	return s.rpc.Begin(ctx, c)
}

// cleaned is a context whose metadata has no position. It copies the metadata when code asks for it, because most handlers do not.
type cleaned struct{ context.Context } //nolint:containedctx // it is a context

// Value implements [context.Context].
func (c *cleaned) Value(key any) any {
	v := c.Context.Value(key)
	md, ok := v.(metadata.MD) // what comes in; what goes out has another type in a context
	if !ok {
		return v
	}
	if _, found := propagate.TextFromBaggage(touchpoint.BaggageOf(md)); !found {
		return v
	}
	md = md.Copy()
	touchpoint.CarryPosition(md, baggageKey, "")
	return md
}

// codeOf returns the code that gRPC sends for an error of a handler.
func codeOf(err error) codes.Code {
	if err == nil {
		return codes.OK
	}
	if s, ok := status.FromError(err); ok {
		return s.Code()
	}
	return status.FromContextError(err).Code()
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
