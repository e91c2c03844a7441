package customer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/lifecycle"
)

// now returns the time of an entry: the caller's, or the store's where they differ by maxSkew or more. The first call asks the
// store.
func (b *Book) now(ctx context.Context) (time.Time, error) {
	b.start()
	store, ok := b.clock.Now()
	if !ok {
		var err error
		if store, _, err = b.claim(ctx, 0, 0); err != nil {
			return time.Time{}, err
		}
	}
	here := b.cfg.Now()
	if here.Sub(store).Abs() >= maxSkew {
		return store, nil
	}
	return here, nil
}

// write makes the changes, in one call of the store.
func (b *Book) write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := within(ctx, b, func() ([]ledger.Record, error) { return b.cfg.Store.Write(ctx, changes) })
	if err != nil {
		return nil, err
	}
	if len(records) != len(changes) {
		return nil, errShort
	}
	return records, nil
}

// claimed is what a Claim returns.
type claimed struct {
	now time.Time
	due []ledger.Record
}

// claim claims, and sets the clock.
func (b *Book) claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	c, err := within(ctx, b, func() (c claimed, err error) {
		c.now, c.due, err = b.cfg.Store.Claim(ctx, limit, lease)
		return c, err
	})
	if err != nil {
		return time.Time{}, nil, err
	}
	b.clock.Set(c.now)
	return c.now, c.due, nil
}

// within returns what the call returns, or the cause of ctx if ctx is done first. The call then goes on in its own goroutine, and
// keeps its place among the calls. A panic of the call is an error.
func within[T any](ctx context.Context, b *Book, call func() (T, error)) (v T, err error) {
	if ctx.Err() != nil {
		return v, fmt.Errorf("the time was over before the store was asked: %w", context.Cause(ctx))
	}
	select {
	case b.calls <- struct{}{}:
	case <-ctx.Done():
		return v, fmt.Errorf("%d calls of the store have not returned: %w", maxCalls, context.Cause(ctx))
	}
	var answer struct { // once done: the goroutine may go on when within has returned
		v   T
		err error
	}
	done := make(chan struct{})
	b.callers.run(func() {
		defer close(done)
		defer func() { <-b.calls }()
		defer func() {
			if p := recover(); p != nil {
				answer.err = fmt.Errorf("the store panicked: %s", fault.PanicReport("", p).Detail) //nolint:err113 // it is reported
			}
		}()
		answer.v, answer.err = call()
	})
	if !lifecycle.AwaitCall(ctx, done) {
		return v, fmt.Errorf("the store has not answered: %w", context.Cause(ctx))
	}
	return answer.v, answer.err
}

// maxIdle is how many goroutines of a Book wait for a call.
const maxIdle = 4

// callers runs calls, each in a goroutine of its own, and keeps some of the goroutines: a store that needs a deep stack would
// have to grow that of a new one in each call. Make one with newCallers.
type callers struct {
	next chan func()   // without a buffer: an idle goroutine takes the call
	over chan struct{} // closed when no goroutine has to wait any more
	end  func()        // closes over, once
	idle atomic.Int32
}

func newCallers() *callers {
	c := &callers{next: make(chan func()), over: make(chan struct{})}
	c.end = sync.OnceFunc(func() { close(c.over) })
	return c
}

// run runs the call, and does not wait for it.
func (c *callers) run(call func()) {
	select {
	case c.next <- call:
	default:
		go c.serve(call)
	}
}

// serve runs the call, and further ones until there are enough goroutines that do.
func (c *callers) serve(call func()) {
	for {
		call()
		if c.idle.Add(1) > maxIdle {
			c.idle.Add(-1)
			return
		}
		select {
		case call = <-c.next:
			c.idle.Add(-1)
		case <-c.over:
			return
		}
	}
}
