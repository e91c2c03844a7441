package insight

import (
	"context"
	"hash/fnv"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/internal/smallgroup"
)

// chooser says which whole events a question is about. The period of the question bounds the time of the event itself. Its journey and its conditions
// are about the event's run, as the table knows it.
//
// An event without a run, and one whose run the table does not have, has a value in the column [Segment] alone: that of its own customer.
type chooser struct {
	v     *View
	w     *Which
	p     *pick
	basis Basis
	zone  *time.Location
	now   int64 // the moment of the view, in microseconds
}

// choose checks the question, and returns what selects its events, with the basis of the answer. Also, if it is not nil, is called with the rows of the table.
func (v *View) choose(ctx context.Context, question string, w *Which, also func(c *chooser, chunks []*cases.Chunk)) (*chooser, error) {
	c := &chooser{v: v, w: w, zone: time.UTC}
	switch {
	case !w.From.IsZero():
		c.zone = w.From.Location()
	case !w.Until.IsZero():
		c.zone = w.Until.Location()
	}
	err := v.ask(ctx, question, w, func(p *pick, chunks []*cases.Chunk) {
		c.p, c.basis, c.now = p, p.basis(w, chunks), p.at
		var people smallgroup.People
		p.each(chunks, func(chunk *cases.Chunk, rows []uint16) {
			crowd(&people, chunk, rows)
			c.basis.Runs += int64(len(rows))
		})
		if smallgroup.Small(people.Size()) {
			c.basis.Runs = 0 // the events may be of more customers
		}
		if also != nil {
			also(c, chunks)
		}
	})
	return c, err
}

// unbound reports whether every event of the period is chosen that the viewer may see, whatever its run.
func (c *chooser) unbound() bool {
	return c.w.Journey == "" && c.w.Namespace == "" && len(c.w.Where) == 0 && c.v.unbound()
}

// within reports whether a time, in microseconds, is in the period of the question.
func (c *chooser) within(at int64) bool {
	return at >= c.p.from && at < c.p.until && at <= c.now
}

// about is the run of an event, as a question needs it.
type about struct {
	// begun is when the run began, in microseconds; 0 is not known.
	begun int64
	// chosen says that the question is about the event.
	chosen bool
}

// of returns whether the question is about an event of this run, whose customer is of the segment. The period is not looked at.
func (c *chooser) of(run event.RunRef, segment string) (a about, err error) {
	if run == (event.RunRef{}) {
		a.chosen = c.w.Journey == "" && c.w.Namespace == "" && c.v.unbound() && c.v.segment(segment) && c.alone(segment)
		return a, nil
	}
	if !c.v.sees(run.Name) || c.w.Journey != "" && c.w.Journey != run.Name || c.w.Namespace != "" && c.w.Namespace != run.Namespace {
		return a, nil
	}
	return c.row(run, segment)
}

// row is of for a run whose journey the question is about.
func (c *chooser) row(run event.RunRef, segment string) (a about, err error) {
	if err := c.v.current(); err != nil {
		return about{}, err
	}
	chunk, row, ok := c.p.t.Find(run)
	if !ok {
		a.chosen = len(c.v.viewer.Segments) == 0 && c.alone(segment)
		return a, nil
	}
	a.chosen = chunk.Flags[row]&cases.Synthetic == 0 && c.meets(chunk, row)
	if a.chosen && chunk.Flags[row]&cases.Begun != 0 {
		a.begun = chunk.Base[row]
	}
	return a, nil
}

// meets reports whether the row meets all conditions, with the viewer's scope of segments.
func (c *chooser) meets(chunk *cases.Chunk, row int) bool {
	for i := range c.p.where {
		if !c.p.where[i].matches(chunk, row) {
			return false
		}
	}
	return true
}

// alone reports whether an event without a run of the table meets the conditions.
func (c *chooser) alone(segment string) bool {
	for _, w := range c.w.Where {
		value := ""
		if w.Column == Segment {
			value = segment
		}
		if slices.Contains(w.Values, value) == w.Not {
			return false
		}
	}
	return true
}

// read calls each with the whole events of the kinds from a time on and before another one, in microseconds, in the order of time, without probes and what is later
// than the moment of the view. It does not choose. Without the right [Words] the events have no words.
func (c *chooser) read(ctx context.Context, from, until int64, kinds []event.Kind, each func(*event.Event) error) error {
	return c.readAll(ctx, event.Query{Kinds: kinds}, from, until, each)
}

// readOf is read for the period of the question, and what else a query says.
func (c *chooser) readOf(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	return c.readAll(ctx, q, c.p.from, c.p.until, each)
}

func (c *chooser) readAll(ctx context.Context, q event.Query, from, until int64, each func(*event.Event) error) error {
	q.From = instant(from)
	until = min(until, c.now+1)
	if from >= until {
		return nil
	}
	q.Until = instant(until)
	return c.query(ctx, q, each)
}

// readRuns calls each with all whole events of the runs, as read does. It asks for a few runs at a time, and calls done after each of these groups. A source that
// reads everything each time is asked once for all.
func (c *chooser) readRuns(ctx context.Context, runs []event.RunRef, each func(*event.Event) error, done func() error) error {
	atOnce := 256
	if s, ok := c.v.table.lastSource().(Sequential); ok && s.Sequential() {
		atOnce = max(1, len(runs))
	}
	for part := range slices.Chunk(runs, atOnce) {
		if err := c.query(ctx, event.Query{Runs: part, Until: instant(c.now + 1)}, each); err != nil {
			return err
		}
		if err := done(); err != nil {
			return err
		}
	}
	return nil
}

func (c *chooser) query(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	source := c.v.table.lastSource()
	if source == nil {
		return ErrLoading
	}
	if err := source.Events(ctx, q, func(e *event.Event) error {
		if e.Actor == event.ActorSynthetic {
			return nil
		}
		if c.v.viewer.Rights&Words == 0 {
			silence(e)
		}
		return each(e)
	}); err != nil {
		return err
	}
	return c.v.current() // also of events that row was not asked about
}

// person returns a number for the customer of the event; 0 is not known.
func person(e *event.Event) uint64 {
	if e.Customer.Hash == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(e.Customer.Hash))
	return max(1, h.Sum64())
}

// week returns the Monday, at midnight of the zone, of the week that has the time.
func week(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	since := (int(at.In(zone).Weekday()) + 6) % 7 //nolint:mnd // a week begins on Monday
	return time.Date(y, m, d-since, 0, 0, 0, 0, zone)
}
