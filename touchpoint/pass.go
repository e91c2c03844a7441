package touchpoint

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/internal/flight"
)

// pass serves a request that is no touchpoint. It notes the run on the server's span, so that the request is found from the run. A run
// that only the request names is noted unless the answer is 404 or 410.
func (h *handler) pass(ctx context.Context, outside *flight.Scope, w http.ResponseWriter, outer, r *http.Request, to route) {
	if id := h.sessionOf(ctx, r); id != "" {
		node := &flight.Node{}
		node.InitRequest(ctx, outside, to.pattern)
		node.SetSession(id)
		ctx, outside = node, node.Scope()
	}
	within, p, claimed := flight.ContextWithRoute(ctx, to.pattern), outside.Position(), false
	rec := outside.Recorder()
	if h.id != nil {
		node := &flight.Node{}
		node.InitRequest(ctx, outside, to.pattern)
		asked, _ := h.ask(ctx, new(asking), r, to)
		if at := h.resume(ctx, node, rec, r, asked); at != nil {
			within, p, claimed = node, &at.run, !h.within(outside, &at.run)
		}
	}
	inner := r.WithContext(within)
	switch {
	case p == nil || p.Journey.IsZero() || !trace.SpanFromContext(ctx).IsRecording():
		h.watch(w, outer, inner, to.pattern)
		return
	case !claimed:
		rec.Request(within, p)
		h.watch(w, outer, inner, to.pattern)
		return
	}
	w, x := newExchange(w, inner)
	defer func() { // also where next panics
		if x.status != http.StatusNotFound && x.status != http.StatusGone {
			rec.Request(within, p)
		}
	}()
	x.read(inner)
	h.watch(w, outer, inner, to.pattern)
	x.begin(http.StatusOK) // where next has answered nothing
}
