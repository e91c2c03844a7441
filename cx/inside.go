package cx

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// ErrInside is the error of [Client.Flush], [Client.Shutdown] and [Client.Forget] when a processor or an exporter that the
// client is running calls them, because they would wait for their caller.
var ErrInside = errors.New("it is called inside a processor or an exporter, which it would wait for: call it from another goroutine")

type insideKey struct{}

// inside marks the context that the client's own goroutines give to what they call.
type inside struct {
	c         *Client
	hook      *call // or nil
	reporting bool  // of a fault
}

// insideOf returns the mark that this client has put into ctx, or nil.
func (c *Client) insideOf(ctx context.Context) *inside {
	in, _ := ctx.Value(insideKey{}).(*inside)
	if in == nil || in.c != c {
		return nil
	}
	return in
}

// marked returns ctx with the mark of this client, for a call of the hook or of an extension.
func (c *Client) marked(ctx context.Context, hook *call) context.Context {
	return context.WithValue(ctx, insideKey{}, &inside{c: c, hook: hook})
}

// enter returns ErrInside for a call that would wait for its own caller. Where a caller uses another context than the one that
// it was given, and would wait for ever, its stack shows that.
func (c *Client) enter(ctx context.Context, what string) error {
	in := c.insideOf(ctx)
	if in != nil && in.hook == nil && !in.reporting || in == nil && ctx.Done() == nil && insideByStack() {
		return fmt.Errorf("cx: %s: %w", what, ErrInside)
	}
	return nil
}

// insideByStack reports whether the calling goroutine delivers events: that of a queue, of a sweep, or of the tracker.
func insideByStack() bool {
	return stackHas("cairncx.dev/cairn/exporters.(",
		"cairncx.dev/cairn/cx.(*Client).committed",
		"cairncx.dev/cairn/cx.(*Client).uncommitted",
		"cairncx.dev/cairn/cx.(*Client).sweepNow",
		"cairncx.dev/cairn/cx.(*calls)",
		"cairncx.dev/cairn/cx.(*forgetter)")
}

// stackHas reports whether the calling goroutine is in a function whose name begins so.
func stackHas(functions ...string) bool {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if slices.ContainsFunc(functions, func(p string) bool { return strings.HasPrefix(f.Function, p) }) {
			return true
		}
		if !more {
			return false
		}
	}
}
