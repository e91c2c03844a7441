package flight

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// Scope is what a context knows: the recorder, the customer's position, the request's route. One lookup in the context
// finds all of it. A nil Scope is a context that knows nothing.
type Scope struct {
	recorder Recorder
	position *Position
	outer    *Scope // the scope of the journey around this one
	route    string // the pattern of the request's route
	around   Around
	facts    facts
}

// Around is an open interaction around the code of a context. The vocabulary tells it which runs that code starts or
// resumes: a request whose handler makes an order's ID then belongs to that order. Safe for concurrent use.
type Around interface {
	// Met reports that code in the context has started or resumed the run at p. For a run that the client refused, see
	// [Position.Refused]. Met must not change p.
	Met(p *Position)
	// Begin gives its channel and its actor to an event that begins in the context and in no journey.
	Begin(e *Event)
}

// Shower is an [Around] that has a span in the trace of the request. Safe for concurrent use.
type Shower interface {
	// Shows reports whether s is the interaction's span and gets, when the interaction ends, a link to its twin in the
	// trace of e's journey. A link to the journey itself would then be redundant.
	Shows(s trace.Span, e *Event) bool
}

// Help is an open contact in which people help the customer. Safe for concurrent use.
type Help interface {
	// Describe gives an event that happens in the contact what the contact knows: its name, channel, actor, customer and intent. It changes
	// nothing once the contact is over.
	Describe(e *Event)
}

// HelpKey is the key of a context for the contact that is under way.
type HelpKey struct{}

// HelpFrom returns the innermost contact of ctx, or nil.
func HelpFrom(ctx context.Context) Help {
	if ctx == nil {
		return nil
	}
	h, _ := ctx.Value(HelpKey{}).(Help)
	return h
}

type scopeKey struct{}

// ScopeOf returns the scope of ctx, or nil.
func ScopeOf(ctx context.Context) *Scope {
	s, _ := ctx.Value(scopeKey{}).(*Scope)
	return s
}

// Recorder returns the recorder of [NewContext], or the default one, or nil.
func (s *Scope) Recorder() Recorder {
	if s != nil && s.recorder != nil {
		return s.recorder
	}
	return Default()
}

// Position returns the customer's position, or nil.
func (s *Scope) Position() *Position {
	if s == nil {
		return nil
	}
	return s.position
}

// ContextWithRoute returns a context with the route of its request, such as "GET /cart/{id}" or a gRPC method. The route is
// the pattern, never the path; an empty one changes nothing. Reports of faults name it. touchpoint.Handler sets it.
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

// RouteFromContext returns the route of [ContextWithRoute], or "".
func RouteFromContext(ctx context.Context) string {
	if ctx == nil {
		return ""
	}
	if s := ScopeOf(ctx); s != nil {
		return s.route
	}
	return ""
}

// Session returns the customer's session, or "".
func (s *Scope) Session() string {
	if s == nil {
		return ""
	}
	return s.facts.session
}

// PositionIn returns the innermost position in the named journey, or nil.
func (s *Scope) PositionIn(journey string) *Position {
	for ; s != nil; s = s.outer {
		p := s.position
		if p != nil && p.asked == journey && p.Journey.IsZero() {
			return nil // the client refused it here
		}
		if p.Of(journey) {
			return p
		}
	}
	return nil
}

// Around returns the innermost open interaction, or nil.
func (s *Scope) Around() Around {
	if s == nil {
		return nil
	}
	return s.around
}

// Node is a context with a scope. A handle of the vocabulary contains it, so that handle and context are one allocation.
// Other code uses [NewContext] and [ContextWithPosition].
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

// Init makes the node a child of ctx that records to r. Outer is the scope of ctx; the node takes over its position.
func (n *Node) Init(ctx context.Context, outer *Scope, r Recorder) {
	// The new node answers for the scope, so a plain node below it is skipped: that keeps lookups of other keys short.
	if p, ok := ctx.(*Node); ok {
		ctx = p.Context
	}
	n.Context = ctx
	n.scope.recorder = r
	if outer != nil {
		// The node's scope replaces the outer one.
		n.scope.position, n.scope.outer = outer.position, outer.outer
		n.scope.route, n.scope.around, n.scope.facts = outer.route, outer.around, outer.facts
	}
}

// SetAround sets the open interaction of the node; nil is none. The caller must not have shared the node yet.
func (n *Node) SetAround(a Around) { n.scope.around = a }

// Recorder returns the recorder that the node was initialised with.
func (n *Node) Recorder() Recorder { return n.scope.recorder }

// Position returns the node's position, or nil.
func (n *Node) Position() *Position { return n.scope.position }

// SetPosition moves the customer to p. The caller must not have shared the node yet.
func (n *Node) SetPosition(p *Position) {
	s := &n.scope
	if s.position != nil && !p.hides(s.position) {
		s.outer = &Scope{position: s.position, outer: s.outer}
	}
	s.position, s.outer = p, s.outer.without(p)
}

// hides reports whether [PositionIn] can no longer find o if p is further in, because both answer to the same name.
// [WithoutCarried] may remove a position that came with a request, so such a position hides only others like it.
func (p *Position) hides(o *Position) bool {
	return p != nil && p.Journey.Name == o.Journey.Name && p.asked == o.asked && (o.carried || !p.carried)
}

// without returns the scope without those that p hides. A chain of scopes is therefore no longer than the number of
// journeys, however often a context moves on. Scopes above a removed one are copied, because other contexts hold them.
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

// ContextWithPosition returns a context with the customer at p. A nil p changes nothing.
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

// PositionFromContext returns the customer's position, or nil. The caller must not change it.
func PositionFromContext(ctx context.Context) *Position {
	if ctx == nil {
		return nil
	}
	return ScopeOf(ctx).Position()
}

// PositionIn returns the innermost position in ctx that is in the named journey, or nil.
func PositionIn(ctx context.Context, journey string) *Position {
	if ctx == nil {
		return nil
	}
	return ScopeOf(ctx).PositionIn(journey)
}

// Refused reports whether the client refused a run of the journey in ctx, for its ID or its name. The client has reported
// that.
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

// WithoutCarried returns ctx without the positions that a propagator found in the request, and whether there were any. A
// handler uses it to believe only trusted peers. Positions that the application has set stay, also inside one that goes.
func WithoutCarried(ctx context.Context) (context.Context, bool) {
	s := ScopeOf(ctx)
	if !s.carries() {
		return ctx, false
	}
	n := &Node{}
	n.Init(ctx, nil, s.recorder)
	n.scope.route, n.scope.around, n.scope.facts = s.route, s.around, s.facts
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

// withoutCarried returns a copy of the scope, and of those around it, without the positions that came with the request.
func (s *Scope) withoutCarried() *Scope {
	for s != nil && (s.position == nil || s.position.carried) {
		s = s.outer
	}
	if !s.carries() {
		return s
	}
	return &Scope{position: s.position, outer: s.outer.withoutCarried()}
}
