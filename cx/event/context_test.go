package event_test

import (
	"context"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// recorder remembers what it is given.
type recorder struct {
	name   string
	mu     sync.Mutex
	faults []event.Fault
}

func (r *recorder) Start(ctx context.Context, _ *event.Event) context.Context { return ctx }
func (r *recorder) Record(context.Context, *event.Event)                      {}
func (r *recorder) RecordFault(_ context.Context, f event.FaultReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, f.Fault)
}

// plainRecorder counts no faults.
type plainRecorder struct{}

func (plainRecorder) Start(ctx context.Context, _ *event.Event) context.Context { return ctx }
func (plainRecorder) Record(context.Context, *event.Event)                      {}

// withDefault sets the module's only global for one test, which must not be parallel.
func withDefault(t *testing.T, r event.Recorder) {
	t.Helper()
	before := event.Default()
	t.Cleanup(func() { event.SetDefault(before) })
	event.SetDefault(r)
}

func TestDefaultRecorder(t *testing.T) {
	a, b := &recorder{name: "a"}, &recorder{name: "b"}
	withDefault(t, nil)
	if event.Default() != nil || event.RecorderFrom(context.Background()) != nil || event.RecorderFrom(nil) != nil { //nolint:staticcheck // nil is what is tested
		t.Error("without a default somebody records")
	}
	event.SetDefault(a)
	if event.Default() != event.Recorder(a) || event.RecorderFrom(context.Background()) != event.Recorder(a) || event.RecorderFrom(nil) != event.Recorder(a) { //nolint:staticcheck // nil is what is tested
		t.Error("the default does not record where no other is named")
	}
	ctx := event.NewContext(context.Background(), b)
	if event.RecorderFrom(ctx) != event.Recorder(b) {
		t.Error("the context's recorder does not go before the default")
	}
	event.SetDefault(b)
	if event.Default() != event.Recorder(b) {
		t.Error("the second default does not replace the first")
	}
	event.SetDefault(nil)
	if event.Default() != nil {
		t.Error("the default cannot be unset")
	}
	if event.RecorderFrom(ctx) != event.Recorder(b) {
		t.Error("the context's recorder goes with the default")
	}
}

// TestDefaultFollows: a context that names no recorder asks for the default each time, so
// one made before the client is there works.
func TestDefaultFollows(t *testing.T) {
	withDefault(t, nil)
	ctx, _ := inJourney(context.Background())
	if event.RecorderFrom(ctx) != nil {
		t.Fatal("somebody records")
	}
	a := &recorder{}
	event.SetDefault(a)
	if event.RecorderFrom(ctx) != event.Recorder(a) {
		t.Error("a context with a position does not see the default that was set later")
	}
}

// TestDefaultConcurrently is for the race detector.
func TestDefaultConcurrently(t *testing.T) {
	withDefault(t, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				event.SetDefault(&recorder{})
				event.RecordFault(context.Background(), event.FaultReport{Fault: event.FaultBadHeader}) // of any of them
				event.SetDefault(plainRecorder{})
				event.RecorderFrom(context.Background())
				event.SetDefault(nil)
			}
		})
	}
	wg.Wait()
}

func TestNewContext(t *testing.T) {
	t.Parallel()
	outer, inner := &recorder{name: "outer"}, &recorder{name: "inner"}
	ctx := event.NewContext(context.Background(), outer)
	ctx, p := inJourney(ctx)
	deeper := event.NewContext(ctx, inner)
	if event.RecorderFrom(ctx) != event.Recorder(outer) || event.RecorderFrom(deeper) != event.Recorder(inner) {
		t.Error("the innermost recorder does not record")
	}
	if got := event.PositionFromContext(deeper); got == nil || got.Journey.ID != p.Journey.ID {
		t.Errorf("with another recorder the position is %+v", got)
	}
	type key struct{}
	valued := context.WithValue(deeper, key{}, "value")
	if event.RecorderFrom(valued) != event.Recorder(inner) || event.NewContext(valued, outer).Value(key{}) != "value" {
		t.Error("values of others get lost, or ours behind theirs")
	}
	if ctx := event.NewContext(nil, outer); ctx == nil || event.RecorderFrom(ctx) != event.Recorder(outer) || ctx.Err() != nil { //nolint:staticcheck // nil is what is tested
		t.Error("a nil context is not the background")
	}
}

// TestContextIsStillAContext: deadlines, cancellation and spans go through.
func TestContextIsStillAContext(t *testing.T) {
	t.Parallel()
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
	parent, cancel := context.WithCancelCause(trace.ContextWithSpanContext(context.Background(), sc))
	ctx, _ := inJourney(event.NewContext(parent, &recorder{}))
	if !trace.SpanContextFromContext(ctx).Equal(sc) {
		t.Error("the span is lost")
	}
	cancel(context.DeadlineExceeded)
	<-ctx.Done()
	if context.Cause(ctx) != context.DeadlineExceeded {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
	var n event.Node
	n.Init(context.Background(), nil, &recorder{})
	if n.Position() != nil || n.Value("x") != nil {
		t.Error("a fresh node is somewhere")
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	if event.PositionFromContext(nil) != nil || event.PositionIn(nil, "a") != nil { //nolint:staticcheck // nil is what is tested
		t.Error("a nil context is somewhere")
	}
	if event.PositionFromContext(context.Background()) != nil || event.PositionIn(context.Background(), "") != nil {
		t.Error("an empty context is somewhere")
	}
	ctx := context.Background()
	if event.ContextWithPosition(ctx, nil) != ctx {
		t.Error("no position makes a context")
	}
	at := func(ctx context.Context, name, id string) context.Context {
		return event.ContextWithPosition(ctx, &event.Position{Journey: event.Journey{Namespace: "n", Name: name, ID: id}})
	}
	outer := at(event.NewContext(ctx, &recorder{}), "move-house", "m1")
	middle := at(event.NewContext(outer, &recorder{}), "checkout", "c1")
	inner := at(middle, "checkout", "c2")
	for _, c := range []struct {
		name, reason string
		ctx          context.Context
		journey      string // "" for the innermost, whatever it is
		want         string
	}{
		{"innermost", "where the customer is now", inner, "", "c2"},
		{"middle", "a context is never changed", middle, "", "c1"},
		{"named innermost", "the innermost run of the journey", inner, "checkout", "c2"},
		{"named outer", "through two journeys and a recorder", inner, "move-house", "m1"},
		{"outer from the middle", "through one", middle, "move-house", "m1"},
		{"unknown", "not in it", inner, "complaint", ""},
		{"inner from the outer", "contexts do not look inwards", outer, "checkout", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := event.PositionIn(c.ctx, c.journey)
			if c.journey == "" {
				p = event.PositionFromContext(c.ctx)
			}
			got := ""
			if p != nil {
				got = p.Journey.ID
			}
			if got != c.want {
				t.Errorf("the run is %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestContextWithPositionOfNil: NewContext takes a nil context for the background, and so
// do the readers; a service that passes one must not be hurt.
func TestContextWithPositionOfNil(t *testing.T) {
	t.Parallel()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("a nil context panics: %v", r)
		}
	}()
	ctx := event.ContextWithPosition(nil, &event.Position{Journey: event.Journey{Name: "a", ID: "b"}}) //nolint:staticcheck // nil is what is tested
	if p := event.PositionFromContext(ctx); p == nil || p.Journey.ID != "b" {
		t.Errorf("the position is %+v", p)
	}
}

func TestContextWithPositionKeepsTheCallers(t *testing.T) {
	t.Parallel()
	p := event.Position{Journey: event.Journey{Namespace: "n", Name: "checkout", ID: "1"}, Stage: "cart", Visit: 1}
	ctx := event.ContextWithPosition(context.Background(), &p)
	got := event.PositionFromContext(ctx)
	if got.Trace() == nil || got.Trace() != got.Trace() {
		t.Error("the place in the trace is not computed once")
	}
	if got.Trace().Parent().SpanID() != p.Journey.StageSpanID("cart", 1) {
		t.Error("the place in the trace is not the stage's")
	}
	p.Journey.ID = "2" // the caller's own again
	if event.PositionFromContext(ctx).Journey.ID != "1" {
		t.Error("the caller can change the position in the context")
	}
}
