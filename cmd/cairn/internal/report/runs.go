package report

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// runs has the counts of one journey.
type runs struct {
	name       string
	started    int64
	lives      lives
	idle       int64 // live runs in no stage
	ended      byOutcome
	nowhere    byOutcome // runs that ended in no stage
	took       [numOutcomes]*series.Series
	causes     map[endCause]int64
	after      [numOutcomes]AfterEnd
	stages     map[string]*stage
	numbers    []*stage // by number; the first is none
	stageOrder names
	meetings   meetings
	promises   promises
	friction   friction
	endings    endings
}

// endings are the runs that a row ended at the latest time. What happens to a run at the time of its end is not after it: the row that ended it may be in the
// log twice.
type endings struct {
	at   time.Time
	keys map[runKey]struct{}
}

func (e *endings) add(key runKey, at time.Time) {
	if !at.Equal(e.at) || e.keys == nil {
		e.at = at
		if e.keys == nil {
			e.keys = map[runKey]struct{}{}
		}
		clear(e.keys)
	}
	e.keys[key] = struct{}{}
}

// has reports whether the run ended at the time.
func (e *endings) has(key runKey, at time.Time) bool {
	_, ok := e.keys[key]
	return ok && at.Equal(e.at)
}

type byOutcome [numOutcomes]int64

func (b *byOutcome) add(o *byOutcome) {
	for i := range b {
		b[i] += o[i]
	}
}

func (b *byOutcome) report() Ended {
	return Ended{
		Completed: b[event.Completed], Failed: b[event.Failed],
		Cancelled: b[event.Cancelled], Abandoned: b[event.Abandoned],
	}
}

type endCause struct {
	outcome event.Outcome
	cause   string
}

type stage struct {
	number                   int32
	live                     int64 // runs
	entered, visits, stalled int64
	expect                   time.Duration
	took                     *series.Series
	ended                    byOutcome
}

func newRuns(name string) *runs {
	return &runs{
		name: name, numbers: make([]*stage, 1),
		stages: map[string]*stage{}, causes: map[endCause]int64{}, meetings: newMeetings(),
	}
}

func (r *runs) stage(spool *series.Spool, name string) *stage {
	s := r.stages[name]
	if s == nil {
		s = &stage{took: spool.Series(), number: int32(len(r.numbers))} //nolint:gosec // the client bounds the names
		r.stages[name] = s
		r.numbers = append(r.numbers, s)
		r.stageOrder.add(name)
	}
	return s
}

// place returns the counter of live runs at the run's place.
func (r *runs) place(l *life) *int64 {
	if l.stage == 0 {
		return &r.idle
	}
	return &r.numbers[l.stage].live
}

// start counts the beginning of a run.
func (r *runs) start(l *life) {
	r.started++
	r.move(l, 0)
	if !l.live {
		l.live = true
		r.idle++
	}
}

// move moves the run to another place, if it is live.
func (r *runs) move(l *life, stage int32) {
	if l.live {
		*r.place(l)--
		l.stage = stage
		*r.place(l)++
	}
}

// enter counts the beginning of a visit.
func (r *runs) enter(spool *series.Spool, l *life, e *event.Event) {
	s := r.stage(spool, e.Stage)
	s.visits++
	if e.Visit == 1 {
		s.entered++
	}
	r.move(l, s.number)
	r.left(spool, e)
}

// end counts the end of a run.
func (r *runs) end(spool *series.Spool, l *life, e *event.Event) {
	if l.live {
		*r.place(l)--
	}
	*l = life{over: true, outcome: e.Outcome}
	r.ended[e.Outcome]++
	if e.Stage == "" {
		r.nowhere[e.Outcome]++
	} else {
		r.stage(spool, e.Stage).ended[e.Outcome]++
	}
	if e.Cause != "" {
		r.because(endCause{e.Outcome, e.Cause}, 1)
	}
	r.left(spool, e)
	if e.Transition != nil {
		r.friction.count(e.Transition.Friction)
	}
	if e.Transition != nil && e.Transition.Partial {
		return // the start of the run is unknown
	}
	if r.took[e.Outcome] == nil {
		r.took[e.Outcome] = spool.Series()
	}
	r.took[e.Outcome].Add(e.Duration)
}

func (r *runs) because(c endCause, times int64) {
	if _, there := r.causes[c]; !there && len(r.causes) >= maxCauses {
		c.cause = event.Other
	}
	r.causes[c] += times
}

// left adds the duration of the visit that the event ends.
func (r *runs) left(spool *series.Spool, e *event.Event) {
	if left := e.Transition; left != nil && left.From != "" && !left.Entered.IsZero() {
		r.stage(spool, left.From).took.Add(e.Time.Sub(left.Entered))
	}
}

// afterEnd counts an event after the end of its run. def is the definition of the event's touchpoint, or nil.
func (r *runs) afterEnd(l *life, e *event.Event, def *touchpoint.Definition) {
	a := &r.after[l.outcome]
	a.Events++
	if e.Kind != event.TouchpointEnded {
		a.Feedback++
	}
	if l.after == afterNothing {
		l.after = afterAny
		a.Runs++
	}
	if l.after == afterAny && r.completes(e, def) {
		l.after = afterEnd
		a.Completed++
	}
}

// completes reports whether the event is a touchpoint that completes its run.
func (r *runs) completes(e *event.Event, def *touchpoint.Definition) bool {
	if e.Kind != event.TouchpointEnded || def.Ends() != event.Completed {
		return false
	}
	j, _ := def.Journey()
	return j.Name() == r.name && (e.Outcome == event.OK || e.Outcome == event.Degraded)
}

func (r *runs) add(spool *series.Spool, o *runs) {
	r.started += o.started
	r.ended.add(&o.ended)
	r.nowhere.add(&o.nowhere)
	for i := range r.took {
		if r.took[i] == nil {
			r.took[i] = o.took[i]
		} else {
			r.took[i].Join(o.took[i])
		}
	}
	for i := range r.after {
		a, more := &r.after[i], &o.after[i]
		a.Runs += more.Runs
		a.Events += more.Events
		a.Feedback += more.Feedback
		a.Completed += more.Completed
	}
	for c, times := range o.causes {
		r.because(c, times)
	}
	for name, more := range o.stages {
		s := r.stage(spool, name)
		s.entered += more.entered
		s.visits += more.visits
		s.stalled += more.stalled
		s.live += more.live
		s.ended.add(&more.ended)
		s.took.Join(more.took)
	}
	r.idle += o.idle
	r.meetings.add(&o.meetings)
	r.promises.add(&o.promises)
	r.friction.add(&o.friction)
}

// active returns the number of live runs.
func (r *runs) active() int64 {
	n := r.idle
	for _, s := range r.stages {
		n += s.live
	}
	return n
}

// report returns the results of the journey. The log ends at end.
func (r *runs) report(end time.Time) (Journey, error) {
	promises, err := r.promises.report(end)
	if err != nil {
		return Journey{}, err
	}
	j := Journey{
		Name: r.name, Started: r.started, Active: r.active(), Ended: r.ended.report(),
		Causes: r.endCauses(), Stages: []Stage{}, Touchpoints: r.meetings.report(), Failures: r.meetings.failed(),
		Promises: promises, Friction: r.friction.report(),
	}
	j.StartedBefore = j.Ended.sum() + j.Active - j.Started
	for o, into := range map[event.Outcome]**Duration{
		event.Completed: &j.Duration.Completed, event.Failed: &j.Duration.Failed,
		event.Cancelled: &j.Duration.Cancelled, event.Abandoned: &j.Duration.Abandoned,
	} {
		if r.took[o] == nil {
			continue
		}
		d, err := newDuration(r.took[o])
		if err != nil {
			return j, err
		}
		*into = &d
	}
	for o, into := range map[event.Outcome]*AfterEnd{
		event.Completed: &j.AfterEnd.Completed, event.Failed: &j.AfterEnd.Failed,
		event.Cancelled: &j.AfterEnd.Cancelled, event.Abandoned: &j.AfterEnd.Abandoned,
	} {
		*into = r.after[o]
		into.Share = ratio(into.Runs, r.ended[o])
	}
	j.NoStage = Where{Ended: r.nowhere.report(), Active: r.idle}
	for _, name := range r.stageOrder.sorted() {
		s := r.stages[name]
		d, err := newDuration(s.took)
		if err != nil {
			return j, err
		}
		st := Stage{
			Name: name, Entered: s.entered, Visits: s.visits, Conversion: ratio(s.entered, r.started), Duration: d,
			Stalled: s.stalled, StalledShare: ratio(s.stalled, s.visits),
			Where: Where{Ended: s.ended.report(), Active: s.live},
		}
		if s.expect > 0 {
			expect := s.expect.Seconds()
			st.Expect = &expect
		}
		j.Stages = append(j.Stages, st)
	}
	return j, nil
}

// endCauses returns the causes of ends, with the most frequent first.
func (r *runs) endCauses() []EndCause {
	list := make([]EndCause, 0, len(r.causes))
	for c, n := range r.causes {
		list = append(list, EndCause{Outcome: c.outcome.String(), Cause: c.cause, Count: n})
	}
	slices.SortFunc(list, func(a, b EndCause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Cause, b.Cause))
	})
	return list
}
