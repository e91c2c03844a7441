package insight_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// standing works out the counts of [insight.Standing] as text.
func (w *world) standing(lives []*life, by time.Time) string {
	var made, kept, broken, withdrawn, open, overdue, breaking, matured, maturedKept, young int
	var took []time.Duration
	var settled, ripe, happy []*life
	for _, l := range lives {
		made++
		mature := w.happened(l, l.due)
		state, _ := w.state(l)
		if !mature {
			young++
		}
		switch {
		case w.happened(l, l.kept) && l.kept <= l.due:
			kept++
			took = append(took, hours(l.kept))
			settled, happy = append(settled, l), append(happy, l)
			if mature {
				matured++
				maturedKept++
				ripe = append(ripe, l)
			}
		case !w.happened(l, l.broken) && w.happened(l, l.withdrawn):
			withdrawn++
		case w.happened(l, l.broken) || mature || state == "abandoned":
			broken++
			settled = append(settled, l)
			if mature {
				matured++
				ripe = append(ripe, l)
			}
			if state == "open" && !(w.happened(l, l.kept) && l.kept > l.due) && !w.happened(l, l.withdrawn) {
				overdue++
			}
		default:
			open++
			if !l.at(l.due).After(by) {
				breaking++
			}
		}
	}
	if few(settled) {
		kept = 0
	}
	if few(ripe) {
		maturedKept, matured = 0, 0
	}
	if few(happy) {
		took = nil
	}
	return fmt.Sprint(made, kept, broken, withdrawn, open, overdue, breaking, maturedKept, matured, young, len(took), quantile(took, 5), quantile(took, 9))
}

func standing(s *insight.Standing) string {
	if s.Hidden {
		return "hidden"
	}
	return fmt.Sprint(s.Made, s.Kept.Count, s.Broken, s.Withdrawn, s.Open, s.Overdue, s.Breaking, s.Matured.Count, s.Matured.N, s.TooYoung, s.Took.N, s.Took.Median, s.Took.P90)
}

// promises works out [insight.Promises] by a column, as lines.
func (w *world) promises(q *insight.Which, by time.Time, column insight.Column) []string {
	all := w.about(q)
	if few(all) {
		return []string{"hidden"}
	}
	lines := []string{}
	for _, journey := range []string{"order", "ticket"} {
		var lives []*life
		groups := map[string][]*life{}
		for _, l := range all {
			if l.journey == journey && l.due > 0 {
				lives = append(lives, l)
				groups[w.value(l, column)] = append(groups[w.value(l, column)], l)
			}
		}
		switch n := people(lives); {
		case n == 0:
			continue
		case n < 5:
			lines = append(lines, journey+" hidden")
			continue
		}
		lines = append(lines, journey+" "+w.standing(lives, by))
		hidden := hiddenOf(groups)
		for _, value := range slices.Sorted(maps.Keys(groups)) {
			said := w.standing(groups[value], by)
			if hidden[value] {
				said = "hidden"
			}
			lines = append(lines, journey+" "+value+": "+said)
		}
	}
	return lines
}

// hiddenOf returns which groups are hidden, by trying: those of fewer than five, and the next smallest ones until the hidden ones are two of five customers.
func hiddenOf(groups map[string][]*life) map[string]bool {
	names := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		if d := people(groups[a]) - people(groups[b]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	hidden, together := map[string]bool{}, []*life{}
	for _, name := range names {
		if people(groups[name]) >= 5 && (len(hidden) == 0 || people(together) >= 5) {
			break
		}
		hidden[name], together = true, append(together, groups[name]...)
	}
	return hidden
}

func promiseLines(p *insight.Promises) []string {
	if p.Hidden {
		return []string{"hidden"}
	}
	lines := []string{}
	for i := range p.List {
		one := &p.List[i]
		lines = append(lines, one.Journey+" "+standing(&one.Standing))
		var groups []string
		for n := range one.Groups {
			groups = append(groups, one.Journey+" "+one.Groups[n].Value+": "+standing(&one.Groups[n].Standing))
		}
		slices.Sort(groups)
		lines = append(lines, groups...)
	}
	return lines
}
