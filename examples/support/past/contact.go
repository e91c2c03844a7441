package past

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// How long things take.
const (
	usualWait = 9 * time.Second
	patience  = 3 * time.Minute
	ringing   = 4 * time.Second
	currency  = "EUR"
	limit     = 25_00 // cents that an employee may give without an approval
)

// contact lets the customer ask for help, when the office is open: by telephone, or in the chat.
func (p *player) contact(m *matter) {
	if open := p.office(p.Now()); open.After(p.Now()) {
		p.at(open, func() { p.contact(m) })
		return
	}
	def, on := p.call, event.Phone
	if m.intent != intentRefund && p.chance(0.4) {
		def, on = p.chat, event.Chat
	}
	ctx := p.matter.Enter(m.ctx, stageHelped, journey.Via(on))
	m.ctx = ctx
	_, c := def.Contact(ctx, on, touchpoint.From(m.customer), touchpoint.Intent(m.intent))
	if m.contacts++; m.contacts > 1 {
		c.Again(event.Yes)
	}
	if on == event.Chat {
		c.AnswerBot()
		p.in(p.between(20*time.Second, 90*time.Second), func() {
			if m.intent == intentAddress && p.chance(0.3) {
				c.Claim(event.Yes)
				c.End()
				p.done(m)
				return
			}
			c.Transfer(queueOrders)
			p.wait(m, c, queueOrders)
		})
		return
	}
	queue := queueOrders
	if m.intent == intentRefund {
		queue = queueBilling
	}
	c.Queue(queue)
	p.wait(m, c, queue)
}

// wait lets the customer wait in the queue until an employee answers. Some leave before that, and some are called back.
func (p *player) wait(m *matter, c *touchpoint.Contact, queue string) {
	wait, stays := time.Duration(p.crowded()*float64(p.about(usualWait))), p.about(patience)
	switch {
	case wait > stays:
		p.in(stays, func() {
			c.Abandon()
			c.End()
			if p.chance(0.55) {
				p.in(p.between(20*time.Minute, 4*time.Hour), func() { p.contact(m) })
			}
		})
	case wait > time.Minute && p.chance(0.3):
		p.in(time.Minute, func() { p.callback(m, c) })
	default:
		p.in(max(0, wait-ringing), c.Ring)
		p.in(wait, func() { p.answer(m, c, queue) })
	}
}

// callback promises to call back within two hours. One of six calls comes late.
func (p *player) callback(m *matter, c *touchpoint.Contact) {
	id := c.Callback(p.Now().Add(2 * time.Hour))
	c.End()
	after := p.between(15*time.Minute, 110*time.Minute)
	if p.chance(0.16) {
		after = p.between(2*time.Hour, 6*time.Hour)
	}
	p.at(p.office(p.Now().Add(after)), func() {
		_, call := p.call.Contact(touchpoint.Callbacks.Resume(p.ctx, id), event.Phone, touchpoint.From(m.customer), touchpoint.Intent(m.intent), touchpoint.Outbound())
		m.contacts++
		p.answer(m, call, queueOrders)
	})
}

// employee returns who answers the queue.
func (p *player) employee(queue string) string {
	if queue == queueBilling {
		return one(p, "employee-2", "employee-4")
	}
	return one(p, "employee-1", "employee-3", "employee-5", "employee-6", "employee-7")
}

// answer lets an employee help.
func (p *player) answer(m *matter, c *touchpoint.Contact, queue string) {
	who := p.employee(queue)
	c.Answer(who)
	switch m.last {
	case "":
	case who:
		c.SamePerson(event.Yes)
	default:
		c.SamePerson(event.No)
		c.AskedToRepeat()
	}
	m.last = who
	talk := p.between(90*time.Second, 8*time.Minute)
	if p.chance(0.25) {
		p.in(talk/3, c.Hold)
		p.in(talk/2, c.Resume)
	}
	if queue == queueOrders && p.chance(0.11) {
		p.in(talk, func() {
			c.Transfer(queueBilling)
			p.wait(m, c, queueBilling)
		})
		return
	}
	p.in(talk, func() { p.finish(m, c) })
}

// finish ends the conversation, and says what became of it.
func (p *player) finish(m *matter, c *touchpoint.Contact) {
	solved := p.chance(0.84)
	if m.intent == intentOrder && p.troubled() {
		solved = p.chance(0.66) // employees do not see where the order is, either
	}
	switch {
	case solved:
		p.decide(m, c)
		return
	case p.chance(0.5):
		c.Unable(one(p, causeAuthority, causeCarrier, causeStock))
	}
	c.Claim(event.No)
	p.wrap(m, c, solved)
}

// wrap ends the contact, and lets the customer go on.
func (p *player) wrap(m *matter, c *touchpoint.Contact, solved bool) {
	c.Wrap()
	p.in(p.between(10*time.Second, 80*time.Second), func() {
		c.End()
		p.ask(m, solved)
		switch {
		case solved:
			p.done(m)
		case p.chance(0.7):
			p.in(p.between(3*time.Hour, 50*time.Hour), func() { p.contact(m) })
		}
	})
}

// decide gives the customer what solves the matter. The customer holds while a team lead is asked.
func (p *player) decide(m *matter, c *touchpoint.Contact) {
	solved := func() {
		c.Claim(event.Yes)
		p.wrap(m, c, true)
	}
	most := &event.Money{Amount: limit, Currency: currency}
	switch {
	case m.intent == intentRefund:
		cents := int64(10+p.dice.IntN(50)) * 100
		d := touchpoint.Decision{What: "refund", Limit: most, Amount: &event.Money{Amount: cents, Currency: currency}}
		if cents > limit {
			approval := c.Approval("team_lead")
			c.Hold()
			p.in(p.between(time.Minute, 12*time.Minute), func() {
				c.Resume()
				approval.Granted(d)
				solved()
			})
			return
		}
		c.Decide(d)
	case p.chance(0.1):
		c.Decide(touchpoint.Decision{What: "replacement", Path: "send-anew", Limit: most})
	}
	solved()
}
