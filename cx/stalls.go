package cx

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/lifecycle"
	"cairncx.dev/cairn/journey"
)

const (
	stallTimeout = 10 * time.Second // for one call of the hook
	stallCalls   = 16               // at once
	stallWaiting = 10_000           // for their turn
	stallHanging = 64               // calls left alone, beyond which the hook is not called any more

	patience = time.Second // for an extension to heed its context, before it counts as left alone
)

const onStall = "the function of cx.WithOnStall"

// stalls calls the hook of the application, each call in a goroutine of its own, so that a slow call does not hold up the
// journeys.
type stalls struct {
	c    *Client
	hook journey.OnStall

	mu      sync.Mutex
	running int
	hanging int     // calls that were left alone
	waiting []*call // while stallCalls run
	pending map[*call]struct{}
}

// call is one call of the hook.
type call struct {
	state journey.State
	done  chan struct{} // closed when it has returned, or was left alone
}

func newStalls(c *Client, hook journey.OnStall) *stalls {
	return &stalls{c: c, hook: hook, pending: map[*call]struct{}{}}
}

// call calls the hook, now or when there is room.
func (s *stalls) call(state journey.State) {
	if s.hook == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) >= stallWaiting || s.hanging >= stallHanging {
		s.c.RecordFault(context.Background(), fault.Report{Fault: fault.Hook, Name: onStall, Detail: "too many of its calls wait or do not return: it is not called"})
		return
	}
	c := &call{state, make(chan struct{})}
	s.pending[c] = struct{}{}
	if s.running < stallCalls {
		s.running++
		go s.run(c)
		return
	}
	s.waiting = append(s.waiting, c)
}

// run makes the call, and those that wait.
func (s *stalls) run(c *call) {
	for {
		s.one(c)
		s.mu.Lock()
		delete(s.pending, c)
		close(c.done)
		if len(s.waiting) == 0 {
			s.running--
			s.mu.Unlock()
			return
		}
		c = s.waiting[0]
		s.waiting = s.waiting[1:]
		s.mu.Unlock()
	}
}

// one makes one call of the hook. A call that does not heed its context is left alone.
func (s *stalls) one(c *call) {
	ctx, cancel := context.WithTimeout(context.Background(), stallTimeout)
	defer cancel()
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		defer s.c.contain(ctx, onStall)
		s.hook(NewContext(s.c.marked(ctx, c), s.c), c.state)
	}()
	select {
	case <-returned:
		return
	case <-ctx.Done():
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-returned:
	case <-late.C:
		s.c.RecordFault(ctx, fault.Report{Fault: fault.Hook, Name: onStall, Detail: "it does not return though its context is done"})
		s.hang(returned)
	}
}

// hang counts a call that was left alone until it returns.
func (s *stalls) hang(returned <-chan struct{}) {
	s.mu.Lock()
	s.hanging++
	s.mu.Unlock()
	go func() {
		<-returned
		s.mu.Lock()
		s.hanging--
		s.mu.Unlock()
	}()
}

// wait returns when the calls up to now are over, or ctx is done. A call of the hook does not wait for itself.
func (s *stalls) wait(ctx context.Context) error {
	s.mu.Lock()
	calls := slices.Collect(maps.Keys(s.pending))
	s.mu.Unlock()
	in := s.c.insideOf(ctx)
	for _, c := range calls {
		if in != nil && in.hook == c {
			continue
		}
		if !lifecycle.AwaitCall(ctx, c.done) {
			return fmt.Errorf("the hook for stalled journeys is still running: %w", context.Cause(ctx))
		}
	}
	return nil
}
