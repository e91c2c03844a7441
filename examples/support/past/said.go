package past

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// What customers write.
var (
	glad = []string{
		"Quick and friendly, thank you.", "The parcel was found within a minute.", "I did not have to explain anything twice.", "My address is right now, great.", "", "", "",
	}
	sad = map[string][]string{
		"long-wait":   {"I waited for ages before anybody answered.", "Ten minutes of music, and then the line was cut.", ""},
		"sent-around": {"I told my story three times to three people.", "Nobody feels responsible for my order.", ""},
		"not-solved":  {"The website does not say where my parcel is, and neither could you.", "The page about my order has shown an error for days.", "Still no parcel, still no answer.", ""},
	}
)

// ask asks the customer after a contact. Four of ten customers answer.
func (p *player) ask(m *matter, solved bool) {
	req := p.help.Ask(m.ctx, m.customer, feedback.Via(event.Web), feedback.AboutRun(p.matter, m.id))
	if !req.OK() {
		return
	}
	in := m.ctx
	p.in(time.Second, func() { req.Shown(in) })
	switch answers := p.chance(0.42); {
	case answers:
		p.in(p.between(30*time.Second, 20*time.Minute), func() { p.say(m, req, solved) })
	case p.chance(0.3):
		p.in(p.between(2*time.Second, 30*time.Second), func() { req.Dismissed(in) })
	}
}

// say is the answer of a customer. A bad one opens a follow-up, by the rule of the blueprint.
func (p *player) say(m *matter, req *feedback.Request, solved bool) {
	opts := []feedback.Option{feedback.Answering(req), feedback.Via(event.Web), feedback.Language("en")}
	score := 4 + p.dice.IntN(2)
	switch {
	case solved && m.contacts < 3 && !p.chance(0.08):
		opts = append(opts, feedback.Comment(one(p, glad...)))
	default:
		score = 1 + p.dice.IntN(3)
		cause := one(p, "not-solved", "not-solved", "long-wait")
		if m.contacts > 1 {
			cause = one(p, "sent-around", "not-solved")
		}
		opts = append(opts, feedback.Causes(cause), feedback.Comment(one(p, sad[cause]...)))
	}
	p.help.Record(m.ctx, score, opts...)
	if score <= 2 {
		p.follow(m, p.complaint.ID(req.Answer()))
	}
}

// follow lets the team leads answer a complaint. Since the carrier is silent they do not keep up.
func (p *player) follow(m *matter, id string) {
	first, late := p.between(20*time.Minute, 6*time.Hour), 0.1
	if p.troubled() {
		late = 0.4
	}
	if p.chance(late) {
		first = p.between(26*time.Hour, 90*time.Hour)
	}
	p.at(p.office(p.Now().Add(first)), func() {
		by := feedback.By(event.ActorEmployee)
		p.complaint.Acknowledge(p.complaint.Resume(p.ctx, id), by)
		p.at(p.office(p.Now().Add(p.between(4*time.Hour, 40*time.Hour))), func() { p.resolve(m, id) })
	})
}

// resolve answers a complaint, and tells the customer. One of ten objects, and is answered again.
func (p *player) resolve(m *matter, id string) {
	by := feedback.By(event.ActorEmployee)
	ctx := p.complaint.Resolve(p.complaint.Resume(p.ctx, id), one(p, "apology", "voucher", "free-delivery"), by)
	p.in(p.between(time.Minute, 2*time.Hour), func() {
		p.complaint.Tell(ctx, by, feedback.Note("We are sorry. Your order is on its way."))
		p.mail.Record(p.complaint.Resume(p.ctx, id), event.Email, touchpoint.From(m.customer), touchpoint.Outbound(), touchpoint.By(event.ActorEmployee))
		switch {
		case p.chance(0.5):
			p.in(p.between(2*time.Hour, 90*time.Hour), func() { p.complaint.Confirm(p.complaint.Resume(p.ctx, id)) })
		case p.chance(0.2):
			p.in(p.between(2*time.Hour, 30*time.Hour), func() {
				p.complaint.Reopen(p.complaint.Resume(p.ctx, id))
				p.at(p.office(p.Now().Add(p.between(time.Hour, 30*time.Hour))), func() { p.resolve(m, id) })
			})
		}
	})
}

// mention is what a customer says elsewhere.
func (p *player) mention() {
	p.mentions++
	m := feedback.Mention{Source: one(p, "reviews", "reviews", "letters"), Ref: fmt.Sprint("ref-", p.mentions), Language: "en"}
	bad := 0.3
	if p.troubled() {
		bad = 0.6
	}
	if p.chance(bad) {
		m.Nature, m.Sentiment, m.Text = event.Complaint, event.Negative, one(p, "Where is my parcel? The website only shows an error.", "I ordered a bench three weeks ago.")
		m.Causes = []string{one(p, "not-solved", "long-wait")}
	} else {
		m.Nature, m.Sentiment, m.Text = event.Compliment, event.Positive, one(p, "The chairs are lovely, and so were the people on the telephone.", "Ada helped me within a minute.")
	}
	if m.Source == "reviews" {
		m.Stars = 4.5
		if m.Nature == event.Complaint {
			m.Stars = 1.5
		}
	}
	m.Record(p.ctx)
}

// thread is an exchange of public messages. It is recorded when it is over.
func (p *player) thread() {
	begun, reply := p.Now(), p.between(3*time.Minute, 64*time.Minute)
	customer := p.anyCustomer()
	p.in(reply, func() {
		said := touchpoint.Thread([]touchpoint.Message{{At: begun, By: event.ActorCustomer}, {At: p.Now(), By: event.ActorEmployee}}, p.hours)
		p.post.Record(p.ctx, event.Social, touchpoint.From(customer), touchpoint.At(begun), touchpoint.Took(reply), touchpoint.Assisted(event.Assisted{
			Thread: &said, Legs: []event.Leg{{Queue: queueSocial, Answered: true, AgentID: "employee-3", End: event.LegFinished}},
		}))
	})
}

// plan plans what the company changes: the directory of towns was mended, and whether that helps is known; a second source for where
// parcels are is planned.
func (p *player) plan() {
	const directory, status = "town-directory", "parcel-status"
	mended, act := p.Until.Add(-directoryFor), p.improvement
	p.at(p.office(mended.AddDate(0, 0, -9)), func() {
		act.Propose(p.ctx, directory, feedback.Change("town-directory"), feedback.Owner("web"), feedback.OnCause(causeTown, p.Now().AddDate(0, 0, -14), time.Time{}))
	})
	p.at(p.office(mended.AddDate(0, 0, -7)), func() { act.Plan(act.Resume(p.ctx, directory)) })
	p.at(p.office(mended), func() { act.Make(act.Resume(p.ctx, directory)) })
	p.at(p.office(mended.AddDate(0, 0, 14)), func() { act.Verify(act.Resume(p.ctx, directory)) })
	p.at(p.office(p.Until.AddDate(0, 0, -4)), func() {
		act.Propose(p.ctx, status, feedback.Change("second-source-for-parcels"), feedback.Owner("web"), feedback.OnCause("not-solved", p.Now().AddDate(0, 0, -7), time.Time{}))
	})
	p.at(p.office(p.Until.AddDate(0, 0, -3)), func() { act.Plan(act.Resume(p.ctx, status)) })
}
