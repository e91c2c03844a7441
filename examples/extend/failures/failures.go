// Package failures is an example of a processor: it counts failed touchpoints by name, for a page of the service itself.
package failures

import (
	"context"
	"maps"
	"sync"

	"cairncx.dev/cairn/cx/event"
)

// Counter counts failed touchpoints by their names. The zero value is ready. Safe for concurrent use.
type Counter struct {
	mu     sync.Mutex
	counts map[string]int
}

var _ event.Processor = (*Counter)(nil)

// Process implements [event.Processor].
func (c *Counter) Process(_ context.Context, e *event.Event) {
	if e.Kind != event.TouchpointEnded || e.Outcome != event.Failed || e.Actor == event.ActorSynthetic {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[e.Touchpoint]++
}

// Shutdown implements [event.Processor]: nothing waits.
func (*Counter) Shutdown(context.Context) error { return nil }

// Counts returns how often each touchpoint has failed.
func (c *Counter) Counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}
