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

// receive removes the position from the request, and puts it into the context where a rule believes it: see [propagate.Incoming]. It goes
// out of the header in any case, which a reverse proxy would pass on. receive returns r itself where there was nothing to remove.
func (h *handler) receive(r *http.Request) *http.Request {
	list := baggageOf(r.Header)
	belief := propagate.Belief{Signed: h.signed, By: "touchpoint.Handler", Route: func() string { return h.routeOf(r) }}
	if len(h.trust) > 0 {
		belief.Trusted = func(ctx context.Context) bool { return h.trusted(ctx, r) }
	}
	ctx, changed := propagate.Incoming(r.Context(), list, belief)
	if !changed {
		return r
	}
	inner := r.WithContext(ctx)
	if list != "" {
		inner.Header = r.Header.Clone()
		stripBaggage(inner.Header)
	}
	return inner
}

// WithSignedPositions believes the position of a request if another service has signed it with one of the client's keys
// (cx.WithPositionKeys), whichever peer sends the request. Use it wherever a proxy, a gateway or a mesh is between two
// services. Without keys it believes nothing, and each position counts as the fault no_position_keys.
//
// Rules add up: Handler believes a position if [WithTrustedPeers] or [WithTrustedNetworks] trusts the peer, or if the
// signature is valid. A position from a trusted peer needs no signature, and is believed even with an invalid one. Leave
// those options out when every service signs. Handler removes a position that it does not believe. It counts the position
// once: as untrusted_position without this option, else as unsigned_position, bad_header, unknown_position_key,
// forged_position, expired_position, early_position or no_position_keys.
//
// A signature proves that a service with a key made the position, and not which peer sends it. A peer that sees a signed
// position can send it again until it expires, after 5 minutes by default. Use TLS between the services.
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

// The call… functions run the application's callbacks. A panic in a callback is contained, so that the customer gets the answer.
func (h *handler) callTrust(ctx context.Context, r *http.Request, peer func(*http.Request) bool) (trusted bool) {
	defer h.contain(ctx, r, func() { trusted = false })
	return peer(r)
}

func (h *handler) callID(ctx context.Context, r *http.Request) (id string) {
	defer h.contain(ctx, r, func() { id = "" })
	return h.id(r)
}

func (h *handler) callSession(ctx context.Context, r *http.Request) (id string) {
	defer h.contain(ctx, r, func() { id = "" })
	return h.session(r)
}

func (h *handler) callChannel(ctx context.Context, r *http.Request) (c event.Channel) {
	defer h.contain(ctx, r, func() { c = event.Web })
	return h.channel(r)
}

func (h *handler) callPattern(ctx context.Context, r *http.Request) (to route) {
	defer contain(ctx, func() { to = route{} })
	if h.routing.mux != nil {
		return h.routing.route(r)
	}
	return route{pattern: h.pattern(r)}
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

// contain contains the panic of a callback that runs before ctx knows the route of the request.
func (h *handler) contain(ctx context.Context, r *http.Request, reset func()) {
	if v := recover(); v != nil {
		reset()
		h.fault(ctx, r, fault.PanicReport(anOption, v))
	}
}

// fault reports a fault in the request, before ctx knows its route.
func (h *handler) fault(ctx context.Context, r *http.Request, report fault.Report) {
	if flight.RecorderFrom(ctx) != nil {
		report.Route = h.routeOf(r)
		flight.Fault(ctx, report)
	}
}

// routeOf returns the route of the request, or "". A panic is reported later, when the request is served.
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

// routeName returns the name of a route's touchpoint: the pattern. The end of a long pattern is a checksum, so that two long routes
// keep two names.
func routeName(pattern string) string {
	if len(pattern) <= event.MaxName {
		return pattern
	}
	sum := fmt.Sprintf("~%08x", crc32.ChecksumIEEE([]byte(pattern)))
	name, _ := text.Cut(pattern, event.MaxName-len(sum))
	return name + sum
}
