package report

import (
	"context"
	"maps"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Tally is a processor that counts what a client delivers. Its memory grows with the live runs
// only. Probes of our own ([event.ActorSynthetic]) are nobody's journey, and not counted. Safe for
// concurrent use.
type Tally struct {
	mu       sync.Mutex
	spool    *series.Spool
	journeys map[string]*runs
	last     *runs // that of was asked for, so that it need not be looked up
	order    names
	late     int64
}

// names are the names of the blueprint in its order; others come behind them.
type names struct {
	list  []string
	known int
}

func (n *names) add(name string) { n.list = append(n.list, name) }

// sorted returns all names, those that are not the blueprint's in the order of the alphabet.
func (n *names) sorted() []string {
	slices.Sort(n.list[n.known:])
	return n.list
}

var _ event.Processor = (*Tally)(nil)

// runs is what is counted of one journey.
type runs struct {
	name            string
	started         int64
	live            map[trace.TraceID]struct{}
	ended           [event.NumOutcomes]int64
	took            [event.NumOutcomes]*series.Series
	stages          map[string]*stage
	stageOrder      names
	touchpoints     map[string]*touches
	touchpointOrder names
}

type stage struct {
	entered, visits int64
	took            *series.Series
}

type touches struct {
	count    int64
	channels [event.NumChannels]int64
}

// New returns a Tally in whose report the definitions are in their order. Durations go to the
// spool, which stays the caller's.
func New(spool *series.Spool, defs ...event.Definition) *Tally {
	t := &Tally{spool: spool, journeys: map[string]*runs{}}
	for _, d := range defs {
		if j, ok := d.(*journey.Definition); ok {
			r := t.of(j.Name())
			for _, s := range j.Stages() {
				r.stage(t.spool, s)
			}
		}
	}
	for _, d := range defs {
		if p, ok := d.(*touchpoint.Definition); ok {
			if j, _ := p.Journey(); j != nil {
				t.of(j.Name()).touchpoint(p.Name())
			}
		}
	}
	t.order.known = len(t.order.list)
	for _, r := range t.journeys {
		r.stageOrder.known, r.touchpointOrder.known = len(r.stageOrder.list), len(r.touchpointOrder.list)
	}
	return t
}

// of returns what is counted of the journey.
func (t *Tally) of(name string) *runs {
	if t.last != nil && t.last.name == name {
		return t.last
	}
	r := t.journeys[name]
	if r == nil {
		r = &runs{
			name: name, live: map[trace.TraceID]struct{}{},
			stages: map[string]*stage{}, touchpoints: map[string]*touches{},
		}
		t.journeys[name] = r
		t.order.add(name)
	}
	t.last = r
	return r
}

func (r *runs) stage(spool *series.Spool, name string) *stage {
	s := r.stages[name]
	if s == nil {
		s = &stage{took: spool.Series()}
		r.stages[name] = s
		r.stageOrder.add(name)
	}
	return s
}

func (r *runs) touchpoint(name string) *touches {
	p := r.touchpoints[name]
	if p == nil {
		p = &touches{}
		r.touchpoints[name] = p
		r.touchpointOrder.add(name)
	}
	return p
}

// Process implements [event.Processor].
func (t *Tally) Process(_ context.Context, e *event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Late {
		t.late++
	}
	if e.Journey.IsZero() || e.Actor == event.ActorSynthetic {
		return
	}
	switch e.Kind {
	case event.TouchpointEnded:
		p := t.of(e.Journey.Name).touchpoint(e.Touchpoint)
		p.count++
		c := e.Channel
		if c == 0 {
			c = event.OtherChannel
		}
		p.channels[c]++
	case event.JourneyStarted:
		r := t.of(e.Journey.Name)
		r.started++
		r.live[e.TraceID()] = struct{}{}
	case event.JourneyStageEntered:
		r := t.of(e.Journey.Name)
		s := r.stage(t.spool, e.Stage)
		s.visits++
		if e.Visit == 1 {
			s.entered++
		}
		t.left(r, e)
	case event.JourneyEnded:
		t.end(e)
	default: // says nothing about how the journey went
	}
}

func (t *Tally) end(e *event.Event) {
	r := t.of(e.Journey.Name)
	delete(r.live, e.TraceID())
	r.ended[e.Outcome]++
	t.left(r, e)
	if e.Transition != nil && e.Transition.Partial {
		return // nobody knows how long it took
	}
	if r.took[e.Outcome] == nil {
		r.took[e.Outcome] = t.spool.Series()
	}
	r.took[e.Outcome].Add(e.Duration)
}

// left notes how long the visit took that the event says is over.
func (t *Tally) left(r *runs, e *event.Event) {
	if left := e.Transition; left != nil && left.From != "" && !left.Entered.IsZero() {
		r.stage(t.spool, left.From).took.Add(e.Time.Sub(left.Entered))
	}
}

// Shutdown implements [event.Processor]. There is nothing to deliver.
func (t *Tally) Shutdown(context.Context) error { return nil }

// Add adds to t what o has counted of other runs. Nobody uses o any more, and its spool has to stay.
func (t *Tally) Add(o *Tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.late += o.late
	for name, more := range o.journeys {
		t.of(name).add(t.spool, more)
	}
}

func (r *runs) add(spool *series.Spool, o *runs) {
	r.started += o.started
	maps.Copy(r.live, o.live)
	for i := range r.ended {
		r.ended[i] += o.ended[i]
		if r.took[i] == nil {
			r.took[i] = o.took[i]
		} else {
			r.took[i].Join(o.took[i])
		}
	}
	for name, more := range o.stages {
		s := r.stage(spool, name)
		s.entered += more.entered
		s.visits += more.visits
		s.took.Join(more.took)
	}
	for name, more := range o.touchpoints {
		p := r.touchpoint(name)
		p.count += more.count
		for c, n := range more.channels {
			p.channels[c] += n
		}
	}
}

// Report returns the report of what has been counted so far; Events, Rejected and Unknown are the
// caller's to fill in. The error is the spool's.
func (t *Tally) Report() (*Report, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rep := &Report{Late: t.late, Journeys: []Journey{}}
	for _, name := range t.order.sorted() {
		j, err := t.journeys[name].report()
		if err != nil {
			return nil, err
		}
		rep.Journeys = append(rep.Journeys, j)
	}
	return rep, nil
}

func (r *runs) report() (Journey, error) {
	j := Journey{
		Name: r.name, Started: r.started, Active: int64(len(r.live)),
		Ended: Ended{
			Completed: r.ended[event.Completed], Failed: r.ended[event.Failed],
			Cancelled: r.ended[event.Cancelled], Abandoned: r.ended[event.Abandoned],
		},
		Stages: []Stage{}, Touchpoints: []Touchpoint{},
	}
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
	for _, name := range r.stageOrder.sorted() {
		s := r.stages[name]
		d, err := newDuration(s.took)
		if err != nil {
			return j, err
		}
		j.Stages = append(j.Stages, Stage{
			Name: name, Entered: s.entered, Visits: s.visits, Conversion: ratio(s.entered, r.started), Duration: d,
		})
	}
	for _, name := range r.touchpointOrder.sorted() {
		p := r.touchpoints[name]
		channels := map[string]int64{}
		for c, n := range p.channels {
			if n > 0 {
				channels[event.Channel(c).String()] = n
			}
		}
		j.Touchpoints = append(j.Touchpoints, Touchpoint{Name: name, Count: p.count, Channels: channels})
	}
	return j, nil
}

func ratio(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// channelsOf returns the channels in the order of how often they were used.
func channelsOf(counts map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return int(min(1, max(-1, counts[b]-counts[a])))
		}
		return slices.Compare([]byte(a), []byte(b))
	})
}
