package propagate

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// Propagator carries the position with OpenTelemetry's propagation: to every host that instrumentation calls, and from
// every peer that calls the service. Use it in closed systems only, such as for a queue between services of one owner. HTTP
// services use touchpoint.Transport and touchpoint.Handler, which send to allowed hosts and believe trusted peers. If a
// service uses both, Transport and Handler decide.
//
// With keys (cx.WithPositionKeys) it signs, and believes only signed positions. Without keys it believes every peer. It
// never leaves the member in OpenTelemetry's own baggage. In a composite propagator put it after [propagation.Baggage],
// which writes the same header.
type Propagator struct {
	// Life is how long a receiver believes a position that Inject has signed, and how long Extract believes one. Use
	// [MessageLife] for messages in a queue. Default: the life of the keys (cx.WithPositionLife), else [RequestLife].
	Life time.Duration
	// Unsigned makes Extract believe positions without a signature even if the client has keys, until every sender has its
	// keys. Default: false.
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
	// A member that the carrier has already says where the customer was in another service.
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
		return ctx // Verify or Read has counted the fault
	}
	return flight.ContextWithPosition(ctx, flight.NewCarried(*p))
}

func (pr Propagator) read(ctx context.Context, text string) (*event.Position, error) {
	if keysFrom(ctx) == nil || pr.Unsigned && !strings.Contains(text, ";") {
		return Read(ctx, text)
	}
	return Verify(ctx, text, pr.Life)
}

// baggageOf returns the baggage of the carrier. Several headers are one list.
func baggageOf(carrier propagation.TextMapCarrier) string {
	if all, ok := carrier.(propagation.ValuesGetter); ok {
		return strings.Join(all.Values(baggageHeader), ",")
	}
	return carrier.Get(baggageHeader)
}

// Fields implements [propagation.TextMapPropagator].
func (Propagator) Fields() []string { return []string{baggageHeader} }
