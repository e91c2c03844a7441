package touchpoint

import (
	"net/http"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
)

// Transport sends the customer's position with requests to the allowed hosts, and to no others. The position is the member
// "cairn" of the W3C baggage header, signed if the client has keys (cx.WithPositionKeys). The Handler of the other service
// must be configured to believe this service: see [WithSignedPositions] and [WithTrustedPeers]. A nil base is
// [http.DefaultTransport]. The result is safe for concurrent use if base is.
//
// In a context that is synthetic, Transport also sends [SyntheticHeader] to the allowed hosts. It sends that header to no other host.
//
// Transport sends the position of the request's context or none. It removes a member that is already in the request or in
// OpenTelemetry's baggage, even if an otelhttp.Transport is above or below it, and [propagate.Propagator] sends nothing
// else through it. It does not change the caller's request. For a redirect, the new host decides.
//
// A host is a name or an address, with a port ("payments:8443") or without, which allows every port ("payments").
// "*.internal" allows every host below internal, by name. "payments:443" also allows https://payments, and "payments:80"
// http://payments. Case and a trailing dot make no difference. An international name may be in letters, in the normal form
// NFC, or in Punycode ("xn--…"). An address matches in every notation; an address with a zone is another address. Any other
// text allows no host.
func Transport(base http.RoundTripper, hosts ...string) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{base: base, hosts: newHosts(hosts)}
}

type transport struct {
	base  http.RoundTripper
	hosts hosts
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	var text string
	at, allowed := flight.PositionFromContext(ctx), false
	if at != nil {
		allowed = r.URL != nil && t.hosts.allow(r.URL)
	}
	if allowed {
		text = propagate.Sign(ctx, 0)
	}
	r = sendSynthetic(r, allowed && at.Actor == event.ActorSynthetic)
	was := baggageOf(r.Header)
	_, stale := propagate.TextFromBaggage(was)
	ctx, changed := propagate.Outgoing(ctx, text)
	switch {
	case text != "":
		// A round tripper must not change the request. The client makes requests that follow redirects from its own
		// request, which stays without the position.
		r = r.Clone(ctx)
		if r.Header == nil {
			r.Header = http.Header{}
		}
		setBaggage(r.Header, propagate.AddToBaggage(was, text))
	case stale:
		r = r.Clone(ctx)
		stripBaggage(r.Header) // another service wrote it
	case changed:
		r = r.WithContext(ctx)
	}
	return t.base.RoundTrip(r) //nolint:wrapcheck // the client's own call
}
