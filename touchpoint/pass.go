package touchpoint

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/internal/flight"
)

// pass serves a request that is no touchpoint. It notes the run on the server's span, so that the request is found from the run. A run
// that only the request names is noted unless the answer is 404 or 410.
func (h *handler) pass(outside context.Context, w http.ResponseWriter, outer, inner *http.Request, pattern string) {
	ctx := inner.Context()
	p := flight.PositionFromContext(ctx)
	rec := flight.RecorderFrom(ctx)
	switch {
	case rec == nil || p == nil || p.Journey.IsZero() || !trace.SpanFromContext(ctx).IsRecording():
		h.watch(w, outer, inner, pattern)
		return
	case p == flight.PositionFromContext(outside) || h.within(outside, p):
		rec.Request(ctx, p)
		h.watch(w, outer, inner, pattern)
		return
	}
	w, answer := newResponse(w, inner)
	defer func() { // also where next panics
		if answer.status != http.StatusNotFound && answer.status != http.StatusGone {
			rec.Request(ctx, p)
		}
	}()
	answer.read(inner)
	h.watch(w, outer, inner, pattern)
	answer.begin(http.StatusOK) // where next has answered nothing
}
