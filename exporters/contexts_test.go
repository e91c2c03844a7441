package exporters_test

import (
	"context"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// TestContextsEnd: the context that a sink is given ends with the call, so that what the sink has begun with it does
// not live on until the time of the call is over.
func TestContextsEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var given []context.Context
		s := &fake{export: func(ctx context.Context, _ []event.Event) error {
			if ctx.Err() != nil {
				t.Error("a call begins with a context that has ended")
			}
			given = append(given, ctx)
			return nil
		}}
		b := exporters.NewBatch(s)
		b.Process(background, touch("of the queue"))
		must(t, b.Flush(background))
		spool, err := exporters.NewSpool(t.TempDir(), s)
		must(t, err)
		must(t, spool.Export(background, events(1)))
		must(t, spool.Drain(background))
		if len(given) != 2 {
			t.Fatalf("%d calls", len(given))
		}
		for i, ctx := range given {
			if ctx.Err() == nil {
				t.Errorf("the context of call %d lives on", i+1)
			}
		}
		must(t, spool.Shutdown(background))
		must(t, b.Shutdown(background))
	})
}

// TestNilContexts: for every part, and for one in front of another, a nil context is context.Background().
func TestNilContexts(t *testing.T) {
	t.Parallel()
	var none context.Context
	s := &fake{}
	for name, e := range stacks(t, s) {
		must(t, e.Export(none, events(2)))
		if f, ok := e.(flushing); ok {
			must(t, f.Flush(none))
		}
		if f, ok := e.(forgetting); ok {
			_, err := f.Forget(none, "a-hash")
			must(t, err)
		}
		if sp, ok := e.(*exporters.Spool); ok {
			must(t, sp.Drain(none))
		}
		if err := e.Shutdown(none); err != nil {
			t.Errorf("%s: Shutdown: %v", name, err)
		}
	}
	b := exporters.NewBatch(s)
	b.Process(none, touch("x"))
	must(t, b.Flush(none))
	must(t, b.Wait(none))
	must(t, b.Shutdown(none))
}
