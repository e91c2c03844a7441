package cx

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

const (
	stallTimeout = 10 * time.Second // for one call of the hook
	stallCalls   = 16               // at once
	stallWaiting = 10_000           // for their turn
)

// stalls calls the application's hook, each call in a goroutine of its own, so that a slow one does
// not hold up the journeys.
type stalls struct {
	c    *Client
	hook journey.OnStall

	mu      sync.Mutex
	running int
	waiting []journey.State // for there are stallCalls running
	idle    chan struct{}   // closed when none is running any more
}

func newStalls(c *Client, hook journey.OnStall) *stalls { return &stalls{c: c, hook: hook} }

// call calls the hook, now or when there is room.
func (s *stalls) call(state journey.State) {
	if s.hook == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.running < stallCalls:
		if s.running == 0 {
			s.idle = make(chan struct{})
		}
		s.running++
		go s.run(state)
	case len(s.waiting) < stallWaiting:
		s.waiting = append(s.waiting, state)
	default:
		s.c.RecordFault(context.Background(), event.FaultTooMany)
	}
}

// run calls the hook for the state, and for those that wait.
func (s *stalls) run(state journey.State) {
	for {
		s.one(state)
		s.mu.Lock()
		if len(s.waiting) == 0 {
			if s.running--; s.running == 0 {
				close(s.idle)
			}
			s.mu.Unlock()
			return
		}
		state = s.waiting[0]
		s.waiting = s.waiting[1:]
		s.mu.Unlock()
	}
}

func (s *stalls) one(state journey.State) {
	ctx, cancel := context.WithTimeout(context.Background(), stallTimeout)
	defer cancel()
	defer s.c.contain(ctx)
	s.hook(NewContext(ctx, s.c), state)
}

// wait returns when nobody is being called any more, or ctx is done.
func (s *stalls) wait(ctx context.Context) error {
	s.mu.Lock()
	idle := s.idle
	if s.running == 0 {
		idle = nil
	}
	s.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the hook for stalled journeys is still running: %w", context.Cause(ctx))
	}
}
