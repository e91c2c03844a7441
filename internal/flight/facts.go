package flight

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/text"
)

// facts are what a context says of every event that the vocabulary records in it, whichever run the event is in.
type facts struct {
	synthetic bool
	session   string // the customer's session, or ""
	delegate  *Delegate
	arms      *Arms
}

// ContextWithSynthetic returns a context in which every event is a probe's, also one whose caller names another actor.
func ContextWithSynthetic(ctx context.Context) context.Context {
	n := child(ctx)
	n.scope.facts.synthetic = true
	p := &Position{}
	if was := n.scope.position; was != nil {
		at := was.At(was.Stage, was.Visit)
		p = &at
	}
	p.Actor = event.ActorSynthetic
	n.SetPosition(p)
	return n
}

// Synthetic reports whether everything in the scope is a probe's.
func (s *Scope) Synthetic() bool { return s != nil && s.facts.synthetic }

// Delegate is what is known of the assistant that acts for the customer. It is immutable, and several requests share it.
type Delegate struct{ said []attribute.KeyValue }

// NewDelegate returns a Delegate whose events have these attributes.
func NewDelegate(said ...attribute.KeyValue) *Delegate { return &Delegate{said} }

// ContextWithDelegate returns a context in which events by [event.ActorDelegate] are those of the assistant d.
func ContextWithDelegate(ctx context.Context, d *Delegate) context.Context {
	n := child(ctx)
	n.scope.facts.delegate = d
	return n
}

// Arms has the arm of an experiment that the customer has seen in an interaction. The zero value is empty. Safe for concurrent use.
type Arms struct {
	outer *Arms
	seen  atomic.Pointer[event.Variant]
}

// See says that the customer has seen the arm, unless an arm of one of the other experiments was seen here before. It reports whether
// it took the arm. It cuts names at [event.MaxName] bytes, and takes none of which nothing is left.
func (a *Arms) See(experiment, arm string, unless []string) bool {
	if a == nil {
		return false
	}
	v := &event.Variant{}
	v.Experiment, _ = text.Cut(experiment, event.MaxName)
	v.Arm, _ = text.Cut(arm, event.MaxName)
	if v.Experiment == "" || v.Arm == "" {
		return false
	}
	for {
		was := a.seen.Load()
		if was != nil {
			for _, other := range unless {
				if other, _ = text.Cut(other, event.MaxName); was.Experiment == other {
					return false
				}
			}
		}
		if a.seen.CompareAndSwap(was, v) {
			return true
		}
	}
}

// Seen returns the arm that the customer has seen here, or in what is around it, or nil. The caller must not change it.
func (a *Arms) Seen() *event.Variant {
	for ; a != nil; a = a.outer {
		if v := a.seen.Load(); v != nil {
			return v
		}
	}
	return nil
}

// SetArms makes own, which is empty, the place for arms in the context of the node. The caller must not have shared the node yet.
func (n *Node) SetArms(own *Arms) {
	own.outer = n.scope.facts.arms
	n.scope.facts.arms = own
}

// ContextWithArms returns a context with a place of its own for arms.
func ContextWithArms(ctx context.Context) context.Context {
	n := child(ctx)
	n.SetArms(&Arms{})
	return n
}

// Arms returns the innermost place for arms, or nil.
func (s *Scope) Arms() *Arms {
	if s == nil {
		return nil
	}
	return s.facts.arms
}

// Ascribe gives an event that is about to be recorded what its context says of it: the assistant.
func (s *Scope) Ascribe(e *Event) {
	if s != nil && s.facts.delegate != nil && e.Actor == event.ActorDelegate {
		e.SetAttributes(s.facts.delegate.said...)
	}
}

// child returns a node below ctx that knows what ctx knows.
func child(ctx context.Context) *Node {
	if ctx == nil {
		ctx = context.Background()
	}
	n, outer := &Node{}, ScopeOf(ctx)
	n.Init(ctx, outer, outer.own())
	return n
}
