package insight

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Periods compares the runs of one period, or of one selection, with those of another one.
type Periods struct {
	Now     Basis   `json:"now"`
	Before  Basis   `json:"before"`
	Measure Measure `json:"measure"`
	// Share is that of now, ShareBefore that of before. Both are at the age AtAge, if that is not 0. A share is the zero value if the runs that are old enough are of
	// fewer than five customers.
	Share       score.Share `json:"share"`
	ShareBefore score.Share `json:"share_before"`
	// Difference is Share less ShareBefore, with the interval of Newcombe.
	Difference score.Difference `json:"difference"`
	// P is the probability of such a difference by chance alone: see [stats.SharesTest]. Differs reports whether it is at most 1 less the confidence.
	P       float64 `json:"p"`
	Differs bool    `json:"differs"`
	// AtAge is the age at which runs are compared, because some are too young; 0 if all are old enough. TooYoung and TooYoungBefore are those
	// that are left out. Warning says so in words.
	AtAge          time.Duration `json:"at_age_ns,omitempty"`
	TooYoung       int64         `json:"too_young,omitempty"`
	TooYoungBefore int64         `json:"too_young_before,omitempty"`
	Warning        string        `json:"warning,omitempty"`
	// Both is the number of runs that are in both selections. The interval holds if there are none.
	Both int64 `json:"both,omitempty"`
}

// ComparePeriods answers whether a share differs between two periods, or two other selections of runs, by more than chance. Runs are compared at one age,
// if those of one period have not had the time that those of the other one had. It needs the right [Numbers].
func (v *View) ComparePeriods(ctx context.Context, now, before Which, m Measure) (Periods, error) {
	answer := Periods{Measure: m}
	if err := v.check(&before, false); err != nil {
		return answer, err
	}
	var faulty error
	err := v.ask(ctx, "ComparePeriods", &now, func(p *pick, chunks []*cases.Chunk) {
		q, err := v.pick(ctx, &before)
		if err != nil {
			faulty = err
			return
		}
		r := newTwoSelections(p, q, chunks, m)
		answer.Now, answer.Before, answer.Both = p.basis(&now, chunks), q.basis(&before, chunks), r.both
		answer.Now.Runs, answer.Before.Runs = r.now.runs, r.before.runs
		answer.Now.Hidden, answer.Before.Hidden = smallgroup.Small(r.now.people.Size()), smallgroup.Small(r.before.people.Size())
		if answer.Now.Hidden || answer.Before.Hidden {
			answer.hide()
			return
		}
		answer.fill(r, chunks, v.table.confidence)
	})
	if err == nil {
		err = faulty
	}
	return answer, err
}

// twoSelections are those of both questions in a part of the table.
type twoSelections struct {
	now, before *grouper
	// ages are those of the runs of now and of before; nil for a measure that does not grow with age.
	ages [2]*sought
	both int64
	list [cases.Rows]uint16
}

// newTwoSelections counts the trials of both selections. The first one seeks the durations of all runs.
func newTwoSelections(p, q *pick, chunks []*cases.Chunk, m Measure) *twoSelections {
	var overs *sought
	var old [2]*sought
	if m.ages() {
		overs = seek(chunks, durations, []*pick{p, q}, mostOver)
		old = [2]*sought{seek(chunks, agesOf, []*pick{p}, half), seek(chunks, agesOf, []*pick{q}, half)}
	}
	return fan(p, chunks, func() *twoSelections {
		t := &twoSelections{now: newGrouper(p, "", m, overs.part()), ages: [2]*sought{old[0].part(), old[1].part()}}
		t.before = newGrouper(q, "", m, t.now.overs)
		return t
	})
}

func (t *twoSelections) add(p *pick, c *cases.Chunk, rows []uint16) {
	others := t.before.p.rows(c, t.list[:])
	t.both += both(rows, others)
	t.now.add(p, c, rows)
	t.before.add(t.before.p, c, others)
	if t.ages[0] != nil {
		t.addAges(0, p, c, rows)
		t.addAges(1, t.before.p, c, others)
	}
}

// addAges adds the ages of the runs. The bounds of the chunk tell enough of most chunks, because runs come in the order of time.
func (t *twoSelections) addAges(of int, p *pick, c *cases.Chunk, rows []uint16) {
	earliest, latest := c.Bounds()
	if len(rows) > 0 && !t.ages[of].skip(len(rows), p.at-latest, p.at-earliest) {
		t.ages[of].add(p, c, rows)
	}
}

func (t *twoSelections) merge(o *twoSelections) {
	t.both += o.both
	t.before.overs, o.before.overs = nil, nil // now has them
	t.now.merge(o.now)
	t.before.merge(o.before)
	if t.ages[0] != nil {
		t.ages[0].merge(o.ages[0])
		t.ages[1].merge(o.ages[1])
	}
}

// settle counts the trials anew, all at one age, if some runs are too young, and returns the age; else 0.
func (t *twoSelections) settle(chunks []*cases.Chunk) int64 {
	if t.now.overs == nil {
		return 0
	}
	needed := oldEnough(t.now.overs.in(chunks))
	if min(t.now.youngest, t.before.youngest) >= needed {
		return 0
	}
	age := ageOf(needed, t.ages[0].in(chunks), t.ages[1].in(chunks))
	again := fan(t.now.p, chunks, func() *twoSelections {
		return &twoSelections{now: t.now.again("", age), before: t.before.again("", age)}
	})
	t.now.take(again.now)
	t.before.take(again.before)
	return age
}

// hide takes away the numbers of what is not shown.
func (a *Periods) hide() {
	a.Both = 0
	for _, f := range []*Basis{&a.Now, &a.Before} {
		if f.Hidden {
			f.Runs = 0
		}
	}
}

// both returns the number of rows that are in both lists, which are in order.
func both[T uint16 | uint32](a, b []T) (n int64) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			n++
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return n
}

func (a *Periods) fill(t *twoSelections, chunks []*cases.Chunk, confidence float64) {
	age := t.settle(chunks)
	x, y := together(t.now.list), together(t.before.list)
	if !smallgroup.Small(x.people.Size()) {
		a.Share = score.ShareOf(x.count, x.n, confidence)
	}
	if !smallgroup.Small(y.people.Size()) {
		a.ShareBefore = score.ShareOf(y.count, y.n, confidence)
	}
	a.Difference, a.P = score.Shares(a.Share, a.ShareBefore, confidence), 1
	if a.Difference.OK() {
		a.P, _ = stats.SharesTest(x.count, x.n, y.count, y.n)
		a.Differs = a.P <= 1-confidence
	}
	a.AtAge = time.Duration(age) * time.Microsecond
	a.TooYoung, a.TooYoungBefore = x.young, y.young
	a.Warning = warning(age, x.young+y.young, theyBegan)
	if a.Both > 0 {
		if a.Warning != "" {
			a.Warning += " "
		}
		a.Warning += number.Of(a.Both, "run is", "runs are") + " in both selections, and the interval does not hold for them."
	}
}

// together is all groups as one.
func together(groups []*grouped) *grouped {
	all := &grouped{}
	for _, g := range groups {
		all.n, all.count, all.young = all.n+g.n, all.count+g.count, all.young+g.young
		all.people.Merge(&g.people)
	}
	return all
}

// Sentence says how the periods differ, in words.
func (a *Periods) Sentence() string {
	if a.Now.Hidden || a.Before.Hidden {
		return few()
	}
	if !a.Difference.OK() {
		return "One of the periods has nothing to compare, or too few customers whose runs are old enough."
	}
	said := fmt.Sprintf("%s, against %s before", a.Measure.share(a.Share), share(a.ShareBefore))
	if a.Differs {
		said += ". The difference is " + interval(a.Difference.Interval) + "."
	} else {
		said += ": no more than chance explains."
	}
	if a.Warning != "" {
		said += " " + a.Warning
	}
	return said
}
