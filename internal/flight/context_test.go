package flight_test

import (
	"context"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// recorder remembers the faults that it is told.
type recorder struct {
	flight.Discard

	name   string
	mu     sync.Mutex
	faults []fault.Fault
}

func (r *recorder) Fault(_ context.Context, f fault.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, f.Fault)
}

func inJourney(ctx context.Context) (context.Context, event.Position) {
	p := event.Position{
		Journey: event.Run{Namespace: "production", Name: "checkout", ID: "cart-42"}, Stage: "payment", Visit: 2,
		Customer: event.Customer{Hash: "h"}, Channel: event.Web,
	}
	return flight.ContextWithPosition(ctx, flight.NewPosition(p)), p
}

// withDefault sets the module's only global for one test, which must not be parallel.
func withDefault(t *testing.T, r flight.Recorder) {
	t.Helper()
	before := flight.Default()
	t.Cleanup(func() { flight.SetDefault(before) })
	flight.SetDefault(r)
}

func TestDefaultRecorder(t *testing.T) {
	a, b := &recorder{name: "a"}, &recorder{name: "b"}
	withDefault(t, nil)
	if flight.Default() != nil || flight.RecorderFrom(context.Background()) != nil || flight.RecorderFrom(nil) != nil { //nolint:staticcheck // nil is what is tested
		t.Error("without a default somebody records")
	}
	flight.SetDefault(a)
	if flight.Default() != flight.Recorder(a) || flight.RecorderFrom(context.Background()) != flight.Recorder(a) || flight.RecorderFrom(nil) != flight.Recorder(a) { //nolint:staticcheck // nil is what is tested
		t.Error("the default does not record where no other is named")
	}
	ctx := flight.NewContext(context.Background(), b)
	if flight.RecorderFrom(ctx) != flight.Recorder(b) {
		t.Error("the context's recorder does not go before the default")
	}
	flight.SetDefault(b)
	if flight.Default() != flight.Recorder(b) {
		t.Error("the second default does not replace the first")
	}
	flight.SetDefault(nil)
	if flight.Default() != nil {
		t.Error("the default cannot be unset")
	}
	if flight.RecorderFrom(ctx) != flight.Recorder(b) {
		t.Error("the context's recorder goes with the default")
	}
}

// TestDefaultFollows: a context that names no recorder asks for the default each time, so
// one made before the client is there works.
func TestDefaultFollows(t *testing.T) {
	withDefault(t, nil)
	ctx, _ := inJourney(context.Background())
	if flight.RecorderFrom(ctx) != nil {
		t.Fatal("somebody records")
	}
	a := &recorder{}
	flight.SetDefault(a)
	if flight.RecorderFrom(ctx) != flight.Recorder(a) {
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
				flight.SetDefault(&recorder{})
				flight.Fault(context.Background(), fault.Report{Fault: fault.BadHeader}) // of any of them
				flight.SetDefault(flight.Discard{})
				flight.RecorderFrom(context.Background())
				flight.SetDefault(nil)
			}
		})
	}
	wg.Wait()
}

func TestNewContext(t *testing.T) {
	t.Parallel()
	outer, inner := &recorder{name: "outer"}, &recorder{name: "inner"}
	ctx := flight.NewContext(context.Background(), outer)
	ctx, p := inJourney(ctx)
	deeper := flight.NewContext(ctx, inner)
	if flight.RecorderFrom(ctx) != flight.Recorder(outer) || flight.RecorderFrom(deeper) != flight.Recorder(inner) {
		t.Error("the innermost recorder does not record")
	}
	if got := flight.PositionFromContext(deeper); got == nil || got.Journey.ID != p.Journey.ID {
		t.Errorf("with another recorder the position is %+v", got)
	}
	type key struct{}
	valued := context.WithValue(deeper, key{}, "value")
	if flight.RecorderFrom(valued) != flight.Recorder(inner) || flight.NewContext(valued, outer).Value(key{}) != "value" {
		t.Error("values of others get lost, or ours behind theirs")
	}
	if ctx := flight.NewContext(nil, outer); ctx == nil || flight.RecorderFrom(ctx) != flight.Recorder(outer) || ctx.Err() != nil { //nolint:staticcheck // nil is what is tested
		t.Error("a nil context is not the background")
	}
}

// TestContextIsStillAContext: deadlines, cancellation and spans go through.
func TestContextIsStillAContext(t *testing.T) {
	t.Parallel()
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
	parent, cancel := context.WithCancelCause(trace.ContextWithSpanContext(context.Background(), sc))
	ctx, _ := inJourney(flight.NewContext(parent, &recorder{}))
	if !trace.SpanContextFromContext(ctx).Equal(sc) {
		t.Error("the span is lost")
	}
	cancel(context.DeadlineExceeded)
	<-ctx.Done()
	if context.Cause(ctx) != context.DeadlineExceeded {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
	var n flight.Node
	n.Init(context.Background(), nil, &recorder{})
	if n.Position() != nil || n.Value("x") != nil {
		t.Error("a fresh node is somewhere")
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	if flight.PositionFromContext(nil) != nil || flight.PositionIn(nil, "a") != nil { //nolint:staticcheck // nil is what is tested
		t.Error("a nil context is somewhere")
	}
	if flight.PositionFromContext(context.Background()) != nil || flight.PositionIn(context.Background(), "") != nil {
		t.Error("an empty context is somewhere")
	}
	ctx := context.Background()
	if flight.ContextWithPosition(ctx, nil) != ctx {
		t.Error("no position makes a context")
	}
	at := func(ctx context.Context, name, id string) context.Context {
		return flight.ContextWithPosition(ctx, flight.NewPosition(event.Position{Journey: event.Run{Namespace: "n", Name: name, ID: id}}))
	}
	outer := at(flight.NewContext(ctx, &recorder{}), "move-house", "m1")
	middle := at(flight.NewContext(outer, &recorder{}), "checkout", "c1")
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
			p := flight.PositionIn(c.ctx, c.journey)
			if c.journey == "" {
				p = flight.PositionFromContext(c.ctx)
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
	ctx := flight.ContextWithPosition(nil, flight.NewPosition(event.Position{Journey: event.Run{Name: "a", ID: "b"}})) //nolint:staticcheck // nil is what is tested
	if p := flight.PositionFromContext(ctx); p == nil || p.Journey.ID != "b" {
		t.Errorf("the position is %+v", p)
	}
}

func TestContextWithPositionKeepsTheCallers(t *testing.T) {
	t.Parallel()
	p := event.Position{Journey: event.Run{Namespace: "n", Name: "checkout", ID: "1"}, Stage: "cart", Visit: 1}
	ctx := flight.ContextWithPosition(context.Background(), flight.NewPosition(p))
	got := flight.PositionFromContext(ctx)
	if got.Trace() == nil || got.Trace() != got.Trace() {
		t.Error("the place in the trace is not computed once")
	}
	if got.Trace().Parent().SpanID() != flight.StageSpanID(&p.Journey, "cart", 1) {
		t.Error("the place in the trace is not the stage's")
	}
	p.Journey.ID = "2" // the caller's own again
	if flight.PositionFromContext(ctx).Journey.ID != "1" {
		t.Error("the caller can change the position in the context")
	}
}
