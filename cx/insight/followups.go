package insight

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// FollowUps are the company's answers to single customers: the runs of the blueprint's follow-ups.
//
// A follow-up counts if its own journey, or that of the run that it is about, is in the viewer's scope, and one of the two is that of the question. The
// conditions of the question are about the run that it is about, else about the follow-up itself.
type FollowUps struct {
	// Hidden means that they are of fewer than five customers. All numbers are then 0.
	Hidden bool `json:"hidden,omitempty"`
	// Received is how many matters were received in the period. The shares are of these: Confirmed by the customer, closed because the customer had NoObjection,
	// Withdrawn by the customer, Failed, and Open at the moment of the view.
	Received    int64       `json:"received"`
	Confirmed   score.Share `json:"confirmed,omitzero"`
	NoObjection score.Share `json:"no_objection,omitzero"`
	Withdrawn   score.Share `json:"withdrawn,omitzero"`
	Failed      score.Share `json:"failed,omitzero"`
	Open        score.Share `json:"open,omitzero"`
	// Broken is the share of them with at least one broken promise, and Told how long it took from the receipt until the customer knew the answer, of those in
	// which the customer does.
	Broken score.Share `json:"broken,omitzero"`
	Told   Times       `json:"told"`
	// Now is how many are open at the moment, whenever they were received. If those are of fewer than five customers, only Oldest is told of them. Overdue is the share of these of which a promise is past due. Ages are their
	// ages, and Oldest is that of the oldest one. Steps are those that they have reached.
	Now     int64         `json:"open_now"`
	Overdue score.Share   `json:"overdue,omitzero"`
	Ages    []Age         `json:"ages"`
	Oldest  time.Duration `json:"oldest_ns"`
	Steps   []Named       `json:"steps"`
	// Owners and Severities are those that the follow-ups have last; "" is not known. Remedies are what the company did in those received in the period.
	Owners     []FollowUpPart `json:"owners"`
	Severities []FollowUpPart `json:"severities"`
	Remedies   []Named        `json:"remedies"`
}

// FollowUpPart are the follow-ups of an owner or of a severity.
type FollowUpPart struct {
	Name     string      `json:"name"`
	Hidden   bool        `json:"hidden,omitempty"`
	Received int64       `json:"received"`
	Broken   score.Share `json:"broken,omitzero"`
	Now      int64       `json:"open_now"`
	Overdue  score.Share `json:"overdue,omitzero"`
}

// The steps and the end of a follow-up whose names this package needs: those of package feedback.
const (
	stepReceived = "received"
	stepTold     = "told"
	noObjection  = "no_objection"
)

// matters returns the follow-ups that were received in the period or are open at the moment..
func (c *chooser) matters(chunks []*cases.Chunk) []event.RunRef {
	names := map[string]bool{}
	for i := range c.v.table.blueprint.FollowUps {
		names[c.v.table.blueprint.FollowUps[i].Name] = true
	}
	return c.runs(chunks, names, func(chunk *cases.Chunk, row int) bool {
		return c.within(chunk.Base[row]) || chunk.Ended[row] == 0 || chunk.Ended[row] > c.now
	})
}

// runs returns the runs of the journeys, sorted, that had begun at the moment.
func (c *chooser) runs(chunks []*cases.Chunk, journeys map[string]bool, keep func(*cases.Chunk, int) bool) (list []event.RunRef) {
	if len(journeys) == 0 {
		return nil
	}
	t := c.p.t
	for _, chunk := range chunks {
		if c.p.ctx.Err() != nil {
			break
		}
		for row := 0; chunk != nil && row < chunk.N; row++ {
			run := t.Journeys[chunk.Journey[row]]
			if journeys[run.Name] && chunk.Flags[row]&cases.Synthetic == 0 && chunk.Base[row] <= c.now &&
				(c.w.Namespace == "" || c.w.Namespace == run.Namespace) && keep(chunk, row) {
				list = append(list, event.RunRef{Namespace: run.Namespace, Name: run.Name, ID: chunk.ID(row)})
			}
		}
	}
	slices.SortFunc(list, func(a, b event.RunRef) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return list
}

// matter is one follow-up.
type matter struct {
	received, told, ended   int64
	outcome                 event.Outcome
	cause, step             string
	owner, severity, remedy string // the last ones
	segment                 string
	about                   event.RunRef
	who                     uint64
	broken                  bool
	promises                map[owedKey]*owed
}

type owedKey struct {
	name   string
	number int
}

// owed is a promise of a follow-up.
type owed struct {
	due  int64
	over bool // kept, late or not, or withdrawn
}

// answering collects follow-ups.
type answering struct {
	c       *chooser
	current map[event.RunRef]*matter // of the runs that are being read
	people  smallgroup.People
	all     followed
	told    spans
	knew    smallgroup.Crowd // the customers of told
	ages    [len(ages)]int64
	oldest  int64
	states  struct{ confirmed, noObjection, withdrawn, failed, open int64 }

	owners, severities map[string]*followed
	steps, remedies    map[string]*tallied
}

// followed counts follow-ups.
type followed struct {
	received, broken, now, overdue int64
	people                         smallgroup.People
	came, still                    smallgroup.Crowd // the customers of those received, and of those that are open
}

func newAnswering(c *chooser) *answering {
	return &answering{
		c: c, owners: map[string]*followed{}, severities: map[string]*followed{}, steps: map[string]*tallied{}, remedies: map[string]*tallied{},
	}
}

// read reads the follow-ups, some at a time.
func (a *answering) read(ctx context.Context, runs []event.RunRef) error {
	a.current = map[event.RunRef]*matter{}
	return a.c.readRuns(ctx, runs, a.take, a.settle)
}

func (a *answering) take(e *event.Event) error {
	ref := e.Journey.Ref()
	m := a.current[ref]
	if m == nil {
		m = &matter{promises: map[owedKey]*owed{}}
		a.current[ref] = m
	}
	at := e.Time.UnixMicro()
	if m.who == 0 {
		m.who = person(e)
	}
	if m.segment == "" {
		m.segment = e.Customer.Segment
	}
	if f := e.FollowUp; f != nil {
		m.owner, m.severity, m.remedy = cmp.Or(f.Owner, m.owner), cmp.Or(f.Severity, m.severity), cmp.Or(f.Remedy, m.remedy)
		if f.About != (event.RunRef{}) {
			m.about = f.About
		}
	}
	switch e.Kind {
	case event.JourneyStarted:
		if m.received == 0 {
			m.received = at
		}
	case event.JourneyStageEntered:
		m.enter(e.Stage, at)
	case event.JourneyEnded:
		if m.ended == 0 {
			m.ended, m.outcome, m.cause = at, e.Outcome, e.Cause
		}
	default:
		m.promise(e, at)
	}
	return nil
}

func (m *matter) enter(stage string, at int64) {
	m.step = stage
	switch {
	case stage == stepReceived && m.received == 0:
		m.received = at
	case stage == stepTold && m.told == 0:
		m.told = at
	}
}

func (m *matter) promise(e *event.Event, at int64) {
	p := e.Promise
	if p == nil {
		return
	}
	key := owedKey{p.Name, p.Number}
	o := m.promises[key]
	if o == nil {
		o = &owed{}
		m.promises[key] = o
	}
	if !p.Due.IsZero() {
		o.due = p.Due.UnixMicro()
	}
	switch e.Kind { //nolint:exhaustive // the rest says nothing of a promise
	case event.PromiseKept, event.PromiseWithdrawn:
		o.over = true
	case event.PromiseBroken:
		m.broken = true
		if o.due == 0 {
			o.due = at
		}
	}
}

// overdue reports whether a promise is past due that was not kept since.
func (m *matter) overdue(at int64) bool {
	for _, o := range m.promises {
		if !o.over && o.due != 0 && o.due <= at {
			return true
		}
	}
	return false
}

// settle counts the runs that were read.
func (a *answering) settle() error {
	for ref, m := range a.current {
		ok, err := a.chosen(ref, m)
		if err != nil {
			return err
		}
		if ok {
			a.count(m)
		}
	}
	clear(a.current)
	return nil
}

// chosen reports whether the question is about the follow-up.
func (a *answering) chosen(ref event.RunRef, m *matter) (bool, error) {
	own, about := a.c.v.sees(ref.Name), m.about != (event.RunRef{}) && a.c.v.sees(m.about.Name)
	if j := a.c.w.Journey; !own && !about || j != "" && j != ref.Name && j != m.about.Name {
		return false, nil
	}
	if m.about != (event.RunRef{}) {
		ref = m.about
	}
	r, err := a.c.row(ref, m.segment)
	return r.chosen, err
}

func (a *answering) count(m *matter) {
	at := a.c.now
	received, open := m.received != 0 && a.c.within(m.received), m.ended == 0
	if !received && !open {
		return
	}
	meet(&a.people, m.who)
	overdue := open && m.overdue(at)
	for _, f := range []*followed{&a.all, partOf(a.owners, m.owner), partOf(a.severities, m.severity)} {
		f.count(m, received, open, overdue)
	}
	if open {
		a.open(m, at)
	}
	if !received {
		return
	}
	if m.told != 0 {
		a.told.add(max(0, m.told-m.received))
		a.knew.Add(m.who)
	}
	if m.remedy != "" {
		tally(a.remedies, m.remedy, m.who)
	}
	switch {
	case open:
		a.states.open++
	case m.outcome == event.Completed && m.cause == noObjection:
		a.states.noObjection++
	case m.outcome == event.Completed:
		a.states.confirmed++
	case m.outcome == event.Cancelled:
		a.states.withdrawn++
	default:
		a.states.failed++
	}
}

func (a *answering) open(m *matter, at int64) {
	tally(a.steps, m.step, m.who)
	if m.received == 0 {
		return
	}
	age := at - m.received
	a.oldest = max(a.oldest, age)
	in := 0
	for in+1 < len(ages) && age >= int64(ages[in+1])*day.Microseconds() {
		in++
	}
	a.ages[in]++
}

func (f *followed) count(m *matter, received, open, overdue bool) {
	f.people.AddSome(m.who)
	if received {
		f.came.Add(m.who)
		if f.received++; m.broken {
			f.broken++
		}
	}
	if open {
		f.still.Add(m.who)
		if f.now++; overdue {
			f.overdue++
		}
	}
}

func partOf(parts map[string]*followed, name string) *followed {
	if parts[name] == nil {
		parts[name] = &followed{}
	}
	return parts[name]
}

// noFollowUps is the answer without a follow-up.
func noFollowUps() FollowUps {
	return FollowUps{Ages: []Age{}, Steps: []Named{}, Owners: []FollowUpPart{}, Severities: []FollowUpPart{}, Remedies: []Named{}}
}

// followUps returns the numbers.
func (a *answering) followUps(confidence float64) FollowUps {
	f := noFollowUps()
	if f.Hidden = smallgroup.Small(a.people.Size()); f.Hidden {
		return f
	}
	n := &a.all
	share := func(count int64) score.Share { return shareOf(&n.came, count, n.received, confidence) }
	f.Received, f.Confirmed, f.NoObjection, f.Withdrawn = n.received, share(a.states.confirmed), share(a.states.noObjection), share(a.states.withdrawn)
	f.Failed, f.Open, f.Broken = share(a.states.failed), share(a.states.open), share(n.broken)
	if !a.knew.Few() {
		f.Told = a.told.times()
	}
	f.Owners, f.Severities = followedParts(a.owners, confidence), followedParts(a.severities, confidence)
	if !n.came.Few() {
		f.Remedies = named(a.remedies, n.received, confidence)
	}
	f.Now, f.Oldest = n.now, time.Duration(a.oldest)*time.Microsecond
	if n.still.Few() {
		return f
	}
	f.Overdue, f.Steps = score.ShareOf(n.overdue, n.now, confidence), named(a.steps, n.now, confidence)
	for i, count := range a.ages {
		age := Age{From: time.Duration(ages[i]) * day, Share: score.ShareOf(count, n.now, confidence)}
		if i+1 < len(ages) {
			age.Until = time.Duration(ages[i+1]) * day
		}
		f.Ages = append(f.Ages, age)
	}
	return f
}

func followedParts(parts map[string]*followed, confidence float64) []FollowUpPart {
	people := map[string]*smallgroup.People{}
	for name, p := range parts {
		people[name] = &p.people
	}
	hidden, list := smallgroup.Hide(people), make([]FollowUpPart, 0, len(parts))
	for name, p := range parts {
		one := FollowUpPart{Name: name, Hidden: hidden[name]}
		if !one.Hidden {
			one.Received, one.Now = p.received, p.now
			one.Broken, one.Overdue = shareOf(&p.came, p.broken, p.received, confidence), shareOf(&p.still, p.overdue, p.now, confidence)
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(x, y FollowUpPart) int {
		return cmp.Or(cmp.Compare(y.Now, x.Now), cmp.Compare(y.Received, x.Received), strings.Compare(x.Name, y.Name))
	})
	return list
}
