package exporters

import (
	"bytes"
	"context"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// A queue with [Block] must not wait for room in a call that its own delivery waits for. There are two such calls:
//
//   - A sink, or an error handler, gives an event to the queue that it is called by: the call is in one of the queue's
//     goroutines (goroutines), or its context is that of the export (delivering).
//   - It records an event with a client. The client may give it to any queue in front of the sink, and that one may wait for the
//     sink through a Tee, a Retry or a Spool. The call comes from a client that is called inside a delivery (recordedInside).
//
// A Tee that a queue delivers to is neither: its own queues may wait, which slows the queue in front down.

type deliveringKey struct{}

// delivering returns ctx with the mark of a delivery, for a call of the exporter. by is the queue or the Spool.
func delivering(ctx context.Context, by any) context.Context {
	return context.WithValue(ctx, deliveringKey{}, by)
}

// goroutines are those in which one queue, or the queues of one [Tee], deliver. A nil one is empty and stays so: only a queue
// with [Block] has to know them. Safe for concurrent use.
type goroutines struct {
	mu  sync.Mutex
	ids map[uint64]int // how often each has entered and not left
}

// enter adds the calling goroutine until it calls leave.
func (g *goroutines) enter() (leave func()) {
	if g == nil {
		return func() {}
	}
	id, ok := goroutine()
	if !ok {
		return func() {}
	}
	g.add(id, 1)
	return func() { g.add(id, -1) }
}

func (g *goroutines) add(id uint64, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ids == nil {
		g.ids = map[uint64]int{}
	}
	if g.ids[id] += n; g.ids[id] == 0 {
		delete(g.ids, id)
	}
}

// running reports whether the calling goroutine is one of them.
func (g *goroutines) running() bool {
	if g == nil {
		return false
	}
	id, ok := goroutine()
	if !ok {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ids[id] > 0
}

// goroutine returns the number of the calling goroutine, as the header of its stack has it: "goroutine 18 [running]:". The
// runtime has no other way to tell. net/http does the same for HTTP/2 (curGoroutineID).
func goroutine() (id uint64, ok bool) {
	var buf [64]byte
	header, found := bytes.CutPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(header, []byte(" "))
	id, err := strconv.ParseUint(string(number), 10, 64)
	return id, found && err == nil
}

// maxFrames bounds the functions of a stack that recordedInside looks at, from the innermost on.
const maxFrames = 512

// recordedInside reports whether a client is recording an event inside a delivery: the stack has a function of a client, and
// below it the goroutine of a delivery, or ctx is that of a delivery.
func recordedInside(ctx context.Context) bool {
	marked := ctx.Value(deliveringKey{}) != nil
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	client := false
	for {
		f, more := frames.Next()
		client = client || strings.HasPrefix(f.Function, "cairncx.dev/cairn/cx.(*Client).")
		switch {
		case client && (marked || delivers(f.Function)):
			return true
		case !more:
			return false
		}
	}
}

// delivers reports whether the function is one that the goroutines of a queue or a Spool are in while they deliver.
func delivers(function string) bool {
	part, ok := strings.CutPrefix(function, "cairncx.dev/cairn/exporters.(*")
	return ok && (strings.HasPrefix(part, "Batch).run") || strings.HasPrefix(part, "Batch).exportAll") || strings.HasPrefix(part, "Spool).run"))
}
