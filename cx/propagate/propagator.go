package propagate

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// Propagator carries the Position wherever OpenTelemetry's propagation goes: to every
// host that instrumentation calls, and from every peer that calls us. It is for
// closed systems only, such as a queue between one's own services; HTTP services use
// touchpoint.Transport and touchpoint.Handler, which choose whom to tell and whom to
// believe, and which decide where both are in use. In a composite propagator it goes
// after [propagation.Baggage], which writes the same header.
//
// Where the recorder has keys (cx.WithPositionKeys) it signs, and believes signed positions only.
// Without keys it believes every peer. Either way the member is not left in OpenTelemetry's own
// baggage.
type Propagator struct {
	// Life is how long a position that it signed is believed, and how long it believes one. Give
	// [MessageLife] for messages in a queue. Default: the keys' own, [RequestLife] unless the client
	// has another.
	Life time.Duration
	// Unsigned believes positions without a signature although there are keys, while the services
	// that send are not all given theirs. Default: it does not.
	Unsigned bool
}

var _ propagation.TextMapPropagator = Propagator{}

// Inject implements [propagation.TextMapPropagator].
func (pr Propagator) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	if ctx == nil {
		ctx = context.Background()
	}
	text, decided := ctx.Value(outgoing{}).(string)
	if !decided {
		text = Sign(ctx, pr.Life)
	}
	// A member that is there already says where the customer was when another service wrote it.
	was := baggageOf(carrier)
	if _, found := TextFromBaggage(was); found || text != "" {
		carrier.Set(baggageHeader, AddToBaggage(was, text))
	}
}

// Extract implements [propagation.TextMapPropagator].
func (pr Propagator) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	text, found := TextFromBaggage(baggageOf(carrier))
	ctx, _ = StripBaggage(ctx)
	if !found {
		return ctx
	}
	p, err := pr.read(ctx, text)
	if err != nil {
		return ctx // it is counted
	}
	return flight.ContextWithPosition(ctx, flight.NewCarried(*p))
}

func (pr Propagator) read(ctx context.Context, text string) (*event.Position, error) {
	if keysFrom(ctx) == nil || pr.Unsigned && !strings.Contains(text, ";") {
		return Read(ctx, text)
	}
	return Verify(ctx, text, pr.Life)
}

// baggageOf returns the baggage of the carrier; several headers are one list.
func baggageOf(carrier propagation.TextMapCarrier) string {
	if all, ok := carrier.(propagation.ValuesGetter); ok {
		return strings.Join(all.Values(baggageHeader), ",")
	}
	return carrier.Get(baggageHeader)
}

// Fields implements [propagation.TextMapPropagator].
func (Propagator) Fields() []string { return []string{baggageHeader} }
