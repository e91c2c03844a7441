package touchpoint

import (
	"net/http"

	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
)

// Transport takes the customer's position along in requests to the allowed hosts, and to no
// others: as the member "cairn" of the W3C baggage header, signed if the client has keys
// (cx.WithPositionKeys). It sends this service's own word or none: a member that is in the
// request already, or in OpenTelemetry's baggage, goes no further, whether an otelhttp.Transport is
// above it or below, and [propagate.Propagator] sends nothing else through it. The caller's request is not
// changed.
//
// A host is a name or an address, with a port ("payments:8443") or any port ("payments");
// "*.internal" is every host below internal, by name. "payments:443" is https://payments too, and
// "payments:80" http://payments. Case and a trailing dot make no difference, nor does it
// whether an international name is in letters or in Punycode ("xn--…"), in the normal form NFC.
// An address is the same however it is written; one with a zone is another one than without.
// Anything else allows no host. Base is [http.DefaultTransport] if nil. Redirects are
// judged by the host they go to. On the other side, Handler has to believe this service: see
// [WithSignedPositions] and [WithTrustedPeers].
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
	if flight.PositionFromContext(ctx) != nil && r.URL != nil && t.hosts.allow(r.URL) {
		text = propagate.Sign(ctx, 0)
	}
	was := baggageOf(r.Header)
	_, stale := propagate.TextFromBaggage(was)
	ctx, changed := propagate.Outgoing(ctx, text)
	switch {
	case text != "":
		// A round tripper must not change the request; the client's own one, from which it makes
		// those that follow redirects, stays without the position.
		r = r.Clone(ctx)
		if r.Header == nil {
			r.Header = http.Header{}
		}
		setBaggage(r.Header, propagate.AddToBaggage(was, text))
	case stale:
		r = r.Clone(ctx)
		stripBaggage(r.Header) // it is another service's word
	case changed:
		r = r.WithContext(ctx)
	}
	return t.base.RoundTrip(r) //nolint:wrapcheck // the client's own call
}
