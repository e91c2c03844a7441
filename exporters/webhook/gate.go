package webhook

import (
	"context"
	"sync"
)

// gate lets calls in until it is closed, and then waits for those that are in. The zero value is open.
type gate struct {
	mu     sync.Mutex
	in     int
	closed bool
	empty  chan struct{} // closed when it is closed and nobody is in; made by close
}

// enter reports whether the call may go on; it leaves when it is done.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.in++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.in--
	if g.closed && g.in == 0 {
		close(g.empty)
	}
}

// close lets nobody in any more, and returns when nobody is in, or ctx is done. It may be called again.
func (g *gate) close(ctx context.Context) error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		g.empty = make(chan struct{})
		if g.in == 0 {
			close(g.empty)
		}
	}
	empty := g.empty
	g.mu.Unlock()
	select {
	case <-empty:
		return nil
	default:
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx) //nolint:wrapcheck // Shutdown says where
	}
}
