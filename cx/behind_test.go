package cx_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	sinks "cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/feedback"
)

// slowFlush refuses every event, and its Flush heeds no context.
type slowFlush struct{ takes time.Duration }

func (slowFlush) Export(context.Context, []event.Event) error { return sinks.Permanent(errBad) }
func (slowFlush) Shutdown(context.Context) error              { return nil }

func (s slowFlush) Flush(context.Context) error {
	time.Sleep(s.takes)
	return nil
}

// TestLossThatNoCallerHeard: a Flush that was left behind has told of a loss when its caller was gone already. The
// next Flush tells of it, once.
func TestLossThatNoCallerHeard(t *testing.T) {
	t.Parallel()
	for _, custom := range []bool{false, true} {
		t.Run(fmt.Sprintf("a processor of the application's: %v", custom), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var more cx.Option
				if custom {
					more = cx.WithProcessors(&tells{err: fmt.Errorf("as it says: %w", errBad)})
				} else {
					more = cx.WithExporters(slowFlush{5 * time.Second})
				}
				i := open(t, nil, more)
				feedback.CSAT.Record(i.ctx(), 4)
				short, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := i.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("Flush says %v, want that it had no time", err)
				}
				time.Sleep(time.Minute)
				err := i.Flush(t.Context())
				if !errors.Is(err, errBad) {
					t.Errorf("Flush says %v, want what was lost", err)
				}
				if loss, ok := errors.AsType[*exporters.LossError](err); !custom && (!ok || loss.Events() != 1) {
					t.Errorf("Flush says %v, want one event lost", err)
				}
				if err := i.Flush(t.Context()); err != nil {
					t.Errorf("the next Flush says it again, or something else: %v", err)
				}
				i.close(t)
			})
		})
	}
}

// tells is a processor whose first Flush takes its time and tells of a loss.
type tells struct{ err error }

func (*tells) Process(context.Context, *event.Event) {}
func (*tells) Shutdown(context.Context) error        { return nil }

func (p *tells) Flush(ctx context.Context) error {
	err := p.err
	p.err = nil
	if err != nil {
		time.Sleep(5 * time.Second)
		return errors.Join(ctx.Err(), err)
	}
	return nil
}

// TestFlushThatHadNoTime: that an earlier Flush ran out of time is no loss, and not told again.
func TestFlushThatHadNoTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &patientTells{}
		i := open(t, nil, cx.WithProcessors(p))
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := i.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Flush says %v", err)
		}
		time.Sleep(time.Minute)
		if err := i.Flush(t.Context()); err != nil {
			t.Errorf("Flush says %v, want nil", err)
		}
		i.close(t)
	})
}

// patientTells is a processor whose Flush says late that its time was up.
type patientTells struct{ tells }

func (*patientTells) Flush(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		return nil
	}
	time.Sleep(5 * time.Second)
	return fmt.Errorf("flushing: %w", ctx.Err())
}

// yielding is a processor whose Forget heeds its context, after a while.
type yielding struct{ tells }

func (*yielding) Forget(ctx context.Context, _ string) (int64, error) {
	<-ctx.Done()
	for range 10_000 {
		runtime.Gosched()
	}
	return 0, nil
}

// TestForgetLeftBehind: what a processor says of a Forget that was left behind does not race with what Forget returns.
// It is the race detector that sees it.
func TestForgetLeftBehind(t *testing.T) {
	t.Parallel()
	i := open(t, nil, cx.WithProcessors(&yielding{}))
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if _, err := i.Forget(ctx, "alice"); err != nil && !errors.Is(err, context.DeadlineExceeded) { // nil where it is quick
			t.Errorf("Forget says %v, want that its time was up", err)
		}
		cancel()
	}
	i.close(t)
}
