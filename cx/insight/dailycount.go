package insight

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/internal/smallgroup"
)

// dailyQuestion is the question while it is answered.
type dailyQuestion struct {
	*pick

	days   *dayBounds
	words  *vocabulary
	wants  [len(abouts)]bool
	charts map[chartKey]*dailyTally
	begins map[beginKey]*beginning
	people smallgroup.Crowd // of the runs of the question
	list   []promise        // of the run in hand
}

type chartKey struct {
	about         uint8
	journey, name uint16
}

// dailyTally counts what happened, day by day.
type dailyTally struct {
	n, bad []uint32
	people smallgroup.Crowd
}

func (t *dailyTally) add(day int, bad bool, who uint64) {
	t.n[day]++
	t.bad[day] += uint32(bit(bad)) //nolint:gosec // 0 or 1
	if !t.people.Enough() {
		t.people.Add(who)
	}
}

func (t *dailyTally) merge(o *dailyTally) {
	for i := range t.n {
		t.n[i] += o.n[i]
		t.bad[i] += o.bad[i]
	}
	t.people.Merge(&o.people)
}

// The numbers of the kinds: see abouts.
const (
	chartJourney = iota
	chartStage
	chartTouchpoint
	chartCause
	chartQueue
	chartPromise
	chartSurvey
)

func newDailyQuestion(p *pick, days *dayBounds, settings *DailySettings) *dailyQuestion {
	q := &dailyQuestion{pick: p, days: days, words: newVocabulary(p), charts: map[chartKey]*dailyTally{}, begins: map[beginKey]*beginning{}}
	for i, about := range abouts {
		q.wants[i] = settings.has(about)
	}
	return q
}

// tally returns the tally of a chart.
func (q *dailyQuestion) tally(about uint8, journey, name uint16) *dailyTally {
	key := chartKey{about, journey, name}
	t := q.charts[key]
	if t == nil {
		both := make([]uint32, 2*q.days.len())
		t = &dailyTally{n: both[:q.days.len()], bad: both[q.days.len():]}
		q.charts[key] = t
	}
	return t
}

// count counts something that happened at a time.
func (q *dailyQuestion) count(about uint8, journey, name uint16, at int64, bad bool, who uint64) {
	if name == 0 && about != chartJourney || !q.wants[about] {
		return
	}
	if day := q.days.of(at); day >= 0 {
		q.tally(about, journey, name).add(day, bad, who)
	}
}

func (q *dailyQuestion) add(_ *pick, c *cases.Chunk, rows []uint16) {
	for _, row := range rows {
		if !q.people.Enough() {
			q.people.Add(customer(c, int(row)))
		}
		if journey := q.words.journeys[c.Journey[row]]; journey != 0 {
			q.run(journey, c, int(row))
		}
	}
}

func (q *dailyQuestion) merge(o *dailyQuestion) {
	q.people.Merge(&o.people)
	for key, its := range o.charts {
		if t := q.charts[key]; t != nil {
			t.merge(its)
		} else {
			q.charts[key] = its
		}
	}
	for key, its := range o.begins {
		if b := q.begins[key]; b != nil {
			b.merge(its)
		} else {
			q.begins[key] = its
		}
	}
}

// run counts what happened in a run.
func (q *dailyQuestion) run(journey uint16, c *cases.Chunk, row int) {
	q.begin(journey, c, row)
	how, ended := q.stands(c, row)
	who := customer(c, row)
	over := ended != 0 && how != open && how != unknown
	if over && ended >= q.days.from() && ended < q.days.until() {
		bad := how != completed
		q.count(chartJourney, journey, 0, ended, bad, who)
		if bad {
			q.cause(journey, c, row, ended)
		}
	}
	if !over {
		ended = 0
	}
	promised := q.events(journey, c, row, ended, how, who)
	if promised && q.wants[chartPromise] {
		q.settled(journey, c, row)
	}
}

// cause counts the cause of an end. Its chart has the ends of the journey: see whole.
func (q *dailyQuestion) cause(journey uint16, c *cases.Chunk, row int, ended int64) {
	if !q.wants[chartCause] {
		return
	}
	if cause := q.words.causes[c.EndCause(row)]; cause != 0 {
		if day := q.days.of(ended); day >= 0 {
			q.tally(chartCause, journey, cause).bad[day]++
		}
	}
}

// events counts the touchpoints and the visits to stages, and reports whether the run has promises. Ended is 0 for a run that has not ended.
func (q *dailyQuestion) events(journey uint16, c *cases.Chunk, row int, ended int64, how state, who uint64) (promised bool) {
	codes, stage, named := q.t.Codes(), uint16(0), false
	for _, w := range c.Words(row) {
		code := &codes[cases.CodeOf(w)]
		if code.Kind != cases.Entered && code.Kind != cases.Touched {
			promised = promised || code.Kind >= cases.Made && code.Kind <= cases.Withdrawn
			continue
		}
		at := c.At(row, w)
		if at > q.at {
			continue
		}
		if code.Kind == cases.Touched {
			q.count(chartTouchpoint, journey, q.words.touchpoints[code.Name], at, code.Outcome == event.Failed, who)
		}
		if code.Stage != 0 && code.Stage != stage && !code.Late && (ended == 0 || at <= ended) {
			if named {
				q.count(chartStage, journey, q.words.stages[stage], at, false, who)
			}
			stage, named = code.Stage, true
		}
	}
	if ended == 0 {
		return promised
	}
	if !named && c.Stage != nil {
		stage = c.Stage[row]
	}
	q.count(chartStage, journey, q.words.stages[stage], ended, how != completed, who)
	return promised
}

// settled counts the promises of a run. One that was broken counts on the day on which it was due, and, where that is not known or later, when it was broken.
func (q *dailyQuestion) settled(journey uint16, c *cases.Chunk, row int) {
	q.list = q.promises(q.list[:0], c, row)
	for i := range q.list {
		p := &q.list[i]
		if p.made == 0 {
			continue
		}
		who := promisee(c, row, q.list)
		switch name := q.words.promises[p.name]; {
		case p.kept != 0:
			q.count(chartPromise, journey, name, p.kept, false, who)
		case p.broken != 0:
			at := p.broken
			if p.mature(q.at) {
				at = p.due
			}
			q.count(chartPromise, journey, name, at, true, who)
		}
	}
}
