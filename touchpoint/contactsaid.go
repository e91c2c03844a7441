package touchpoint

import (
	"slices"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Decision is what an employee decided for a customer: see [Contact.Decide].
type Decision = event.Decision

// say changes what is known of the contact, until End.
func (c *Contact) say(f func(*event.Assisted)) {
	if c == nil || c.Touchpoint == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.event != nil {
		f(&c.said)
	}
}

// Unable says that the employee cannot help, and why: a cause from a bounded vocabulary (cx.WithCauses), at most 64 bytes. It replaces an
// earlier one. The contact is then failed when it ends, unless the matter goes on: see [Contact.End].
func (c *Contact) Unable(cause string) {
	c.say(func(a *event.Assisted) { a.Unable, c.unable = cause, len(a.Legs) })
}

// Claim says whether the matter is resolved, as the employee or the customer claims. It replaces an earlier claim. Default: not said.
func (c *Contact) Claim(resolved event.YesNo) {
	c.say(func(a *event.Assisted) { a.Claimed = resolved })
}

// Disposition says what the employee noted as the kind of the contact, from a bounded vocabulary, at most 64 bytes.
func (c *Contact) Disposition(disposition string) {
	c.say(func(a *event.Assisted) { a.Disposition = disposition })
}

// Line says which line of support the contact needs, from 1 on. The highest one holds. Default: not known.
func (c *Contact) Line(line int) { c.say(func(a *event.Assisted) { a.Line = max(a.Line, line) }) }

// Again says whether the customer has contacted the company before about this matter, as the employee or the customer claims. Default: not
// said.
func (c *Contact) Again(again event.YesNo) { c.say(func(a *event.Assisted) { a.Again = again }) }

// AskedToRepeat says that the customer was asked once more to repeat what the company had been told before. Each call counts.
func (c *Contact) AskedToRepeat() { c.say(func(a *event.Assisted) { a.Repeated++ }) }

// SamePerson says whether the employee is the one who helped this customer last time. Default: not said.
func (c *Contact) SamePerson(same event.YesNo) {
	c.say(func(a *event.Assisted) { a.SamePerson = same })
}

// Decide adds what the employee decided. A contact keeps [event.MaxDecisions]. For a decision that needs an approval, see
// [Contact.Approval].
func (c *Contact) Decide(d Decision) { c.say(func(a *event.Assisted) { decide(a, d) }) }

// decide adds a copy of the decision. One more than the event keeps lets the client see that there were too many.
func decide(a *event.Assisted, d Decision) {
	if len(a.Decisions) > event.MaxDecisions {
		return
	}
	d.Amount, d.Limit = copied(d.Amount), copied(d.Limit)
	d.Skipped = slices.Clone(d.Skipped)
	a.Decisions = append(a.Decisions, d)
}

func copied(m *event.Money) *event.Money {
	if m == nil {
		return nil
	}
	return new(*m)
}

// Saw adds a part of the customer's picture that the employee asked for, such as "orders" or "earlier_contacts": how old the data was,
// how long it took to appear, and whether it was there. Durations are from 0 to ten years. A contact keeps [event.MaxViews].
func (c *Contact) Saw(part string, age, took time.Duration, found bool) {
	c.say(func(a *event.Assisted) {
		if len(a.Views) <= event.MaxViews {
			a.Views = append(a.Views, event.View{Part: part, Age: event.Seconds(age), Took: event.Seconds(took), Found: found})
		}
	})
}

// Approval is an approval that an employee waits for: see [Contact.Approval]. Only the first answer counts. Safe for concurrent use.
// Methods do nothing on nil. After the contact's End they add nothing, and count as the fault contact_order.
type Approval struct {
	contact  *Contact
	role     string
	asked    time.Duration
	answered atomic.Bool
}

// Approval says that the employee asks this role for an approval, such as "team_lead", from a bounded vocabulary, at most 64 bytes. The
// time until [Approval.Granted] or [Approval.Refused] is the decision's Waited. An approval without an answer until End leaves no
// decision. A contact may wait for several at a time.
//
//	approval := call.Approval("team_lead")
//	…
//	approval.Granted(touchpoint.Decision{What: "refund", Amount: &event.Money{Amount: 9900, Currency: "EUR"}})
func (c *Contact) Approval(role string) *Approval {
	var a *Approval
	c.step("Approval", func() bool {
		a = &Approval{contact: c, role: role, asked: c.at}
		return true
	})
	return a
}

// Granted adds the decision, which was approved. It replaces Approval, Approver, Waited and Refused of d.
func (a *Approval) Granted(d Decision) { a.answer("Approval.Granted", d, false) }

// Refused adds the decision, which was not approved. It replaces Approval, Approver, Waited and Refused of d.
func (a *Approval) Refused(d Decision) { a.answer("Approval.Refused", d, true) }

func (a *Approval) answer(call string, d Decision, refused bool) {
	if a == nil || a.answered.Swap(true) {
		return
	}
	c := a.contact
	c.step(call, func() bool {
		d.Approval, d.Approver, d.Refused, d.Waited = true, a.role, refused, event.Seconds(c.at-a.asked)
		decide(&c.said, d)
		return true
	})
}
