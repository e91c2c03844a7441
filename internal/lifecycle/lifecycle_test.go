package lifecycle_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/internal/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errWhy = errors.New("the caller has given up")

// gone returns a context that is done.
func gone(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errWhy)
	return ctx
}

func TestTurn(t *testing.T) {
	t.Parallel()
	var turn lifecycle.Turn
	if err := turn.Take(gone(t)); err != nil {
		t.Fatalf("a free turn is taken whatever the context says: %v", err)
	}
	if err := turn.Take(gone(t)); !errors.Is(err, errWhy) {
		t.Fatalf("a turn that is taken: %v, want the cause of the context", err)
	}
	taken := make(chan error)
	go func() { taken <- turn.Take(nil) }() //nolint:staticcheck // a nil context waits without a bound
	turn.Give()
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	turn.Give()
}

// TestTurnExcludes: the race detector and the count see two callers that have the turn.
func TestTurnExcludes(t *testing.T) {
	t.Parallel()
	var turn lifecycle.Turn
	n := 0
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 100 {
				_ = turn.Take(t.Context())
				n++
				turn.Give()
			}
		})
	}
	group.Wait()
	if n != 1600 {
		t.Errorf("%d steps, want 1600: two callers had the turn", n)
	}
}

func TestClosing(t *testing.T) {
	t.Parallel()
	var c lifecycle.Closing
	calls := 0
	step := func() error {
		if calls++; calls == 1 {
			return errWhy
		}
		return nil
	}
	if err := c.Do(t.Context(), step); !errors.Is(err, errWhy) {
		t.Errorf("the error of the step: %v", err)
	}
	for range 3 {
		if err := c.Do(gone(t), step); err != nil {
			t.Error(err)
		}
	}
	if calls != 2 {
		t.Errorf("%d calls of the step, want one that fails and one that succeeds", calls)
	}
}

// TestClosingWaits: a Shutdown beside another one returns no earlier than the step has succeeded.
func TestClosingWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c lifecycle.Closing
		var over atomic.Bool
		release := make(chan struct{})
		go func() {
			_ = c.Do(t.Context(), func() error {
				<-release
				over.Store(true)
				return nil
			})
		}()
		synctest.Wait()
		if err := c.Do(gone(t), func() error { return nil }); !errors.Is(err, errWhy) {
			t.Errorf("while another call runs the step: %v, want the cause of the context", err)
		}
		second := make(chan error, 1)
		go func() { second <- c.Do(t.Context(), func() error { t.Error("the step runs twice"); return nil }) }()
		synctest.Wait()
		select {
		case <-second:
			t.Error("it does not wait for the step")
		default:
		}
		close(release)
		if err := <-second; err != nil || !over.Load() {
			t.Errorf("%v, over %v", err, over.Load())
		}
	})
}

func TestWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cause error
		w := lifecycle.Go(func(ctx context.Context, stopping <-chan struct{}) {
			<-stopping
			<-ctx.Done()
			cause = context.Cause(ctx)
		})
		if err := w.Wait(gone(t)); !errors.Is(err, errWhy) {
			t.Errorf("Wait for a worker that runs: %v, want the cause of the context", err)
		}
		w.Stop()
		w.Stop()
		synctest.Wait()
		if lifecycle.Ended(w.Ended()) {
			t.Error("Stop cancels what the worker is doing")
		}
		w.Abort(errWhy)
		w.Abort(errors.New("another"))
		if err := w.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if !lifecycle.Ended(w.Ended()) {
			t.Error("the worker has returned, and Ended does not say so")
		}
		if err := w.Wait(gone(t)); err != nil {
			t.Errorf("Wait for a worker that has ended: %v, want nil whatever the context says", err)
		}
		if !errors.Is(cause, errWhy) {
			t.Errorf("the worker was aborted because of %v", cause)
		}
	})
}

func TestSignal(t *testing.T) {
	t.Parallel()
	s := lifecycle.NewSignal()
	s.Set()
	s.Set()
	<-s
	select {
	case <-s:
		t.Error("two signals before the first was received are two")
	default:
	}
}

// TestAwaitCall: a call that heeds its context counts as returned, and one that does not is left behind.
func TestAwaitCall(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	heeds, never := make(chan struct{}), make(chan struct{})
	go func() {
		<-ctx.Done()
		close(heeds)
	}()
	cancel()
	<-heeds // closed before AwaitCall looks: it prefers the call to the context
	if !lifecycle.AwaitCall(ctx, heeds) {
		t.Error("a call that has returned counts as left behind")
	}
	if lifecycle.AwaitCall(ctx, never) {
		t.Error("a call that never returns counts as returned")
	}
}

// TestTryTake: a free turn is taken, and a taken one is not.
func TestTryTake(t *testing.T) {
	t.Parallel()
	var turn lifecycle.Turn
	if !turn.TryTake() || turn.TryTake() {
		t.Error("want true for the free turn and false for the taken one")
	}
	turn.Give()
	if !turn.TryTake() {
		t.Error("a turn that was given is not free")
	}
}
