package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mutation is one change of one rule.
type mutation struct {
	kind, what string // one of the six kinds, and what was changed
	rule       rule   // after the change
	equivalent string // why no test can see it, or ""
}

// The six kinds of mutations.
const (
	doubledThreshold = "threshold doubled"
	halvedThreshold  = "threshold halved"
	doubledWindow    = "window doubled"
	swapped          = "numerator and denominator swapped"
	droppedLabel     = "label dropped"
	turned           = "comparison turned"
)

// mutations returns all changes of the six kinds that apply to a rule. They work on the text of the rule, and know nothing of how it was
// made.
func mutations(r *rule) (list []mutation) {
	expr := func(kind, what, text string) {
		m := *r
		m.expr = text
		list = append(list, mutation{kind: kind, what: what, rule: m})
	}
	for _, c := range comparisons(r.expr) {
		right := r.expr[c.right:c.end]
		for kind, factor := range map[string]string{doubledThreshold: "2", halvedThreshold: "0.5"} {
			expr(kind, r.expr[c.op:c.end], r.expr[:c.right]+factor+" * ("+right+")"+r.expr[c.end:])
		}
		turn := map[string]string{">": "<", "<": ">", ">=": "<", "==": "!="}[r.expr[c.op:c.right-1]]
		expr(turned, r.expr[c.op:c.end], r.expr[:c.op]+turn+r.expr[c.right-1:])
	}
	for _, at := range regexp.MustCompile(`vector\(([0-9.]+)\)|/ ([0-9.]+)$`).FindAllStringSubmatchIndex(r.expr, -1) {
		from, to := max(at[2], at[4]), max(at[3], at[5])
		n, _ := strconv.ParseFloat(r.expr[from:to], 64)
		expr(doubledThreshold, r.expr[at[0]:at[1]], r.expr[:from]+strconv.FormatFloat(2*n, 'g', -1, 64)+r.expr[to:])
		expr(halvedThreshold, r.expr[at[0]:at[1]], r.expr[:from]+strconv.FormatFloat(n/2, 'g', -1, 64)+r.expr[to:])
	}
	for _, at := range regexp.MustCompile(`(?:\[|offset )((?:\d+[dhms])+)`).FindAllStringSubmatchIndex(r.expr, -1) {
		expr(doubledWindow, r.expr[at[0]:at[1]], r.expr[:at[2]]+twice(r.expr[at[2]:at[3]])+r.expr[at[3]:])
	}
	if r.hold > 0 {
		m := *r
		m.hold *= 2
		list = append(list, mutation{kind: doubledWindow, what: "for: " + span(r.hold), rule: m})
	}
	for _, d := range divisions(r.expr) {
		expr(swapped, "/", d)
	}
	for _, l := range droppable(r.expr) {
		expr(droppedLabel, l, without(r.expr, l))
	}
	for i := range r.labels {
		m := *r
		m.labels = slices.Delete(slices.Clone(r.labels), i, i+1)
		list = append(list, mutation{kind: droppedLabel, what: "labels: " + r.labels[i].key, rule: m})
	}
	slices.SortStableFunc(list, func(a, b mutation) int { return strings.Compare(a.kind+a.what, b.kind+b.what) })
	return list
}

// comparison is a comparison in an expression: where its operator begins, and where its right side begins and ends.
type comparison struct{ op, right, end int }

func comparisons(expr string) (list []comparison) {
	for _, at := range regexp.MustCompile(`\s(>=|<=|==|>|<) `).FindAllStringSubmatchIndex(expr, -1) {
		c := comparison{op: at[2], right: at[1], end: at[1]}
		for depth := 0; c.end < len(expr); c.end++ {
			if expr[c.end] == '(' {
				depth++
			}
			if expr[c.end] == ')' {
				depth--
			}
			if depth < 0 || (depth == 0 && expr[c.end] == '\n') {
				break
			}
		}
		list = append(list, c)
	}
	return list
}

// twice doubles a duration such as 2d19h12m: it repeats it in minutes.
func twice(d string) string {
	minutes := 0
	for _, p := range regexp.MustCompile(`(\d+)([dhm])`).FindAllStringSubmatch(d, -1) {
		n, _ := strconv.Atoi(p[1])
		minutes += n * map[string]int{"d": 24 * 60, "h": 60, "m": 1}[p[2]]
	}
	return fmt.Sprintf("%dm", 2*minutes)
}

// divisions returns the expression with the operands of a division swapped, for each of its divisions.
func divisions(expr string) (list []string) {
	for _, at := range regexp.MustCompile(`\s*\n?\s*/ `).FindAllStringIndex(expr, -1) {
		left, right := at[0], at[1]
		for depth := 0; left > 0; left-- {
			switch expr[left-1] {
			case ')', '}':
				depth++
			case '(', '{':
				depth--
			}
			if depth < 0 || (depth == 0 && strings.HasPrefix(expr[left-1:], " ") && strings.HasSuffix(expr[:left-1], " -")) {
				break
			}
		}
		for depth := 0; right < len(expr); right++ {
			switch expr[right] {
			case '(', '{':
				depth++
			case ')', '}':
				depth--
			}
			if depth < 0 || (depth == 0 && expr[right] == '\n') {
				break
			}
		}
		a, b := expr[left:at[0]], expr[at[1]:right]
		// The guard against a division by zero stays with the denominator.
		if inner, guarded := strings.CutSuffix(b, " > 0)"); guarded {
			a, b = "("+a+" > 0)", strings.TrimPrefix(inner, "(")
		}
		list = append(list, expr[:left]+b+expr[at[0]:at[1]]+a+expr[right:])
	}
	return list
}

var (
	matcher  = regexp.MustCompile(`(\w+)(?:=~|!=|!~|=)"(?:[^"\\]|\\.)*"(?:, )?`)
	grouping = regexp.MustCompile(`by \(([^)]*)\)`)
)

// droppable returns the labels of the expression: those that its selectors match, and "by LABEL" for those that it keeps.
func droppable(expr string) (list []string) {
	for _, m := range matcher.FindAllStringSubmatch(expr, -1) {
		list = append(list, m[1])
	}
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for l := range strings.SplitSeq(g[1], ", ") {
			list = append(list, "by "+l)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// without drops a label wherever the expression has it.
func without(expr, label string) string {
	if l, by := strings.CutPrefix(label, "by "); by {
		return grouping.ReplaceAllStringFunc(expr, func(g string) string {
			var rest []string
			for k := range strings.SplitSeq(grouping.FindStringSubmatch(g)[1], ", ") {
				if k != l {
					rest = append(rest, k)
				}
			}
			return "by (" + strings.Join(rest, ", ") + ")"
		})
	}
	dropped := matcher.ReplaceAllStringFunc(expr, func(m string) string {
		if matcher.FindStringSubmatch(m)[1] == label {
			return ""
		}
		return m
	})
	return strings.ReplaceAll(dropped, ", }", "}")
}
