package exporterstest

import (
	"time"

	"cairncx.dev/cairn/cx/event"
)

// helped returns a contact of the time with everything set, and the effort that it belongs to.
func helped(at time.Time, secret string) (*event.Assisted, *event.Effort) {
	a := &event.Assisted{
		Legs: []event.Leg{
			{
				Queue: "billing", Queued: true, Answered: true, Bot: true, AgentID: "agent-id-" + secret, Agent: "agent-7", Start: event.Seconds(40 * time.Second),
				Wait: event.Seconds(time.Minute), Ring: event.Seconds(5 * time.Second), Talk: event.Seconds(4 * time.Minute),
				Hold: event.Seconds(time.Second), Holds: 1, Wrap: event.Seconds(30 * time.Second), End: event.LegTransferred, Warm: true,
			},
			{Queue: "orders", Answered: true},
		},
		Disposition: "invoice", Line: 2, Claimed: event.Yes, Unable: "no-authority", Again: event.Yes, SamePerson: event.No, Repeated: 1,
		Decisions: []event.Decision{{
			What: "refund", Amount: &event.Money{Amount: 1_999, Currency: "EUR"}, Limit: &event.Money{Amount: 5_000, Currency: "EUR"},
			Approval: true, Approver: "team-lead", Waited: event.Seconds(time.Millisecond), Refused: true, Path: "voucher", Skipped: []string{"return-label"},
		}},
		Views: []event.View{{Part: "orders", Age: event.Seconds(time.Hour), Took: event.Seconds(300 * time.Millisecond), Found: true}},
		Thread: &event.Thread{
			Replies: []event.Reply{{After: event.Seconds(time.Hour), Open: event.Seconds(30 * time.Minute)}}, BotReplies: 1,
			Waited: event.Seconds(time.Hour), WaitedOpen: event.Seconds(30 * time.Minute), Unanswered: true,
		},
	}
	return a, &event.Effort{
		Began: at.Add(-48 * time.Hour), Window: event.Seconds(7 * 24 * time.Hour), Contacts: 2, Answered: 1, Switches: 1, From: "pay", FirstContact: true,
	}
}

// textsOf sets the texts of the contact.
func textsOf(a *event.Assisted, name string) {
	l, d := &a.Legs[0], &a.Decisions[0]
	l.Queue, l.Agent, a.Disposition, a.Unable = name, name, name, name
	d.What, d.Approver, d.Path, d.Skipped, d.Amount.Currency, d.Limit.Currency = name, name, name, []string{name, ""}, name, name
	a.Views[0].Part = name
}

// numbered sets the numbers of the contact.
func numbered(a *event.Assisted, n int64) {
	s, i := event.Seconds(n), int(int32(n))
	l, d, v, t := &a.Legs[0], &a.Decisions[0], &a.Views[0], a.Thread
	for _, p := range []*event.Seconds{
		&l.Start, &l.Wait, &l.Ring, &l.Talk, &l.Hold, &l.Wrap, &d.Waited, &v.Age, &v.Took,
		&t.Waited, &t.WaitedOpen, &t.Replies[0].After, &t.Replies[0].Open,
	} {
		*p = s
	}
	for _, p := range []*int{&a.Line, &a.Repeated, &l.Holds, &t.BotReplies} {
		*p = i
	}
	d.Amount.Amount, d.Limit.Amount = n, n
}

func numberedEffort(f *event.Effort, n int64, began time.Time) {
	f.Began, f.Window = began, event.Seconds(n)
	f.Contacts, f.Answered, f.Switches = int(int32(n)), int(int32(n)), int(int32(n))
}
