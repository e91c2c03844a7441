package insight

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// clock is that of a promise which stops in some stages. Events have the due time that was promised, and the moved one only when the promise is settled, so
// that the one of an open promise follows from the stages of its run.
type clock struct {
	hours  *calendar.Hours // nil counts every hour
	pauses []string        // the stages in which it stops
}

// namedPromise names a promise of a journey.
type namedPromise struct{ journey, name string }

// clocksOf returns the clocks of the promises that stop.
func clocksOf(b *blueprint.Blueprint) map[namedPromise]*clock {
	clocks := map[namedPromise]*clock{}
	for i := range b.Journeys {
		j := &b.Journeys[i]
		for n := range j.Promises {
			p := &j.Promises[n]
			if len(p.Pause) == 0 {
				continue
			}
			c := &clock{pauses: p.Pause}
			if p.Hours != "" {
				c.hours, _ = b.Calendar(p.Hours)
			}
			clocks[namedPromise{j.Name, p.Name}] = c
		}
	}
	return clocks
}

// standstill follows the clock of one open promise through the stages of its run, which come in the order of time.
type standstill struct {
	*clock

	set     time.Time // when the promise was made, or got its due time
	due     time.Time
	stopped time.Time // since when the clock stands still; the zero time while it goes
}

// enter tells that the run came to a stage. When the clock goes on, what was left of the time begins there.
func (s *standstill) enter(stage string, at time.Time) {
	switch pauses := slices.Contains(s.pauses, stage); {
	case pauses && s.stopped.IsZero():
		s.stopped = at
	case !pauses && !s.stopped.IsZero():
		if from := laterOf(s.stopped, s.set); at.After(from) && s.due.After(from) {
			s.due = s.after(from, at)
		}
		s.stopped = time.Time{}
	}
}

// after returns the due time, if the clock stood still from one moment to another.
func (s *standstill) after(from, until time.Time) time.Time {
	if s.hours == nil {
		return s.due.Add(until.Sub(from))
	}
	due, err := s.hours.Add(until, s.hours.Between(from, s.due))
	if err != nil { // beyond the years that the calendar is searched for
		return s.due
	}
	return due
}

// standStill moves the due time of a promise that no event has settled by the time in which its clock stood still, and notes since when it stands still. Before the
// call the due time is the one with which the promise was made, also where an event after the moment tells a later one.
func (p *pick) standStill(made *promise, c *cases.Chunk, row int) {
	if made.due == 0 {
		return
	}
	of := p.v.table.clocks[namedPromise{p.t.Journeys[c.Journey[row]].Name, p.t.Names.Text(uint32(made.name))}]
	if of == nil {
		return
	}
	s := standstill{clock: of, set: instant(made.made), due: instant(made.due)}
	codes := p.t.Codes()
	for _, w := range c.Words(row) {
		if code, at := &codes[cases.CodeOf(w)], c.At(row, w); code.Kind == cases.Entered && at <= p.at {
			s.enter(p.t.Stages.Text(uint32(code.Stage)), instant(at))
		}
	}
	made.stopped, made.due = micros(s.stopped), micros(s.due)
}
