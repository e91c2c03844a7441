package cx

import (
	"context"
	"errors"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// WithOnFollowUp sets a function that the client calls at each step of a follow-up: when it is received, at each further step, and at its
// end, so that the application keeps the customer in the loop. The event is that of the step, journey.stage.entered or journey.ended, and
// [event.Event.FollowUp] has its details. A follow-up that the customer confirms ends with that step, so that the client calls the function
// once for both, with journey.ended: its stage is confirmed, and its outcome completed. ctx is in the follow-up: feedback.FollowUp.Update records that the customer has heard.
//
// With a store the client calls the function when the store has the step, once across all instances. If a process is killed during the
// call, another process calls it again. A client with [WithImplicitStarts], which replays a log, calls it never. The calls run as those of
// [WithOnStall] do, so that a client tells the steps of a follow-up in their order. [WithOnDue] is called before a promise of a follow-up breaks, and when it is broken. New returns an error for nil.
// Default: none.
func WithOnFollowUp(f func(ctx context.Context, e event.Event)) Option {
	return optionFunc(func(c *config) { c.notNil(f == nil, "WithOnFollowUp", "a function"); c.onFollowUp = f })
}

// holdRetry is how long the client waits before it asks the record of a customer again that has not taken a hold.
const holdRetry = 500 * time.Millisecond

// follow opens the follow-ups that the event causes, or does what a step of a follow-up causes. The event was shown before. It may be told
// again after a crash: everything that follow does has the same effect twice as once.
func (c *Client) follow(e *flight.Event) {
	switch e.Kind {
	case event.JourneyStarted, event.JourneyStageEntered, event.JourneyEnded:
	case event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned, event.PromiseBroken, event.ContactViolated:
	default:
		return
	}
	if c.replays {
		return
	}
	if f := c.resolver.FollowUp(e.Journey.Name); f != nil {
		if c.stepped(f, e); e.Kind != event.JourneyEnded && e.Kind != event.PromiseBroken {
			return
		}
		if e.FollowUp == nil { // only rules that name the follow-up see it
			e.FollowUp = &event.FollowUp{ID: e.Journey.ID}
		}
	}
	for f := range c.resolver.FollowUps {
		rule, ok := f.Opens(&e.Event)
		if !ok || c.leave() {
			continue
		}
		if e.ID.IsZero() {
			e.ID = event.NewID(e.Time)
		}
		cause := e.Event
		cause.SpanContext = e.Request()
		f.OpenFor(NewContext(c.within, c), &cause, feedback.ByRule(rule))
	}
}

// stepped does what a step of a follow-up causes.
func (c *Client) stepped(f *feedback.FollowUp, e *flight.Event) {
	switch e.Kind {
	case event.JourneyStarted:
		c.hold(f, e, flight.HoldOpened)
	case event.JourneyStageEntered:
		if e.Stage != feedback.Confirmed { // its end says so
			c.hooks.followed(f, e.Event)
		}
	case event.JourneyEnded:
		c.hold(f, e, flight.HoldClosed)
		c.hooks.followed(f, e.Event)
	default: // promises have hooks of their own
	}
}

// unopposed closes the follow-up that has stalled because its customer was told and does not object. A customer who has objected before
// the stall was told is not left alone. Other steps since the answer change nothing.
func (c *Client) unopposed(e *event.Event, s journey.State) {
	if e.Kind != event.JourneyStalled || e.Stage != feedback.Told || s.Answered != e.Visit || !s.Ended.IsZero() || c.replays {
		return
	}
	if f := c.resolver.FollowUp(e.Journey.Name); f != nil && f.ConfirmWithin() > 0 && !c.leave() {
		f.Close(f.Resume(NewContext(c.within, c), e.Journey.ID), feedback.At(e.Time), feedback.By(event.ActorAutomation))
	}
}

// hold opens or closes the hold of a follow-up in the record of its customer, in the background.
func (c *Client) hold(f *feedback.FollowUp, e *flight.Event, kind flight.AmendmentKind) {
	if c.book == nil || e.Customer.Hash == "" || !c.resolver.Stops(f.Hold()) {
		return
	}
	who, change := e.Customer.Hash, flight.Amendment{Kind: kind, Name: f.Hold(), Ref: c.resolver.Hash(e.Journey.ID)}
	c.hooks.holds.call(event.RunRef{}, func(ctx context.Context) {
		for {
			err := c.book.Amend(ctx, who, change)
			switch {
			case err == nil, kind == flight.HoldClosed && errors.Is(err, customer.ErrNothing):
				return
			case !errors.Is(err, customer.ErrFull) && !c.closed.Load() && sleep(ctx, holdRetry):
			case c.leave(): // another instance does it
				return
			default:
				c.RecordFault(context.WithoutCancel(ctx), fault.Report{Fault: fault.ContactUnknown, Name: f.Hold(), Detail: "the hold of a follow-up is not in the customer's record: " + err.Error()})
				return
			}
		}
	})
}

// released closes the hold that the beginning of a follow-up has opened which is over: another instance has told its end, and this one
// tells its beginning again after the death of the one that told it first.
func (c *Client) released(e *flight.Event, s journey.State) {
	if e.Kind != event.JourneyStarted || s.Ended.IsZero() || c.replays {
		return
	}
	if f := c.resolver.FollowUp(e.Journey.Name); f != nil {
		c.hold(f, e, flight.HoldClosed)
	}
}

// sleep returns false when ctx is done before the time is over.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// errUnfollowed says that the client was shut down before it could do what a committed step causes.
var errUnfollowed = errors.New("the client is shut down, and what follow-ups need is left to another instance")

// leave reports whether the client cannot record any more what a step causes. With a store the step is then not settled, so that another
// instance does it.
func (c *Client) leave() bool {
	if !c.closed.Load() || !c.tracker.Shared() {
		return false
	}
	c.unfollowed.Store(true)
	return true
}

// followLast opens the follow-ups of what is in the store's queue, before the client takes no more events. It takes a part of the time.
func (c *Client) followLast(ctx context.Context) {
	if c.closed.Load() || !c.tracker.Shared() || !c.resolver.Follows() {
		return
	}
	limit := lastFollow
	if until, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(until)/followPart)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_ = c.tracker.Flush(ctx) // Shutdown says what is wrong
}

// lastFollow is how long Shutdown waits at most for what follow-ups need, or this part of its time.
const (
	lastFollow = 5 * time.Second
	followPart = 4
)
