package insight

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Comparison compares the groups of a column, each with all others.
type Comparison struct {
	Foot

	Column  Column  `json:"column"`
	Measure Measure `json:"measure"`
	// All is the share of all runs that are compared.
	All score.Share `json:"all"`
	// AtAge is the age at which runs are compared, because some are too young; 0 if all are old enough. TooYoung are those that are left out: runs that have not
	// had that age, and promises that are not due. Warning says so in words.
	AtAge    time.Duration `json:"at_age_ns,omitempty"`
	TooYoung int64         `json:"too_young,omitempty"`
	Warning  string        `json:"warning,omitempty"`
	// Tested is the number of groups that were tested, over which their probabilities are adjusted.
	Tested int `json:"tested"`
	// Randomized reports whether chance alone has put customers into the groups: they are the arms of an experiment. Otherwise a difference is
	// association, and no proof of a cause.
	Randomized bool `json:"randomized,omitempty"`
	// Groups are in the order of their excess: how many more they have than they would have with the share of the others.
	Groups []Compared `json:"groups"`
}

// Compared is one group beside the others. A hidden group has no numbers.
type Compared struct {
	Value string `json:"value"`
	// Share is that of the group, and Others that of all others; of an arm, that of the other arms of its experiment.
	Share  score.Share `json:"share"`
	Others score.Share `json:"others"`
	// Difference is Share less Others, with the interval of Newcombe.
	Difference score.Difference `json:"difference"`
	// P is the probability of such a difference by chance alone: see [stats.SharesTest]. Adjusted is P after Benjamini and Hochberg over all groups.
	// Differs reports whether Adjusted is at most 1 less the confidence.
	P        float64 `json:"p"`
	Adjusted float64 `json:"adjusted"`
	Differs  bool    `json:"differs"`
	// Excess is n·(Share − Others).
	Excess float64 `json:"excess"`
	// TooYoung are the runs or promises of the group that are left out.
	TooYoung int64 `json:"too_young,omitempty"`
	Hidden   bool  `json:"hidden,omitempty"`
}

// grouped collects the trials of a group.
type grouped struct {
	value    string
	n, count int64
	young    int64
	people   smallgroup.People
	full     bool // people has enough
}

// Compare answers whether a share differs between the groups of a column, by more than chance. It needs the right [Numbers], and [Customers] for the
// column [Account].
func (v *View) Compare(w Which, by Column, m Measure) (Comparison, error) {
	answer := Comparison{Column: by, Measure: m, Groups: []Compared{}, Randomized: by == Arm}
	if err := v.checkColumn(by); err != nil {
		return answer, err
	}
	err := v.ask("Compare", &w, func(p *pick, chunks []*cases.Chunk) {
		g := fan(p, chunks, func() *grouper { return newGrouper(p, by, m) })
		answer.Foot = p.foot(&w, chunks)
		if answer.Hidden = smallgroup.Small(g.people.Size()); answer.Hidden {
			return
		}
		answer.Runs = g.runs
		answer.fill(g.list, g.settle(chunks), v.table.confidence)
	})
	return answer, err
}

// grouper puts the trials of runs into groups.
type grouper struct {
	p        *pick
	m        Measure
	column   access
	narrow   *[cases.Rows]uint16 // the column in the chunk in hand, if it is one of 16 bits
	byCode   []*grouped
	byText   map[string]*grouped
	list     []*grouped
	overs    spans // of runs that have ended
	youngest int64 // the age of the youngest run
	promises []promise
	runs     int64
	people   smallgroup.People
}

func newGrouper(p *pick, by Column, m Measure) *grouper {
	g := &grouper{p: p, m: m, column: p.column(by), byText: map[string]*grouped{}, youngest: math.MaxInt64}
	g.byCode = make([]*grouped, g.column.size())
	return g
}

// of returns the group of the row.
func (g *grouper) of(c *cases.Chunk, row int) *grouped {
	var code uint32
	if g.narrow != nil {
		code = uint32(g.narrow[row])
	} else {
		code = g.column.code(c, row)
	}
	if in := g.byCode[code]; in != nil {
		return in
	}
	text := g.column.text(code)
	in := g.byText[text]
	if in == nil {
		in = &grouped{value: text}
		g.byText[text] = in
		g.list = append(g.list, in)
	}
	g.byCode[code] = in
	return in
}

// add counts the trials of the rows as they are at the moment.
func (g *grouper) add(_ *pick, c *cases.Chunk, rows []uint16) {
	crowd(&g.people, c, rows)
	g.runs += int64(len(rows))
	g.turn(c)
	if g.m.what == measuresPromise {
		for _, r := range rows {
			row := int(r)
			g.m.trials(g.p, c, row, &g.promises, func(t trial) { g.of(c, row).add(&t, customer(c, row)) })
		}
		return
	}
	if g.m.what == measuresEnd {
		g.addEnds(c, rows)
		return
	}
	keepsAges := g.m.ages()
	for _, r := range rows {
		row := int(r)
		t, ok := g.m.trial(g.p, c, row)
		if !ok {
			continue
		}
		g.of(c, row).add(&t, customer(c, row))
		if keepsAges {
			g.youngest = min(g.youngest, t.age)
			if t.over >= 0 {
				g.overs.add(t.over)
			}
		}
	}
}

// addEnds is add for the measure that most questions have, without a trial for a run that is told to have ended.
func (g *grouper) addEnds(c *cases.Chunk, rows []uint16) {
	wanted := ends[g.m.end()]
	for _, r := range rows {
		row := int(r)
		s, age := g.p.told(c, row), g.p.at-c.Base[row]
		if s == untold {
			t, ok := g.m.trial(g.p, c, row)
			if !ok {
				continue
			}
			if t.over >= 0 {
				g.overs.add(t.over)
			}
			g.of(c, row).add(&t, customer(c, row))
			g.youngest = min(g.youngest, age)
			continue
		}
		if s == unknown {
			continue
		}
		in := g.of(c, row)
		if !in.full {
			in.meet(customer(c, row))
		}
		in.n++
		if s == wanted {
			in.count++
		}
		g.youngest = min(g.youngest, age)
		g.overs.add(c.Ended[row] - c.Base[row])
	}
}

func (g *grouper) merge(o *grouper) {
	g.runs += o.runs
	g.people.Merge(&o.people)
	g.overs.merge(&o.overs)
	g.youngest = min(g.youngest, o.youngest)
	for _, other := range o.list {
		in := g.byText[other.value]
		if in == nil {
			g.byText[other.value] = other
			g.list = append(g.list, other)
			continue
		}
		in.n, in.count, in.young = in.n+other.n, in.count+other.count, in.young+other.young
		in.people.Merge(&other.people)
	}
}

// turn takes the column of another chunk in hand.
func (g *grouper) turn(c *cases.Chunk) {
	g.narrow = nil
	if g.column.narrow != nil {
		g.narrow = g.column.narrow(c)
	}
}

func (in *grouped) add(t *trial, who uint64) {
	if !in.full {
		in.meet(who)
	}
	switch {
	case t.young:
		in.young++
	case t.hit >= 0:
		in.n, in.count = in.n+1, in.count+1
	default:
		in.n++
	}
}

// meet adds a customer.
func (in *grouped) meet(who uint64) {
	in.people.AddSome(who)
	in.full = in.people.Size() >= smallgroup.Enough
}

// settle counts the trials anew, all at one age, if some runs are too young to be compared as they are, and returns the age; else 0. In a group of which
// none is old enough nothing is left.
func (g *grouper) settle(chunks []*cases.Chunk) int64 {
	needed := oldEnough(&g.overs)
	g.overs.free()
	if !g.m.ages() || g.youngest >= needed {
		return 0
	}
	g.countAt(chunks, needed)
	return needed
}

// countAt counts anew: the runs that have had the age, by what had happened until then.
func (g *grouper) countAt(chunks []*cases.Chunk, age int64) {
	for _, in := range g.list {
		in.n, in.count, in.young = 0, 0, 0
	}
	g.p.each(chunks, func(c *cases.Chunk, rows []uint16) {
		g.turn(c)
		for _, r := range rows {
			t, ok := g.m.trial(g.p, c, int(r))
			if !ok {
				continue
			}
			in := g.of(c, int(r))
			switch {
			case t.age < age:
				in.young++
			case t.hit >= 0 && t.hit <= age:
				in.n, in.count = in.n+1, in.count+1
			default:
				in.n++
			}
		}
	})
}

// ages returns the ages of the runs.
func (g *grouper) ages(chunks []*cases.Chunk) *spans {
	var list spans
	g.p.each(chunks, func(c *cases.Chunk, rows []uint16) {
		for _, r := range rows {
			list.add(g.p.at - c.Base[r])
		}
	})
	return &list
}

// fill works out the groups.
func (a *Comparison) fill(groups []*grouped, age int64, confidence float64) {
	a.AtAge = time.Duration(age) * time.Microsecond
	people := map[string]*smallgroup.People{}
	all := grouped{}
	for _, g := range groups {
		people[g.value] = &g.people
		all.n, all.count = all.n+g.n, all.count+g.count
		a.TooYoung += g.young
	}
	a.All = score.ShareOf(all.count, all.n, confidence)
	a.Warning = warning(age, a.TooYoung)
	hidden := smallgroup.Hide(people)
	var tested []int
	var p []float64
	for _, g := range groups {
		if g.people.Size() == 0 {
			continue
		}
		c := Compared{Value: g.value, Hidden: hidden[g.value]}
		if !c.Hidden {
			n, count := othersOf(g, groups, &all, a.Randomized)
			c.set(g, n, count, confidence)
			if c.Difference.OK() {
				tested, p = append(tested, len(a.Groups)), append(p, c.P)
			}
		}
		a.Groups = append(a.Groups, c)
	}
	a.Tested = len(p)
	for i, adjusted := range stats.BenjaminiHochberg(p) {
		c := &a.Groups[tested[i]]
		c.Adjusted, c.Differs = adjusted, adjusted <= 1-confidence
	}
	slices.SortFunc(a.Groups, func(x, y Compared) int {
		return cmp.Or(compareShown(x.Hidden || !x.Difference.OK(), y.Hidden || !y.Difference.OK()), cmp.Compare(y.Excess, x.Excess), strings.Compare(x.Value, y.Value))
	})
}

// othersOf returns the trials and hits of all other groups; of an arm, those of the other arms of its experiment.
func othersOf(g *grouped, groups []*grouped, all *grouped, arms bool) (n, count int64) {
	if !arms {
		return all.n - g.n, all.count - g.count
	}
	experiment, _, known := strings.Cut(g.value, ": ")
	for _, o := range groups {
		if name, _, ok := strings.Cut(o.value, ": "); o != g && ok && known && name == experiment {
			n, count = n+o.n, count+o.count
		}
	}
	return n, count
}

func (c *Compared) set(g *grouped, n, count int64, confidence float64) {
	c.Share, c.Others, c.TooYoung = score.ShareOf(g.count, g.n, confidence), score.ShareOf(count, n, confidence), g.young
	c.Difference, c.P, c.Adjusted = score.Shares(c.Share, c.Others, confidence), 1, 1
	if c.Difference.OK() {
		c.P, _ = stats.SharesTest(g.count, g.n, count, n)
		c.Excess = float64(g.n) * c.Difference.Value
	}
}

// Sentence says what a group is beside the others, in words.
func (a *Comparison) Sentence(c *Compared) string {
	if c.Hidden {
		return fmt.Sprintf("The group %q is too small to be shown, or a smaller one would follow from it.", c.Value)
	}
	if !c.Difference.OK() {
		return fmt.Sprintf("The group %q has nothing to compare.", c.Value)
	}
	value := fmt.Sprintf("%s %q", a.Column, c.Value)
	if c.Value == "" {
		value = fmt.Sprintf("no known %s", a.Column)
	}
	said := fmt.Sprintf("With %s, %s, against %s of the others", value, a.Measure.share(c.Share), percent(c.Others.Value))
	switch {
	case !c.Differs:
		said += ": no more than chance explains."
	case a.Randomized:
		said += fmt.Sprintf(", because of the arm. The difference is %s.", interval(c.Difference.Interval))
	default:
		said += fmt.Sprintf(". The difference is %s. This is association, not proof.", interval(c.Difference.Interval))
	}
	return said
}
