package touchpoint

import (
	"context"
	"net/http"
	"strings"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// SyntheticHeader is the header with which a trusted peer says that a request is synthetic. Its value is a [SyntheticType], "test" or "bot".
// The application's own probe sends it, and [Transport] passes it on.
//
// Handler believes the header from the peers of [WithTrustedPeers] and [WithTrustedNetworks], whatever [WithSynthetic] says, and also over
// the actor of a position: everything in the request is synthetic, as in [AsSynthetic]. It removes the header from every other request,
// and a header with another value, and counts it as untrusted_synthetic. A signed position ([WithSignedPositions]) makes no peer trusted.
const SyntheticHeader = "Cairn-Synthetic"

// AsSynthetic returns a context in which everything that is recorded is a probe's, whichever actor its options name: touchpoints, journeys,
// feedback, and the events of Client.Record of package cx. They appear in traces and exports, and in no metric, objective or score. Use it in
// a job that places test orders. It has no effect on what was recorded before, and a run that a customer has started stays a
// customer's run. There is no way back to a customer inside the context.
func AsSynthetic(ctx context.Context) context.Context { return flight.ContextWithSynthetic(ctx) }

// receiveSynthetic returns the request without a [SyntheticHeader] that Handler does not believe, and what the header says.
func (h *handler) receiveSynthetic(r *http.Request) (*http.Request, SyntheticType) {
	values := r.Header[SyntheticHeader]
	if len(values) == 0 {
		return r, NotSynthetic
	}
	detail := "a request says that it is synthetic, and no option of touchpoint.Handler trusts its peer"
	if h.trusted(r.Context(), r) {
		if kind := syntheticOf(values); kind != NotSynthetic {
			return r, kind
		}
		detail = "a trusted peer sends " + SyntheticHeader + " with another value than one of test and bot"
	}
	h.fault(r.Context(), r, fault.Report{Fault: fault.UntrustedSynthetic, Detail: detail})
	inner := r.WithContext(r.Context())
	inner.Header = r.Header.Clone()
	inner.Header.Del(SyntheticHeader)
	return inner, NotSynthetic
}

// syntheticOf returns what the values of the header say. Several values have to say the same.
func syntheticOf(values []string) (kind SyntheticType) {
	for i, v := range values {
		this := SyntheticType(strings.ToLower(strings.TrimSpace(v)))
		if this != SyntheticBot && this != SyntheticTest || i > 0 && this != kind {
			return NotSynthetic
		}
		kind = this
	}
	return kind
}

// sendSynthetic returns the request with [SyntheticHeader] if it is synthetic and goes to an allowed host, and without it otherwise. It does not
// change the caller's request.
func sendSynthetic(r *http.Request, synthetic bool) *http.Request {
	had := r.Header.Values(SyntheticHeader)
	if synthetic == (len(had) == 1 && syntheticOf(had) != NotSynthetic) && (synthetic || len(had) == 0) {
		return r
	}
	r = r.Clone(r.Context())
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Del(SyntheticHeader)
	if synthetic {
		r.Header.Set(SyntheticHeader, string(SyntheticTest))
	}
	return r
}
