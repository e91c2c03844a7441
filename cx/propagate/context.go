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

// ContextWithPosition returns a context in which the customer is at p; nil changes nothing. The client believes the
// position, so use only one of the application itself, of [Verify], or of a peer that the application trusts.
func ContextWithPosition(ctx context.Context, p *event.Position) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	if p == nil {
		return ctx
	}
	return flight.ContextWithPosition(ctx, flight.NewPosition(*p))
}

// PositionFromContext returns a copy of the customer's position in ctx, or nil.
func PositionFromContext(ctx context.Context) *event.Position {
	p := flight.PositionFromContext(ctx)
	if p == nil {
		return nil
	}
	return new(p.Position)
}

// ContextWithRoute returns the context of a request of the route, such as "GET /cart/{id}" or a gRPC method. Give the
// pattern and never the path, which may hold IDs. Reports of faults name the route. "" changes nothing. touchpoint.Handler
// sets the route itself.
func ContextWithRoute(ctx context.Context, route string) context.Context {
	return flight.ContextWithRoute(ctx, route)
}

// RouteFromContext returns the route of the request that ctx is in, or "".
func RouteFromContext(ctx context.Context) string { return flight.RouteFromContext(ctx) }

// Sign returns the text that carries the customer's position in ctx to another process: the header form, signed if the
// client of ctx has keys. It returns "" if the customer is in no journey, and for a position that does not fit into
// [MaxHeader] bytes, which counts as the fault [fault.HeaderSize].
//
// life is how long a receiver may believe the position. 0 means the life of the keys, which suits requests. Use
// [MessageLife] for messages.
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

// Verify returns the position of a text that [Sign] made, if one of the keys of ctx's client signed it within life; 0 means
// the life of the keys. The caller puts the position into its context with [ContextWithPosition]. Every error is a
// [*SignatureError], and counts as the error's fault.
func Verify(ctx context.Context, text string, life time.Duration) (*event.Position, error) {
	keys := keysFrom(ctx)
	if keys == nil {
		keys = (*Keys)(nil)
	}
	p, err := keys.Verify(text, life)
	if refused, ok := errors.AsType[*SignatureError](err); ok {
		flight.Fault(ctx, fault.Report{Fault: refused.Fault, Detail: "the customer's position is not believed: " + refused.reason})
	}
	return p, err
}

// Read returns the position of a text that [Sign] made, without checking its signature. Use it only if the peer is trusted
// for another reason. Every error wraps [ErrHeader], and counts as the fault [fault.BadHeader].
func Read(ctx context.Context, text string) (*event.Position, error) {
	header, _, _ := strings.Cut(text, ";")
	p, err := ParseHeader(header)
	if err != nil {
		flight.Fault(ctx, fault.Report{Fault: fault.BadHeader, Detail: "the text is not the header form of a position"})
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
