package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/logcheck"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// heardOf keeps what the reader of a log hears of while another goroutine checks the rows.
type heardOf struct {
	notes *notes
	names []string

	mu        sync.Mutex
	rejected  []logcheck.Place // the first one; the others are counted
	count     int64
	spellings map[string]bool
}

func (h *heardOf) channel(spelling string) event.Channel {
	c, ok := h.notes.blueprint.Channel(spelling)
	if ok {
		return c
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spellings == nil {
		h.spellings = map[string]bool{}
	}
	if len(h.spellings) < maxUnknown {
		h.spellings[spelling] = true
	}
	return event.OtherChannel
}

func (h *heardOf) bad(file string, line int, err error) error {
	h.mu.Lock()
	if h.count++; len(h.rejected) == 0 {
		h.rejected = []logcheck.Place{{File: file, Line: line}}
	}
	h.mu.Unlock()
	return h.notes.bad(file, line, err)
}

// tell passes on what was heard of. The reader has ended.
func (h *heardOf) tell(c *logcheck.Checker) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range h.count {
		c.Reject(h.rejected[0])
	}
	for spelling := range h.spellings {
		c.Channel(spelling)
	}
}

// logRows passes the rows of a log to a checker.
type logRows struct {
	log         *eventlog.Log
	checker     *logcheck.Checker
	known       *vocabulary
	blueprint   *blueprint.Blueprint
	touchpoints map[string]*blueprint.Touchpoint
	columns     *eventlog.Columns
	files       []string
	activities  map[int]*logActivity
	seen        map[event.ID]struct{}
	filled      []func(*eventlog.Row) bool
}

// logActivity is what an activity stands for.
type logActivity struct {
	name  string
	steps []logcheck.Step
	known bool
}

func newLogRows(s *checkSettings, bp *blueprint.Blueprint, log *eventlog.Log, spool *series.Spool) *logRows {
	l := &logRows{
		log: log, known: newVocabulary(bp), blueprint: bp, touchpoints: map[string]*blueprint.Touchpoint{}, columns: &s.columns,
		activities: map[int]*logActivity{}, seen: map[event.ID]struct{}{},
	}
	for _, name := range s.files {
		l.files = append(l.files, shownName(name))
	}
	for i := range bp.Touchpoints {
		l.touchpoints[bp.Touchpoints[i].Name] = &bp.Touchpoints[i]
	}
	names := l.optional()
	l.checker = logcheck.New(logcheck.Config{Blueprint: bp, Location: s.location, Now: s.now, Columns: names, Spool: spool})
	return l
}

// optional returns the names of the columns beside the required ones, and sets how each is seen to be filled.
func (l *logRows) optional() (names []string) {
	people := func(has func(*eventlog.People) bool) func(*eventlog.Row) bool {
		return func(r *eventlog.Row) bool {
			p := r.People()
			return has(&p)
		}
	}
	c := l.columns
	for _, one := range []struct {
		name   string
		filled func(*eventlog.Row) bool
	}{
		{c.Channel, func(r *eventlog.Row) bool { return r.Channel != 0 }},
		{c.Customer, func(r *eventlog.Row) bool { return len(r.Customer) > 0 }},
		{c.Outcome, func(r *eventlog.Row) bool { return r.Outcome != 0 }},
		{c.Direction, func(r *eventlog.Row) bool { return r.Direction != 0 }},
		{c.Purpose, func(r *eventlog.Row) bool { return len(r.Purpose) > 0 }},
		{c.People.Wait, people(func(p *eventlog.People) bool { return p.Said&eventlog.SaidWait != 0 })},
		{c.People.Talk, people(func(p *eventlog.People) bool { return p.Said&eventlog.SaidTalk != 0 })},
		{c.People.Hold, people(func(p *eventlog.People) bool { return p.Said&eventlog.SaidHold != 0 })},
		{c.People.Wrap, people(func(p *eventlog.People) bool { return p.Said&eventlog.SaidWrap != 0 })},
		{c.People.Group, people(func(p *eventlog.People) bool { return len(p.Group) > 0 })},
		{c.People.Resource, people(func(p *eventlog.People) bool { return len(p.Resource) > 0 })},
		{c.People.Intent, people(func(p *eventlog.People) bool { return len(p.Intent) > 0 })},
	} {
		if one.name != "" {
			names = append(names, one.name)
			l.filled = append(l.filled, one.filled)
		}
	}
	for i, a := range c.Attributes {
		names = append(names, a.Column)
		l.filled = append(l.filled, func(r *eventlog.Row) bool {
			for k, text := range r.Texts {
				if k == i {
					return len(text) > 0
				}
			}
			return false
		})
	}
	return names
}

// read passes all rows to the checker.
func (l *logRows) read(n *notes) error {
	for rows := int64(1); ; rows++ {
		row, err := l.log.Next(0)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case row.JSON == nil:
			l.row(row)
		default:
			if err := l.event(row); err != nil {
				return err
			}
		}
		if rows%lookEvery == 0 {
			done, total := l.log.Done()
			n.progress("Checking", done, total)
		}
	}
}

func (l *logRows) placed(row *eventlog.Row) logcheck.Row {
	return logcheck.Row{At: time.Unix(0, row.Time), Place: logcheck.Place{File: l.files[row.File], Line: row.Line}, Case: string(row.Case)}
}

// row passes a row of a CSV file on.
func (l *logRows) row(row *eventlog.Row) {
	a := l.activities[row.Activity]
	if a == nil {
		a = l.activity(l.log.Activity(row.Activity))
		l.activities[row.Activity] = a
	}
	r := l.placed(row)
	r.Activity, r.Known = a.name, a.known
	for i, filled := range l.filled {
		if i < logcheck.MaxColumns && filled(row) {
			r.Filled |= 1 << i
		}
	}
	r.Steps = a.steps
	if row.Outcome != 0 { // it may not end the journey
		r.Steps = append([]logcheck.Step(nil), a.steps...)
		for i := range r.Steps {
			t := l.touchpoints[r.Steps[i].Touchpoint]
			r.Steps[i].Ends = t != nil && stepEnds(t, row.Outcome)
		}
	}
	l.checker.Add(&r)
}

// activity returns what an activity of a CSV file stands for.
func (l *logRows) activity(name string) *logActivity {
	a := &logActivity{name: name, known: true}
	for _, s := range stepsOf(l.blueprint, name) {
		a.known = a.known && s.known
		t := l.touchpoints[s.name]
		a.steps = append(a.steps, logcheck.Step{Journey: s.journey, Touchpoint: s.name, Ends: t != nil && stepEnds(t, 0)})
	}
	return a
}

// event passes an event of a log of Cairn's own on.
func (l *logRows) event(row *eventlog.Row) error {
	e, err := event.ParseJSON(row.JSON)
	if err != nil {
		return fmt.Errorf("an event was read once and cannot be read a second time: %w", err)
	}
	if _, again := l.seen[e.ID]; again && !e.ID.IsZero() { // delivery is at least once
		return nil
	}
	l.seen[e.ID] = struct{}{}
	r := l.placed(row)
	r.Known, r.Activity = true, string(e.Kind)
	r.Filled = ^uint64(0) // the columns are those of CSV files
	l.known.unknown(&e, func(_, name string) { r.Known, r.Activity = false, name })
	switch e.Kind {
	case event.TouchpointEnded:
		if r.Known {
			r.Activity = e.Touchpoint
		}
		t := l.touchpoints[e.Touchpoint]
		r.Steps = []logcheck.Step{{Journey: e.Journey.Name, Touchpoint: e.Touchpoint, Ends: t != nil && t.Journey == e.Journey.Name && stepEnds(t, e.Outcome)}}
	case event.JourneyStarted, event.JourneyEnded:
		r.Steps = []logcheck.Step{{Journey: e.Journey.Name, Touchpoint: string(e.Kind), Ends: e.Kind == event.JourneyEnded}}
	default:
		r.Plain = r.Known
	}
	l.checker.Add(&r)
	return nil
}
