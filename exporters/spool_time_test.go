package exporters_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// TestSpoolAsksToWait: "Retry-After honoured", with a bound.
func TestSpoolAsksToWait(t *testing.T) {
	for name, c := range map[string]struct{ asked, waited time.Duration }{
		"a minute":    {time.Minute, time.Minute},
		"a century":   {876000 * time.Hour, time.Hour},
		"no time":     {0, 0},
		"in the past": {-time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				var at []time.Time
				s := newSpool(t, dir, exportFunc(func(context.Context, []event.Event) error {
					if at = append(at, time.Now()); len(at) == 1 {
						return sink.RetryAfter(errSink, c.asked)
					}
					return nil
				}))
				must(t, s.Export(context.Background(), spooled(0, 1, 1)))
				must(t, s.Drain(context.Background()))
				if got := at[1].Sub(at[0]); got < c.waited || got > c.waited+time.Second {
					t.Errorf("it waited %v, want %v", got, c.waited)
				}
			})
		})
	}
}

// TestSpoolShutdown: idempotent, bounded by its context, and can be retried; the rest stays on the disk.
func TestSpoolShutdown(t *testing.T) {
	for name, c := range map[string]struct {
		reason   string
		deadline time.Duration
		stubborn bool          // a sink that looks at no context
		calls    int           // of Shutdown until it is nil
		took     time.Duration // the first one
	}{
		"a sink that is stuck":    {"its call is cancelled after five seconds", time.Hour, false, 1, 5 * time.Second},
		"little time":             {"its call is cancelled after half of it", 4 * time.Second, false, 1, 2 * time.Second},
		"a sink that is stubborn": {"Shutdown is bounded all the same", 4 * time.Second, true, 2, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				let, in := make(chan struct{}), make(chan struct{}, 10)
				next := &fake{export: func(ctx context.Context, _ []event.Event) error {
					in <- struct{}{}
					done := ctx.Done()
					if c.stubborn {
						done = nil
					}
					select {
					case <-let:
					case <-done:
					}
					return errSink
				}}
				s, err := exporters.NewSpool(dir, next, exporters.WithTimeout(24*time.Hour))
				must(t, err)
				must(t, s.Export(context.Background(), spooled(0, 5, 1)))
				<-in
				drained := make(chan error, 1)
				go func() { drained <- s.Drain(context.Background()) }()
				synctest.Wait()
				for i := range c.calls {
					ctx, cancel := context.WithTimeout(context.Background(), c.deadline)
					start := time.Now()
					err := s.Shutdown(ctx)
					cancel()
					if i == 0 && time.Since(start) != c.took {
						t.Errorf("it took %v, want %v: %s", time.Since(start), c.took, c.reason)
					}
					if (err == nil) != (i == c.calls-1) {
						t.Errorf("call %d: %v", i, err)
					}
					if err != nil {
						close(let)
					}
				}
				must(t, s.Shutdown(context.Background()))
				if err := s.Export(context.Background(), spooled(5, 6, 1)); !errors.Is(err, sink.ErrClosed) {
					t.Errorf("Export afterwards: %v", err)
				}
				if err := <-drained; !errors.Is(err, sink.ErrClosed) {
					t.Errorf("Drain says %v", err)
				}
				if next.downs != 1 {
					t.Errorf("the sink was shut down %d times", next.downs)
				}
			})
			var got fake
			s := newSpool(t, dir, &got)
			must(t, s.Drain(context.Background()))
			same(t, got.got(), numbered(0, 5), "the rest is there for the next process")
		})
	}
}
