package touchpoint

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// A contact goes through these phases. Each method of this file names the phases that it fits.
//
//	             Queue, Ring               Answer               Hold
//	fresh ─────────────────────▶ waiting ─────────▶ talking ◀──────────▶ holding
//	  │                          │  ▲ │ Overflow      │  │     Resume     │
//	  │ Answer                   │  └─┘               │  │                │
//	  └──────────────────────────┼───────────────────▶│  │ Transfer       │
//	                             │  ▲                 │  │                │
//	                             │  └─────────────────┼──┴────────────────┘
//	 Abandon, TurnAway, Callback │                    │ Wrap
//	                             ▼                    ▼
//	                           gone ────────────▶ wrapping
//	                                Wrap, if the last leg was answered
type phase uint8

const (
	phaseFresh    phase = iota // nothing has happened yet
	phaseWaiting               // in a queue, or while a device rings
	phaseTalking               // with an employee or a bot
	phaseHolding               // on hold
	phaseGone                  // the customer has left
	phaseWrapping              // the customer has left, and the employee works on the contact
	phaseEnded                 // End was called
)

// phases has the words for each phase in the report of a fault.
var phases = [...]string{
	phaseFresh:    "nothing has happened in the contact yet",
	phaseWaiting:  "the contact is not answered yet",
	phaseTalking:  "the contact is answered, and not on hold",
	phaseHolding:  "the contact is on hold",
	phaseGone:     "the customer has left the contact",
	phaseWrapping: "the customer has left the contact, which the employee wraps up",
	phaseEnded:    "the contact has ended",
}

// step brings the contact up to the time, and runs f, which may change the contact and returns whether the call fits. It reports a call
// that does not.
func (c *Contact) step(call string, f func() bool) {
	if c == nil || c.Touchpoint == nil {
		return
	}
	rec := c.node.Recorder()
	if rec == nil { // a Touchpoint that no Definition has begun
		return
	}
	passed := rec.Since(c.began) // before the lock, because it may be the application's clock; began never changes
	c.mu.Lock()
	was, fits := c.phase, false
	if c.event != nil {
		c.pass(passed)
		fits = f()
	} else {
		was = phaseEnded
	}
	c.mu.Unlock()
	if !fits {
		c.misused(rec, call, was)
	}
}

// misused reports a call that does not fit. The caller does not hold the lock, because the report runs code of the application.
func (c *Contact) misused(rec flight.Recorder, call string, in phase) {
	rec.Fault(c.ctx, fault.Report{Fault: fault.ContactOrder, Name: c.name, Detail: call + " was called, and " + phases[in]})
}

// pass adds the time that has passed since the beginning to what the customer, or in wrapping the employee, is in.
func (c *Contact) pass(passed time.Duration) {
	at := min(max(passed, c.at), event.MaxDuration)
	d := event.Seconds(at - c.at)
	c.at = at
	l := c.leg()
	if l == nil {
		return
	}
	switch c.phase {
	case phaseWaiting:
		l.Wait += d
		if c.ringing {
			l.Ring += d
		}
	case phaseTalking:
		l.Talk += d
	case phaseHolding:
		l.Hold += d
	case phaseWrapping:
		l.Wrap += d
	default: // the leg is over
	}
}

// leg returns the last leg, or nil.
func (c *Contact) leg() *event.Leg {
	if n := len(c.said.Legs); n > 0 {
		return &c.said.Legs[n-1]
	}
	return nil
}

// open begins a leg. A contact keeps one leg more than its event, so that the client sees that there were too many.
func (c *Contact) open(queue string, queued bool) {
	if n := len(c.said.Legs); n > event.MaxLegs {
		c.said.Legs = c.said.Legs[:n-1]
	}
	c.said.Legs = append(c.said.Legs, event.Leg{Queue: queue, Queued: queued, Start: event.Seconds(c.at)})
	c.phase, c.ringing = phaseWaiting, false
}

// next ends the leg, and begins one for the queue, or for an employee without a queue.
func (c *Contact) next(end event.LegEnd, queue string) {
	c.leg().End = end
	c.open(queue, queue != "")
}

// leave ends the customer's part of the contact, and the leg that is open.
func (c *Contact) leave(end event.LegEnd) {
	switch c.phase {
	case phaseWaiting, phaseTalking, phaseHolding:
		c.leg().End = end
	case phaseGone, phaseWrapping, phaseEnded:
		return
	case phaseFresh:
	}
	c.phase, c.ringing, c.left = phaseGone, false, c.at
}

// answered reports whether an employee or a bot is with the customer, or has the customer on hold.
func (c *Contact) answered() bool { return c.phase == phaseTalking || c.phase == phaseHolding }

// Queue says that the customer is in the queue: a team or a line, from a bounded vocabulary, at most 64 bytes. For a customer who waits
// in another queue it is [Contact.Overflow]. For one who waits in the same queue it ends [Contact.Ring]. It fits before an answer. After
// one it is [Contact.Transfer].
func (c *Contact) Queue(queue string) {
	c.step("Queue", func() bool {
		switch c.phase {
		case phaseFresh:
			c.open(queue, true)
		case phaseWaiting:
			l := c.leg()
			switch {
			case l.Queue == queue, l.Queue == "" && !l.Queued:
				l.Queue, l.Queued, c.ringing = queue, true, false
			default:
				c.next(event.LegOverflowed, queue)
				c.leg().Queued = true
			}
		case phaseTalking, phaseHolding:
			c.next(event.LegTransferred, queue)
			c.leg().Queued = true
			return false
		default:
			return false
		}
		return true
	})
}

// Ring says that the device of an employee rings. The time of ringing is part of the customer's wait. A call of [Contact.Queue] with the
// same queue says that the employee did not answer. Ring fits before an answer, and changes nothing after that.
func (c *Contact) Ring() {
	c.step("Ring", func() bool {
		if c.phase == phaseFresh {
			c.open("", false)
		}
		fits := c.phase == phaseWaiting
		c.ringing = fits
		return fits
	})
}

// Answer says that an employee talks to the customer. The ID is the application's own, 1 to [event.MaxID] bytes; it leaves the process
// as an HMAC only (cx.WithCustomerKey). "" is an employee who is not known. It fits once for each leg. A second Answer by the same
// employee changes nothing. A second Answer by another employee is a transfer without a queue.
//
// The answer of an outbound contact in a run of [Callbacks] keeps the promise to call back.
func (c *Contact) Answer(agentID string) {
	c.answer("Answer", agentID, false)
	c.calledBack()
}

// AnswerBot says that the company's bot talks to the customer. It fits as [Contact.Answer] does. Call [Contact.Transfer] before the Answer
// of an employee who takes over.
func (c *Contact) AnswerBot() { c.answer("AnswerBot", "", true) }

func (c *Contact) answer(call, agentID string, bot bool) {
	c.step(call, func() bool {
		fits := true
		switch c.phase {
		case phaseFresh:
			c.open("", false)
		case phaseWaiting:
		case phaseTalking, phaseHolding:
			if l := c.leg(); l.AgentID == agentID && l.Bot == bot {
				return false
			}
			c.next(event.LegTransferred, "")
			fits = false
		default:
			return false
		}
		l := c.leg()
		l.Answered, l.AgentID, l.Bot = true, agentID, bot
		c.phase, c.ringing = phaseTalking, false
		return fits
	})
}

// Hold says that the customer is put on hold. It fits after an answer, and changes nothing otherwise.
func (c *Contact) Hold() {
	c.step("Hold", func() bool {
		if c.phase != phaseTalking {
			return false
		}
		c.leg().Holds++
		c.phase = phaseHolding
		return true
	})
}

// Resume says that the customer is not on hold any more. It fits after Hold, and changes nothing otherwise.
func (c *Contact) Resume() {
	c.step("Resume", func() bool {
		if c.phase != phaseHolding {
			return false
		}
		c.phase = phaseTalking
		return true
	})
}

// TransferOption is an option of [Contact.Transfer]. An option value may be reused.
type TransferOption interface{ applyTransfer(*event.Leg) }

type transferOption func(*event.Leg)

func (f transferOption) applyTransfer(l *event.Leg) { f(l) }

// Warm says that the employee tells the next one what the contact is about, so that the customer need not repeat it. Default: a transfer
// is cold.
func Warm() TransferOption { return transferOption(func(l *event.Leg) { l.Warm = true }) }

// Transfer says that the employee or bot who has answered passes the customer on to the queue; "" is an employee without a queue. The
// customer waits from now on. It fits after an answer. Before one it is [Contact.Overflow].
func (c *Contact) Transfer(to string, opts ...TransferOption) {
	c.step("Transfer", func() bool {
		if !c.answered() {
			c.moveOn(to)
			return false
		}
		for _, o := range opts {
			if o != nil {
				o.applyTransfer(c.leg())
			}
		}
		c.next(event.LegTransferred, to)
		return true
	})
}

// Overflow says that the customer is moved to another queue without having been answered. It fits before an answer. After one it is
// [Contact.Transfer].
func (c *Contact) Overflow(to string) {
	c.step("Overflow", func() bool {
		if c.answered() {
			c.next(event.LegTransferred, to)
			return false
		}
		return c.moveOn(to)
	})
}

// moveOn moves a customer who was not answered to the queue. It returns false for one who has not waited.
func (c *Contact) moveOn(to string) bool {
	switch c.phase {
	case phaseWaiting:
		c.next(event.LegOverflowed, to)
		return true
	case phaseFresh:
		c.open(to, to != "")
	default:
	}
	return false
}

// Wrap says that the customer has left, and that the employee works on the contact until End. It fits after an answer, also after
// [Contact.Abandon], and changes nothing otherwise.
func (c *Contact) Wrap() {
	c.step("Wrap", func() bool {
		if l := c.leg(); !c.answered() && (c.phase != phaseGone || l == nil || !l.Answered) {
			return false
		}
		c.leave(event.LegFinished)
		c.phase = phaseWrapping
		return true
	})
}

// Abandon says that the customer has left before the matter was finished. The contact is abandoned, unless it is failed. It fits until
// the customer has left, and changes nothing after that.
func (c *Contact) Abandon() {
	c.step("Abandon", func() bool {
		if c.phase == phaseGone || c.phase == phaseWrapping {
			return false
		}
		worsen(c.event, event.Abandoned)
		if c.answered() {
			c.leave(event.LegFinished)
		} else {
			c.leave(event.LegAbandoned)
		}
		return true
	})
}

// TurnAway says that the company ends the contact without an answer: the line is closed, or full. The contact is failed, and the cause
// is its root cause, if it has none. It fits before an answer, and changes nothing after that.
func (c *Contact) TurnAway(cause string) {
	c.step("TurnAway", func() bool {
		if c.phase != phaseFresh && c.phase != phaseWaiting {
			return false
		}
		if worsen(c.event, event.Failed) && c.event.Cause == "" {
			c.event.Cause = cause
		}
		c.leave(event.LegClosed)
		return true
	})
}
