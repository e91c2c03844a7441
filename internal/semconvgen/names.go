package main

import "strings"

// initialisms are parts of names that Go writes in capitals or as two words.
var initialisms = map[string]string{
	"api": "API", "followup": "FollowUp", "id": "ID", "sdk": "SDK", "slo": "SLO",
}

// goName returns the Go name for a telemetry name: cx.journey.id is JourneyID.
func goName(name string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(strings.TrimPrefix(name, "cx."), func(r rune) bool { return r == '.' || r == '_' }) {
		if known, ok := initialisms[part]; ok {
			b.WriteString(known)
			continue
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// prometheusName returns a metric's name in Prometheus, after OpenTelemetry's
// "Prometheus and OpenMetrics Compatibility": underscores for dots, the unit
// spelled out unless it is an annotation in braces, _total on counters, _ratio on
// gauges of unit 1.
func prometheusName(g *group) string {
	name := strings.ReplaceAll(g.metric, ".", "_")
	switch {
	case g.unit == "s":
		name += "_seconds"
	case g.unit == "By":
		name += "_bytes"
	case g.unit == "1" && g.instrument == "gauge":
		name += "_ratio"
	}
	if g.instrument == "counter" {
		name += "_total"
	}
	return name
}

// lowerFirst lowers the first letter of a sentence, so that it can follow a colon, unless the first word is an
// abbreviation.
func lowerFirst(s string) string {
	if len(s) < 2 || s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
