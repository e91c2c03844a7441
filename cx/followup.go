package cx

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
)

// WithOnFollowUp sets a function that the client calls at each step of a follow-up: when it is received, at each further step, and at its
// end, so that the application keeps the customer in the loop. The event is that of the step, journey.stage.entered or journey.ended, and
// [event.Event.FollowUp] has its details. ctx is in the follow-up: feedback.FollowUp.Update records that the customer has heard.
//
// With a store the client calls the function when the store has the step, once across all instances. If a process is killed during the
// call, another process calls it again. A client with [WithImplicitStarts], which replays a log, calls it never. The calls run as those of
// [WithOnStall] do. [WithOnDue] is called before a promise of a follow-up breaks, and when it is broken. New returns an error for nil.
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
	case event.JourneyStarted, event.JourneyStageEntered, event.JourneyStalled, event.JourneyEnded:
	case event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned, event.PromiseBroken, event.ContactViolated:
	default:
		return
	}
	if c.replays {
		return
	}
	if f := c.resolver.FollowUp(e.Journey.Name); f != nil {
		c.stepped(f, e)
		return
	}
	for f := range c.resolver.FollowUps {
		rule, ok := f.Opens(&e.Event)
		if !ok {
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
		c.hooks.followed(f, e.Event)
	case event.JourneyEnded:
		c.hold(f, e, flight.HoldClosed)
		c.hooks.followed(f, e.Event)
	case event.JourneyStalled:
		if e.Stage == feedback.Told && f.ConfirmWithin() > 0 {
			f.Close(f.Resume(NewContext(c.within, c), e.Journey.ID), feedback.At(e.Time), feedback.By(event.ActorAutomation))
		}
	default: // promises have hooks of their own
	}
}

// hold opens or closes the hold of a follow-up in the record of its customer, in the background.
func (c *Client) hold(f *feedback.FollowUp, e *flight.Event, kind flight.AmendmentKind) {
	if c.book == nil || e.Customer.Hash == "" || !c.resolver.Stops(f.Hold()) {
		return
	}
	who, change := event.Customer{Hash: e.Customer.Hash}, flight.Amendment{Kind: kind, Name: f.Hold(), Ref: e.Journey.ID}
	c.hooks.holds.call(func(ctx context.Context) {
		for {
			err := recorder{c}.Amend(ctx, who, change)
			if err == nil || kind == flight.HoldClosed && customerHasNo(err) {
				return
			}
			select {
			case <-time.After(holdRetry):
			case <-ctx.Done():
				c.RecordFault(context.WithoutCancel(ctx), fault.Report{Fault: fault.ContactUnknown, Name: f.Hold(), Detail: "the hold of a follow-up is not in the customer's record: " + err.Error()})
				return
			}
		}
	})
}
