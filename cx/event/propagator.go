package event

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

const baggageHeader = "baggage"

// AddToBaggage returns the value of a W3C baggage header with the member [BaggageMember]
// set to member, in place of one that is there already. An empty member takes it out.
func AddToBaggage(header, member string) string {
	var b strings.Builder
	b.Grow(len(header) + len(BaggageMember) + len(member) + 2)
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == "" || memberName(part) == BaggageMember {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(part)
	}
	if member != "" {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(BaggageMember)
		b.WriteByte('=')
		b.WriteString(member)
	}
	return b.String()
}

// FromBaggage returns the value of the member [BaggageMember] in a W3C baggage header,
// without its properties, or "".
func FromBaggage(header string) string {
	if !strings.Contains(header, BaggageMember) {
		return ""
	}
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); memberName(part) == BaggageMember {
			_, value, _ := strings.Cut(part, "=")
			value, _, _ = strings.Cut(value, ";")
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func memberName(part string) string {
	name, _, _ := strings.Cut(part, "=")
	return strings.TrimSpace(name)
}

// Propagator carries the Position wherever OpenTelemetry's propagation goes: to every
// host that instrumentation calls, and from every peer that calls us. It is for
// closed systems only, such as a queue between one's own services; HTTP services use
// touchpoint.Transport and touchpoint.Handler, which choose whom to tell and whom to
// believe. In a composite propagator it goes after [propagation.Baggage], which
// writes the same header.
type Propagator struct{}

var _ propagation.TextMapPropagator = Propagator{}

// Inject implements [propagation.TextMapPropagator].
func (Propagator) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	p := PositionFromContext(ctx)
	h, ok := p.Header()
	if !ok && p != nil && !p.Journey.IsZero() {
		RecordFault(ctx, FaultHeaderSize)
	}
	// What may be there already is where the customer was when somebody else wrote it.
	if was := carrier.Get(baggageHeader); ok || FromBaggage(was) != "" {
		carrier.Set(baggageHeader, AddToBaggage(was, h))
	}
}

// Extract implements [propagation.TextMapPropagator].
func (Propagator) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	header := carrier.Get(baggageHeader)
	if all, ok := carrier.(propagation.ValuesGetter); ok {
		header = strings.Join(all.Values(baggageHeader), ",")
	}
	h := FromBaggage(header)
	if h == "" {
		return ctx
	}
	p, err := ParseHeader(h)
	if err != nil {
		RecordFault(ctx, FaultBadHeader)
		return ctx
	}
	return ContextWithPosition(ctx, p)
}

// Fields implements [propagation.TextMapPropagator].
func (Propagator) Fields() []string { return []string{baggageHeader} }
