//go:build unix

package export

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// slack is how far from a goal a ratio may be before the gate fails: the machines that this runs on are
// noisy.
const slack = 1.5

// spread is a median with the lowest and the highest.
type spread struct{ median, low, high float64 }

func spreadOf(values []float64) spread {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return spread{(v[(n-1)/2] + v[n/2]) / 2, v[0], v[n-1]}
}

func (s spread) String() string {
	return fmt.Sprintf("%s (%s to %s)", number(s.median), number(s.low), number(s.high))
}

// ratios returns a/b, by round.
func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
}

// number writes a number with three digits that count.
func number(f float64) string {
	if f < 999.5 {
		return strconv.FormatFloat(f, 'g', 3, 64)
	}
	unit := math.Pow(10, math.Floor(math.Log10(f))-2)
	s := strconv.FormatFloat(math.Round(f/unit)*unit, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// goal is what a ratio is to be.
type goal struct {
	bound float64
	most  bool    // it is to be at most the bound
	reach float64 // what the same work written by hand reaches in this run, where that is about the bound; else 0
}

// verdict says whether the goal is met, and whether it is missed by so much that a gate is to fail: never
// where it is about what can be reached by hand.
func (g *goal) verdict(got float64) (text string, fail bool) {
	text = "at least " + number(g.bound)
	met, far := got >= g.bound, got < g.bound/slack
	if g.most {
		text = "at most " + number(g.bound)
		met, far = got <= g.bound, got > g.bound*slack
	}
	switch {
	case met:
		return text + ": met", false
	case g.reach > 0 && g.reach < g.bound:
		return text + ": out of reach, by hand it is " + number(g.reach), false
	case g.reach > 0:
		return text + ": MISSED, by hand it is " + number(g.reach), false
	default:
		return text + ": MISSED", far
	}
}

// judge returns the verdict, and fails the benchmark where the gate is asked for.
func (g *goal) judge(b testing.TB, what string, got float64) string {
	b.Helper()
	if g == nil {
		return ""
	}
	text, fail := g.verdict(got)
	if fail && os.Getenv("CAIRN_BENCH_GATE") != "" {
		b.Errorf("%s: %s, and it is %s", what, text, number(got))
	}
	return text
}

// table is what is printed at the end.
type table struct{ sinks, calls []string }

// sink adds a row about events on their way to a sink. A nil goal is none.
func (t *table) sink(b testing.TB, ours, theirs *side, g *goal) {
	b.Helper()
	ratio := spreadOf(ratios(ours.rates(), theirs.rates()))
	t.sinks = append(t.sinks, line(ours.name, spreadOf(ours.rates()).String(), theirs.name, spreadOf(theirs.rates()).String(),
		ratio.String(), g.judge(b, ours.name+" beside "+theirs.name, ratio.median),
		number(spreadOf(ours.costs()).median)+" beside "+number(spreadOf(theirs.costs()).median)+
			": "+number(spreadOf(ratios(ours.costs(), theirs.costs())).median)+" ×",
		lost(ours.lost())+", "+lost(theirs.lost())))
}

// missing adds a row that says why there is nothing.
func (t *table) missing(what, why string) {
	t.sinks = append(t.sinks, line(what, why, "", "", "", "", "", ""))
}

// call adds a row about what a call costs its caller.
func (t *table) call(b testing.TB, ours, theirs *side, g *goal) {
	b.Helper()
	ratio := spreadOf(ratios(ours.nanos(), theirs.nanos()))
	t.calls = append(t.calls, line(ours.name, spreadOf(ours.nanos()).String(), theirs.name, spreadOf(theirs.nanos()).String(),
		ratio.String(), g.judge(b, ours.name+" beside "+theirs.name, ratio.median)))
}

func line(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

func lost(share float64) string {
	if share == 0 {
		return "none"
	}
	return number(share*100) + " %"
}

// String returns the tables as Markdown, nothing of one without rows.
func (t *table) String() string {
	var s strings.Builder
	for _, part := range []struct{ heads, rows []string }{
		{[]string{"Cairn", "events/s", "beside", "events/s", "ratio", "goal", "CPU: µs an event", "lost"}, t.sinks},
		{[]string{"at the call site", "ns an event", "beside", "ns an event", "ratio", "goal"}, t.calls},
	} {
		if len(part.rows) == 0 {
			continue
		}
		s.WriteString("\n" + line(part.heads...) + strings.Repeat("| --- ", len(part.heads)) + "|\n")
		for _, r := range part.rows {
			s.WriteString(r)
		}
	}
	return s.String()
}
