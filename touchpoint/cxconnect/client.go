package cxconnect

import (
	"context"
	"net/http"
	"sync"

	"connectrpc.com/connect"

	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
)

// outgoing makes the position that goes to the address the only one in the header, and in the context of a call.
func (i *interceptor) outgoing(ctx context.Context, address string, header http.Header) context.Context {
	text := i.text(ctx, address)
	touchpoint.CarryPosition(header, baggageHeader, text)
	ctx, _ = propagate.Outgoing(ctx, text)
	return ctx
}

// text returns the text that carries the position to the address, or "".
func (i *interceptor) text(ctx context.Context, address string) string {
	if !i.hosts.Allow(address, "") {
		return ""
	}
	return propagate.Sign(ctx, 0)
}

// WrapStreamingClient implements [connect.Interceptor].
func (i *interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		// The address is known once there is a connection. Until then the context carries no position.
		inner, _ := propagate.Outgoing(ctx, "")
		conn := next(inner, spec)
		return &clientConn{StreamingClientConn: conn, carry: func() {
			touchpoint.CarryPosition(conn.RequestHeader(), baggageHeader, i.text(ctx, conn.Peer().Addr))
		}}
	}
}

// clientConn puts the position into the header at the last moment, because instrumentation outside may write the baggage once the
// connection is there.
type clientConn struct {
	connect.StreamingClientConn

	once  sync.Once
	carry func()
}

// Send implements [connect.StreamingClientConn].
func (c *clientConn) Send(message any) error {
	c.once.Do(c.carry)
	return c.StreamingClientConn.Send(message) //nolint:wrapcheck // the caller's own stream
}

// CloseRequest implements [connect.StreamingClientConn].
func (c *clientConn) CloseRequest() error {
	c.once.Do(c.carry)
	return c.StreamingClientConn.CloseRequest() //nolint:wrapcheck // the caller's own stream
}
