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
	var tid trace.TraceID
	var sid trace.SpanID
	copy(tid[:], sum[:16])
	copy(sid[:], sum[16:24])
	return tid, sid
}

// Segment returns the place of segment n of the run's trace, 1 or more: a trace of its own, whose ID
// is the same digest with the number, for what does not fit into the first.
func (j *Journey) Segment(n int) *Trace {
	sum := digest("cairn.segment.1", j.Namespace, j.Name, j.ID, strconv.Itoa(n))
	var tid trace.TraceID
	var sid trace.SpanID
	copy(tid[:], sum[:16])
	copy(sid[:], sum[16:24])
	root := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: tid, SpanID: sid, TraceFlags: trace.FlagsSampled, Remote: true,
	})
	return &Trace{root: root}
}

// StageSpanID returns the ID of the span of one visit to a stage: the same digest
// with stage and visit.
func (j *Journey) StageSpanID(stage string, visit int) trace.SpanID {
	sum := digest("cairn.stage.1", j.Namespace, j.Name, j.ID, stage, strconv.Itoa(visit))
	var sid trace.SpanID
	copy(sid[:], sum[:8])
	return sid
}

// Trace is a place in a journey's trace: the root, and the span under which things
// that happen here belong, which is the stage's where the visit is known and the
// root otherwise. It does not change and is safe for concurrent use.
type Trace struct {
	root trace.SpanContext
	// The stage whose span is the parent, "" for the root. Its ID is made when somebody asks.
	namespace, name, id, stage string
	visit                      int

	derive sync.Once
	parent trace.SpanContext
	once   sync.Once
	ctx    context.Context
}

func newTrace(j *Journey, stage string, visit int) *Trace {
	tid, root := j.rootIDs()
	return placeIn(trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: tid, SpanID: root, TraceFlags: trace.FlagsSampled, Remote: true,
	}), j, stage, visit)
}

// placeIn returns the place of a stage in the trace with the root.
func placeIn(root trace.SpanContext, j *Journey, stage string, visit int) *Trace {
	t := &Trace{root: root}
	if stage != "" && visit > 0 {
		t.namespace, t.name, t.id, t.stage, t.visit = j.Namespace, j.Name, j.ID, stage, visit
	}
	return t
}

// is reports whether t is the place of the stage and visit.
func (t *Trace) is(stage string, visit int) bool {
	if stage == "" || visit == 0 {
		return t.stage == ""
	}
	return t.stage == stage && t.visit == visit
}

// at returns the place of another stage of the same run.
func (t *Trace) at(j *Journey, stage string, visit int) *Trace {
	if t.is(stage, visit) {
		return t
	}
	return placeIn(t.root, j, stage, visit)
}

// TraceID returns the ID of the journey's trace.
func (t *Trace) TraceID() trace.TraceID { return t.root.TraceID() }

// Root returns the context of the journey's root span, marked as sampled.
func (t *Trace) Root() trace.SpanContext { return t.root }

// Parent returns the context of the span under which this place's spans belong,
// marked as sampled.
func (t *Trace) Parent() trace.SpanContext {
	if t.stage == "" {
		return t.root
	}
	t.derive.Do(func() {
		j := Journey{Namespace: t.namespace, Name: t.name, ID: t.id}
		t.parent = t.root.WithSpanID(j.StageSpanID(t.stage, t.visit))
	})
	return t.parent
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
