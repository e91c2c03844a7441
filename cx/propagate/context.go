package propagate

import (
	"context"
	"errors"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// ContextWithPosition returns a context in which the customer is at p; nil changes nothing. The position is believed: it
// comes from the application itself, or from a peer that it trusts.
func ContextWithPosition(ctx context.Context, p *event.Position) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	if p == nil {
		return ctx
	}
	return flight.ContextWithPosition(ctx, flight.NewPosition(*p))
}

// PositionFromContext returns where the customer is, or nil. It is a copy.
func PositionFromContext(ctx context.Context) *event.Position {
	p := flight.PositionFromContext(ctx)
	if p == nil {
		return nil
	}
	is := p.Position
	return &is
}

// ContextWithRoute returns a context in the request of a route, such as "GET /cart/{id}" or a gRPC method: the pattern,
// never the path; "" changes nothing. Reports of faults name it. touchpoint.Handler sets it by itself.
func ContextWithRoute(ctx context.Context, route string) context.Context {
	return flight.ContextWithRoute(ctx, route)
}

// RouteFromContext returns the route of the request that ctx is in, or "".
func RouteFromContext(ctx context.Context) string { return flight.RouteFromContext(ctx) }

// Sign returns the customer's position in ctx as it is sent to another process: its header form, signed where the
// client of ctx has keys. It is "" where the customer is in no journey. A position that does not fit into the header is
// not sent, and is counted as [fault.HeaderSize]. Life is how long the receiver may believe it: 0, the keys' own, for
// requests, and [MessageLife] for messages.
func Sign(ctx context.Context, life time.Duration) string {
	p := flight.PositionFromContext(ctx)
	if p == nil || p.Journey.IsZero() {
		return ""
	}
	var text string
	var ok bool
	if keys := keysFrom(ctx); keys != nil {
		text, ok = keys.Sign(&p.Position, life)
	} else {
		text, ok = Header(&p.Position)
	}
	if !ok {
		flight.Fault(ctx, fault.Report{Fault: fault.HeaderSize, Name: p.Journey.Name, Detail: "the position of the customer does not fit into the header"})
	} else if rec := flight.RecorderFrom(ctx); rec != nil {
		rec.Sent(p)
	}
	return text
}

// Verify returns the position that [Sign] made, if one of the keys of the client of ctx signed it no longer than life
// ago; 0 is the keys' own life. The caller puts it into the context with [ContextWithPosition]. A position that is not
// believed is counted, and the error is a [*SignatureError].
func Verify(ctx context.Context, text string, life time.Duration) (*event.Position, error) {
	keys := keysFrom(ctx)
	if keys == nil {
		keys = (*Keys)(nil)
	}
	p, err := keys.Verify(text, life)
	if refused, ok := errors.AsType[*SignatureError](err); ok {
		flight.Fault(ctx, fault.Report{Fault: refused.Fault, Detail: refused.reason})
	}
	return p, err
}

// Read returns the position that [Sign] made without a look at its signature: the caller has other reasons to believe
// the peer. A text that is no position is counted as [fault.BadHeader], and the error wraps [ErrHeader].
func Read(ctx context.Context, text string) (*event.Position, error) {
	header, _, _ := strings.Cut(text, ";")
	p, err := ParseHeader(header)
	if err != nil {
		flight.Fault(ctx, fault.Report{Fault: fault.BadHeader, Detail: "there is nothing that can be read"})
	}
	return p, err
}

// keysFrom returns the keys of the client of ctx, or nil.
func keysFrom(ctx context.Context) flight.Keys {
	if rec := flight.RecorderFrom(ctx); rec != nil {
		return rec.Keys()
	}
	return nil
}
