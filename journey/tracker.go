package journey

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// How much a Tracker remembers.
const (
	// rememberEnded is how long an ended run is known, so that what comes late changes
	// nothing.
	rememberEnded = 30 * 24 * time.Hour
	// pruneEnded is how often the ended ones are looked through for those to forget.
	pruneEnded = time.Hour
	// maxRuns bounds the live runs in memory, some 500 bytes each, and the ended ones, some
	// 70 bytes each.
	maxRuns = 1 << 20

	trackerShards = 64
)

// Rules are what a Tracker has to know of a journey.
type Rules struct {
	// AbandonAfter is how long a run may be silent; 0 is forever.
	AbandonAfter time.Duration
}

// Tracker holds the state of live runs in this process's memory: where each is, since
// when, and how it ended. It makes transitions only for runs that this process started;
// of a run that it merely resumed it believes what the event's position says. All of it
// goes by event time. Safe for concurrent use; it starts no goroutine.
type Tracker struct {
	rules  func(journey string) Rules
	now    func() time.Time
	known  atomic.Int64 // runs in all shards
	shards [trackerShards]trackerShard
}

type trackerShard struct {
	mu     sync.Mutex
	runs   map[runKey]*run  // live
	ended  map[runKey]int64 // when the end of a run was heard of, in Unix seconds
	pruned time.Time        // when the ended ones were last looked through
	active map[place]int64
}

// runKey is the journey's trace ID: 16 bytes that stand for namespace, name and ID.
type runKey [16]byte

// place is where live runs are counted.
type place struct{ journey, stage string }

type run struct {
	event.Position
	entered time.Time      // the stage
	moved   time.Time      // when somebody last said which stage it is in
	last    time.Time      // when something happened
	visits  map[string]int // to each stage
}

// NewTracker returns a Tracker that asks rules about a journey by its name, and now for the time.
func NewTracker(rules func(journey string) Rules, now func() time.Time) *Tracker {
	t := &Tracker{rules: rules, now: now}
	for i := range t.shards {
		t.shards[i].runs = map[runKey]*run{}
		t.shards[i].ended = map[runKey]int64{}
		t.shards[i].active = map[place]int64{}
	}
	return t
}

// Verdict is what a Tracker says of an event.
type Verdict struct {
	// Drop is an event that says nothing new, or nothing that can be: nobody else should
	// see it.
	Drop bool
	// Late is an event after the end of its run: it changes nothing about that.
	Late bool
	// Faults of the event.
	Faults event.Faults
	// Before is a transition that the event made, to be seen before it, or nil.
	Before *event.Event
}

func (t *Tracker) shard(key runKey) *trackerShard { return &t.shards[key[15]%trackerShards] }

// Place puts an event that begins now where its run is. A touchpoint moves the run to the stage
// that it declares, if it does, and is a sign of life; a run that is merely resumed stays as it
// is. Stage is the declared one, or "".
func (t *Tracker) Place(e *event.Event, stage string) Verdict {
	if t.known.Load() == 0 {
		return foreign(e, stage, false)
	}
	key := runKey(e.Trace().TraceID())
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.runs[key]
	begins := e.Kind == event.JourneyStarted // or is resumed: the context is all that changes
	if r == nil {
		return foreign(e, stage, s.over(key) && e.Kind == event.TouchpointEnded)
	}
	if begins {
		r.place(e)
		return Verdict{}
	}
	r.touch(e.Time.Add(e.Duration))
	var v Verdict
	switch {
	case stage == "" || e.Time.Before(r.moved):
	case stage == r.Stage:
		r.moved = e.Time
	default:
		moved := &event.Event{
			Kind: event.JourneyStageEntered, Time: e.Time, Channel: e.Channel, Actor: e.Actor,
			Customer: e.Customer, Variant: e.Variant, SpanContext: e.Request(),
		}
		v.Before = entered(r, moved, s.enter(r, stage, e.Time))
	}
	r.place(e)
	if stage != "" && stage != r.Stage {
		e.SetPlace(stage, r.visits[stage]) // it came late: to the last visit there was
	}
	return v
}

// foreign places an event of a run whose state is not here, or which has ended: in the
// stage that its position names, else, where it declares another, under the root.
func foreign(e *event.Event, stage string, ended bool) Verdict {
	var v Verdict
	if stage != "" && stage != e.Stage {
		e.SetPlace(stage, 0)
	}
	if ended {
		v.Late = true
	}
	return v
}

// Apply makes the transition that e asks for, at most once, and completes e with what
// the state knows.
func (t *Tracker) Apply(e *event.Event) Verdict {
	if e.Kind == event.TouchpointEnded && t.known.Load() == 0 {
		return Verdict{}
	}
	key := runKey(e.Trace().TraceID())
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.runs) + len(s.ended)
	defer func() { t.known.Add(int64(len(s.runs) + len(s.ended) - before)) }()
	switch r := s.runs[key]; e.Kind {
	case event.JourneyStarted:
		return s.start(key, r, e)
	case event.JourneyStageEntered:
		return s.move(key, r, e)
	case event.JourneyEnded:
		return s.end(key, r, e, t.now())
	default:
		if r != nil {
			r.touch(e.Time.Add(e.Duration))
		}
		return Verdict{}
	}
}

func (s *trackerShard) start(key runKey, r *run, e *event.Event) Verdict {
	v := Verdict{Drop: true}
	switch {
	case s.over(key):
		v.Late = true
	case r != nil:
		r.touch(e.Time)
		r.place(e)
	case !s.room():
		v.Faults.Add(event.FaultRunLimit)
	default:
		e.Journey.Started = e.Time
		e.SetPlace("", 0)
		e.ID = transitionID(e, "started")
		s.runs[key] = &run{Position: *e.Position(), last: e.Time}
		s.count(s.runs[key], 1)
		v.Drop = false
	}
	return v
}

// over reports whether the run is known to have ended.
func (s *trackerShard) over(key runKey) bool {
	_, over := s.ended[key]
	return over
}

// room reports whether there is room for another live run.
func (s *trackerShard) room() bool { return len(s.runs) < maxRuns/trackerShards }

// remember notes that the run has ended. When there is no room another one is forgotten, any.
func (s *trackerShard) remember(key runKey, now time.Time) {
	if len(s.ended) >= maxRuns/trackerShards {
		for other := range s.ended {
			delete(s.ended, other)
			break
		}
	}
	s.ended[key] = now.Unix()
	delete(s.runs, key)
}

func (s *trackerShard) move(key runKey, r *run, e *event.Event) Verdict {
	stage := e.Stage
	v := Verdict{Drop: true}
	switch {
	case s.over(key):
		v.Late = true
	case r == nil:
		v.Faults.Add(event.FaultNoJourney)
	case stage == r.Stage || e.Time.Before(r.moved):
		if e.Time.After(r.moved) {
			r.moved = e.Time
		}
		r.touch(e.Time)
		r.place(e)
	default:
		r.touch(e.Time)
		entered(r, e, s.enter(r, stage, e.Time))
		v.Drop = false
	}
	return v
}

func (s *trackerShard) end(key runKey, r *run, e *event.Event, now time.Time) Verdict {
	if s.over(key) {
		return Verdict{Drop: true, Late: true}
	}
	left := &event.Transition{}
	started := e.Journey.Started // of a run that somebody else started, as the position said
	if r != nil {
		r.place(e)
		s.count(r, -1)
		started = r.Journey.Started
		left = &event.Transition{From: r.Stage, Visit: r.Visit, Entered: r.entered}
	}
	s.remember(key, now)
	finish(e, started, left)
	return Verdict{}
}

// transitionID returns the derived ID of a transition. Runs whose names are folded into one are
// told apart by their traces.
func transitionID(e *event.Event, transition string) event.ID {
	j := e.Journey
	if j.Name == event.Other {
		j.Name = e.Trace().TraceID().String()
	}
	return event.DeriveID(j, transition)
}

// finish completes the end of a run.
func finish(e *event.Event, started time.Time, left *event.Transition) {
	e.Transition = left
	if started.IsZero() {
		left.Partial = true
	} else {
		e.Duration = min(max(0, e.Time.Sub(started)), event.MaxDuration)
	}
	e.ID = transitionID(e, "ended")
}

// enter moves r to the stage at t and returns what it left.
func (s *trackerShard) enter(r *run, stage string, t time.Time) *event.Transition {
	if t.Before(r.Journey.Started) {
		t = r.Journey.Started // nobody is in a stage of what has not begun
	}
	left := &event.Transition{From: r.Stage, Visit: r.Visit, Entered: r.entered}
	s.count(r, -1)
	if r.visits == nil {
		r.visits = map[string]int{}
	}
	r.visits[stage]++
	r.Position = r.At(stage, r.visits[stage])
	s.count(r, 1)
	r.entered, r.moved = t, t
	return left
}

// entered completes the event of a run that has just entered a stage.
func entered(r *run, e *event.Event, left *event.Transition) *event.Event {
	r.place(e)
	e.Transition = left
	e.ID = transitionID(e, "entered/"+r.Stage+"/"+strconv.Itoa(r.Visit))
	return e
}

// count adds n to the live runs where r is. A probe of our own is nobody's journey.
func (s *trackerShard) count(r *run, n int64) {
	if r.Actor == event.ActorSynthetic {
		return
	}
	p := place{r.Journey.Name, r.Stage}
	if s.active[p] += n; s.active[p] == 0 {
		delete(s.active, p)
	}
}

func (r *run) touch(t time.Time) {
	if t.After(r.last) {
		r.last = t
	}
}

// place completes e with what the state knows of the run.
func (r *run) place(e *event.Event) {
	if e.Journey.Value != nil {
		r.Journey.Value = e.Journey.Value
	}
	e.SetPosition(&r.Position)
}

// Sweep ends the runs that are abandoned at now, hands each end to emit, and forgets
// runs that ended long ago. The end of an abandoned run is when its patience ran out,
// not when the sweep came by.
func (t *Tracker) Sweep(now time.Time, emit func(*event.Event)) {
	for i := range t.shards {
		ends, forgotten := t.shards[i].sweep(now, t.rules)
		t.known.Add(-int64(forgotten))
		for _, e := range ends {
			emit(e)
		}
	}
}

func (s *trackerShard) sweep(now time.Time, rules func(string) Rules) (ends []*event.Event, forgotten int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.pruned) >= pruneEnded {
		s.pruned = now
		old := now.Add(-rememberEnded).Unix()
		for key, at := range s.ended {
			if at < old {
				delete(s.ended, key)
				forgotten++
			}
		}
	}
	for key, r := range s.runs {
		after := rules(r.Journey.Name).AbandonAfter
		if after <= 0 || now.Sub(r.last) < after {
			continue
		}
		e := &event.Event{Kind: event.JourneyEnded, Time: r.last.Add(after), Outcome: event.Abandoned, Actor: r.Actor}
		e.Journey = r.Journey
		s.end(key, r, e, now)
		ends = append(ends, e)
	}
	return ends, forgotten
}

// Active calls yield with the number of live runs in each stage of each journey; the
// stage is "" where a run is in none.
func (t *Tracker) Active(yield func(journey, stage string, runs int64)) {
	sums := map[place]int64{}
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for p, n := range s.active {
			sums[p] += n
		}
		s.mu.Unlock()
	}
	for p, n := range sums {
		yield(p.journey, p.stage, n)
	}
}
