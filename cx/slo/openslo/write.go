package openslo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// The bounds of texts. Source: OpenSLO v1 for descriptions, and OpenSLO/oslo v0.12.0 for display names.
const (
	maxDescription = 1050
	maxDisplayName = 63
)

// Write returns the objectives as a file of OpenSLO objects. The result is the same for the same objectives and options. Composites are
// left out, and a comment says so. It fails if the objectives are not valid ([slo.Validate]), and if two of them need one name in OpenSLO.
func Write(objectives []slo.Objective, opts ...Option) ([]byte, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	if err := slo.Validate(objectives); err != nil {
		return nil, fmt.Errorf("openslo: the objectives are not valid:\n%w", err)
	}
	w := &writer{config: c}
	taken := map[string]string{}
	var faults []error
	for i := range objectives {
		id := identifier(objectives[i].Name)
		if other, twice := taken[id]; twice {
			faults = append(faults, fmt.Errorf("openslo: the objectives %q and %q both have the name %s in OpenSLO: rename one of them", other, objectives[i].Name, id))
		}
		taken[id] = objectives[i].Name
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	w.head(objectives)
	w.dataSourceObject()
	w.services(objectives)
	if !c.withoutAlerts {
		w.targets(objectives)
	}
	for i := range objectives {
		if o := &objectives[i]; len(o.Of) == 0 {
			w.slo(o, w.alerts(o))
		}
	}
	return w.b.Bytes(), nil
}

// writer writes YAML line by line. A text is a string of JSON, which YAML reads as the same string.
type writer struct {
	*config

	b       bytes.Buffer
	started bool
}

func (w *writer) line(indent int, format string, args ...any) {
	fmt.Fprintf(&w.b, strings.Repeat("  ", indent)+format+"\n", args...)
}

// object begins an object.
func (w *writer) object(kind, name, display string) {
	if w.started {
		w.line(0, "---")
	}
	w.started = true
	w.line(0, "apiVersion: openslo/v1")
	w.line(0, "kind: %s", kind)
	w.line(0, "metadata:")
	w.line(1, "name: %s", quote(name))
	if display != name {
		w.line(1, "displayName: %s", quote(cut(blueprint.OneLine(display), maxDisplayName)))
	}
}

// head writes the comment that says what made the file, and what it does not say.
func (w *writer) head(objectives []slo.Objective) {
	from := ""
	if w.source != "" {
		from = " from " + w.source
	}
	w.line(0, "# Made by cairn generate openslo%s. Do not edit: change the blueprint and generate again.", from)
	w.line(0, "# OpenSLO has no words for the following parts of an objective. They are not in this file, or in its annotations only:")
	w.line(0, "# - maintenance: its events are in neither query, which is what maintenance does")
	w.line(0, "# - min_events: the least number of events that say something")
	w.line(0, "# - by: the splits of a count. The queries add them up")
	if !w.withoutAlerts {
		w.line(0, "# - the short window of an alert and its evidence at low traffic. These alerts end later, and one bad event of few fires them.")
		w.line(0, "#   The rules of cairn generate prometheus have both: use one of the two")
	}
	for i := range objectives {
		if o := &objectives[i]; len(o.Of) > 0 {
			w.line(0, "# - the composite %s: OpenSLO would add up burn rates where it takes the mean of ratios", blueprint.OneLine(o.Name))
		}
	}
}

func (w *writer) dataSourceObject() {
	w.object("DataSource", w.dataSource, w.dataSource)
	w.line(0, "spec:")
	w.line(1, "type: Prometheus")
	w.line(1, "connectionDetails: {} # add what your tool needs to reach your Prometheus")
}

// about returns the name of what an objective is about, and what that is.
func about(o *slo.Objective) (name, what string) {
	switch o.Subject() {
	case slo.OfTouchpoint:
		return o.Touchpoint, "touchpoint"
	case slo.OfSurvey:
		return o.Survey, "survey"
	case slo.OfQueue:
		return o.Queue, "queue"
	case slo.OfEffort:
		return o.Effort, "effort"
	default:
		return o.Journey, "journey"
	}
}

// service is the name of the Service of an objective: things of two kinds may have one name.
func service(o *slo.Objective) string {
	name, what := about(o)
	kind, _, _ := strings.Cut(name, "-")
	if what == "journey" && !slices.Contains([]string{"journey", "touchpoint", "survey", "queue", "effort"}, kind) {
		return identifier(name)
	}
	return identifier(what + "-" + name)
}

// services writes a Service for each thing that the objectives are about.
func (w *writer) services(objectives []slo.Objective) {
	written := map[string]bool{}
	for i := range objectives {
		o := &objectives[i]
		id := service(o)
		if len(o.Of) > 0 || written[id] {
			continue
		}
		written[id] = true
		name, what := about(o)
		w.object("Service", id, name)
		w.line(0, "spec:")
		text := "The " + what + " " + blueprint.OneLine(name) + " of the blueprint."
		switch {
		case o.Effort == slo.AllEfforts:
			text = "The efforts of customers, about any intent."
		case what == "effort":
			text = "The efforts of customers about the intent " + blueprint.OneLine(name) + " of the blueprint."
		}
		w.line(1, "description: %s", quote(cut(text, maxDescription)))
	}
}

// slo writes an objective.
func (w *writer) slo(o *slo.Objective, policies []string) {
	id := identifier(o.Name)
	w.object("SLO", id, o.Name)
	w.line(1, "annotations:")
	for _, p := range annotations(o) {
		w.line(2, "%s: %s", p.key, quote(p.value))
	}
	w.line(0, "spec:")
	without := *o
	without.Maintenance, without.MinEvents = nil, 0
	w.line(1, "description: %s", quote(cut(blueprint.OneLine(without.Sentence()), maxDescription)))
	w.line(1, "service: %s", quote(service(o)))
	w.line(1, "indicator:")
	w.line(2, "metadata:")
	w.line(3, "name: %s", quote(id))
	w.line(2, "spec:")
	w.line(3, "ratioMetric:")
	w.line(4, "counter: true")
	w.query("good", o, `="good"`)
	w.query("total", o, `=~"good|bad"`)
	w.window(o.Window)
	w.line(1, "budgetingMethod: Occurrences")
	w.line(1, "objectives:")
	w.line(2, "- displayName: good")
	w.line(2, "  target: %s", strconv.FormatFloat(o.Target, 'f', -1, 64))
	if len(policies) > 0 {
		w.line(1, "alertPolicies:")
		for _, p := range policies {
			w.line(2, "- %s", quote(p))
		}
	}
}

// query writes one side of the ratio. The metric is cx.slo.events under the name that it has in Prometheus.
func (w *writer) query(side string, o *slo.Objective, result string) {
	w.line(4, "%s:", side)
	w.line(5, "metricSource:")
	w.line(6, "metricSourceRef: %s", quote(w.dataSource))
	w.line(6, "type: Prometheus")
	w.line(6, "spec:")
	w.line(7, "query: %s", quote("sum(cx_slo_events_total{cx_objective_name="+strconv.Quote(o.Name)+", cx_objective_result"+result+"})"))
}

// begin is a Monday on which a week, a month and a quarter begin. OpenSLO counts the periods of a calendar from a time.
const begin = "2024-01-01 00:00:00"

// window writes the window.
func (w *writer) window(of slo.Window) {
	w.line(1, "timeWindow:")
	if of.Period == 0 {
		w.line(2, "- duration: %dd", of.Days)
		w.line(2, "  isRolling: true")
		return
	}
	zone := of.Zone
	if zone == "" {
		zone = "UTC"
	}
	w.line(2, "- duration: %s", map[slo.Period]string{slo.CalendarWeek: "1w", slo.CalendarMonth: "1M", slo.CalendarQuarter: "1Q"}[of.Period])
	w.line(2, "  isRolling: false")
	w.line(2, "  calendar:")
	w.line(2, "    startTime: %s", begin)
	w.line(2, "    timeZone: %s", quote(zone))
}

// target is the name of the AlertNotificationTarget of an objective.
func target(o *slo.Objective) string {
	if o.Owner == "" {
		return "on-call"
	}
	return identifier(o.Owner)
}

// targets writes an AlertNotificationTarget for each owner.
func (w *writer) targets(objectives []slo.Objective) {
	written := map[string]bool{}
	for i := range objectives {
		o := &objectives[i]
		id := target(o)
		if len(o.Of) > 0 || written[id] {
			continue
		}
		written[id] = true
		display := o.Owner
		if display == "" {
			display = id
		}
		w.object("AlertNotificationTarget", id, display)
		w.line(0, "spec:")
		w.line(1, "target: alertmanager")
		w.line(1, "description: %s", quote(cut("The owner "+blueprint.OneLine(display)+".", maxDescription)))
	}
}

// alerts writes an AlertCondition and an AlertPolicy for each burn-rate alert of the objective, and returns the names of the policies. An
// objective for which there are no alerts has none.
func (w *writer) alerts(o *slo.Objective) (policies []string) {
	burns, err := rules.Burns(*o, rules.WithScrape(w.scrape))
	if err != nil || w.withoutAlerts {
		return nil
	}
	for i := range burns {
		b := &burns[i]
		display := fmt.Sprintf("%s %s %dm", o.Name, b.Severity, int(b.Long.Minutes()))
		id := identifier(fmt.Sprintf("%s-%s-%dm", identifier(o.Name), b.Severity, int(b.Long.Minutes())))
		w.object("AlertCondition", id, display)
		w.line(0, "spec:")
		w.line(1, "description: %s", quote(fmt.Sprintf("The error budget is used up more than %s times as fast as it may.", strconv.FormatFloat(b.Factor, 'g', 4, 64))))
		w.line(1, "severity: %s", b.Severity)
		w.line(1, "condition:")
		w.line(2, "kind: burnrate")
		w.line(2, "op: gt")
		w.line(2, "threshold: %s", number(b.Factor))
		w.line(2, "lookbackWindow: %dm", int(b.Long.Minutes()))
		w.line(2, "alertAfter: 0m")
		w.object("AlertPolicy", id, display)
		w.line(0, "spec:")
		w.line(1, "alertWhenBreaching: true")
		w.line(1, "alertWhenResolved: false")
		w.line(1, "alertWhenNoData: false")
		w.line(1, "conditions:")
		w.line(2, "- conditionRef: %s", quote(id))
		w.line(1, "notificationTargets:")
		w.line(2, "- targetRef: %s", quote(target(o)))
		policies = append(policies, id)
	}
	return policies
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// quote returns the text as a string of JSON. It escapes characters that are not printable, and wide spaces, as YAML reads them: YAML takes
// some of them for the end of a line, and allows others nowhere.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return `""` // a string has an encoding
	}
	var escaped strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		switch {
		case unicode.IsPrint(r) && r != unicode.ReplacementChar:
			escaped.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&escaped, `\u%04x`, r)
		default:
			fmt.Fprintf(&escaped, `\U%08x`, r)
		}
	}
	return escaped.String()
}
