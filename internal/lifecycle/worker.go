package lifecycle

import (
	"context"
	"sync"
)

// Worker is a goroutine that its owner stops in two steps: Stop asks it to end after what it is doing, Abort cancels what it
// is doing.
//
//	          Stop                  the function returns
//	running ────────▶ stopping ─────────────────────────▶ ended
//	   │                 │                                  ▲
//	   └─────────────────┴── Abort cancels its context ─────┘
type Worker struct {
	stop     sync.Once
	stopping chan struct{}
	ended    chan struct{}
	abort    context.CancelCauseFunc
}

// Go starts run in a goroutine of its own. run returns soon after stopping is closed, and gives up what it waits for when ctx
// is done, which [Worker.Abort] does.
func Go(run func(ctx context.Context, stopping <-chan struct{})) *Worker {
	w := &Worker{stopping: make(chan struct{}), ended: make(chan struct{})}
	var ctx context.Context
	ctx, w.abort = context.WithCancelCause(context.Background())
	go func() {
		defer close(w.ended)
		run(ctx, w.stopping)
	}()
	return w
}

// Stop asks the worker to end and does not wait for it. It may be called again.
func (w *Worker) Stop() { w.stop.Do(func() { close(w.stopping) }) }

// Abort cancels the context of the worker with the cause. Only the first cause counts. The owner calls it at the latest when
// the worker has ended, so that nothing holds on to the context.
func (w *Worker) Abort(cause error) { w.abort(cause) }

// Ended is closed when the worker has returned.
func (w *Worker) Ended() <-chan struct{} { return w.ended }

// Wait returns nil when the worker has returned, or the cause of ctx when that is done first. A nil ctx waits without a bound.
func (w *Worker) Wait(ctx context.Context) error { return Await(ctx, w.ended) }

// Signal wakes one goroutine. A signal that comes while none waits is kept; several are one. Make it with [NewSignal].
type Signal chan struct{}

// NewSignal returns a Signal that is not set.
func NewSignal() Signal { return make(Signal, 1) }

// Set sets the signal and does not wait. A goroutine receives from the Signal to wait for it.
func (s Signal) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}
