package tell

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

// assisted says how people helped: the waits, the transfers, what was decided, and the replies.
func (s *sentences) assisted(a *event.Assisted) {
	for i := range a.Legs {
		s.leg(&a.Legs[i])
	}
	if t := a.Thread; t != nil {
		s.thread(t)
	}
	if a.Disposition != "" {
		s.add("It was noted as %s.", Quote(a.Disposition))
	}
	for i := range a.Decisions {
		s.decision(&a.Decisions[i])
	}
	if a.Unable != "" {
		s.add("The employee could not help because of %s.", Quote(a.Unable))
	}
	switch a.Claimed {
	case event.Yes:
		s.add("The matter was said to be resolved.")
	case event.No:
		s.add("The matter was said not to be resolved.")
	case event.NotSaid:
	}
	if a.Again == event.Yes {
		s.add("The customer had asked about it before.")
	}
	if a.Repeated > 0 {
		s.add("The customer had to repeat %s.", number.Of(int64(a.Repeated), "thing", "things"))
	}
}

func (s *sentences) leg(l *event.Leg) {
	in := ""
	if l.Queue != "" {
		in = " in the queue " + Quote(l.Queue)
	}
	wait := time.Duration(l.Wait)
	by := "an employee"
	if l.Bot {
		by = "the company's bot"
	}
	switch {
	case wait > 0 && l.Answered:
		s.add("The customer waited %s%s until %s answered.", number.Spell(wait), in, by)
	case wait > 0:
		s.add("The customer waited %s%s without an answer.", number.Spell(wait), in)
	case l.Answered && in != "":
		s.add("The customer was answered%s by %s at once.", in, by)
	}
	if l.Talk > 0 || l.Hold > 0 {
		said := "They talked for " + number.Spell(time.Duration(l.Talk))
		if l.Hold > 0 {
			said += ", and the customer was on hold for " + number.Spell(time.Duration(l.Hold))
		}
		s.add("%s.", said)
	}
	switch l.End { //nolint:exhaustive // the others need no word
	case event.LegTransferred:
		if l.Warm {
			s.add("The customer was transferred, and the next employee was told what it was about.")
		} else {
			s.add("The customer was transferred.")
		}
	case event.LegOverflowed:
		s.add("The customer was moved to another queue before an answer.")
	case event.LegAbandoned:
		s.add("The customer left before an answer.")
	case event.LegCallback:
		s.add("The customer left the queue for a promise to be called back.")
	case event.LegClosed:
		s.add("The company ended it before an answer.")
	}
}

func (s *sentences) thread(t *event.Thread) {
	if n := len(t.Replies); n > 0 {
		said := "The company replied " + Times(n) + ", first after " + number.Spell(time.Duration(t.Replies[0].After))
		if open := t.Replies[0].Open; open != t.Replies[0].After && open > 0 {
			said += ", " + number.Spell(time.Duration(open)) + " of it in opening hours"
		}
		s.add("%s.", said)
	}
	if t.BotReplies > 0 {
		s.add("The company's bot replied %s.", Times(t.BotReplies))
	}
	if t.Waited > 0 {
		s.add("The customer waited %s for the company in all.", number.Spell(time.Duration(t.Waited)))
	}
	if t.Unanswered {
		s.add("The customer's last message has no reply.")
	}
}

func (s *sentences) decision(d *event.Decision) {
	what := "It was decided"
	if d.What != "" {
		what += ": " + Quote(d.What)
	}
	if d.Amount != nil {
		what += " of " + text.Money(d.Amount.Amount, Clean(d.Amount.Currency))
	}
	if d.Path != "" {
		what += ", by the path " + Quote(d.Path)
	}
	if len(d.Skipped) > 0 {
		what += ", without " + named(d.Skipped)
	}
	switch {
	case d.Refused:
		what += ", and the approval was refused"
	case d.Approval:
		what += ", with an approval"
	}
	if d.Waited > 0 {
		what += " after " + number.Spell(time.Duration(d.Waited))
	}
	s.add("%s.", what)
}
