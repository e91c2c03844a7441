package main

import (
	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

// help completes the event of a row with what the row says of people: a contact with one leg, which begins with the row. The duration
// of the touchpoint is the time that the customer spent.
func (p *player) help(e *event.Event, row *eventlog.Row) {
	s := row.People()
	e.Intent = string(s.Intent)
	if !s.Any() {
		return
	}
	l := event.Leg{
		Queue: string(s.Group), Queued: s.Said&eventlog.SaidWait != 0,
		Wait: event.Seconds(s.Wait), Talk: event.Seconds(s.Talk), Hold: event.Seconds(s.Hold), Wrap: event.Seconds(s.Wrap),
		Answered: answered(p.columns, &s, e.Outcome),
	}
	if p.customers { // without a key the employee cannot leave the process
		l.AgentID = string(s.Resource)
	}
	switch {
	case l.Answered:
		l.End = event.LegFinished
	case e.Outcome == event.Abandoned, e.Outcome == 0:
		l.End = event.LegAbandoned // a customer who was not answered has left, unless the log says otherwise
	default: // not known
	}
	e.Assisted = &event.Assisted{Legs: []event.Leg{l}}
	e.Duration = min(s.Wait+s.Talk+s.Hold, event.MaxDuration)
}

// answered reports whether a person answered: the row has an employee, or a time of talk, hold or wrap above 0. If the log has no column
// for these, each contact that was not abandoned was answered.
func answered(c *eventlog.PeopleColumns, s *eventlog.People, o event.Outcome) bool {
	if c.Resource == "" && c.Talk == "" && c.Hold == "" && c.Wrap == "" {
		return o != event.Abandoned
	}
	return len(s.Resource) > 0 || s.Talk > 0 || s.Hold > 0 || s.Wrap > 0
}
