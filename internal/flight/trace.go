package flight

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// Trace is a place in a journey's trace: the root span, and the parent of the spans at this place. The parent is the span
// of the stage if the visit is known, and the root otherwise. A Trace is immutable and safe for concurrent use.
type Trace struct {
	id    trace.TraceID
	root  trace.SpanID
	stage *stagePlace // nil for the root

	once sync.Once
	ctx  context.Context
}

// stagePlace is a visit to a stage. The ID of its span is derived on first use.
type stagePlace struct {
	namespace, name, id, stage string
	visit                      int

	derive sync.Once
	span   trace.SpanID
}

func newTrace(r *event.Run, stage string, visit int) *Trace {
	root := r.RootSpan()
	return placeIn(root.TraceID(), root.SpanID(), r, stage, visit)
}

// placeIn returns the place of a stage of the run in the trace with these IDs.
func placeIn(id trace.TraceID, root trace.SpanID, r *event.Run, stage string, visit int) *Trace {
	if stage == "" || visit <= 0 {
		return &Trace{id: id, root: root}
	}
	p := &struct { // one allocation for both
		Trace
		stagePlace
	}{
		Trace:      Trace{id: id, root: root},
		stagePlace: stagePlace{namespace: r.Namespace, name: r.Name, id: r.ID, stage: stage, visit: visit},
	}
	p.Trace.stage = &p.stagePlace
	return &p.Trace
}

// is reports whether t is the place of the stage and visit.
func (t *Trace) is(stage string, visit int) bool {
	if stage == "" || visit == 0 {
		return t.stage == nil
	}
	return t.stage != nil && t.stage.stage == stage && t.stage.visit == visit
}

// at returns the place of another stage of the same run.
func (t *Trace) at(r *event.Run, stage string, visit int) *Trace {
	if t.is(stage, visit) {
		return t
	}
	return placeIn(t.id, t.root, r, stage, visit)
}

// TraceID returns the ID of the journey's trace.
func (t *Trace) TraceID() trace.TraceID { return t.id }

// Root returns the span context of the journey's root, marked as sampled.
func (t *Trace) Root() trace.SpanContext { return t.span(t.root) }

// Parent returns the span context of the parent of spans at this place, marked as sampled.
func (t *Trace) Parent() trace.SpanContext {
	p := t.stage
	if p == nil {
		return t.Root()
	}
	p.derive.Do(func() {
		r := event.Run{Namespace: p.namespace, Name: p.name, ID: p.id}
		p.span = StageSpanID(&r, p.stage, p.visit)
	})
	return t.span(p.span)
}

func (t *Trace) span(id trace.SpanID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: t.id, SpanID: id, TraceFlags: trace.FlagsSampled, Remote: true})
}

// Context returns a context that holds [Trace.Parent] and nothing else, for spans and exemplars in the journey's trace. It
// is made once.
func (t *Trace) Context() context.Context {
	t.once.Do(func() {
		t.ctx = trace.ContextWithRemoteSpanContext(context.Background(), t.Parent())
	})
	return t.ctx
}
