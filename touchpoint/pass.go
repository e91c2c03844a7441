package touchpoint

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// pass serves a request that is no touchpoint. The server's span says in which journey it is all the same, unless only
// the request names that, and is answered as one for what is not there.
func (h *handler) pass(outside context.Context, w http.ResponseWriter, outer, inner *http.Request, pattern string) {
	ctx := inner.Context()
	p := event.PositionFromContext(ctx)
	rec, ok := event.RecorderFrom(ctx).(event.RequestRecorder)
	switch {
	case !ok || p == nil || p.Journey.IsZero() || !trace.SpanFromContext(ctx).IsRecording():
		h.watch(w, outer, inner, pattern)
		return
	case p == event.PositionFromContext(outside) || h.within(outside, p):
		rec.RecordRequest(ctx, p)
		h.watch(w, outer, inner, pattern)
		return
	}
	w, answer := newResponse(w, inner)
	defer func() { // of a handler that panics too
		if answer.status != http.StatusNotFound && answer.status != http.StatusGone {
			rec.RecordRequest(ctx, p)
		}
	}()
	answer.read(inner)
	h.watch(w, outer, inner, pattern)
	answer.begin(http.StatusOK) // where nothing was answered
}
