package grafana

import (
	"fmt"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// This file has the scores of surveys and their intervals at 95% in PromQL. They are those of package score, for the first answers, because
// counters never fall. The formulas are rearranged so that each count stands in them as rarely as possible.

const (
	z95     = "1.959963984540054" // the quantile of the normal distribution at 0.975
	z95half = "1.920729410347062" // half of its square
	z95four = "0.960364705173531" // a quarter of its square
	z95full = "3.841458820694124" // its square
	least   = 5                   // answers; fewer are not shown
	perWald = 1.5                 // the answers more in the middle, and those at both ends together
	scores  = "95% of such intervals contain the number that all customers together would have given."
)

// counts are the counts of the answers of one survey, by its version, from the buckets of the histogram of scores.
type counts struct {
	g     *generator
	scale event.Scale
	name  matcher
}

// version is the label that tells the versions of a survey apart: a changed text is another question.
func version() string { return label(semconv.SurveyVersionKey) }

// all is the number of answers.
func (c *counts) all() string { return by(counted(c.g.of(c.g.metrics.score+count, c.name)), version()) }

// total is the sum of the answers.
func (c *counts) total() string { return by(counted(c.g.of(c.g.metrics.score+sum, c.name)), version()) }

// most is, added up for each of the scores, the number of answers of at most the score.
func (c *counts) most(scores ...int) string {
	le := make([]string, len(scores))
	for i, s := range scores {
		le[i] = strconv.Itoa(s)
	}
	limit := matcher{"le", "=~", "(" + strings.Join(le, "|") + `)(\.0)?`}
	return by(counted(c.g.of(c.g.metrics.score+bucket, c.name, limit)), version())
}

// limits returns the highest score that is not positive, and the highest one that is negative.
func (c *counts) limits() (notPositive, negative int) {
	for s := c.scale.Min(); s <= c.scale.Max(); s++ {
		switch v, _ := c.scale.Verdict(s); v {
		case event.Negative:
			notPositive, negative = s, s
		case event.Neutral:
			notPositive = s
		case event.Positive: // above both
		}
	}
	return notPositive, negative
}

// enough leaves out the versions with too few answers.
func (c *counts) enough(expr string) string {
	return "(" + expr + ") and " + c.all() + " >= " + strconv.Itoa(least)
}

// estimate has the queries of a number and of the ends of its interval.
func (c *counts) estimate(name, value, low, high string) []query {
	of := func(what string) string { return strings.TrimSpace(what + " {{" + version() + "}}") }
	return []query{{expr: c.enough(value), legend: of(name)}, {expr: c.enough(low), legend: of("from")}, {expr: c.enough(high), legend: of("to")}}
}

// positive returns the queries of the share of the positive answers, with the interval of Wilson.
func (c *counts) positive(name string) []query {
	limit, _ := c.limits()
	k, n := "("+c.all()+" - "+c.most(limit)+")", c.all()
	end := func(sign string) string {
		root := z95 + " * sqrt(" + k + " * " + c.most(limit) + " / " + n + " + " + z95four + ")"
		return "clamp((" + k + " + " + z95half + " " + sign + " " + root + ") / (" + n + " + " + z95full + "), 0, 1)"
	}
	return c.estimate(name, k+" / "+n, end("-"), end("+"))
}

// wald returns the queries of a mean with its adjusted Wald interval: of the sum and the sum of the squares of the answers on a scale
// from low to high, times a factor. See ScaleMean of package stats.
func (c *counts) wald(name, sum, squares string, low, high, factor float64) []query {
	n := "(" + c.all() + " + 3)"
	s := "(" + sum + " + " + decimal(perWald*(low+high)) + ")"
	more := decimal(perWald/2*(low*low+high*high) + perWald/4*(low+high)*(low+high))
	root := z95 + " * sqrt(" + squares + " + " + more + " - " + s + " ^ 2 / " + n + ")"
	end := func(sign string) string {
		return fmt.Sprintf("%s * clamp((%s %s %s) / %s, %s, %s)", decimal(factor), s, sign, root, n, decimal(low), decimal(high))
	}
	return c.estimate(name, decimal(factor)+" * "+sum+" / "+c.all(), end("-"), end("+"))
}

// nps returns the queries of the Net Promoter Score. Its scale is -1 for a detractor, 0, and 1 for a promoter.
func (c *counts) nps() []query {
	notPositive, negative := c.limits()
	return c.wald("NPS", "("+c.all()+" - "+c.most(notPositive, negative)+")", "("+c.all()+" - "+c.most(notPositive)+" + "+c.most(negative)+")", -1, 1, 100)
}

// mean returns the queries of the mean. The sum of the squares follows from the cumulative buckets: each answer above k adds (k+1)² - k².
func (c *counts) mean() []query {
	low, high := c.scale.Min(), c.scale.Max()
	squares := []string{strconv.Itoa(high*high) + " * " + c.all()}
	for k := low; k < high; k++ {
		squares = append(squares, strconv.Itoa(2*k+1)+" * "+c.most(k))
	}
	return c.wald("mean", c.total(), "("+strings.Join(squares, " - ")+")", float64(low), float64(high), 1)
}

// apdex returns an Apdex score and the ends of its interval. The score is half of 1 and the Net Promoter Score of satisfied and frustrated
// interactions: see ApdexOf of package score.
func apdex(satisfied, frustrated, all string) (value, low, high string) {
	s, n := "("+satisfied+" - "+frustrated+")", "("+all+" + 3)"
	root := z95 + " * sqrt(" + satisfied + " + " + frustrated + " + 1.5 - " + s + " ^ 2 / " + n + ")"
	end := func(sign string) string {
		return "0.5 + 0.5 * clamp((" + s + " " + sign + " " + root + ") / " + n + ", -1, 1)"
	}
	return "0.5 + 0.5 * " + s + " / " + all, end("-"), end("+")
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
