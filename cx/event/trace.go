package event

import (
	"context"
	"strconv"
	"sync"

	"go.opentelemetry.io/otel/trace"
)

// TraceID returns the ID of the run's trace: the first 16 bytes of the SHA-256 of
// a version tag, namespace, journey name and ID. Whoever knows those three, in any
// service on any day, arrives at the same trace; nobody can read them back.
func (j *Journey) TraceID() trace.TraceID {
	id, _ := j.rootIDs()
	return id
}

func (j *Journey) rootIDs() (trace.TraceID, trace.SpanID) {
	sum := digest("cairn.trace.1", j.Namespace, j.Name, j.ID)
	return trace.TraceID(sum[:16]), trace.SpanID(sum[16:24])
}

// Segment returns the place of segment n of the run's trace, 1 or more: a trace of its own, whose ID
// is the same digest with the number, for what does not fit into the first.
func (j *Journey) Segment(n int) *Trace {
	sum := digest("cairn.segment.1", j.Namespace, j.Name, j.ID, strconv.Itoa(n))
	return &Trace{id: trace.TraceID(sum[:16]), root: trace.SpanID(sum[16:24])}
}

// StageSpanID returns the ID of the span of one visit to a stage: the same digest
// with stage and visit.
func (j *Journey) StageSpanID(stage string, visit int) trace.SpanID {
	sum := digest("cairn.stage.1", j.Namespace, j.Name, j.ID, stage, strconv.Itoa(visit))
	var sid trace.SpanID
	copy(sid[:], sum[:8])
	return sid
}

// StartedSpanID returns the ID of the span that says that the run began: the same digest with another
// version tag.
func (j *Journey) StartedSpanID() trace.SpanID {
	sum := digest("cairn.started.1", j.Namespace, j.Name, j.ID)
	return trace.SpanID(sum[:8])
}

// Trace is a place in a journey's trace: the root, and the span under which things
// that happen here belong, which is the stage's where the visit is known and the
// root otherwise. It does not change and is safe for concurrent use.
type Trace struct {
	id   trace.TraceID
	root trace.SpanID
	// The stage whose span is the parent, nil for the root.
	stage *stagePlace

	once sync.Once
	ctx  context.Context
}

// stagePlace is the visit to a stage that a Trace is in. The ID of its span is made when somebody asks.
type stagePlace struct {
	namespace, name, id, stage string
	visit                      int

	derive sync.Once
	span   trace.SpanID
}

func newTrace(j *Journey, stage string, visit int) *Trace {
	id, root := j.rootIDs()
	return placeIn(id, root, j, stage, visit)
}

// placeIn returns the place of a stage in the trace with the IDs.
func placeIn(id trace.TraceID, root trace.SpanID, j *Journey, stage string, visit int) *Trace {
	if stage == "" || visit <= 0 {
		return &Trace{id: id, root: root}
	}
	p := &struct { // one allocation for both
		Trace
		stagePlace
	}{
		Trace:      Trace{id: id, root: root},
		stagePlace: stagePlace{namespace: j.Namespace, name: j.Name, id: j.ID, stage: stage, visit: visit},
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
func (t *Trace) at(j *Journey, stage string, visit int) *Trace {
	if t.is(stage, visit) {
		return t
	}
	return placeIn(t.id, t.root, j, stage, visit)
}

// TraceID returns the ID of the journey's trace.
func (t *Trace) TraceID() trace.TraceID { return t.id }

// Root returns the context of the journey's root span, marked as sampled.
func (t *Trace) Root() trace.SpanContext { return t.span(t.root) }

// Parent returns the context of the span under which this place's spans belong,
// marked as sampled.
func (t *Trace) Parent() trace.SpanContext {
	p := t.stage
	if p == nil {
		return t.Root()
	}
	p.derive.Do(func() {
		j := Journey{Namespace: p.namespace, Name: p.name, ID: p.id}
		p.span = j.StageSpanID(p.stage, p.visit)
	})
	return t.span(p.span)
}

func (t *Trace) span(id trace.SpanID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: t.id, SpanID: id, TraceFlags: trace.FlagsSampled, Remote: true,
	})
}

// Context returns a context whose span is [Trace.Parent] and which holds nothing
// else: the parent of spans, and the holder of exemplars, in the journey's trace.
// It is made once.
func (t *Trace) Context() context.Context {
	t.once.Do(func() {
		t.ctx = trace.ContextWithRemoteSpanContext(context.Background(), t.Parent())
	})
	return t.ctx
}
