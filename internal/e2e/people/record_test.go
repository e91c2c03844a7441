//go:build unix

package people_test

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

var (
	phone = touchpoint.Define("support-call")
	mail  = touchpoint.Define("support-mail")
	web   = touchpoint.Define("self-service")
	hours = calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:30"))
)

// clock is the clock of a client, which its one user moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time       { return c.at }
func (c *clock) pass(d event.Seconds) { c.at = c.at.Add(time.Duration(d)) }
func (c *clock) options(e contact) (opts []touchpoint.StartOption) {
	if e.customer != "" {
		opts = append(opts, touchpoint.From(event.Customer{ID: e.customer}))
	}
	if e.direction == event.Outbound {
		opts = append(opts, touchpoint.Outbound())
	}
	if e.intent != "" {
		opts = append(opts, touchpoint.Intent(e.intent))
	}
	return append(opts, touchpoint.By(e.actor))
}

// record records the contact as a whole, as a telephone system or a help desk reports it.
func (c *clock) record(ctx context.Context, e contact) {
	c.at = e.begin.Add(e.took)
	opts := append(c.options(e), touchpoint.At(e.begin), touchpoint.Took(e.took))
	if e.failed {
		web.Record(ctx, event.Web, append(opts, touchpoint.Outcome(event.Failed))...)
		return
	}
	a := event.Assisted{Legs: e.legs, Claimed: e.claimed, Decisions: e.decisions}
	def := phone
	if e.messages != nil {
		def = mail
		a.Thread = new(touchpoint.Thread(e.messages, hours))
	}
	def.Record(ctx, e.channel, append(opts, touchpoint.Assisted(a))...)
}

// live tells the same contact step by step.
func (c *clock) live(ctx context.Context, e contact) {
	c.at = e.begin
	_, call := phone.Contact(ctx, e.channel, c.options(e)...)
	call.Claim(e.claimed)
	for i, l := range e.legs {
		if i == 0 && l.Queued {
			call.Queue(l.Queue)
		}
		c.pass(l.Wait)
		if l.Answered {
			c.answered(call, &l)
		}
		switch l.End {
		case event.LegTransferred:
			var opts []touchpoint.TransferOption
			if l.Warm {
				opts = append(opts, touchpoint.Warm())
			}
			call.Transfer(e.legs[i+1].Queue, opts...)
		case event.LegOverflowed:
			call.Overflow(e.legs[i+1].Queue)
		case event.LegAbandoned:
			call.Abandon()
		case event.LegCallback:
			call.Callback(c.at.Add(time.Hour))
		case event.LegClosed:
			call.TurnAway("closed")
		case event.LegFinished:
			call.Wrap()
			c.pass(l.Wrap)
		}
	}
	for _, d := range e.decisions {
		call.Decide(d)
	}
	call.End()
}

// answered is what an employee or the bot does with the customer: holds are between two halves of the talk.
func (c *clock) answered(call *touchpoint.Contact, l *event.Leg) {
	if l.Bot {
		call.AnswerBot()
	} else {
		call.Answer(l.AgentID)
	}
	half := l.Talk / 2
	c.pass(half)
	for n := range l.Holds {
		call.Hold()
		if n == 0 {
			c.pass(l.Hold)
		}
		call.Resume()
	}
	c.pass(l.Talk - half)
}
