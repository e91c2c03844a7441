package cx

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/internal/lifecycle"
)

var errPanic = errors.New("it panicked")

// contained calls code of the application or of an extension. A panic in it is an error, which is counted and reported.
func (c *Client) contained(ctx context.Context, what string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: %w with a %T: its stack is in the report of the fault", what, errPanic, v)
			defer func() { _ = recover() }() // what panicked may be what counts
			c.panicked(ctx, what, v)
		}
	}()
	return f()
}

// calls makes the calls of one method of an extension, one at a time, each in a goroutine of its own, so that the callers
// return when their contexts are done, whatever the extension does. A call that does not return is left behind: there is at
// most one such call, and no further one is made until it has returned. Safe for concurrent use.
type calls struct {
	what   string // for people
	c      *Client
	method func(ctx context.Context) error
	// joins says that a caller may share a call that is under way already, as with Shutdown. Otherwise it shares the next call
	// with all others that wait, because Flush has to begin after the events that it delivers were given.
	joins bool

	mu        sync.Mutex
	now, next *oneCall
	done      bool  // joins, and it has returned nil
	unheard   error // of calls that all callers had left: the next caller gets it
}

// oneCall is one call, for all callers that wait for it.
type oneCall struct {
	done    chan struct{}
	err     error // once done
	waiting []context.Context
	left    int                     // of the waiting, those that wait no longer
	cancel  context.CancelCauseFunc // nil before it begins
	behind  bool
	over    bool // it has returned, and err is set
}

// do returns the error of a call that began after do was called, or that of ctx. With joins it may be a call that was under way,
// unless that one fails, because it may have had less time. Without joins it adds the errors of earlier calls whose callers had
// all left: a loss is reported once, to a caller that is there.
func (x *calls) do(ctx context.Context) error {
	for {
		call, joined := x.join(ctx)
		if call == nil {
			return nil
		}
		if !lifecycle.AwaitCall(ctx, call.done) {
			x.leave(ctx, call)
			return fmt.Errorf("%s has not returned: %w", x.what, context.Cause(ctx))
		}
		if !joined || call.err == nil || ctx.Err() != nil {
			return errors.Join(x.takeUnheard(), call.err)
		}
	}
}

// takeUnheard returns the error that no caller has had, once.
func (x *calls) takeUnheard() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.unheard
	x.unheard = nil
	return err
}

// hear keeps the error of a call that is over, if all its callers have left. It is called with the lock.
func (x *calls) hear(call *oneCall) {
	if x.joins || !call.over || call.left < len(call.waiting) {
		return
	}
	if err := besidesTime(call.err); err != nil {
		x.unheard = errors.Join(x.unheard, fmt.Errorf("since the last flush: %w", err))
	}
}

// besidesTime returns err without the parts that only say that a context was done, which the caller of the call knows.
func besidesTime(err error) error {
	if _, ok := err.(*exporters.LossError); ok { //nolint:errorlint // its own Err is why, and may be a context's
		return err
	}
	switch x := err.(type) { //nolint:errorlint // it walks the tree
	case interface{ Unwrap() []error }:
		var left []error
		for _, err := range x.Unwrap() {
			left = append(left, besidesTime(err))
		}
		return errors.Join(left...)
	case interface{ Unwrap() error }:
		if why := x.Unwrap(); why != nil && besidesTime(why) == nil {
			return nil
		}
	}
	if err == context.Canceled || err == context.DeadlineExceeded { //nolint:errorlint,err113 // it walks the tree
		return nil
	}
	return err
}

// join returns the call to wait for, or nil where none is needed any more, and whether it was under way.
func (x *calls) join(ctx context.Context) (call *oneCall, joined bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	call = x.next
	switch {
	case x.done:
		return nil, false
	case x.joins && x.now != nil:
		call, joined = x.now, true
		call.waiting = append(call.waiting, ctx)
	case call != nil:
		call.waiting = append(call.waiting, ctx)
	default:
		call = &oneCall{done: make(chan struct{}), waiting: []context.Context{ctx}}
		if x.now == nil {
			x.start(call)
		} else {
			x.next = call
		}
	}
	return call, joined
}

// start begins the call. It is called with the lock.
func (x *calls) start(call *oneCall) {
	x.now = call
	ctx, stop := call.context()
	ctx, call.cancel = context.WithCancelCause(ctx)
	if call.left == len(call.waiting) { // while it was to begin
		call.cancel(context.Canceled)
	}
	go func() {
		defer stop()
		call.err = x.c.contained(ctx, x.what, func() error { return x.method(x.c.marked(ctx, nil)) })
		call.cancel(nil)
		x.mu.Lock()
		x.now, x.done = nil, x.joins && call.err == nil
		call.over = true
		x.hear(call)
		if next := x.next; next != nil {
			x.next = nil
			x.start(next)
		}
		x.mu.Unlock()
		close(call.done)
	}()
}

// context returns the context of a call that begins: the caller's, where there is one, else one that has as
// long as the most patient of them.
func (c *oneCall) context() (context.Context, context.CancelFunc) {
	if len(c.waiting) == 1 {
		return c.waiting[0], func() {}
	}
	ctx, latest := context.WithoutCancel(c.waiting[0]), time.Time{}
	for _, w := range c.waiting {
		at, ok := w.Deadline()
		if !ok {
			return ctx, func() {}
		}
		if at.After(latest) {
			latest = at
		}
	}
	return context.WithDeadline(ctx, latest)
}

// leave notes that a caller waits no longer. When no other one does the call's context ends. A call that
// does not heed that is counted.
func (x *calls) leave(ctx context.Context, call *oneCall) {
	x.mu.Lock()
	defer x.mu.Unlock()
	call.left++
	x.hear(call)
	if call.over || call.left < len(call.waiting) || call.cancel == nil {
		return
	}
	call.cancel(context.Cause(ctx))
	if !call.behind {
		call.behind = true
		x.c.leftBehind(x.what, call.done)
	}
}

// leftBehind reports a call that has not returned some time after its context was done.
func (c *Client) leftBehind(what string, done <-chan struct{}) {
	time.AfterFunc(patience, func() {
		select {
		case <-done:
		default:
			c.RecordFault(context.Background(), fault.Report{Fault: fault.Hook, Name: what, Detail: "it does not return though its context is done"})
		}
	})
}
