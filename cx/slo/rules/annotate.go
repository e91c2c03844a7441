package rules

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/internal/text"
)

// annotations are what an engineer who is called reads, and where they look next.
func (c *config) annotations(o *slo.Objective, summary, description string) []pair {
	list := []pair{
		{"summary", summary},
		{"description", description},
		{"owner", literal(o.Owner)},
		{"runbook_url", literal(o.Runbook)},
		{"trace_query", literal(traceQuery(o))},
	}
	if o.Journey != "" {
		list = append(list, pair{"journey_page", literal(c.pages + url.PathEscape(text.FileName(o.Journey)+".md"))})
	}
	return with(list...)
}

// literal returns a text that Prometheus' templates leave as it is.
func literal(s string) string { return strings.ReplaceAll(s, "{{", `{{"{{"}}`) }

// valueShare is the share of the events in question, as Prometheus writes it: 7.5%.
const valueShare = "{{ $value | humanizePercentage }}"

// subject names what an objective counts, in the plural.
func subject(o *slo.Objective) string {
	switch {
	case o.Promise != "":
		return fmt.Sprintf("promises %s of %s", o.Promise, o.Journey)
	case o.Journey != "":
		return "runs of " + o.Journey
	case o.Touchpoint != "":
		return "interactions at " + o.Touchpoint
	case o.Survey != "":
		return "answers to " + o.Survey
	case o.Queue != "" && o.Good.FirstReplyWithin > 0:
		return "threads in the queue " + o.Queue
	case o.Queue != "":
		return "contacts in the queue " + o.Queue
	case o.Effort == slo.AllEfforts:
		return "efforts"
	case o.Effort != "":
		return "efforts about " + o.Effort
	default:
		return "its parts"
	}
}

// allowed is the share of bad events that the target allows.
func allowed(o *slo.Objective) string { return percent(budgetOf(o)) }

func burnSummary(o *slo.Objective, b *Burn) string {
	return literal(o.Name) + ": " + valueShare + literal(fmt.Sprintf(" of the %s were bad in the last %s. The target allows %s.",
		subject(o), span(b.Long), allowed(o)))
}

func burnDescription(o *slo.Objective, b *Burn) string {
	length := days(o.Window)
	if rounded(b.factor, 3) == "1" {
		return fmt.Sprintf("The error budget is used up faster than it may. If this goes on for %s, the target is missed.", inDays(length))
	}
	gone := div(ratio(int64(length)*24, 1), b.factor)
	return fmt.Sprintf("The error budget is used up more than %s times as fast as it may. A whole budget for %s would last less than %s hours.",
		rounded(b.factor, 3), inDays(length), rounded(gone, 3))
}

func spentSummary(o *slo.Objective) string {
	return literal(o.Name) + ": the error budget is spent. " + valueShare +
		literal(fmt.Sprintf(" of the %s were bad in %s. The target allows %s.", subject(o), lastWindow(o), allowed(o)))
}

func spentDescription(o *slo.Objective) string {
	if o.Window.Period != 0 && periods(o.Window) != nil {
		return "The target is missed unless the rest of the period is better. Changes that can wait should wait."
	}
	return "The target is missed until older bad events leave the window. Changes that can wait should wait."
}

// lastWindow names the window that the recorded counts are from.
func lastWindow(o *slo.Objective) string {
	if periods(o.Window) == nil {
		return "the last " + inDays(days(o.Window))
	}
	switch o.Window.Period {
	case slo.CalendarWeek:
		return "this week"
	case slo.CalendarMonth:
		return "this month"
	default:
		return "this quarter"
	}
}

func notCountedSummary(o *slo.Objective) string {
	return literal(o.Name) + ": no service counts this objective."
}

func notCountedDescription() string {
	return "Clients of Cairn run, but none reports cx_slo_events_total for the objective. No other alert of the objective can fire. " +
		"Does a service still run the blueprint that has it?"
}

func belowSummary(o *slo.Objective) string {
	return literal(o.Name) + ": below its target for a day. " + valueShare +
		literal(fmt.Sprintf(" of what its parts count, by weight, was bad in %s. The target allows %s.", lastWindow(o), allowed(o)))
}

func belowDescription(o *slo.Objective) string {
	parts := make([]string, len(o.Of))
	for i, p := range o.Of {
		parts[i] = p.Objective
	}
	return literal(fmt.Sprintf("Look at the objectives of which it is made: %s.", strings.Join(parts, ", ")))
}

// traceQuery finds the traces of bad events, in TraceQL. It is empty for a composite. It leaves out what no span has: the exceptions of the
// objective, and its maintenance.
func traceQuery(o *slo.Objective) string {
	switch {
	case o.Promise != "":
		return fmt.Sprintf("{ name = %s && span.cx.journey.name = %s && status = error }", quote("promise "+o.Promise), quote(o.Journey))
	case o.Journey != "":
		return bad(o.Journey, outcomes(o.Good.Outcomes, event.Completed), within(o))
	case o.Touchpoint != "":
		if len(o.Good.Zones) > 0 {
			var zones []string
			for _, z := range o.Good.Zones {
				zones = append(zones, "span.cx.apdex.zone != "+quote(z.String()))
			}
			return bad(o.Touchpoint, append([]string{strings.Join(zones, " && ")}, outcomes(o.Good.Outcomes, 0)...), within(o))
		}
		return bad(o.Touchpoint, outcomes(o.Good.Outcomes, event.OK), within(o))
	case o.Survey != "":
		return bad(o.Survey, scores(o), nil)
	case o.Queue != "":
		return queueQuery(o)
	default:
		return ""
	}
}

// queueQuery finds the parts of contacts that are bad for an objective on a queue. Effort objectives have no query: the end of an effort has
// no span.
func queueQuery(o *slo.Objective) string {
	queue := "span.cx.queue.name = " + quote(o.Queue)
	switch g := &o.Good; {
	case g.FirstReplyWithin > 0:
		return fmt.Sprintf("{ %s && span.cx.contact.first_reply > %s }", queue, strconv.FormatFloat(g.FirstReplyWithin.Seconds(), 'f', -1, 64))
	case g.WaitWithin > 0:
		return fmt.Sprintf("{ name = \"queue\" && %s && duration > %s }", queue, g.WaitWithin)
	default:
		return fmt.Sprintf("{ name = \"queue\" && %s && span.cx.queue.result = \"bad\" }", queue)
	}
}

// bad is a query for spans of that name to which one of the reasons applies.
func bad(name string, reasons, more []string) string {
	reasons = append(reasons, more...)
	switch len(reasons) {
	case 0:
		return fmt.Sprintf("{ name = %s }", quote(name))
	case 1:
		return fmt.Sprintf("{ name = %s && %s }", quote(name), reasons[0])
	default:
		for i, r := range reasons {
			if strings.Contains(r, "&&") {
				reasons[i] = "(" + r + ")"
			}
		}
		return fmt.Sprintf("{ name = %s && (%s) }", quote(name), strings.Join(reasons, " || "))
	}
}

// outcomes is the reason that the outcome is none of the good ones. 0 is no default.
func outcomes(good []event.Outcome, byDefault event.Outcome) []string {
	if len(good) == 0 {
		if byDefault == 0 {
			return nil
		}
		good = []event.Outcome{byDefault}
	}
	list := make([]string, len(good))
	for i, g := range good {
		list[i] = "span.cx.outcome != " + quote(g.String())
	}
	return []string{strings.Join(list, " && ")}
}

func within(o *slo.Objective) []string {
	if o.Good.Within <= 0 {
		return nil
	}
	return []string{"duration > " + o.Good.Within.String()}
}

func scores(o *slo.Objective) (list []string) {
	if s := o.Good.ScoreAtLeast; s != nil {
		list = append(list, "span.cx.feedback.value < "+written(exact(*s)))
	}
	if s := o.Good.ScoreAtMost; s != nil {
		list = append(list, "span.cx.feedback.value > "+written(exact(*s)))
	}
	if len(o.Good.Verdicts) > 0 {
		verdicts := make([]string, len(o.Good.Verdicts))
		for i, v := range o.Good.Verdicts {
			verdicts[i] = "span.cx.feedback.verdict != " + quote(v.String())
		}
		list = append(list, strings.Join(verdicts, " && "))
	}
	return list
}
