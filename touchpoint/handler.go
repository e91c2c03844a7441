package touchpoint

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// HandlerOption is an option of [Handler].
type HandlerOption interface{ applyHandler(*handler) }

type handlerFunc func(*handler)

func (f handlerFunc) applyHandler(h *handler) { f(h) }

// WithRoute makes requests of the route the touchpoint d. The pattern is the router's own, for
// [http.ServeMux] as it was given to Handle, before the first request is served: then a pattern that the
// wrapped mux, or another router that lists its [WithRoutes], does not have is told once, as unknown_route. Default: a touchpoint named by the pattern.
func WithRoute(pattern string, d *Definition) HandlerOption {
	return handlerFunc(func(h *handler) { h.routes[pattern] = d })
}

// WithSkip makes requests of the routes no touchpoints: health checks, static files. They still
// are in the customer's journey. A pattern that the wrapped mux does not have is told as that of [WithRoute] is.
// Default: none; a request that no route matches is never one.
func WithSkip(patterns ...string) HandlerOption {
	return handlerFunc(func(h *handler) {
		for _, p := range patterns {
			h.routes[p] = nil
		}
	})
}

// WithOnlyRoutes makes the only touchpoints those that [WithRoute] names; without Route there are none, and Handler
// puts requests into journeys only. Default: every route is one.
func WithOnlyRoutes() HandlerOption { return handlerFunc(func(h *handler) { h.only = true }) }

// WithRouter says how to find the pattern of a request's route before it is served, for routers
// other than [http.ServeMux], and for a mux behind another handler; "" is no route. Default: what the
// mux that is wrapped chooses, else the pattern that a mux outside has set. Where requests are answered
// and no pattern is ever found, that is told once, as no_route. Give [WithRoutes] too, so that a pattern which the router does
// not have is told.
func WithRouter(pattern func(*http.Request) string) HandlerOption {
	return handlerFunc(func(h *handler) { h.pattern = pattern })
}

// WithRoutes says which patterns a router has that is not an [http.ServeMux], as [WithRouter] returns them. It is called once, for
// the first request that is recorded, when the router's routes are there; then each pattern of [WithRoute] and [WithSkip] that is not
// among them is told, as unknown_route. An empty list says nothing of them. Default: what the wrapped [http.ServeMux]
// has; patterns for another router are not checked.
func WithRoutes(list func(r *http.Request) []string) HandlerOption {
	return handlerFunc(func(h *handler) { h.routing.list = list })
}

// WithJourneyID puts requests into a run of j: id takes its ID from the request, from a cookie or
// from the path ([http.Request.PathValue] knows the wildcards of the route already), and
// returns "" where there is none. It is called once per request, and its answer is believed:
// take care where it comes from. Any client can make an ID up, so a request that is answered with
// 404 or 410 is not in that run, unless the handler has changed the run, or a position that is believed
// says the same.
//
// The request's touchpoint belongs to the run that id names, also where the handler starts or resumes another run of j:
// a cookie may name the cart of yesterday, and the handler begins a new one. Return "" for a request that
// begins a run of its own, and its touchpoint belongs to the run that the handler starts. A touchpoint that declares another
// journey with [In] belongs to the run of that journey which the handler starts or resumes, where it does.
func WithJourneyID(j *journey.Definition, id func(*http.Request) string) HandlerOption {
	return handlerFunc(func(h *handler) { h.journey, h.id = j, id })
}

// WithChannel sets the channel of the requests. Default: the one of the position that came with the
// request, where that is believed, else [event.Web].
func WithChannel(channel func(*http.Request) event.Channel) HandlerOption {
	return handlerFunc(func(h *handler) { h.channel = channel })
}

// WithTrustedPeers says from which requests the customer's position is believed: those that come from
// one's own services. [WithTrustedNetworks] goes by address; a server with mutual TLS looks at the
// peer's certificate in [http.Request.TLS]. Given several times, a request is believed if one of them
// says so, or if [WithSignedPositions] does. A nil one believes no request. It is called concurrently. Default: none;
// a position from others is taken out of the request, and counted.
func WithTrustedPeers(peer func(*http.Request) bool) HandlerOption {
	return handlerFunc(func(h *handler) {
		if peer != nil {
			h.trust = append(h.trust, peer)
		}
	})
}

// WithTrustedNetworks believes the position that requests from these networks carry. It goes by the
// address of the connection: use it only where the peer is really one's own service. A proxy, a load
// balancer or a gateway passes on what strangers send; behind one, see [WithSignedPositions].
func WithTrustedNetworks(networks ...netip.Prefix) HandlerOption {
	return WithTrustedPeers(func(r *http.Request) bool {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return false
		}
		addr := peer.Addr().Unmap().WithZone("")
		for _, n := range networks {
			if n.Contains(addr) {
				return true
			}
		}
		return false
	})
}

// WithStatuses says what outcome an HTTP status is for the customer, 0 for ok. It is not asked about what
// did not reach them: an answer that the customer left before they had all of it is cancelled, and one
// that came too late for the request's deadline failed, with the error type "timeout". Default: 5xx and 429
// (the customer was turned away) failed, 499 (the customer has gone away) is cancelled, everything else is
// ok, until the code says otherwise with [FromContext].
func WithStatuses(outcome func(status int) event.Outcome) HandlerOption {
	return handlerFunc(func(h *handler) { h.outcome = outcome })
}

type handler struct {
	next    http.Handler
	routes  map[string]*Definition
	only    bool
	pattern func(*http.Request) string
	journey *journey.Definition
	id      func(*http.Request) string
	channel func(*http.Request) event.Channel
	trust   []func(*http.Request) bool
	signed  bool // TrustSigned
	outcome func(int) event.Outcome
	named   definitions
	via     [flight.NumChannels][]journey.RecordOption

	synthetic func(*http.Request) SyntheticType
	routing   routing
}

// Handler makes touchpoints of the requests that next serves, named by their route. It goes
// inside otelhttp's handler, whose span it describes instead of opening one of its own:
//
//	http.ListenAndServe(addr, otelhttp.NewHandler(touchpoint.Handler(mux, …), "shop"))
//
// directly, because what copies the request in between hides the route from otelhttp. Without otelhttp
// it opens a span for each touchpoint. When a touchpoint has failed, otelhttp sets the status of its span once more, and
// leaves the description empty: cx.cause and error.type say why. otelsetup puts the description back. It never changes what next answers,
// and lets its panics through, as failed touchpoints.
//
// [http.MaxBytesReader] tells net/http's own writer alone that a body is too long, so that the connection is
// closed. Handler finds that out by how the body is read: in rare cases, such as a handler that reads exactly as much
// as it has asked for and stops, it closes a connection that net/http would have kept, or the other way round.
func Handler(next http.Handler, opts ...HandlerOption) http.Handler {
	h := &handler{next: next, routes: map[string]*Definition{}}
	for _, o := range opts {
		if o != nil {
			o.applyHandler(h)
		}
	}
	for c := range h.via {
		h.via[c] = []journey.RecordOption{journey.Via(event.Channel(c))}
	}
	h.prepare()
	if h.pattern == nil {
		h.pattern = muxPattern(next)
	}
	if h.synthetic == nil {
		h.synthetic = syntheticAgent
	}
	if h.outcome == nil {
		h.outcome = defaultOutcome
	}
	return h
}

func defaultOutcome(status int) event.Outcome {
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return event.Failed
	}
	if status == statusClientClosedRequest {
		return event.Cancelled
	}
	return event.OK
}

// statusClientClosedRequest is what nginx calls a request whose client did not wait for the answer.
const statusClientClosedRequest = 499

// muxPattern finds a request's pattern: what next, when it is a mux, will choose, else the one
// that a mux outside has set.
func muxPattern(next http.Handler) func(*http.Request) string {
	mux, _ := next.(interface {
		Handler(r *http.Request) (http.Handler, string)
	})
	return func(r *http.Request) string {
		if mux == nil {
			return r.Pattern
		}
		if r.Method == http.MethodConnect {
			return "" // a mux may answer with a path here, which is no name
		}
		_, pattern := mux.Handler(r)
		return pattern
	}
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	outer := r
	r = h.receive(r) // whether anybody records or not
	ctx := r.Context()
	rec := flight.RecorderFrom(ctx)
	if rec == nil {
		if r == outer {
			h.next.ServeHTTP(w, r)
		} else {
			h.serve(w, outer, r.WithContext(ctx))
		}
		return
	}
	pattern := h.callPattern(ctx, r)
	h.look(ctx, r, pattern)
	d := h.definition(pattern)
	kind := h.callSynthetic(ctx, r)
	ctx = asSynthetic(ctx, kind)
	outside := ctx // of the run that the request names
	if h.id != nil {
		ctx = h.resume(ctx, r, pattern)
	}
	if d == nil {
		h.pass(outside, w, outer, r.WithContext(flight.ContextWithRoute(ctx, pattern)), pattern)
		return
	}
	w, answer := newResponse(w, r)
	if p := flight.PositionFromContext(ctx); p != flight.PositionFromContext(outside) && !h.within(outside, p) {
		p.SetClaim(&answer.claim)
	}
	var span trace.Span
	if s := trace.SpanFromContext(ctx); s.SpanContext().IsValid() && !s.SpanContext().IsRemote() {
		span = s
	}
	ctx, tp := d.start(ctx, flight.ScopeOf(ctx).WithRoute(pattern), rec, h.channelOf(ctx, r), nil, span)
	kind.describe(ctx)
	done := false
	defer func() {
		// A panic goes on to net/http, from here, with the stack that it has. It is looked at only because
		// one of them is how a handler breaks an answer off.
		panicked := recover()
		if !done {
			broken(r.Context(), tp, answer, panicked)
		}
		tp.End()
		if panicked != nil {
			panic(panicked)
		}
	}()
	inner := r.WithContext(ctx)
	answer.read(inner)
	h.serve(w, outer, inner)
	answer.begin(http.StatusOK) // where nothing was answered
	done = true
	h.judge(tp, r, answer)
	if answer.status == http.StatusNotFound || answer.status == http.StatusGone {
		tp.leave(flight.PositionFromContext(outside))
	}
}

// resume puts the request into the run that it names.
func (h *handler) resume(ctx context.Context, r *http.Request, pattern string) context.Context {
	asked := withPathValues(r, pattern)
	id := h.callID(ctx, asked)
	r.Form, r.PostForm, r.MultipartForm = asked.Form, asked.PostForm, asked.MultipartForm // if it read them
	if id == "" || h.journey == nil {
		return ctx
	}
	around := flight.ScopeOf(ctx).Around()
	ctx = h.journey.Resume(flight.ContextForRequest(ctx, pattern), id, h.via[h.channelOf(ctx, r)]...)
	return flight.ContextAround(ctx, around)
}

// within reports whether ctx is in the run where p is: more than the request says so.
func (h *handler) within(ctx context.Context, p *flight.Position) bool {
	was := flight.PositionIn(ctx, h.journey.Name())
	return was != nil && p != nil && was.Journey.ID == p.Journey.ID
}

// serve calls next with inner. What a mux finds out about this copy of the request is told to
// those outside: the pattern to otelhttp, the form's temporary files to the server.
func (h *handler) serve(w http.ResponseWriter, outer, inner *http.Request) {
	defer func() {
		outer.Pattern = inner.Pattern
		outer.MultipartForm = inner.MultipartForm
	}()
	h.next.ServeHTTP(w, inner)
}

// judge marks the touchpoint by the answer: what the customer has got, if they were there to get it.
func (h *handler) judge(tp *Touchpoint, r *http.Request, a *response) {
	p, status := presenceOf(r.Context()), a.status
	if status == 0 {
		switch {
		case p == left:
			tp.abandon() // nothing was answered
			return
		case p == overdue || a.late:
			tp.fail(timeout) // it is for a handler outside to answer, with an error
			return
		}
		status = http.StatusOK
	}
	o := h.callOutcome(tp.ctx, status)
	switch {
	case status >= http.StatusInternalServerError:
		tp.failSpan()
	case status >= http.StatusBadRequest:
		tp.change((*flight.Event).Excuse) // it was refused: any client can ask for what is in no journey
	}
	switch {
	case a.hijacked:
		tp.mark(o, status) // the connection is the handler's, and so is what became of it
	case a.late, p == overdue && (o == event.Failed && status >= http.StatusInternalServerError ||
		status == http.StatusRequestTimeout || a.discarded()):
		tp.fail(timeout)
	case p == left && !a.whole():
		tp.abandon() // what was answered reached nobody, or not all of it
	default:
		tp.mark(o, status)
	}
}

// mark marks the touchpoint as the answer's status says.
func (t *Touchpoint) mark(o event.Outcome, status int) {
	switch o {
	case event.Failed:
		t.fail(strconv.Itoa(status))
	case 0, event.OK:
	default:
		t.change(func(e *flight.Event) { worsen(e, o) })
	}
}

// abandon marks the interaction as one that the customer left. Any client can do that at any moment, also before the
// handler has found out the journey.
func (t *Touchpoint) abandon() {
	t.Cancel()
	t.change((*flight.Event).Excuse)
}

// broken marks the touchpoint of a handler that did not return: it panicked, or ended its goroutine. A
// handler such as [net/http/httputil.ReverseProxy] panics with [http.ErrAbortHandler] when it cannot go
// on with an answer, most often because the customer has gone away.
func broken(ctx context.Context, tp *Touchpoint, a *response, panicked any) {
	if panicked == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		switch p := presenceOf(ctx); {
		case p == overdue || a.late:
			tp.fail(timeout)
			return
		case p == left:
			tp.abandon()
			return
		}
	}
	tp.failSpan()
	tp.fail("panic")
}

// channelOf returns the request's channel; 0 is the one that ctx knows.
func (h *handler) channelOf(ctx context.Context, r *http.Request) event.Channel {
	if h.channel == nil {
		if p := flight.PositionFromContext(ctx); p != nil && p.Channel != 0 {
			return 0
		}
		return event.Web
	}
	if c := h.callChannel(ctx, r); int(c) < flight.NumChannels {
		return c
	}
	return event.OtherChannel
}

// definition returns the touchpoint of a route, or nil for none.
func (h *handler) definition(pattern string) *Definition {
	if d, ok := h.routes[pattern]; ok {
		return d
	}
	if pattern == "" || h.only {
		return nil
	}
	return h.named.get(pattern)
}
