package event_test

import (
	"context"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// uncomparable is a recorder that cannot be compared.
type uncomparable struct{ _ []int }

func (uncomparable) Start(ctx context.Context, _ *event.Event) context.Context { return ctx }
func (uncomparable) Record(context.Context, *event.Event)                      {}

// around is what is under way in a context.
type around struct{}

func (around) Met(*event.Position) {}
func (around) Begin(*event.Event)  {}

// TestRecordersThatCannotBeCompared: what is under way in the context is another recorder's.
func TestRecordersThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	ctx := event.ContextAround(event.NewContext(t.Context(), uncomparable{}), around{})
	if event.ScopeOf(ctx).Around() == nil {
		t.Fatal("what is under way is not in the context")
	}
	if a := event.ScopeOf(event.NewContext(ctx, uncomparable{})).Around(); a != nil {
		t.Errorf("%v is under way for a recorder that may be another one", a)
	}
	same := &struct{ uncomparable }{}
	ctx = event.ContextAround(event.NewContext(t.Context(), same), around{})
	if event.ScopeOf(event.NewContext(ctx, same)).Around() == nil {
		t.Error("for the same recorder it goes on")
	}
	if event.ScopeOf(event.ContextAround(ctx, nil)).Around() != nil {
		t.Error("it does not end")
	}
}
