package touchpoint

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// Contact is one open contact in which people, or the company's bot, help a customer: a call, a chat, a conversation at a desk. It is
// an interaction, and beside the methods of [Touchpoint] it has one for each thing that happens to the customer in it. End records
// all of it in [event.Event.Assisted].
//
//	ctx, call := support.Contact(ctx, event.Phone)
//	defer call.End()
//	call.Queue("orders")
//	call.Answer(employeeID)
//	call.Hold()
//	call.Resume()
//	call.Transfer("billing")
//	call.Answer(otherID)
//	call.Claim(event.Yes)
//	call.Wrap() // the customer has gone, and the employee writes it up
//
// A contact is a list of legs, one for each queue and each employee. The time until the first leg, and the Wait, Talk and Hold of
// the legs, add up to [event.Event.Duration], the customer's part of the contact. The work that follows [Contact.Wrap] is beside it.
//
// Times are those of the client's clock (cx.WithClock). Where that clock jumps backwards no time passes.
//
// Some calls do not fit what has happened, such as Hold before Answer. Such a call counts as the fault contact_order; the doc comment of
// its method says what it changes. The methods that only say something, such as [Contact.Claim], fit at any time before End.
//
// Safe for concurrent use. Methods do nothing on nil, and change nothing after End. A contact lives in one process: record one that
// crosses systems as a whole, with [Definition.Record] and [Assisted].
type Contact struct {
	*Touchpoint

	// The fields below are guarded by the lock of the touchpoint.

	name     string        // of the definition
	began    time.Time     // set before the caller has the contact, and never changed
	at       time.Duration // what the clock showed last, from the beginning on
	left     time.Duration // when the customer left
	phase    phase
	ringing  bool
	unable   int  // the number of legs when an employee last could not help
	called   bool // the customer was called back
	promised bool // the customer will be called back
	said     event.Assisted
	room     [2]event.Leg // for the legs of most contacts
}

// Contact begins one contact in which people help the customer on the channel, and returns it with a context that is in it. It takes
// what [Definition.Start] takes; [Assisted] says what is known already. The caller must call [Contact.End]. Without a client, Contact
// returns nil, which is a safe no-op, and allocates nothing.
func (d *Definition) Contact(ctx context.Context, c event.Channel, opts ...StartOption) (context.Context, *Contact) {
	if ctx == nil {
		ctx = context.Background()
	}
	scope := flight.ScopeOf(ctx)
	rec := scope.Recorder()
	if rec == nil || d == nil {
		return ctx, nil
	}
	both := &struct { // one allocation for both
		contact    Contact
		touchpoint Touchpoint
	}{}
	tp, help := &both.touchpoint, &both.contact
	help.Touchpoint, help.name, tp.help = tp, d.name, help
	tp.node.Init(ctx, scope, rec)
	d.startIn(tp, rec, c, opts, &beginning{})
	help.begin(rec)
	return tp.ctx, help
}

// ContactFromContext returns the innermost contact of ctx, or nil, which is a safe no-op. Interactions within the contact, such as
// what the employee does in another system, do not hide it.
func ContactFromContext(ctx context.Context) *Contact {
	if ctx == nil {
		return nil
	}
	c, _ := ctx.Value(contactKey{}).(*Contact)
	return c
}

// begin takes over the beginning of the interaction, and what [Assisted] has said.
func (c *Contact) begin(rec flight.Recorder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.event
	if e == nil {
		return
	}
	if c.began = e.Time; c.began.IsZero() { // the client is shut down
		c.began = rec.Now()
	}
	if a := e.Assisted; a != nil {
		c.said = *a
		c.said.Decisions, c.said.Views = slices.Clone(a.Decisions), slices.Clone(a.Views)
	}
	c.said.Legs = append(c.room[:0], c.said.Legs...)
}

// over ends the contact with its event. The caller holds the lock.
func (c *Contact) over(e *flight.Event, now time.Time) {
	c.pass(now.Sub(c.began))
	if c.phase == phaseWaiting { // the customer has left before an answer
		if e.Outcome == event.Failed {
			c.leave(event.LegClosed)
		} else {
			if e.Outcome != event.Cancelled {
				worsen(e, event.Abandoned)
			}
			c.leave(event.LegAbandoned)
		}
	}
	c.leave(event.LegFinished)
	c.phase = phaseEnded
	if c.said.Unable != "" && c.said.Claimed != event.Yes && e.Outcome == 0 && !c.promised && !c.answeredSince(c.unable) {
		e.Outcome = event.Failed
		if e.Cause == "" {
			e.Cause = c.said.Unable
		}
	}
	if e.Duration == 0 {
		e.SetMeasured(c.left)
	}
	if len(c.said.Legs) == 0 {
		c.said.Legs = nil
	}
	e.Assisted = &c.said
	e.OwnLists() // begin and decide have copied them, and nothing changes them after the end
}

// answeredSince reports whether a leg after the first n was answered.
func (c *Contact) answeredSince(n int) bool {
	return slices.ContainsFunc(c.said.Legs[n:], func(l event.Leg) bool { return l.Answered })
}

// The methods of Touchpoint again, because a promoted method panics on a nil Contact.

// Fail is [Touchpoint.Fail].
func (c *Contact) Fail(err error) { c.touchpoint().Fail(err) }

// Degrade is [Touchpoint.Degrade].
func (c *Contact) Degrade(cause string) { c.touchpoint().Degrade(cause) }

// Cancel is [Touchpoint.Cancel]. A customer who left a queue has abandoned the contact: see [Contact.Abandon].
func (c *Contact) Cancel() { c.touchpoint().Cancel() }

// Because is [Touchpoint.Because].
func (c *Contact) Because(cause string) { c.touchpoint().Because(cause) }

// Intent is [Touchpoint.Intent].
func (c *Contact) Intent(intent string) { c.touchpoint().Intent(intent) }

// SetAttributes is [Touchpoint.SetAttributes].
func (c *Contact) SetAttributes(kvs ...attribute.KeyValue) { c.touchpoint().SetAttributes(kvs...) }

// End ends the contact and records it. Only the first call counts. The customer has left by then: without [Contact.Wrap],
// [Contact.Abandon] or another call that says so, at this moment.
//
// The outcome is that of [Touchpoint.End], with two exceptions. A contact that still waits for an answer is abandoned, unless it is
// marked as failed or cancelled. A contact whose employee was [Contact.Unable] to help is failed, unless it is marked otherwise,
// claimed as resolved, answered by another employee afterwards, or promised a [Contact.Callback].
func (c *Contact) End() { c.touchpoint().End() }

func (c *Contact) touchpoint() *Touchpoint {
	if c == nil {
		return nil
	}
	return c.Touchpoint
}
