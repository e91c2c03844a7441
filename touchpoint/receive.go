package touchpoint

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/http"
	"sync"

	"go.opentelemetry.io/otel/baggage"

	"cairncx.dev/cairn/cx/event"
)

const baggageHeader = "baggage"

// receive takes the position out of the request's baggage, and believes it if the peer is
// trusted. Either way it is taken out of OpenTelemetry's own baggage too, which instrumentation
// would send on to everybody, and out of the header of the request that goes on, which a reverse
// proxy would: the next service trusts this one, not whoever called it.
func (h *handler) receive(ctx context.Context, r *http.Request, header string) (context.Context, *http.Request) {
	member := event.FromBaggage(header)
	if member == "" {
		return ctx, r
	}
	inner := *r
	inner.Header = r.Header.Clone()
	if rest := event.AddToBaggage(header, ""); rest != "" {
		inner.Header.Set(baggageHeader, rest)
	} else {
		inner.Header.Del(baggageHeader)
	}
	return h.believe(ctx, r, member), &inner
}

func (h *handler) believe(ctx context.Context, r *http.Request, member string) context.Context {
	if b := baggage.FromContext(ctx); b.Member(event.BaggageMember).Key() != "" {
		ctx = baggage.ContextWithBaggage(ctx, b.DeleteMember(event.BaggageMember))
	}
	if h.trust == nil || !h.callTrust(ctx, r) {
		event.RecordFault(ctx, event.FaultUntrusted)
		return ctx
	}
	p, err := event.ParseHeader(member)
	if err != nil {
		event.RecordFault(ctx, event.FaultBadHeader)
		return ctx
	}
	return event.ContextWithPosition(ctx, p)
}

// The call… methods run the application's callbacks: a panic in one must not cost the customer the
// answer.
func (h *handler) callTrust(ctx context.Context, r *http.Request) (trusted bool) {
	defer contain(ctx, func() { trusted = false })
	return h.trust(r)
}

func (h *handler) callID(ctx context.Context, r *http.Request) (id string) {
	defer contain(ctx, func() { id = "" })
	return h.id(r)
}

func (h *handler) callChannel(ctx context.Context, r *http.Request) (c event.Channel) {
	defer contain(ctx, func() { c = event.Web })
	return h.channel(r)
}

func (h *handler) callPattern(ctx context.Context, r *http.Request) (pattern string) {
	defer contain(ctx, func() { pattern = "" })
	return h.pattern(r)
}

func (h *handler) callOutcome(ctx context.Context, status int) (o event.Outcome) {
	defer contain(ctx, func() { o = defaultOutcome(status) })
	return h.outcome(status)
}

func contain(ctx context.Context, reset func()) {
	if recover() != nil {
		reset()
		event.RecordFault(ctx, event.FaultPanic)
	}
}

// definitions are the touchpoints that are named by their route. Routes are written by hand,
// so there are few.
type definitions struct{ m sync.Map }

func (d *definitions) get(pattern string) *Definition {
	if v, ok := d.m.Load(pattern); ok {
		return v.(*Definition) //nolint:forcetypeassert // the map holds nothing else
	}
	v, _ := d.m.LoadOrStore(pattern, Define(routeName(pattern)))
	return v.(*Definition) //nolint:forcetypeassert // the map holds nothing else
}

// routeName returns the name of a route's touchpoint: the pattern, with the end of a long one in
// the form of a checksum, so that two routes stay two.
func routeName(pattern string) string {
	if len(pattern) <= event.MaxName {
		return pattern
	}
	sum := fmt.Sprintf("~%08x", crc32.ChecksumIEEE([]byte(pattern)))
	name, _ := event.Cut(pattern, event.MaxName-len(sum))
	return name + sum
}
