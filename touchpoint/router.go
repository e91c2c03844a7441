package touchpoint

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/internal/flight"
)

// WithPathValues returns the parameters of a request's path that a router other than [http.ServeMux] has found, as pairs of a name and
// a value. The function of [WithJourneyID] reads them with [http.Request.PathValue]. Handler calls values once for each request that
// asks for a journey's ID, for several requests at the same time; the handlers see the request as it was. Default: the wildcards of
// the pattern, where it has the form of [http.ServeMux].
func WithPathValues(values func(*http.Request) iter.Seq2[string, string]) HandlerOption {
	return handlerFunc(func(h *handler) { h.values = values })
}

// WithLateAnswer is for the middleware of a router that answers an error only after its middlewares have returned. Handler calls
// later where next has returned without an answer and the customer still waits. The request is the one that next has served.
//
// If later returns false, the touchpoint ends with the status 200, which net/http sends for a handler that writes nothing. If it returns
// true, the touchpoint stays open until later's caller calls answered with the status of the answer, before or after the answer is sent.
// Only the first call of answered counts, and it may come from any goroutine. Where it has not come a second after the context of the
// request has ended, the status is 200.
//
// Default: the touchpoint ends when next has returned.
func WithLateAnswer(later func(r *http.Request, answered func(status int)) bool) HandlerOption {
	return handlerFunc(func(h *handler) { h.later = later })
}

// unanswered is how long an answer may come after the context of its request has ended. A middleware outside may cancel the context a
// moment before the router answers.
const unanswered = time.Second

// await keeps the touchpoint open for an answer that comes after the handler has returned, and reports whether it does so.
func (h *handler) await(tp *Touchpoint, x *exchange, r *http.Request, outside *flight.Scope) bool {
	var done atomic.Bool
	answered := func(status int) {
		if done.Swap(true) {
			return
		}
		x.begin(status)
		x.status = status
		h.finish(tp, waiting, x, outside)
	}
	if !h.callLater(tp.ctx, &x.inner, answered) {
		return false
	}
	context.AfterFunc(r.Context(), func() {
		if !done.Load() {
			time.AfterFunc(unanswered, func() { answered(http.StatusOK) })
		}
	})
	return true
}

func (h *handler) callLater(ctx context.Context, r *http.Request, answered func(int)) (kept bool) {
	defer contain(ctx, func() { kept = false })
	return h.later(r, answered)
}

// ask returns the request for the callback of [WithJourneyID]. It reports whether the request can be served with the values that it has.
func (h *handler) ask(ctx context.Context, a *asking, r *http.Request, to route) (asked *http.Request, exact bool) {
	if h.values == nil {
		return a.ask(r, to.pattern, to.muxes)
	}
	if to.pattern == "" {
		return r, false
	}
	return h.askRouter(ctx, r), false
}

// askRouter returns the request with the values of [WithPathValues].
func (h *handler) askRouter(ctx context.Context, r *http.Request) (asked *http.Request) {
	defer contain(ctx, func() { asked = r })
	for name, value := range h.values(r) {
		if asked == nil {
			asked = r.WithContext(r.Context())
			if r.Pattern != "" {
				asked = r.Clone(r.Context()) // the request itself keeps the values of a mux outside
			}
		}
		asked.SetPathValue(name, value)
	}
	if asked == nil {
		asked = r
	}
	return asked
}

// routeKey is the attribute of OpenTelemetry's semantic conventions for the path of a route.
const routeKey = attribute.Key("http.route")

// describe writes the route onto the server's span, where the router is not one that otelhttp knows.
func (h *handler) describe(ctx context.Context, pattern string) {
	if !h.routing.custom || pattern == "" {
		return
	}
	span := localSpan(ctx)
	if span == nil || !span.IsRecording() {
		return
	}
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	span.SetAttributes(routeKey.String(pattern))
}
