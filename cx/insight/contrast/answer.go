package contrast

import "cairncx.dev/cairn/feedback/score"

// Method is the test that compared two groups.
type Method string

// The methods.
const (
	ChiSquare               Method = "chi-square"
	Fisher                  Method = "Fisher's exact test"
	DifferenceOfDifferences Method = "difference of differences"
)

// Answer is what goes with bad runs. Its shares are those of bad runs; all intervals have a confidence of 95%.
type Answer struct {
	// Whole has the runs that took part: those of now, if there is a period before. Before has those of before.
	Whole  score.Share `json:"whole"`
	Before score.Share `json:"before,omitzero"`
	// Findings are ranked: the first one explains the most.
	Findings []Finding `json:"findings"`
	// More says that there are more than [Options.Most].
	More bool `json:"more,omitempty"`
	// Values and Pairs are how many were tested in the first round. A value that all runs hold is not tested, nor is a pair of which one value implies the
	// other one.
	Values int `json:"values"`
	Pairs  int `json:"pairs"`
	// Least is how many runs a value or pair has to hold. SmallValues and SmallPairs are those that fewer runs hold, and
	// that were not tested.
	Least       int `json:"least"`
	SmallValues int `json:"small_values"`
	SmallPairs  int `json:"small_pairs"`
	// Hidden is how many findings are not shown because the runs inside or outside are those of fewer than five customers.
	Hidden int `json:"hidden"`
	// Clustered is how many were more than chance only if several runs of one customer said as much as those of several.
	Clustered int `json:"clustered"`
}

// Held is a value of a column.
type Held struct {
	Column string `json:"column"`
	Value  string `json:"value"`
	phrase string
}

// Finding is a value, or a pair of values, that bad runs hold more often.
type Finding struct {
	// Held has one value, or two.
	Held []Held `json:"held"`
	// Inside has the runs that hold it, and Outside the other ones, without the runs of findings before, of which there are
	// Aside. With a period before, these are the runs of now, and InsideBefore and OutsideBefore those of before.
	Inside        score.Share `json:"inside"`
	Outside       score.Share `json:"outside"`
	InsideBefore  score.Share `json:"inside_before,omitzero"`
	OutsideBefore score.Share `json:"outside_before,omitzero"`
	Aside         int64       `json:"aside"`
	// All has all runs that hold it, those of findings before too.
	All score.Share `json:"all"`
	// New says that fewer than 30 runs held it before.
	New bool `json:"new,omitempty"`

	// Difference is by how much the share inside is higher; with a period before and not New, by how much more it rose.
	Difference score.Difference `json:"difference"`
	// P is the probability of such a difference, or a larger one, if there is none. Adjusted is adjusted for the Tested
	// tests of its round, by Benjamini and Hochberg, and where customers have several runs and for Causal by Bonferroni.
	P        float64 `json:"p"`
	Adjusted float64 `json:"adjusted"`
	Tested   int     `json:"tested"`
	Method   Method  `json:"method"`
	// DesignEffect is how many times larger the variance of the difference is because some customers have several runs, at
	// least 1. P and the intervals of the difference, the excess and the points take it into account; those of shares do
	// not.
	DesignEffect float64 `json:"design_effect"`

	// Excess is how many bad runs there are more than if these runs had done as the others. Its N is that of Inside.
	Excess score.Estimate `json:"excess"`
	// Customers is how many customers had a bad run inside, and CustomersInExcess their part of the excess, by which
	// findings are ranked.
	Customers         int64   `json:"customers"`
	CustomersInExcess float64 `json:"customers_in_excess"`
	// Points is the excess in percentage points of all runs. Its N is that of [Answer.Whole].
	Points score.Estimate `json:"points"`

	// Turns is set where a split by another column turns the sign.
	Turns *Turn `json:"turns,omitempty"`
	// Same has values of other columns that nearly the same runs hold: 95% of the runs with one of the two have both.
	Same []Held `json:"same,omitempty"`
	// Causal says that the value was assigned by chance. Inside and Outside are then of all runs.
	Causal bool `json:"causal,omitempty"`
}

// Turn is a column within whose values the runs of a finding are not worse.
type Turn struct {
	Column string `json:"column"`
	// Odds is the common odds ratio of bad runs within the values of the column, inside against outside. P is the probability of
	// the test that it is 1. Its N is the number of runs that were compared.
	Odds score.Estimate `json:"odds"`
	P    float64        `json:"p"`
	// Better are the runs of values within which the share inside is lower or the same, Worse those of values within which
	// it is higher.
	Better int64 `json:"better"`
	Worse  int64 `json:"worse"`
}
