package touchpoint

import (
	"context"
	"iter"
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

// WithRoute makes requests of the route the touchpoint d. The pattern is the router's own; for [http.ServeMux] it is the text that
// was given to Handle. A pattern that the wrapped mux does not have, or that is not among [WithRoutes], is reported once as
// unknown_route. Give the mux its routes before it serves the first request. Default: a touchpoint with the pattern as its name.
func WithRoute(pattern string, d *Definition) HandlerOption {
	return handlerFunc(func(h *handler) {
		if d != nil { // a nil one in the map is a route of WithSkip
			h.routes[pattern] = d
		}
	})
}

// WithSkip makes requests of these routes no touchpoints: health checks, static files. They are still in the customer's journey. A
// pattern that the router does not have is reported as that of [WithRoute] is. Default: none. A request that matches no route is
// never a touchpoint.
func WithSkip(patterns ...string) HandlerOption {
	return handlerFunc(func(h *handler) {
		for _, p := range patterns {
			h.routes[p] = nil
		}
	})
}

// WithOnlyRoutes makes touchpoints of the routes that [WithRoute] names, and of no others. Without WithRoute, Handler makes no
// touchpoints and only puts requests into journeys. Default: every route is a touchpoint.
func WithOnlyRoutes() HandlerOption { return handlerFunc(func(h *handler) { h.only = true }) }

// WithRouter returns the pattern of a request's route before the request is served; "" is no route. Routers other than
// [http.ServeMux] need it, and so does a mux behind another handler. Give [WithRoutes] too, so that mistyped patterns are
// reported. A live span around Handler, such as otelhttp's, gets the path of the pattern as the attribute http.route. The modules
// touchpoint/cxchi, cxecho and cxgin are middlewares of chi, echo and gin, and need no such option.
//
// Default: the pattern that the wrapped mux chooses, else the pattern that a mux outside has set. A handler whose requests are
// answered and that never finds a pattern reports no_route, once.
func WithRouter(pattern func(*http.Request) string) HandlerOption {
	return handlerFunc(func(h *handler) { h.pattern = pattern })
}

// WithRoutes returns the patterns of a router that is not an [http.ServeMux], in the form that [WithRouter] returns. Handler calls it
// once, at the first request that it records, when the router has its routes. Each pattern of [WithRoute] and [WithSkip] that is
// not among them is reported as unknown_route. An empty list checks nothing. Default: the patterns of the wrapped
// [http.ServeMux]; those of another router are not checked.
func WithRoutes(list func(r *http.Request) []string) HandlerOption {
	return handlerFunc(func(h *handler) { h.routing.list = list })
}

// WithJourneyID puts requests into a run of j. The function returns the run's ID from the request, such as from a cookie or from the
// path ([http.Request.PathValue] knows the wildcards of the route already), or "" for none. Handler calls it once for each
// request, for several requests at the same time.
//
// Handler believes the ID, and any client can make one up. A request that is answered with 404 or 410 is therefore not in the
// run, unless the handler has changed the run, or a trusted position names the same run.
//
// The request's touchpoint belongs to the run of the ID, also where the handler starts or resumes another run of j: a cookie may
// name the cart of yesterday. Return "" for a request that begins a run; its touchpoint then joins the run that the handler
// starts. A touchpoint that declares another journey with [In] joins the run of that journey which the handler starts or resumes.
func WithJourneyID(j *journey.Definition, id func(*http.Request) string) HandlerOption {
	return handlerFunc(func(h *handler) { h.journey, h.id = j, id })
}

// WithChannel returns the channel of a request; 0 is the default. Default: the channel of the position that came with the request,
// where Handler believes it, else [event.Web].
func WithChannel(channel func(*http.Request) event.Channel) HandlerOption {
	return handlerFunc(func(h *handler) { h.channel = channel })
}

// WithTrustedPeers says from which requests Handler believes the customer's position: those of the application's own services.
// [WithTrustedNetworks] decides by the address; a server with mutual TLS can look at the peer's certificate in
// [http.Request.TLS]. Several such options add up, and so does [WithSignedPositions]. Several goroutines call the function at the
// same time; a nil function trusts no request. Default: none. Handler removes the position of another request, and counts it.
func WithTrustedPeers(peer func(*http.Request) bool) HandlerOption {
	return handlerFunc(func(h *handler) {
		if peer != nil {
			h.trust = append(h.trust, peer)
		}
	})
}

// WithTrustedNetworks believes the position of requests from these networks, by the address of the connection. Use it only where the
// peer is the application's own service: a proxy, a load balancer or a gateway passes on what strangers send. Behind one, use
// [WithSignedPositions].
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

// WithStatuses returns the outcome of an HTTP status for the customer; 0 is ok. Handler does not ask about an answer that did not
// reach the customer: where the customer left before the whole answer was sent, the touchpoint is cancelled, and where the answer
// came after the request's deadline, it is failed with the error type "timeout".
//
// Default: 5xx and 429, which turns the customer away, are failed; 499, by which nginx reports that the customer has gone away, is
// cancelled; every other status is ok. A handler marks its touchpoint with [FromContext].
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
	session func(*http.Request) string
	channel func(*http.Request) event.Channel
	trust   []func(*http.Request) bool
	signed  bool // WithSignedPositions
	outcome func(int) event.Outcome
	named   definitions

	synthetic func(*http.Request) SyntheticType
	delegates delegates
	routing   routing

	values func(*http.Request) iter.Seq2[string, string] // WithPathValues, or nil
	later  func(*http.Request, func(status int)) bool    // WithLateAnswer, or nil
}

// Handler makes touchpoints of the requests that next serves, named by their route. It goes directly inside otelhttp's handler:
//
//	http.ListenAndServe(addr, otelhttp.NewHandler(touchpoint.Handler(mux, …), "shop"))
//
// It then describes otelhttp's span, and opens none of its own. A handler between the two that copies the request would hide the
// route from otelhttp. Without otelhttp, Handler opens a span for each touchpoint. Otelhttp sets the status of a failed request
// once more, without a description: cx.cause and error.type say why it failed, and otelsetup restores the description.
//
// Handler never changes the answer of next. A panic of next is a failed touchpoint, and goes on to the server.
//
// [http.MaxBytesReader] tells only net/http's own writer that a body is too long, so that the server closes the connection. Handler
// infers it from the reads of the body. In rare cases it closes a connection that net/http would keep, or keeps one that net/http
// would close: for a handler that reads exactly as much as is allowed, and stops.
func Handler(next http.Handler, opts ...HandlerOption) http.Handler {
	h := &handler{next: next, routes: map[string]*Definition{}}
	for _, o := range opts {
		if o != nil {
			o.applyHandler(h)
		}
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

// statusClientClosedRequest is nginx's status for a request whose client did not wait for the answer.
const statusClientClosedRequest = 499

// muxPattern returns a function that finds a request's pattern: the one that next chooses, if it is a mux, else the one that a mux
// outside has set.
func muxPattern(next http.Handler) func(*http.Request) string {
	mux, _ := next.(patterned)
	return func(r *http.Request) string {
		if mux == nil {
			return r.Pattern
		}
		if r.Method == http.MethodConnect {
			return "" // a mux may return a path here, which is no name
		}
		_, pattern := mux.Handler(r)
		return pattern
	}
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	outer := r
	r, told := h.receiveSynthetic(h.receive(r)) // also without a client
	ctx := r.Context()
	scope := flight.ScopeOf(ctx)
	rec := scope.Recorder()
	if rec == nil {
		if r == outer {
			h.next.ServeHTTP(w, r)
		} else {
			serve(h.next, w, outer, r)
		}
		return
	}
	to := h.callPattern(ctx, r)
	h.look(ctx, r, to.pattern)
	h.describe(ctx, to.pattern)
	d := h.definition(to.pattern)
	ctx, kind := h.who(ctx, r, told)
	scope = flight.ScopeOf(ctx)
	if d == nil {
		h.pass(ctx, scope, w, outer, r, to)
		return
	}
	w, x := newExchange(w, r)
	tp := &x.touchpoint
	tp.node.Init(ctx, scope, rec)
	tp.node.SetRoute(to.pattern)
	tp.node.SetSession(h.sessionOf(ctx, r))
	inner, next, begin := r, to.direct(), beginning{span: localSpan(ctx)}
	if h.id != nil {
		asked, exact := h.ask(ctx, &x.asking, r, to)
		if exact {
			inner, next = asked, to.handler
		}
		if at := h.resume(ctx, &tp.node, rec, r, asked); at != nil {
			begin.now, begin.position = at.now, &at.own
			if !h.within(scope, &at.run) {
				at.run.SetClaim(&at.claim)
			}
		}
	}
	d.startIn(tp, rec, h.channelOf(ctx, tp.node.Position(), r), nil, &begin)
	kind.describe(tp.ctx)
	x.inner = *inner.WithContext(tp.ctx)
	x.read(&x.inner)
	if next == nil {
		next = h.next
	} else {
		x.inner.Pattern = to.pattern
	}
	h.answer(tp, x, next, w, outer, r, scope)
}

// who returns ctx with who acts in the request: a probe, an assistant, or whoever ctx knows. Told is what a trusted peer says.
func (h *handler) who(ctx context.Context, r *http.Request, told SyntheticType) (context.Context, SyntheticType) {
	if told != NotSynthetic {
		return flight.ContextWithSynthetic(ctx), told
	}
	if kind := h.callSynthetic(ctx, r); kind != NotSynthetic {
		return asSynthetic(ctx, kind), kind
	}
	return h.delegate(ctx, r), NotSynthetic
}

// answer lets next answer the request of the exchange, and ends the touchpoint tp.
func (h *handler) answer(
	tp *Touchpoint, x *exchange, next http.Handler, w http.ResponseWriter, outer, r *http.Request, outside *flight.Scope,
) {
	done := false
	defer func() {
		if done {
			return
		}
		// A panic goes on to net/http from here, with its stack. The handler looks at it because http.ErrAbortHandler
		// is the way to break off an answer.
		panicked := recover()
		broken(r.Context(), tp, &x.response, panicked)
		tp.End()
		if panicked != nil {
			panic(panicked)
		}
	}()
	serve(next, w, outer, &x.inner)
	done = true
	p := presenceOf(r.Context())
	if h.later != nil && x.status == 0 && p == waiting && h.await(tp, x, r, outside) {
		return
	}
	x.begin(http.StatusOK) // where next has answered nothing
	h.finish(tp, p, x, outside)
}

// finish ends the touchpoint tp of the exchange, whose answer has its status and had a customer with the presence p.
func (h *handler) finish(tp *Touchpoint, p presence, x *exchange, outside *flight.Scope) {
	defer tp.End()
	h.judge(tp, p, &x.response)
	if x.status == http.StatusNotFound || x.status == http.StatusGone {
		tp.leave(outside.Position())
	}
}

// localSpan returns the span of this process that ctx is in, or nil.
func localSpan(ctx context.Context) trace.Span {
	s := trace.SpanFromContext(ctx)
	if sc := s.SpanContext(); !sc.IsValid() || sc.IsRemote() {
		return nil
	}
	return s
}

// resume puts the node into the run that the request names, and returns where that is, or nil where the request names none. Asked is
// the request r for the callback. The context ctx is outside of the run.
func (h *handler) resume(ctx context.Context, node *flight.Node, rec flight.Recorder, r, asked *http.Request) *places {
	id := h.callID(ctx, asked)
	r.Form, r.PostForm, r.MultipartForm = asked.Form, asked.PostForm, asked.MultipartForm // if the callback read them
	if id == "" || h.journey == nil {
		return nil
	}
	return resumeNamed(node, rec, h.journey, id, h.channelOf(ctx, node.Position(), r))
}

// within reports whether the scope outside, which knows nothing of the ID in the request, is in the run of p.
func (h *handler) within(outside *flight.Scope, p *flight.Position) bool {
	return sameRun(outside, h.journey, p)
}

// serve calls next with inner, a copy of the request outer. Then it copies back what handlers outside need: the pattern for
// otelhttp, and the form for the server, which removes its temporary files.
func serve(next http.Handler, w http.ResponseWriter, outer, inner *http.Request) {
	defer func() {
		outer.Pattern = inner.Pattern
		outer.MultipartForm = inner.MultipartForm
	}()
	next.ServeHTTP(w, inner)
}

// judge marks the touchpoint by the answer, and by whether the customer was there to receive it.
func (h *handler) judge(tp *Touchpoint, p presence, a *response) {
	status := a.status
	if status == 0 {
		switch {
		case p == left:
			tp.abandon() // the customer left before an answer
			return
		case p == overdue || a.late:
			tp.fail(timeout) // a handler outside answers, with an error
			return
		}
		status = http.StatusOK
	}
	o := h.callOutcome(tp.ctx, status)
	switch {
	case status >= http.StatusInternalServerError:
		tp.failSpan()
	case status >= http.StatusBadRequest:
		tp.change((*flight.Event).Excuse) // a refused request: any client can ask for what is in no journey
	}
	switch {
	case a.hijacked:
		tp.mark(o, status) // the handler owns the connection, and knows what became of it
	case a.late, p == overdue && (o == event.Failed && status >= http.StatusInternalServerError ||
		status == http.StatusRequestTimeout || a.discarded()):
		tp.fail(timeout)
	case p == left && !a.whole():
		tp.abandon() // the customer left before the whole answer was sent
	default:
		tp.mark(o, status)
	}
}

// mark marks the touchpoint with the outcome of the answer's status.
func (t *Touchpoint) mark(o event.Outcome, status int) {
	switch o {
	case event.Failed:
		t.fail(strconv.Itoa(status))
	case 0, event.OK:
	default:
		t.change(func(e *flight.Event) { worsen(e, o) })
	}
}

// abandon marks the interaction as one that the customer left. A client may leave at any moment, also before the handler knows the
// journey, so the interaction need not be in the journey that it declares.
func (t *Touchpoint) abandon() {
	t.Cancel()
	t.change((*flight.Event).Excuse)
}

// broken marks the touchpoint of a handler that did not return: it panicked, or ended its goroutine. A handler such as
// [net/http/httputil.ReverseProxy] panics with [http.ErrAbortHandler] when it cannot finish an answer, most often because the
// customer has gone away.
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

// channelOf returns the request's channel; 0 is the channel of the position p.
func (h *handler) channelOf(ctx context.Context, p *flight.Position, r *http.Request) event.Channel {
	if h.channel == nil {
		if p != nil && p.Channel != 0 {
			return 0
		}
		return event.Web
	}
	if c := h.callChannel(ctx, r); int(c) < flight.NumChannels {
		return c
	}
	return event.OtherChannel
}

// definition returns the touchpoint of a route, or nil.
func (h *handler) definition(pattern string) *Definition {
	if d, ok := h.routes[pattern]; ok {
		return d
	}
	if pattern == "" || h.only {
		return nil
	}
	return h.named.get(pattern)
}
