package cx

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/lifecycle"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

const (
	hookTimeout = 10 * time.Second // for one call of a hook
	holdTimeout = 10 * time.Minute // for the store to take a hold
	hookCalls   = 16               // of one hook at once
	hookWaiting = 10_000           // calls that wait for their turn
	hookHanging = 64               // calls left alone, beyond which the hook is not called any more

	patience = time.Second // for an extension to heed its context, before it counts as left alone
)

// hooks are the functions of the application that the client calls with the state of a run.
type hooks struct {
	onStall     journey.OnStall                    // or nil
	onDue       journey.OnDue                      // or nil
	onViolation func(context.Context, event.Event) // or nil
	onFollowUp  func(context.Context, event.Event) // or nil
	stalls      *runner
	dues        *runner
	violations  *runner
	followUps   *runner
	holds       *runner // not the application's: see [Client.hold]
}

func newHooks(c *Client, cfg *config) hooks {
	holds := newRunner(c, "the client, to open or close a hold")
	holds.most, holds.timeout = 1, holdTimeout // in their order
	return hooks{
		onStall: cfg.onStall, onDue: cfg.onDue, onViolation: cfg.onViolation, onFollowUp: cfg.onFollowUp,
		followUps: newRunner(c, "the function of cx.WithOnFollowUp"), holds: holds,
		stalls: newRunner(c, "the function of cx.WithOnStall"), dues: newRunner(c, "the function of cx.WithOnDue"),
		violations: newRunner(c, "the function of cx.WithOnViolation"),
	}
}

// violated calls the hook that wants to hear of contacts against the policy, if there is one.
func (h *hooks) violated(e event.Event) {
	if h.onViolation != nil {
		h.violations.call(e.Journey.Ref(), func(ctx context.Context) { h.onViolation(ctx, e) })
	}
}

// followed calls the hook that wants to hear of the steps of follow-ups, if there is one.
func (h *hooks) followed(f *feedback.FollowUp, e event.Event) {
	if h.onFollowUp != nil {
		h.followUps.call(e.Journey.Ref(), func(ctx context.Context) { h.onFollowUp(f.Resume(ctx, e.Journey.ID), e) })
	}
}

// happened calls the hook that wants to hear of a transition which time has made, if there is one. A stall is told while the
// customer is still where it says.
func (h *hooks) happened(e *event.Event, s journey.State) {
	switch {
	case e.Kind == event.JourneyStalled && h.onStall != nil && s.Ended.IsZero() && stillIn(e, s):
		h.stalls.call(e.Journey.Ref(), func(ctx context.Context) { h.onStall(ctx, s) })
	case h.onDue != nil && (e.Kind == track.PromiseDue || e.Kind == event.PromiseBroken):
		d := journey.Due{State: s, Promise: *e.Promise, Broken: e.Kind == event.PromiseBroken}
		h.dues.call(e.Journey.Ref(), func(ctx context.Context) { h.onDue(ctx, d) })
	}
}

// stillIn reports whether the run is still where the stall says. The customer of a follow-up has the answer also after further steps.
func stillIn(e *event.Event, s journey.State) bool {
	return e.Stage == s.Stage && e.Visit == s.Visit || e.Stage == feedback.Told && s.Answered == e.Visit
}

// wait returns when the calls up to now are over, or ctx is done.
func (h *hooks) wait(ctx context.Context) error {
	return errors.Join(h.stalls.wait(ctx), h.dues.wait(ctx), h.violations.wait(ctx), h.followUps.wait(ctx), h.holds.wait(ctx))
}

// runner calls one function of the application, each call in a goroutine of its own, so that a slow call does not hold up the
// journeys. The calls about one run come one after the other, in their order.
type runner struct {
	c    *Client
	name string // what it calls
	most int    // calls at once

	timeout time.Duration // for one call

	mu      sync.Mutex
	running int
	hanging int     // calls that were left alone
	waiting []*call // while as many run as may
	pending map[*call]struct{}
	last    map[event.RunRef]*call // the latest pending call about each run
}

// call is one call of the function.
type call struct {
	about event.RunRef // the zero value is nothing
	do    func(context.Context)
	done  chan struct{} // closed when it has returned, or was left alone
	after *call         // the next one about the run, which waits for this one
}

func newRunner(c *Client, name string) *runner {
	return &runner{c: c, name: name, most: hookCalls, timeout: hookTimeout, pending: map[*call]struct{}{}, last: map[event.RunRef]*call{}}
}

// call makes the call, now or when there is room and the calls before it about the run are over.
func (r *runner) call(about event.RunRef, do func(context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending)-r.running >= hookWaiting || r.hanging >= hookHanging {
		r.c.RecordFault(context.Background(), fault.Report{Fault: fault.Hook, Name: r.name, Detail: "too many of its calls wait or do not return: it is not called"})
		return
	}
	c := &call{about: about, do: do, done: make(chan struct{})}
	r.pending[c] = struct{}{}
	if about != (event.RunRef{}) {
		before := r.last[about]
		r.last[about] = c
		if before != nil {
			before.after = c
			return
		}
	}
	if r.running < r.most {
		r.running++
		go r.run(c)
		return
	}
	r.waiting = append(r.waiting, c)
}

// run makes the call, and those that wait.
func (r *runner) run(c *call) {
	for {
		r.one(c)
		r.mu.Lock()
		delete(r.pending, c)
		close(c.done)
		if c.after != nil {
			r.waiting = append(r.waiting, c.after)
		} else if c.about != (event.RunRef{}) {
			delete(r.last, c.about)
		}
		if len(r.waiting) == 0 {
			r.running--
			r.mu.Unlock()
			return
		}
		c = r.waiting[0]
		r.waiting = r.waiting[1:]
		r.mu.Unlock()
	}
}

// one makes one call. A call that does not heed its context is left alone.
func (r *runner) one(c *call) {
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout)
	defer cancel()
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		defer r.c.contain(ctx, r.name)
		c.do(NewContext(r.c.marked(ctx, c), r.c))
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
		r.c.RecordFault(ctx, fault.Report{Fault: fault.Hook, Name: r.name, Detail: "it does not return though its context is done"})
		r.hang(returned)
	}
}

// hang counts a call that was left alone until it returns.
func (r *runner) hang(returned <-chan struct{}) {
	r.mu.Lock()
	r.hanging++
	r.mu.Unlock()
	go func() {
		<-returned
		r.mu.Lock()
		r.hanging--
		r.mu.Unlock()
	}()
}

// wait returns when the calls up to now are over, or ctx is done. A call does not wait for itself, nor for those that
// wait for it.
func (r *runner) wait(ctx context.Context) error {
	r.mu.Lock()
	calls := slices.Collect(maps.Keys(r.pending))
	r.mu.Unlock()
	in := r.c.insideOf(ctx)
	for _, c := range calls {
		if in != nil && in.hook != nil && (in.hook == c || in.hook.about == c.about && c.about != (event.RunRef{})) {
			continue
		}
		if !lifecycle.AwaitCall(ctx, c.done) {
			return fmt.Errorf("%s is still running: %w", r.name, context.Cause(ctx))
		}
	}
	return nil
}
