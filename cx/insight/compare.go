package insight

import (
	"cmp"
	"context"
	"fmt"
	"maps"
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
	Basis

	Column  Column  `json:"column"`
	Measure Measure `json:"measure"`
	// All is the share of all runs that are compared. It leaves out the arms of an experiment of fewer than five customers.
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

// Compared is one group beside the others. A hidden group has no numbers: those of its customers that are old enough to be compared are fewer than five, or these
// would follow from it.
type Compared struct {
	Value string `json:"value"`
	// Share is that of the group, and Others that of all others, if the group has one; of an arm, that of the other arms of its experiment.
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

// Compare answers whether a share differs between the groups of a column, by more than chance. It needs the right [Numbers], and [Customers] for the
// column [Account].
func (v *View) Compare(ctx context.Context, w Which, by Column, m Measure) (Comparison, error) {
	answer := Comparison{Column: by, Measure: m, Groups: []Compared{}, Randomized: by == Arm}
	if err := v.checkColumn(by); err != nil {
		return answer, err
	}
	err := v.ask(ctx, "Compare", &w, func(p *pick, chunks []*cases.Chunk) {
		g := count(p, chunks, by, m)
		answer.Basis = p.basis(&w, chunks)
		if answer.Hidden = smallgroup.Small(g.people.Size()); answer.Hidden {
			return
		}
		answer.Runs = g.runs
		answer.fill(g.list, g.settle(chunks, by), v.table.confidence)
	})
	return answer, err
}

// fill works out the groups.
func (a *Comparison) fill(groups []*grouped, age int64, confidence float64) {
	a.AtAge = time.Duration(age) * time.Microsecond
	var tested []int
	var p []float64
	all := &grouped{}
	for _, side := range a.sides(groups) {
		a.TooYoung += side.all.young
		if smallgroup.Small(side.all.people.Size()) {
			side.hidden = nil // and all of its groups are
		} else {
			all.n, all.count = all.n+side.all.n, all.count+side.all.count
		}
		for _, g := range side.groups {
			if g.n+g.young == 0 {
				continue
			}
			c := Compared{Value: g.value, Hidden: side.hides(g)}
			if !c.Hidden {
				n, count := side.all.n-g.n, side.all.count-g.count
				if g.n == 0 {
					n, count = 0, 0 // nothing is compared with them, which may be few
				}
				c.set(g, n, count, confidence)
				if c.Difference.OK() {
					tested, p = append(tested, len(a.Groups)), append(p, c.P)
				}
			}
			a.Groups = append(a.Groups, c)
		}
	}
	a.All = score.ShareOf(all.count, all.n, confidence)
	a.Warning = warning(age, a.TooYoung, theyBegan)
	a.Tested = len(p)
	for i, adjusted := range stats.BenjaminiHochberg(p) {
		c := &a.Groups[tested[i]]
		c.Adjusted, c.Differs = adjusted, adjusted <= 1-confidence
	}
	slices.SortFunc(a.Groups, func(x, y Compared) int {
		return cmp.Or(compareShown(x.Hidden || !x.Difference.OK(), y.Hidden || !y.Difference.OK()), cmp.Compare(y.Excess, x.Excess), strings.Compare(x.Value, y.Value))
	})
}

// side are the groups that are compared with each other: all, or the arms of one experiment.
type side struct {
	groups []*grouped
	all    *grouped
	hidden map[string]bool // nil hides every group with a trial
}

// sides returns the groups by what they are compared with, in the order of their names.
func (a *Comparison) sides(groups []*grouped) []*side {
	by := map[string]*side{}
	for _, g := range groups {
		name := ""
		if experiment, _, ok := strings.Cut(g.value, ": "); ok && a.Randomized {
			name = experiment
		} else if a.Randomized {
			name = "\x00" + g.value // it is no arm, and is compared with nothing
		}
		if by[name] == nil {
			by[name] = &side{}
		}
		by[name].groups = append(by[name].groups, g)
	}
	list := make([]*side, 0, len(by))
	for _, name := range slices.Sorted(maps.Keys(by)) {
		s := by[name]
		people := map[string]*smallgroup.People{}
		for _, g := range s.groups {
			people[g.value] = &g.people
		}
		s.all, s.hidden = together(s.groups), smallgroup.Hide(people)
		list = append(list, s)
	}
	return list
}

// hides reports whether the group is not shown.
func (s *side) hides(g *grouped) bool {
	if g.people.Size() == 0 {
		return g.all.Few()
	}
	return s.hidden == nil || s.hidden[g.value]
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
