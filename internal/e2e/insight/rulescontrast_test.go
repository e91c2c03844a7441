//go:build unix

package insight_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// badRuns are the runs of a contrast that began in a period, with whether they are bad. A promise that is not due is not asked about.
func badRuns(promise string) string {
	if promise == "" {
		return `WITH c AS (SELECT run.*, CASE WHEN outcome <> 'completed' THEN 1 ELSE 0 END AS bad FROM run WHERE journey = @journey AND base <= @at AND ` + begun + `)`
	}
	return `WITH q AS (SELECT run AS id, count(*) AS asked, max(CASE WHEN due <= @at AND kept <= @at THEN 0 WHEN due <= @at AND broken <= @at THEN 1 END) AS bad FROM promised
			WHERE journey = @journey AND promise = @promise AND made <= @at AND withdrawn IS NULL GROUP BY run),
		c AS (SELECT run.*, q.bad, coalesce(q.asked, 0) AS asked FROM run LEFT JOIN q ON q.id = run.run WHERE journey = @journey AND base <= @at AND ` + begun + `)`
}

// goesWith proves the counts of a contrast by SQL, and what follows from them. Package contrast has a model of its own for which findings there are.
func (p *proof) goesWith() {
	p.each("goes_with", func(path string) {
		promise := p.text(join(path, "promise"))
		about := append(p.period(join(path, "period")), "journey", quoted(p.text(join(path, "journey"))), "promise", quoted(promise))
		p.row(path, `SELECT (SELECT count(*) FROM run) AS rows, (SELECT count(*) FROM run WHERE journey = @journey AND base <= @at AND `+begun+`) AS runs`, about...)
		before := append(p.period("before"), about[4:]...)
		if p.at(join(path, "before")) != nil {
			p.row(join(path, "before"), `SELECT (SELECT count(*) FROM run) AS rows, (SELECT count(*) FROM run WHERE journey = @journey AND base <= @at AND `+begun+`) AS runs`, before...)
		}
		whole, then := p.bads(promise, about), tallied{}
		p.tally(join(path, "answer.whole"), whole)
		if p.at(join(path, "answer.before")) != nil {
			then = p.bads(promise, before)
			p.tally(join(path, "answer.before"), then)
		}
		p.is(join(path, "too_young"), whole.young+then.young, "SQL")
		p.is(join(path, "not_asked"), whole.without+then.without, "SQL")
		p.is(join(path, "both"), 0, "the periods are apart")
		p.is(join(path, "at_age_ns"), 0, "a promise is judged when it is due")
		p.is(join(path, "answer.least"), max(30, math.Ceil((whole.runs+then.runs)/100)), "1% of the runs, at least 30")
		_, several := p.query(badRuns(promise)+` SELECT count(*) - count(DISTINCT who) AS n FROM c`, about...)
		if several[0]["n"] != 0.0 {
			p.t.Fatalf("%s: customers have several runs: write what proves the design effect", path)
		}
		p.is(join(path, "answer.clustered"), 0, "each customer has one run")
		p.is(join(path, "answer.hidden"), 0, "no group with a difference is of few customers")
		columns, rows := p.held(path, promise, about, before)
		least := p.number(join(path, "answer.least"))
		first := p.tests(path, columns, rows, least)
		aside, left, tests := 0.0, rows, first
		p.each(join(path, "answer.findings"), func(path string) {
			names := p.finding(path, rows, left, tests, whole.runs)
			p.is(join(path, "aside"), aside, "the runs of the findings before")
			if p.at(join(path, "turns")) != nil {
				return // its runs stay
			}
			left = slices.DeleteFunc(slices.Clone(left), func(h holder) bool {
				takes := h.holds(names)
				if takes {
					aside++
				}
				return takes
			})
			tests = adjustedTests(tables(columns, rows, left, least), p.at(join(path, "inside_before")) != nil)
		})
	})
}

// tallied are runs, and how many of them are bad.
type tallied struct{ runs, bad, young, without float64 }

// bads counts the runs.
func (p *proof) bads(promise string, args []string) tallied {
	young, without := "0", "0"
	if promise != "" {
		young, without = count("bad IS NULL AND asked > 0"), count("bad IS NULL AND asked = 0")
	}
	_, rows := p.query(badRuns(promise)+` SELECT count(bad) AS runs, coalesce(sum(bad), 0) AS bad, `+young+` AS young, `+without+` AS without FROM c`, args...)
	of := func(name string) float64 { return rows[0][name].(float64) }
	return tallied{of("runs"), of("bad"), of("young"), of("without")}
}

// tally proves a share.
func (p *proof) tally(path string, t tallied) {
	p.is(join(path, "n"), t.runs, "SQL")
	p.is(join(path, "count"), t.bad, "SQL")
}

func (t tallied) share() float64 { return fraction(t.bad, t.runs) }

func (t tallied) interval() interval { return wilson(t.bad, t.runs) }

// finding proves a finding about the runs that are left by those before it, and returns what the runs inside hold.
func (p *proof) finding(path string, all, left []holder, tests map[string]tested, whole float64) (names []string) {
	if p.yes(join(path, "causal")) {
		p.t.Fatalf("%s has arms: write what proves it", path)
	}
	p.each(join(path, "held"), func(held string) {
		names = append(names, p.text(join(held, "column"))+"="+p.text(join(held, "value")))
	})
	t := table(left, names)
	in, out := t.in[0], t.out[0]
	p.tally(join(path, "inside"), in)
	p.tally(join(path, "outside"), out)
	p.tally(join(path, "all"), table(all, names).in[0])
	difference := in.share() - out.share()
	span := apart(in.share(), in.interval(), out.share(), out.interval())
	if p.at(join(path, "inside_before")) != nil {
		then := [2]tallied{t.in[1], t.out[1]}
		p.tally(join(path, "inside_before"), then[0])
		p.tally(join(path, "outside_before"), then[1])
		inside, outside := in.share()-then[0].share(), out.share()-then[1].share()
		difference = inside - outside
		span = apart(inside, apart(in.share(), in.interval(), then[0].share(), then[0].interval()), outside, apart(out.share(), out.interval(), then[1].share(), then[1].interval()))
	}
	test, ok := tests[strings.Join(names, "; ")]
	if !ok {
		p.fail("%s: %s was not to be tested", path, names)
	}
	p.is(join(path, "p"), test.p, "the test of its method")
	p.is(join(path, "adjusted"), test.adjusted, "Benjamini and Hochberg over all tests of the round")
	p.is(join(path, "tested"), float64(len(tests)), "the tests of the round")
	for member, factor := range map[string]float64{"difference": 1, "excess": in.runs, "points": in.runs * 100 / whole} {
		p.is(join(path, member+".value"), difference*factor, "the difference of the shares, times the runs inside, times 100 over all runs")
		p.is(join(path, member+".low"), span.low*factor, "Newcombe; Zou and Donner")
		p.is(join(path, member+".high"), span.high*factor, "Newcombe; Zou and Donner")
	}
	p.is(join(path, "difference.n"), in.runs, "SQL")
	p.is(join(path, "difference.n_before"), out.runs, "SQL")
	p.is(join(path, "excess.n"), in.runs, "SQL")
	p.is(join(path, "points.n"), whole, "SQL")
	if p.at(join(path, "turns")) != nil {
		p.turns(join(path, "turns"), left, names)
	}
	p.is(join(path, "design_effect"), 1, "each customer has one run")
	p.is(join(path, "customers"), in.bad, "each customer has one run")
	p.is(join(path, "customers_in_excess"), difference*in.runs, "the excess, because each customer has one run")
	return names
}

// turns proves that a column turns the sign of a finding: within its values the runs inside do as well as those outside, or better.
func (p *proof) turns(path string, left []holder, names []string) {
	strata := map[string][]holder{}
	for _, row := range left {
		i := slices.IndexFunc(row.values, func(value string) bool { return column(value) == p.text(join(path, "column")) })
		strata[row.values[i]] = append(strata[row.values[i]], row)
	}
	var tables [][4]float64
	var better, worse, compared float64
	for _, rows := range strata {
		t := table(rows, names)
		in, out := t.in[0], t.out[0]
		compared += in.runs + out.runs
		tables = append(tables, [4]float64{in.bad, in.runs - in.bad, out.bad, out.runs - out.bad})
		switch {
		case in.runs == 0 || out.runs == 0:
		case in.share() > out.share():
			worse += in.runs
		default:
			better += in.runs
		}
	}
	odds, in, probability := commonOdds(tables)
	p.is(join(path, "odds.value"), odds, "Mantel and Haenszel")
	p.is(join(path, "odds.n"), compared, "SQL")
	p.is(join(path, "odds.low"), in.low, "Robins, Breslow and Greenland")
	p.is(join(path, "odds.high"), in.high, "Robins, Breslow and Greenland")
	p.is(join(path, "p"), probability, "Mantel and Haenszel")
	p.is(join(path, "better"), better, "SQL")
	p.is(join(path, "worse"), worse, "SQL")
}

// tested is the test of a value or of a pair of values.
type tested struct{ p, adjusted float64 }

// fourfold counts the runs of now and before that hold something, and those that hold something else, bad ones and all.
type fourfold struct {
	in, out [2]tallied
	others  map[string]float64 // runs that do not hold all, by the value of a pair that they hold; of a single value, all of them
}

// holder is a run with what it holds, as column=value. When is 0 for now and 1 for before.
type holder struct {
	values []string
	bad    float64
	when   int
}

func (h *holder) holds(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(h.values, name) })
}

// held returns the runs of a contrast, and the columns that take part.
func (p *proof) held(path, promise string, about, before []string) (columns []string, list []holder) {
	names, _ := p.at(join(path, "columns")).([]any)
	for _, column := range names {
		if column := fmt.Sprint(column); column != "account" && column != "release" && column != "arm" { // no run of these archives has one
			columns = append(columns, column)
		}
	}
	periods := [][]string{about}
	if p.at(join(path, "answer.before")) != nil {
		periods = append(periods, before)
	}
	for when, args := range periods {
		_, rows := p.query(badRuns(promise)+` SELECT `+strings.Join(columns, ", ")+`, bad FROM c WHERE bad IS NOT NULL`, args...)
		for _, row := range rows {
			h := holder{bad: row["bad"].(float64), when: when}
			for _, column := range columns {
				h.values = append(h.values, column+"="+fmt.Sprint(row[column]))
			}
			list = append(list, h)
		}
	}
	return columns, list
}

// tests proves how many values and pairs were tested in the first round, and returns their tests by name.
func (p *proof) tests(path string, columns []string, rows []holder, least float64) map[string]tested {
	often, small := frequent(rows, least)
	all := tables(columns, rows, rows, least)
	values, pairs := 0.0, 0.0
	for _, a := range often {
		if all[a] != nil {
			values++
		}
	}
	for i, a := range often {
		for _, b := range often[i+1:] {
			if n := table(rows, []string{a, b}).runs(); column(a) != column(b) && n > 0 && n < least {
				pairs++
			}
		}
	}
	p.is(join(path, "answer.values"), values, "the values that enough runs hold, and others do not")
	p.is(join(path, "answer.small_values"), small, "the other values")
	p.is(join(path, "answer.pairs"), float64(len(all))-values, "the pairs that enough runs hold, and of which one value does not imply the other")
	p.is(join(path, "answer.small_pairs"), pairs, "the other pairs")
	return adjustedTests(all, p.at(join(path, "answer.before")) != nil)
}

// frequent returns the values that enough runs hold, and the number of the others.
func frequent(rows []holder, least float64) (often []string, small float64) {
	n := map[string]float64{}
	for i := range rows {
		for _, value := range rows[i].values {
			n[value]++
		}
	}
	for value, n := range n {
		switch {
		case strings.HasSuffix(value, "="):
		case n >= least:
			often = append(often, value)
		default:
			small++
		}
	}
	slices.Sort(often)
	return often, small
}

// tables counts the runs that are left, for each value and pair that enough of all held, and that enough of these hold. A value that all hold says nothing, and
// a pair of which one value implies the other one says nothing more.
func tables(columns []string, all, left []holder, least float64) map[string]*fourfold {
	often, _ := frequent(all, least)
	slices.SortFunc(often, func(a, b string) int { // a pair is named in the order of the columns
		return cmp.Or(cmp.Compare(slices.Index(columns, column(a)), slices.Index(columns, column(b))), cmp.Compare(a, b))
	})
	list := map[string]*fourfold{}
	count := func(names ...string) {
		t := table(left, names)
		for _, name := range names {
			if others := t.others[name]; others == 0 {
				return
			}
		}
		if t.runs() >= least {
			list[strings.Join(names, "; ")] = t
		}
	}
	for i, a := range often {
		count(a)
		for _, b := range often[i+1:] {
			if column(a) != column(b) {
				count(a, b)
			}
		}
	}
	return list
}

func adjustedTests(tables map[string]*fourfold, rise bool) map[string]tested {
	names := slices.Sorted(maps.Keys(tables))
	probabilities := make([]float64, len(names))
	for i, name := range names {
		probabilities[i] = tables[name].probability(rise)
	}
	all := map[string]tested{}
	for i, q := range stepUp(probabilities) {
		all[names[i]] = tested{probabilities[i], q}
	}
	return all
}

func column(value string) string {
	name, _, _ := strings.Cut(value, "=")
	return name
}

// table counts the runs that hold all of these values, and the others of which the columns are known.
func table(rows []holder, names []string) *fourfold {
	t := &fourfold{others: map[string]float64{}}
	for i := range rows {
		row := &rows[i]
		side := &t.out
		switch {
		case slices.ContainsFunc(names, func(name string) bool { return slices.Contains(row.values, column(name)+"=") }):
			continue
		case row.holds(names):
			side = &t.in
		}
		side[row.when].runs++
		side[row.when].bad += row.bad
		for _, name := range names {
			if side == &t.out && (len(names) == 1 || slices.Contains(row.values, name)) {
				t.others[name]++
			}
		}
	}
	return t
}

func (t *fourfold) runs() float64 { return t.in[0].runs + t.in[1].runs }

// probability is that of the difference by chance. Two shares are compared by chi-square, or by Fisher's exact test where an expected count is below 5, or in
// the tail below 500. Two rises are compared by the normal distribution, with a bad run and a good one more in each share (Agresti and Caffo 2000).
func (t *fourfold) probability(rise bool) float64 {
	const least, tail, many = 30, 0.01, 500
	in, out := t.in[0], t.out[0]
	if !rise || t.in[1].runs < least {
		if in.runs == 0 || out.runs == 0 || rise && in.runs < least {
			return 1
		}
		bad := (in.bad + out.bad) / (in.runs + out.runs)
		p := chance(in.bad, in.runs, out.bad, out.runs)
		if p < tail && min(in.runs, out.runs)*min(bad, 1-bad) < many {
			return fisher(int64(in.bad), int64(in.runs), int64(out.bad), int64(out.runs))
		}
		return p
	}
	var all tallied
	variance := 0.0
	parts := []tallied{in, t.in[1], out, t.out[1]}
	for _, part := range parts {
		if part.runs < least {
			return 1
		}
		all.runs, all.bad = all.runs+part.runs, all.bad+part.bad
		share := (part.bad + 1) / (part.runs + 2)
		variance += share * (1 - share) / (part.runs + 2)
	}
	for _, part := range parts {
		if part.runs*min(all.share(), 1-all.share()) < 5 {
			return 1
		}
	}
	rose := in.share() - t.in[1].share() - out.share() + t.out[1].share()
	return math.Erfc(math.Abs(rose) / math.Sqrt(2*variance))
}
