package touchpoint

import (
	"context"
	"net"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/baggage"

	"cairncx.dev/cairn/cx/event"
)

// Transport takes the customer's position along in requests to the allowed hosts, and to no
// others: as the member "cairn" of the W3C baggage header. A host is a name or an address,
// with a port ("payments:8443") or any port ("payments"); "*.internal" is every host below
// internal. Base is [http.DefaultTransport] if nil. Redirects are judged by the host they go
// to. On the other side, Handler has to [Trust] this service.
func Transport(base http.RoundTripper, hosts ...string) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	t := &transport{base: base, exact: map[string]bool{}}
	for _, h := range hosts {
		h = strings.ToLower(h)
		switch suffix, wild := strings.CutPrefix(h, "*."); {
		case !wild:
			t.exact[h] = true
			t.exact[strings.Trim(h, "[]")] = true
		case suffix != "" && suffix[0] != ':':
			t.below = append(t.below, "."+suffix)
		}
	}
	return t
}

type transport struct {
	base  http.RoundTripper
	exact map[string]bool
	below []string
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	p := event.PositionFromContext(r.Context())
	was := strings.Join(r.Header.Values(baggageHeader), ",")
	var member string
	if p != nil && !p.Journey.IsZero() && r.URL != nil && t.allowed(r.URL.Host) {
		var ok bool
		if member, ok = p.Header(); !ok {
			event.RecordFault(r.Context(), event.FaultHeaderSize)
		}
	}
	if member == "" && event.FromBaggage(was) == "" {
		return t.base.RoundTrip(r) //nolint:wrapcheck // the client's own call
	}
	// A round tripper must not change the request; the client's own one, from which it makes
	// those that follow redirects, stays without the position.
	out := r.Clone(withMember(r.Context(), member))
	if header := event.AddToBaggage(was, member); header != "" {
		out.Header.Set(baggageHeader, header)
	} else {
		out.Header.Del(baggageHeader) // what was there is somebody else's word, and for others
	}
	return t.base.RoundTrip(out) //nolint:wrapcheck // the client's own call
}

// withMember adds the member to OpenTelemetry's baggage, if there is one, for this request only:
// a transport below that propagates it writes the header anew.
func withMember(ctx context.Context, member string) context.Context {
	b := baggage.FromContext(ctx)
	if b.Len() == 0 || member == "" {
		return ctx
	}
	m, err := baggage.NewMemberRaw(event.BaggageMember, member)
	if err != nil {
		return ctx
	}
	if b, err = b.SetMember(m); err != nil {
		return ctx // it is full; without a propagator below the header still has the member
	}
	return baggage.ContextWithBaggage(ctx, b)
}

func (t *transport) allowed(host string) bool {
	host = strings.ToLower(host)
	if t.exact[host] {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if t.exact[name] {
		return true
	}
	for _, s := range t.below {
		if strings.HasSuffix(name, s) || strings.HasSuffix(host, s) {
			return true
		}
	}
	return false
}
