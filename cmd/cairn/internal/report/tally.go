package report

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Tally is a processor that counts the events that a client delivers. It takes about fifty bytes of memory for each run, live
// or ended, and two hundred for each answer and each request for one. It ignores probes ([event.ActorSynthetic]), because they are not customers. It is safe for concurrent use.
type Tally struct {
	mu       sync.Mutex
	spool    *series.Spool
	journeys map[string]*runs
	last     *runs // the last result of method of, to save a lookup
	hand     hand
	order    names
	promised map[string]*touchpoint.Definition
	free     meetings // touchpoints in no journey
	answers  answers
	people   people
	efforts  PastEfforts
}

// names has the names of the blueprint in its order, followed by the other names.
type names struct {
	list  []string
	known int
}

func (n *names) add(name string) { n.list = append(n.list, name) }

// sorted returns all names: those of the blueprint, and then the others in alphabetical order.
func (n *names) sorted() []string {
	slices.Sort(n.list[n.known:])
	return n.list
}

var _ event.Processor = (*Tally)(nil)

// New returns a Tally whose report lists the definitions in their order. It stores durations in the spool,
// which the caller owns.
func New(spool *series.Spool, defs ...event.Definition) *Tally {
	t := &Tally{
		spool: spool, journeys: map[string]*runs{}, promised: map[string]*touchpoint.Definition{},
		free: newMeetings(), answers: newAnswers(), hand: newHand(),
	}
	for _, d := range defs {
		if j, ok := d.(*journey.Definition); ok {
			r := t.of(j.Name())
			for _, s := range j.Stages() {
				r.stage(t.spool, s).expect = j.Expect(s)
			}
			r.promises.define(t.spool, j)
		}
	}
	for _, d := range defs {
		switch d := d.(type) {
		case *touchpoint.Definition:
			t.promised[d.Name()] = d
			into := &t.free
			if j, _ := d.Journey(); j != nil {
				into = &t.of(j.Name()).meetings
			}
			into.touchpoint(d.Name(), d)
		case *feedback.Survey:
			t.answers.known = append(t.answers.known, surveyKey{d.Name(), d.Scale()})
		default: // a journey, handled above
		}
	}
	t.order.known = len(t.order.list)
	t.free.order.known = len(t.free.order.list)
	for _, r := range t.journeys {
		r.stageOrder.known, r.meetings.order.known = len(r.stageOrder.list), len(r.meetings.order.list)
	}
	return t
}

// Levels sets the service levels of queues by their names. Call it before the first event.
func (t *Tally) Levels(levels map[string]assist.Level) { t.people.levels = levels }

// of returns the counts of the journey.
func (t *Tally) of(name string) *runs {
	if t.last != nil && t.last.name == name {
		return t.last
	}
	r := t.journeys[name]
	if r == nil {
		r = newRuns(name)
		t.journeys[name] = r
		t.order.add(name)
	}
	t.last = r
	return r
}

// Process implements [event.Processor].
func (t *Tally) Process(_ context.Context, e *event.Event) {
	if e.Actor == event.ActorSynthetic {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.efforts.add(e)
	if e.Journey.IsZero() {
		t.meet(&t.free, e)
		return
	}
	r := t.of(e.Journey.Name)
	switch e.Kind {
	case event.JourneyStarted:
		r.start(t.hand.take(r, e))
	case event.JourneyStageEntered:
		r.enter(t.spool, t.hand.take(r, e), e)
	case event.JourneyStalled:
		r.stage(t.spool, e.Stage).stalled++
	case event.JourneyEnded:
		r.end(t.spool, t.hand.take(r, e), e)
		if e.Outcome != event.Abandoned { // no row ends a run that fell silent
			r.endings.add(t.hand.key, e.Time)
		}
	case event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
		t.hand.take(r, e)
		r.promises.count(t.hand.key, e)
	default:
		if !t.meet(&r.meetings, e) {
			return
		}
		if l := t.hand.take(r, e); l.over && !r.endings.has(t.hand.key, e.Time) {
			r.afterEnd(l, e, t.promised[e.Touchpoint])
		}
	}
}

// meet counts a touchpoint or feedback. It reports whether the event shows that the customer has come back.
func (t *Tally) meet(m *meetings, e *event.Event) bool {
	switch e.Kind {
	case event.TouchpointEnded:
		m.count(e, t.promised[e.Touchpoint])
		t.people.count(e)
	case event.SurveyRequested, event.SurveyShown, event.SurveyClosed, event.FeedbackAmended:
		t.answers.count(e)
		return false // the company asks, or an answer is known; the customer has not come back
	case event.FeedbackReceived, event.FeedbackMentioned:
		t.answers.count(e)
	default:
		return false
	}
	return true
}

// Shutdown implements [event.Processor]. It has nothing to deliver.
func (t *Tally) Shutdown(context.Context) error { return nil }

// Add adds the counts of o, which has counted other runs, to t. The caller must not use o afterwards and must
// keep its spool open.
func (t *Tally) Add(o *Tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, more := range o.journeys {
		t.of(name).add(t.spool, more)
	}
	t.free.add(&o.free)
	t.answers.add(&o.answers)
	t.people.add(&o.people)
}

// TakeEfforts returns what the tallies have collected about efforts, which they forget.
func TakeEfforts(tallies ...*Tally) *PastEfforts {
	all := &PastEfforts{}
	for _, t := range tallies {
		t.mu.Lock()
		all.join(&t.efforts)
		t.efforts = PastEfforts{}
		t.mu.Unlock()
	}
	return all
}

// Report returns the report of all counts so far, of a log that was followed until end. It fills in journeys, touchpoints and
// feedback; the caller fills in the rest. The error is the spool's.
func (t *Tally) Report(end time.Time) (*Report, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rep := &Report{
		Title: Title, Files: []string{}, UnknownNames: []UnknownName{}, UnknownChannels: []string{},
		Journeys: []Journey{}, Touchpoints: t.free.report(), Failures: t.free.failed(),
		Surveys: t.answers.report(), Mentions: t.answers.mentions, Asked: t.answers.scores.Burden(), People: t.people.report(),
	}
	for _, name := range t.order.sorted() {
		j, err := t.journeys[name].report(end)
		if err != nil {
			return nil, err
		}
		a := &j.AfterEnd
		rep.Late += a.Completed.Events + a.Failed.Events + a.Cancelled.Events + a.Abandoned.Events
		rep.Journeys = append(rep.Journeys, j)
	}
	return rep, nil
}

func ratio(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// channelsOf returns the channels, with the most used first.
func channelsOf(counts map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return int(min(1, max(-1, counts[b]-counts[a])))
		}
		return slices.Compare([]byte(a), []byte(b))
	})
}
