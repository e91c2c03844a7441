package main

import (
	"regexp"
	"slices"
	"strings"
)

var (
	instruments = []string{"counter", "updowncounter", "gauge", "histogram"}
	// unitForm is the part of UCUM that the registry uses: seconds, bytes, a plain number, or a noun in braces for
	// counts.
	unitForm = regexp.MustCompile(`^(s|By|1|\{[a-z][a-z_]*\})$`)
)

// checkMetric checks a metric and its attributes.
func (g *group) checkMetric(probs *problems) {
	what := "metric " + g.metric
	if !slices.Contains(instruments, g.instrument) {
		probs.add(g.at, "%s: unknown instrument %q: want one of %s", what, g.instrument, strings.Join(instruments, ", "))
	}
	if !unitForm.MatchString(g.unit) {
		probs.add(g.at, "%s: unit %q: want s, By, 1 or a noun in the singular and in braces, like {journey}", what, g.unit)
	}
	if time := ofTime(g.metric); time != (g.unit == "s") || time && g.instrument != "histogram" {
		probs.add(g.at, "%s: a metric in s has to be a histogram whose name ends with .duration or .delay, and the reverse", what)
	}
	if g.extra.question == "" || g.extra.query == "" {
		probs.add(g.at, "%s: annotations.cx needs the question that the metric answers, and the query for it", what)
	} else if !strings.Contains(g.extra.query, prometheusName(g)) {
		probs.add(g.extra.at, "%s: its query does not have %s, its name in Prometheus", what, prometheusName(g))
	}
	g.checkBuckets(probs)
	for _, u := range g.uses {
		g.checkBounded(u, probs)
	}
}

// ofTime reports whether the metric's name says that it measures time: how long something takes, or how long it lets wait.
func ofTime(metric string) bool {
	return strings.HasSuffix(metric, ".duration") || strings.HasSuffix(metric, ".delay")
}

func (g *group) checkBuckets(probs *problems) {
	what, buckets := "metric "+g.metric, g.extra.buckets
	if (g.instrument == "histogram") != (len(buckets) > 0) {
		probs.add(g.at, "%s: a histogram needs annotations.cx.buckets, and no other instrument may have them", what)
	}
	for i := 1; i < len(buckets); i++ {
		if buckets[i] <= buckets[i-1] {
			probs.add(g.extra.at, "%s: its buckets do not rise: %g after %g", what, buckets[i], buckets[i-1])
		}
	}
}

// checkBounded reports an attribute whose values may be too many. Each set of values on a metric is a series that
// the backend keeps.
func (g *group) checkBounded(u use, probs *problems) {
	what := "metric " + g.metric + ": attribute " + u.id
	if why, ok := neverOnMetrics()[u.id]; ok {
		probs.add(u.ref.at, "%s: never on metrics: %s", what, why)
		return
	}
	if u.kind == enum || u.kind == "boolean" {
		return
	}
	if u.bound == "" {
		probs.add(u.ref.at, "%s: its values are not bounded: say what bounds them in the attribute's annotations.cx.bound, or remove the attribute", what)
	}
	if u.standard != "" && len(u.ref.values) == 0 && len(u.ref.examples) == 0 {
		probs.add(u.ref.at, "%s: list its values here, in annotations.cx.values or examples", what)
	}
}
