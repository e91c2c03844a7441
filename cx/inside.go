package cx

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"cairncx.dev/cairn/exporters"
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

// enter returns ErrInside for a call that would wait for its own caller. A caller that passes a context of its own has no mark.
// If that context never ends, the call would wait for ever, so enter then looks for the client's functions on the caller's stack.
func (c *Client) enter(ctx context.Context, what string) error {
	in := c.insideOf(ctx)
	if in != nil && in.hook == nil && !in.reporting || in == nil && ctx.Done() == nil && insideByStack() {
		return fmt.Errorf("cx: %s: %w", what, ErrInside)
	}
	return nil
}

// insideByStack reports whether the calling goroutine delivers events: that of a queue, of a sweep, or of the tracker.
func insideByStack() bool {
	return stackHas(
		typesBeside((*exporters.Batch).Process),
		function((*Client).committed),
		function((*Client).uncommitted),
		function((*Client).sweepNow),
		methodsOf((*calls).do),
		methodsOf((*forgetter).do))
}

// function returns the name of f, a function or a method expression, as it is on a stack.
func function(f any) string { return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name() }

// methodsOf returns how the names of all methods of a type begin. It takes a method expression of the type.
func methodsOf(method any) string {
	name := function(method)
	return name[:strings.LastIndexByte(name, '.')+1]
}

// typesBeside returns how the names of the methods of all pointers in a package begin. It takes a method expression of one.
func typesBeside(method any) string {
	const pointer = ".("
	before, _, _ := strings.Cut(function(method), pointer)
	return before + pointer
}

// stackHas reports whether the calling goroutine is in a function whose name begins with one of the given texts.
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
