package resolve

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
)

// assisted bounds an assisted contact, and replaces the IDs of its employees. The lists are copies, because the originals belong to
// the caller, except for the decisions and views if own is set. The legs are always copies: those of a live contact may lie in it, and an
// event that waits for its sink would keep the whole contact.
func (r *Resolver) assisted(a event.Assisted, own bool, f *Findings) *event.Assisted {
	label(&a.Disposition, "the disposition of the contact", f)
	label(&a.Unable, "the cause for which the employee could not help", f)
	r.cfg.Causes.fold(&a.Unable, "a cause", f)
	count(&a.Line, "the line of support", f)
	count(&a.Repeated, "how often the customer was asked to repeat something", f)
	said(&a.Claimed, f)
	said(&a.Again, f)
	said(&a.SamePerson, f)
	a.Legs = firstOf(a.Legs, event.MaxLegs, false, "the legs of a contact", f)
	for i := range a.Legs {
		r.leg(&a.Legs[i], f)
	}
	a.Decisions = firstOf(a.Decisions, event.MaxDecisions, own, "the decisions of a contact", f)
	for i := range a.Decisions {
		decision(&a.Decisions[i], f)
	}
	a.Views = firstOf(a.Views, event.MaxViews, own, "the views of a contact", f)
	for i := range a.Views {
		label(&a.Views[i].Part, "what the employee asked for", f)
		span(&a.Views[i].Age, f)
		span(&a.Views[i].Took, f)
	}
	if a.Thread != nil {
		a.Thread = thread(*a.Thread, f)
	}
	return &a
}

func (r *Resolver) leg(l *event.Leg, f *Findings) {
	label(&l.Queue, "the queue", f)
	r.cfg.Queues.fold(&l.Queue, "a queue", f)
	if l.AgentID != "" || l.Agent != "" {
		r.pseudonym(&l.AgentID, &l.Agent, r.EmployeeHash, "employee", f)
	}
	for _, d := range []*event.Seconds{&l.Start, &l.Wait, &l.Ring, &l.Talk, &l.Hold, &l.Wrap} {
		span(d, f)
	}
	count(&l.Holds, "how often the customer was put on hold", f)
	if l.End > event.LegClosed {
		f.beyond(fault.InvalidValue, "end of a leg", "a number that stands for none", int(l.End), int(event.LegClosed))
		l.End = 0
	}
}

func decision(d *event.Decision, f *Findings) {
	label(&d.What, "what was decided", f)
	label(&d.Approver, "the role that approves", f)
	label(&d.Path, "the path that was taken", f)
	d.Amount = money(d.Amount, "", "a decision", f)
	d.Limit = money(d.Limit, "", "the limit of a decision", f)
	span(&d.Waited, f)
	d.Approval = d.Approval || d.Approver != "" || d.Waited > 0 || d.Refused // there is no other approval that these could be about
	d.Skipped = firstOf(d.Skipped, event.MaxSkipped, false, "the skipped steps of a decision", f)
	for i := range d.Skipped {
		label(&d.Skipped[i], "a skipped step", f)
	}
}

func thread(t event.Thread, f *Findings) *event.Thread {
	t.Replies = firstOf(t.Replies, event.MaxReplies, false, "the replies of a contact", f)
	for i := range t.Replies {
		span(&t.Replies[i].After, f)
		span(&t.Replies[i].Open, f)
	}
	count(&t.BotReplies, "the replies of a bot", f)
	span(&t.Waited, f)
	span(&t.WaitedOpen, f)
	return &t
}

// effort bounds the effort that an event belongs to.
func effort(d event.Effort, f *Findings) *event.Effort {
	if !d.Began.IsZero() && !event.ValidTime(d.Began) {
		d.Began = time.Time{}
		f.add(fault.Time, "", "the beginning of an effort is"+outOfRange)
	}
	span(&d.Window, f)
	count(&d.Contacts, "the contacts of an effort", f)
	count(&d.Answered, "the answered contacts of an effort", f)
	count(&d.Switches, "the switches of an effort", f)
	label(&d.From, "the touchpoint before an effort", f)
	return &d
}

// firstOf returns a copy of the list with at most limit entries, or a part of it if own is set.
func firstOf[T any](list []T, limit int, own bool, what string, f *Findings) []T {
	if len(list) > limit {
		f.beyond(fault.DetailLimit, "", what, len(list), limit)
		list = list[:limit]
	}
	if own {
		return list
	}
	return slices.Clone(list)
}

// span sets a duration of an assisted contact to 0 if it is out of range.
func span(d *event.Seconds, f *Findings) {
	if *d < 0 || time.Duration(*d) > event.MaxDuration {
		*d = 0
		f.add(fault.Duration, "", "a duration of an assisted contact is negative, or longer than ten years")
	}
}

// count sets a negative number to 0.
func count(n *int, what string, f *Findings) {
	if *n < 0 {
		*n = 0
		f.add(fault.Number, "", what+" is negative")
	}
}

func said(y *event.YesNo, f *Findings) {
	if *y > event.No {
		f.beyond(fault.InvalidValue, "answer", "a number that stands for none", int(*y), int(event.No))
		*y = 0
	}
}
