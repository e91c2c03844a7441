package grafana

import (
	"strconv"
	"strings"
)

// matcher is a condition of a selector.
type matcher struct{ label, op, value string }

// literal returns the text as a string of PromQL. Grafana replaces $name and [[name]] in queries, also within strings, so these
// characters are written by their codes.
func literal(s string) string {
	return strings.NewReplacer("$", `\x24`, "[", `\x5b`).Replace(strconv.Quote(s))
}

// is and among are matchers of a label with one value, and with one of several.
func is(name, value string) matcher { return matcher{name, "=", value} }

func isNot(name, value string) matcher { return matcher{name, "!=", value} }

func among(name string, values []string) matcher {
	escaped := make([]string, len(values))
	for i, v := range values {
		escaped[i] = quoteMeta(v)
	}
	return matcher{name, "=~", strings.Join(escaped, "|")}
}

// quoteMeta escapes what a regular expression would read.
func quoteMeta(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// of returns a selector of the series of a metric with these conditions and those of [WithMatcher].
func (c *config) of(m metric, where ...matcher) string {
	all := make([]string, 0, len(where)+len(c.matchers))
	for _, list := range [][]matcher{where, c.matchers} {
		for _, w := range list {
			all = append(all, w.label+w.op+literal(w.value))
		}
	}
	if len(all) == 0 {
		return string(m)
	}
	return string(m) + "{" + strings.Join(all, ", ") + "}"
}

// by returns a sum by these labels.
func by(expr string, labels ...string) string {
	if len(labels) == 0 {
		return "sum(" + expr + ")"
	}
	return "sum by (" + strings.Join(labels, ", ") + ") (" + expr + ")"
}

// The ranges of queries: that of the dashboard, and the shortest one in which a rate can be seen.
const (
	shown = "$__range"
	brief = "$__rate_interval"
)

// increase counts within the range shown.
func increase(selector string) string { return "increase(" + selector + "[" + shown + "])" }

// hourly is a rate in events an hour.
func hourly(selector string) string { return "3600 * rate(" + selector + "[" + brief + "])" }

// counted counts within the range shown what has no series before it occurs. increase misses the first value of a series. Where a series
// begins within the range, its lowest value is what increase misses, as long as its process does not restart.
func counted(selector string) string {
	first := "min_over_time(" + selector + "[" + shown + "])"
	seen := selector + " offset " + shown
	rise := increase(selector)
	return "(" + rise + " and " + seen + ") or (" + rise + " + " + first + ") or (" + first + " unless " + seen + ")"
}

// quantile is a quantile of a histogram within the range shown, by labels.
func quantile(q float64, selector string, labels ...string) string {
	return "histogram_quantile(" + strconv.FormatFloat(q, 'f', -1, 64) + ", " + by(counted(selector), append([]string{"le"}, labels...)...) + ")"
}

// orNone adds a bar of zero with this name where an expression has no element but a client runs.
func (g *generator) orNone(expr, label string) string {
	return "(" + expr + ") or on () label_replace(0 * " + by(g.of(g.metrics.info)) + `, "` + label + `", "none", "", "")`
}
