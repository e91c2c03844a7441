package touchpoint

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/http"
	"sync"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// receive takes the position out of the request, and believes it if a rule says so. Either way
// every member of the name is taken out of the header of the request that goes on, which a reverse
// proxy would pass on, and out of OpenTelemetry's own baggage, which instrumentation would send to
// every host: the next service trusts this one, not its callers. A position that propagate.Propagator
// found in the same request is dropped. The request is the same one where there was nothing to take out.
func (h *handler) receive(r *http.Request) *http.Request {
	ctx, found := propagate.StripBaggage(r.Context())
	text, sent := "", false
	if list := baggageOf(r.Header); list != "" {
		text, sent = propagate.TextFromBaggage(list)
	}
	// What propagate.Propagator has found may have been taken out of the header since.
	switch clean, carried := flight.WithoutCarried(ctx); {
	case sent || carried && !h.trusted(ctx, r):
		ctx = clean
	case carried && found:
		return r.WithContext(ctx)
	case !found:
		return r
	}
	inner := r.WithContext(h.believe(ctx, r, text))
	if sent {
		inner.Header = r.Header.Clone()
		stripBaggage(inner.Header)
	}
	return inner
}

// believe puts the position into the context if a rule of [WithTrustedPeers] believes the peer or, with
// [WithSignedPositions], its signature is good.
func (h *handler) believe(ctx context.Context, r *http.Request, text string) context.Context {
	var p *event.Position
	var err error
	switch {
	case h.trusted(ctx, r):
		p, err = propagate.Read(ctx, text)
	case h.signed:
		p, err = propagate.Verify(ctx, text, 0)
	default:
		h.fault(ctx, r, fault.Report{Fault: fault.Untrusted, Detail: "a request brought a position, and no option of touchpoint.Handler believes its peer"})
		return ctx
	}
	if err != nil {
		return ctx // it is counted
	}
	return propagate.ContextWithPosition(ctx, p)
}

// WithSignedPositions believes the position of a request that one of one's own services has signed, by
// the keys of the client (cx.WithPositionKeys), whichever peer brings it: a proxy, a gateway, a mesh.
// It is the way wherever anything lies between two services. Without keys it believes nothing, which
// is counted and reported as every fault is.
//
// Rules add up: a position is believed if one rule of [WithTrustedPeers] or [WithTrustedNetworks] believes the peer, or
// if its signature is good. A peer that such a rule believes needs no signature, and is believed with a
// bad one too: leave those rules out when every service signs. A position that is not believed is
// taken out of the request, and counted once: as untrusted_position without this option, otherwise as
// unsigned_position, bad_header (malformed), unknown_position_key, forged_position, expired_position,
// early_position or no_position_keys.
//
// A signature proves that a service with a key wrote the position, not which peer brings it. A peer
// that sees a signed one on its way can send it again until it expires, 5 minutes later by default:
// encrypt the way with TLS.
func WithSignedPositions() HandlerOption {
	return handlerFunc(func(h *handler) { h.signed = true })
}

// trusted asks the rules of [WithTrustedPeers].
func (h *handler) trusted(ctx context.Context, r *http.Request) bool {
	for _, peer := range h.trust {
		if h.callTrust(ctx, r, peer) {
			return true
		}
	}
	return false
}

// The call… functions run the application's callbacks: a panic in one must not cost the customer the
// answer.
func (h *handler) callTrust(ctx context.Context, r *http.Request, peer func(*http.Request) bool) (trusted bool) {
	defer h.contain(ctx, r, func() { trusted = false })
	return peer(r)
}

func (h *handler) callID(ctx context.Context, r *http.Request) (id string) {
	defer h.contain(ctx, r, func() { id = "" })
	return h.id(r)
}

func (h *handler) callChannel(ctx context.Context, r *http.Request) (c event.Channel) {
	defer h.contain(ctx, r, func() { c = event.Web })
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

const anOption = "an option of touchpoint.Handler"

func contain(ctx context.Context, reset func()) {
	if v := recover(); v != nil {
		reset()
		flight.Fault(ctx, fault.PanicReport(anOption, v))
	}
}

// contain is for a callback that is called before ctx knows the route of the request.
func (h *handler) contain(ctx context.Context, r *http.Request, reset func()) {
	if v := recover(); v != nil {
		reset()
		h.fault(ctx, r, fault.PanicReport(anOption, v))
	}
}

// fault tells of a fault in the request, before ctx knows its route.
func (h *handler) fault(ctx context.Context, r *http.Request, report fault.Report) {
	if flight.RecorderFrom(ctx) != nil {
		report.Route = h.routeOf(r)
		flight.Fault(ctx, report)
	}
}

// routeOf returns the route of the request, or "". A panic is told where the request is served.
func (h *handler) routeOf(r *http.Request) (pattern string) {
	defer func() {
		if recover() != nil {
			pattern = ""
		}
	}()
	return h.pattern(r)
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
	name, _ := text.Cut(pattern, event.MaxName-len(sum))
	return name + sum
}
