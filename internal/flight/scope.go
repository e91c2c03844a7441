package flight

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// Scope is what a context knows: who records, and where the customer is. It is looked up
// once and then asked; nil is a context that knows nothing.
type Scope struct {
	recorder Recorder
	position *Position
	outer    *Scope // the scope around it, for a journey within a journey
	route    string // of the request
	around   Around
}

// Around is what is under way in a context, such as a touchpoint that has not ended. It is told of the runs
// that begin in its course, so that a request whose handler makes an order's ID belongs to that order. It is
// for the vocabulary. Safe for concurrent use.
type Around interface {
	// Met says that code in the context has started or resumed a run, and where that run is. A run that was
	// refused is nowhere, see [Position.Refused]. The position must not be changed.
	Met(p *Position)
	// Begin completes an event that begins in the context and in no journey: with the channel and the actor.
	Begin(e *Event)
}

// Shower is an [Around] that has a span in the trace of the request. Safe for concurrent use.
type Shower interface {
	// Shows reports whether s is the span of what is under way, and is linked to its twin in the trace of e's journey when
	// that is over. A link to the journey itself would say the same a second time, and less precisely.
	Shows(s trace.Span, e *Event) bool
}

type scopeKey struct{}

// ScopeOf returns what ctx knows, or nil.
func ScopeOf(ctx context.Context) *Scope {
	s, _ := ctx.Value(scopeKey{}).(*Scope)
	return s
}

// Recorder returns who records: the recorder that [NewContext] put there, else the default
// one, else nil.
func (s *Scope) Recorder() Recorder {
	if s != nil && s.recorder != nil {
		return s.recorder
	}
	return Default()
}

// Position returns where the customer is, or nil.
func (s *Scope) Position() *Position {
	if s == nil {
		return nil
	}
	return s.position
}

// ContextWithRoute returns a context in the request of a route, such as "GET /cart/{id}" or a gRPC method: the
// pattern, never the path; "" changes nothing. What is told of faults has it. touchpoint.Handler does that by itself.
func ContextWithRoute(ctx context.Context, route string) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	outer := ScopeOf(ctx)
	if route == "" || outer != nil && outer.route == route {
		return ctx
	}
	n := &Node{}
	n.Init(ctx, outer, outer.own())
	n.SetRoute(route)
	return n
}

// RouteFromContext returns the route of the request that ctx is in, or "".
func RouteFromContext(ctx context.Context) string {
	if ctx == nil {
		return ""
	}
	if s := ScopeOf(ctx); s != nil {
		return s.route
	}
	return ""
}

// PositionIn returns where the customer is in the named journey: the innermost position that belongs to it,
// or nil.
func (s *Scope) PositionIn(journey string) *Position {
	for ; s != nil; s = s.outer {
		p := s.position
		if p != nil && p.asked == journey && p.Journey.IsZero() {
			return nil // it was to begin here, and could not
		}
		if p.Of(journey) {
			return p
		}
	}
	return nil
}

// Around returns the innermost thing that is under way, or nil.
func (s *Scope) Around() Around {
	if s == nil {
		return nil
	}
	return s.around
}

// Node is a context that carries a recorder and a position. A handle of the
// vocabulary embeds it, so that the handle is its own context and costs one
// allocation; everybody else uses [NewContext] and [ContextWithPosition].
type Node struct {
	context.Context
	scope Scope
}

// Value implements [context.Context].
func (n *Node) Value(key any) any {
	if _, ok := key.(scopeKey); ok {
		return &n.scope
	}
	return n.Context.Value(key)
}

// Init makes the node a child of ctx, which knows outer, that keeps the position and records
// to r.
func (n *Node) Init(ctx context.Context, outer *Scope, r Recorder) {
	// A node that answers for nothing but the scope is not asked any more: leave it out, so
	// that looking other things up stays short.
	if p, ok := ctx.(*Node); ok {
		ctx = p.Context
	}
	n.Context = ctx
	n.scope.recorder = r
	if outer != nil {
		// The node's scope is where the outer one is, and hides it.
		n.scope.position, n.scope.outer = outer.position, outer.outer
		n.scope.route, n.scope.around = outer.route, outer.around
	}
}

// SetAround says what is under way in the node, or that nothing is. It must not be called any more once the
// node is in use as a context.
func (n *Node) SetAround(a Around) { n.scope.around = a }

// Position returns the node's position, or nil.
func (n *Node) Position() *Position { return n.scope.position }

// SetPosition puts the customer at p. It must not be called any more once the node
// is in use as a context.
func (n *Node) SetPosition(p *Position) {
	s := &n.scope
	if s.position != nil && !p.hides(s.position) {
		s.outer = &Scope{position: s.position, outer: s.outer}
	}
	s.position, s.outer = p, s.outer.without(p)
}

// hides reports whether [PositionIn] cannot find o any more where p is further in: both answer to the
// same name. One that came with a request may be taken back ([WithoutCarried]), and hides only others that did.
func (p *Position) hides(o *Position) bool {
	return p != nil && p.Journey.Name == o.Journey.Name && p.asked == o.asked && (o.carried || !p.carried)
}

// without returns the scope without those that p hides, so that a chain of them is no longer than
// there are journeys, however often a context moves on. What is above a scope that is left out is
// copied: others hold the original.
func (s *Scope) without(p *Position) *Scope {
	for s != nil && (s.position == nil || p.hides(s.position)) {
		s = s.outer
	}
	last := s
	for hidden := s; hidden != nil; hidden = hidden.outer {
		if hidden.position == nil || p.hides(hidden.position) {
			last = hidden
		}
	}
	if last == s {
		return s // none is hidden
	}
	return &Scope{position: s.position, outer: s.outer.without(p)}
}

// ContextWithPosition returns a context in which the customer is at p; nil changes nothing.
func ContextWithPosition(ctx context.Context, p *Position) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	if p == nil {
		return ctx
	}
	n := &Node{}
	outer := ScopeOf(ctx)
	var r Recorder
	if outer != nil {
		r = outer.recorder
	}
	n.Init(ctx, outer, r)
	n.SetPosition(p)
	return n
}

// PositionFromContext returns where the customer is, or nil. The position must not
// be changed.
func PositionFromContext(ctx context.Context) *Position {
	if ctx == nil {
		return nil
	}
	return ScopeOf(ctx).Position()
}

// PositionIn returns where the customer is in the named journey: the innermost
// position in ctx that belongs to it, or nil.
func PositionIn(ctx context.Context, journey string) *Position {
	if ctx == nil {
		return nil
	}
	return ScopeOf(ctx).PositionIn(journey)
}

// Refused reports whether a run of the journey was to begin in ctx and was refused for its ID or its name, which was
// reported.
func Refused(ctx context.Context, journey string) bool {
	if ctx == nil {
		return false
	}
	for s := ScopeOf(ctx); s != nil; s = s.outer {
		if s.position.Refused(journey) {
			return true
		}
	}
	return false
}

// WithoutCarried returns ctx without the positions that [Propagator] found in the request, and whether
// there were any. It is for a handler that decides by the peer whether to believe them. A position that the
// application itself set stays, inside one that goes too.
func WithoutCarried(ctx context.Context) (context.Context, bool) {
	s := ScopeOf(ctx)
	if !s.carries() {
		return ctx, false
	}
	n := &Node{}
	n.Init(ctx, nil, s.recorder)
	n.scope.route, n.scope.around = s.route, s.around
	if s = s.withoutCarried(); s != nil {
		n.scope.position, n.scope.outer = s.position, s.outer
	}
	return n, true
}

// carries reports whether a position in the scope, or in one around it, came with the request.
func (s *Scope) carries() bool {
	for ; s != nil; s = s.outer {
		if s.position != nil && s.position.carried {
			return true
		}
	}
	return false
}

// withoutCarried returns the scope and those around it that did not come with the request. Scopes are
// copied: others hold the originals.
func (s *Scope) withoutCarried() *Scope {
	for s != nil && (s.position == nil || s.position.carried) {
		s = s.outer
	}
	if !s.carries() {
		return s
	}
	return &Scope{position: s.position, outer: s.outer.withoutCarried()}
}
