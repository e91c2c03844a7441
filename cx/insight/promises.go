package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Promises says how the promises to customers stand.
type Promises struct {
	Basis

	// By is the date up to which [Standing.Breaking] looks.
	By time.Time `json:"by,omitzero"`
	// List has the promises in the order of journeys and names.
	List []Promise `json:"promises"`
}

// Promise is how one promise of a journey stands.
type Promise struct {
	Journey string `json:"journey"`
	Name    string `json:"name"`
	Standing

	// Target is the share that is to be kept; 0 is no target. Met reports whether the kept share is at least that; nil without a target and without a
	// settled promise.
	Target float64 `json:"target,omitempty"`
	Met    *bool   `json:"met,omitempty"`
	// Objectives are the objectives on the promise, in words.
	Objectives []string `json:"objectives,omitempty"`
	// Groups are the promises by the column that was asked for, the lowest kept share first.
	Groups []PromiseGroup `json:"groups,omitempty"`
}

// PromiseGroup is how a promise stands in a group of runs. The hidden groups have no numbers.
type PromiseGroup struct {
	Value string `json:"value"`
	Standing

	// Others is Matured of all other groups; of an arm, of the other arms of its experiment. It is the zero value if those are of fewer than five customers.
	Others score.Share `json:"others"`
}

// Standing is how promises stand at the moment of the view: Made = Kept + Broken + Withdrawn + Open. A promise that no event has settled is broken from its due
// time on, unless its clock stands still then, and from when its run fell silent.
type Standing struct {
	Made int64 `json:"made"`
	// Kept is the share of kept promises in those that were kept or broken.
	Kept      score.Share `json:"kept"`
	Broken    int64       `json:"broken"`
	Withdrawn int64       `json:"withdrawn"`
	// Open are not settled. The clock of the Stopped ones of them stands still, because the run is in a stage that pauses it. Breaking are those of the others
	// that are due after the moment and up to [Promises.By]. A due time is that of the blueprint's hours, moved on by the time in which the clock stood still.
	// Overdue are none of the Open: they are those of the Broken ones that were neither kept since nor withdrawn, and whose run is open.
	Open     int64 `json:"open"`
	Stopped  int64 `json:"stopped"`
	Overdue  int64 `json:"overdue"`
	Breaking int64 `json:"breaking"`
	// Matured is the share of kept promises in those that were kept or broken and that are due by now. Kept is higher than Matured where some have had no
	// time to break: TooYoung of the promises that were made are due later than now, or it is not known when.
	Matured  score.Share `json:"matured"`
	TooYoung int64       `json:"too_young"`
	// Took is the time from when promises were made until they were kept.
	Took Times `json:"took"`
	// Hidden means that the promises of fewer than five customers are here, or that those would follow from it. All numbers are then 0.
	Hidden bool `json:"hidden,omitempty"`
}

// standing collects promises.
type standing struct {
	made, kept, broken, withdrawn, open, stopped, overdue, breaking, matured, maturedKept, young int64
	took                                                                                         spans
	people                                                                                       smallgroup.People
	// The customers of those that are kept or broken, of those of them that are due, and of those that are kept.
	settled, ripe, happy smallgroup.Crowd
}

// tallies are those of one promise of a journey: all, and by code of the column.
type tallies struct {
	all    standing
	groups map[string]*standing
	byCode []*standing // for the codes that the column has so far
}

// Promises answers which promises are kept, which are broken, and which are about to break by a date: the zero time is the moment of the view. Group is the
// column by which it tells groups apart; "" is none. It needs the right [Numbers].
func (v *View) Promises(ctx context.Context, w Which, by time.Time, group Column) (Promises, error) {
	answer := Promises{List: []Promise{}}
	if group != "" {
		if err := v.checkColumn(group); err != nil {
			return answer, err
		}
	}
	err := v.ask(ctx, askPromises, &w, func(p *pick, chunks []*cases.Chunk) {
		var column *access
		if group != "" {
			a := p.column(group)
			column = &a
		}
		q := fan(p, chunks, func() *promiseQuestion {
			return &promiseQuestion{pick: p, horizon: max(micros(by), p.at), group: column, column: group, all: map[promiseKey]*tallies{}}
		})
		answer.Basis, answer.By = p.basis(&w, chunks), instant(q.horizon)
		if answer.Hidden = smallgroup.Small(q.people.Size()); !answer.Hidden {
			answer.Runs, answer.List = q.runs, q.answer()
		}
	})
	return answer, err
}

// promiseQuestion is one question while it is answered.
type promiseQuestion struct {
	*pick
	horizon int64
	group   *access
	column  Column
	all     map[promiseKey]*tallies
	list    []promise // of the run in hand
	last    *tallies
	lastKey promiseKey
	people  smallgroup.People
	runs    int64
}

func (q *promiseQuestion) add(_ *pick, c *cases.Chunk, rows []uint16) {
	crowd(&q.people, c, rows)
	q.runs += int64(len(rows))
	for _, row := range rows {
		q.run(c, int(row))
	}
}

func (q *promiseQuestion) merge(o *promiseQuestion) {
	q.people.Merge(&o.people)
	q.runs += o.runs
	for key, others := range o.all {
		t := q.tallies(key)
		t.all.merge(&others.all)
		for value, g := range others.groups {
			if t.groups[value] == nil {
				t.groups[value] = &standing{}
			}
			t.groups[value].merge(g)
		}
	}
}

// run adds the promises of a run.
func (q *promiseQuestion) run(c *cases.Chunk, row int) {
	q.list = q.promises(q.list[:0], c, row)
	for i := range q.list {
		p := &q.list[i]
		if p.made == 0 || q.by == FellDue && (p.due == 0 || p.due < q.from || p.due >= q.until) {
			continue
		}
		t := q.tallies(promiseKey{q.named[c.Journey[row]], p.name})
		who := promisee(c, row, q.list)
		overdue := p.owed() && q.state(c, row) == open
		t.all.add(p, q.at, q.horizon, who, overdue)
		if q.group == nil {
			continue
		}
		t.of(q.group, q.group.code(c, row)).add(p, q.at, q.horizon, who, overdue)
	}
}

// tallies returns those of a promise. The last one is often the next one.
func (q *promiseQuestion) tallies(key promiseKey) *tallies {
	if q.last != nil && key == q.lastKey {
		return q.last
	}
	t := q.all[key]
	if t == nil {
		t = &tallies{groups: map[string]*standing{}}
		q.all[key] = t
	}
	q.last, q.lastKey = t, key
	return t
}

// of returns the group of a code of the column. Several codes may have one text.
func (t *tallies) of(column *access, code uint32) *standing {
	if t.byCode == nil {
		t.byCode = make([]*standing, column.size())
	}
	if g := t.byCode[code]; g != nil {
		return g
	}
	value := column.text(code)
	g := t.groups[value]
	if g == nil {
		g = &standing{}
		t.groups[value] = g
	}
	t.byCode[code] = g
	return g
}

// add adds a promise as it is at a moment.
func (s *standing) add(p *promise, at, horizon int64, who uint64, overdue bool) {
	s.people.AddSome(who)
	s.made++
	mature := p.mature(at)
	if !mature {
		s.young++
	}
	if p.kept != 0 || p.broken != 0 {
		s.settled.Add(who)
		if mature {
			s.ripe.Add(who)
		}
	}
	switch {
	case p.kept != 0:
		s.happy.Add(who)
		s.kept++
		s.took.add(p.kept - p.made)
		if mature {
			s.matured++
			s.maturedKept++
		}
	case p.broken != 0:
		s.broken++
		if overdue {
			s.overdue++
		}
		if mature {
			s.matured++
		}
	case p.withdrawn != 0:
		s.withdrawn++
	default:
		s.open++
		switch {
		case p.stopped != 0:
			s.stopped++
		case p.due != 0 && p.due <= horizon:
			s.breaking++
		}
	}
}

func (s *standing) merge(o *standing) {
	s.made, s.kept, s.broken, s.withdrawn = s.made+o.made, s.kept+o.kept, s.broken+o.broken, s.withdrawn+o.withdrawn
	s.open, s.stopped, s.overdue, s.breaking = s.open+o.open, s.stopped+o.stopped, s.overdue+o.overdue, s.breaking+o.breaking
	s.matured, s.maturedKept, s.young = s.matured+o.matured, s.maturedKept+o.maturedKept, s.young+o.young
	s.took.merge(&o.took)
	s.people.Merge(&o.people)
	s.settled.Merge(&o.settled)
	s.ripe.Merge(&o.ripe)
	s.happy.Merge(&o.happy)
}

func (s *standing) standing(hidden bool, confidence float64) Standing {
	if hidden {
		return Standing{Hidden: true}
	}
	answer := Standing{
		Made: s.made, Kept: shareOf(&s.settled, s.kept, s.kept+s.broken, confidence), Broken: s.broken, Withdrawn: s.withdrawn,
		Open: s.open, Stopped: s.stopped, Overdue: s.overdue, Breaking: s.breaking,
		Matured: shareOf(&s.ripe, s.maturedKept, s.matured, confidence), TooYoung: s.young,
	}
	if !s.happy.Few() {
		answer.Took = s.took.times()
	}
	return answer
}

// answer returns the promises in their order.
func (q *promiseQuestion) answer() []Promise {
	list, says := make([]Promise, 0, len(q.all)), q.v.table.promised()
	for key, t := range q.all {
		p := Promise{
			Journey: q.t.Journeys[key.journey].Name, Name: q.t.Names.Text(uint32(key.name)),
			Standing: t.all.standing(smallgroup.Small(t.all.people.Size()), q.v.table.confidence),
		}
		if !p.Hidden {
			p.Groups = q.groups(t)
		}
		says.add(&p)
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Promise) int {
		return cmp.Or(strings.Compare(a.Journey, b.Journey), strings.Compare(a.Name, b.Name))
	})
	return list
}

func (q *promiseQuestion) groups(t *tallies) (list []PromiseGroup) {
	people := map[string]*smallgroup.People{}
	for value, g := range t.groups {
		people[value] = &g.people
	}
	hidden := smallgroup.Hide(people)
	for value, g := range t.groups {
		one := PromiseGroup{Value: value, Standing: g.standing(hidden[value], q.v.table.confidence)}
		if !one.Hidden {
			one.Others = q.others(t.groups, value)
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b PromiseGroup) int {
		return cmp.Or(compareShown(a.Hidden || !a.Kept.OK(), b.Hidden || !b.Kept.OK()), cmp.Compare(a.Kept.Value, b.Kept.Value), strings.Compare(a.Value, b.Value))
	})
	return list
}

// others returns the share that was kept of the promises that are due, of what the group is compared with.
func (q *promiseQuestion) others(groups map[string]*standing, than string) score.Share {
	var of smallgroup.Crowd
	var count, n int64
	for value, g := range groups {
		if value == than || q.column == Arm && !sameExperiment(value, than) {
			continue
		}
		of.Merge(&g.ripe)
		count, n = count+g.maturedKept, n+g.matured
	}
	return shareOf(&of, count, n, q.v.table.confidence)
}

// sameExperiment reports whether both are arms of one experiment.
func sameExperiment(a, b string) bool {
	x, _, known := strings.Cut(a, ": ")
	y, _, ok := strings.Cut(b, ": ")
	return known && ok && x == y
}

// compareShown puts what has no number last.
func compareShown(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// promisesSaid is what the blueprint says of promises.
type promisesSaid struct {
	targets    map[namedPromise]float64
	objectives map[namedPromise][]string
}

func (t *Table) promised() promisesSaid {
	s := promisesSaid{map[namedPromise]float64{}, map[namedPromise][]string{}}
	for i := range t.blueprint.Journeys {
		j := &t.blueprint.Journeys[i]
		for n := range j.Promises {
			s.targets[namedPromise{j.Name, j.Promises[n].Name}] = float64(j.Promises[n].Target)
		}
	}
	for _, o := range t.objectives {
		if o.Promise != "" {
			of := namedPromise{o.Journey, o.Promise}
			s.objectives[of] = append(s.objectives[of], o.Sentence())
		}
	}
	return s
}

// add adds it to a promise.
func (s *promisesSaid) add(p *Promise) {
	of := namedPromise{p.Journey, p.Name}
	p.Objectives = s.objectives[of]
	if p.Target = s.targets[of]; p.Target > 0 && p.Kept.OK() {
		met := p.Kept.Value >= p.Target
		p.Met = &met
	}
}

func breaks(n int64) string {
	if n == 1 {
		return "1 of them breaks"
	}
	return number.Count(n) + " of them break"
}

// Sentence says how the promise stands, in words. By is that of the answer, and is written in its location.
func (p *Promise) Sentence(by time.Time) string {
	if p.Hidden {
		return fmt.Sprintf("The promise %q of %q was made to fewer than %d customers, whose numbers are not shown.", p.Name, p.Journey, smallgroup.Min)
	}
	said := fmt.Sprintf("No promise %q of %q was kept or broken", p.Name, p.Journey)
	switch {
	case p.Kept.OK():
		said = fmt.Sprintf("The promise %q of %q was kept in %s", p.Name, p.Journey, share(p.Kept))
	case p.Broken > 0 || p.Made > p.Withdrawn+p.Open:
		said = fmt.Sprintf("The promises %q of %q that were kept or broken are those of fewer than %d customers, so that there is no share", p.Name, p.Journey, smallgroup.Min)
	}
	if p.Target > 0 {
		said += ", and the target is " + percent(p.Target)
	}
	said += "."
	if p.Open > 0 {
		said += fmt.Sprintf(" %s open", are(p.Open))
		if p.Breaking > 0 {
			said += fmt.Sprintf(", and %s by %s if nothing is done", breaks(p.Breaking), by.Format("2 January 15:04"))
		}
		if p.Stopped > 0 {
			said += fmt.Sprintf("; the clock of %s stands still", number.Count(p.Stopped))
		}
		said += "."
	}
	if p.TooYoung > 0 && p.Matured.OK() && p.Matured.Value < p.Kept.Value {
		said += fmt.Sprintf(" %s of the %s that were due by now were kept: %s had no time to break.", percent(p.Matured.Value), number.Count(p.Matured.N), number.Of(p.TooYoung, "promise has", "promises have"))
	}
	return said
}
