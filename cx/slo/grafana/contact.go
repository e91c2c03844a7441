package grafana

import (
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// contact returns the row about the contact policy, if there is one. No series of it begins at zero, so its counts are those of counted.
func (g *generator) contact() []row {
	c := g.blueprint.Contact
	if c == nil {
		return nil
	}
	m := &g.metrics
	purpose, channel, rule := label(semconv.ContactPurposeKey), label(semconv.ChannelKey), label(semconv.ContactRuleKey)
	allowed := among(rule, []string{event.RuleGranted, event.RuleUnchecked})
	refused := matcher{rule, "!~", allowed.value}
	decisions := func(where ...matcher) string { return counted(g.of(m.decisions, where...)) }
	legend := "{{" + purpose + "}}"
	title := "What was asked, allowed and refused"
	if c.Description != "" {
		title += ": " + titled(c.Description)
	}
	return []row{{title: title, panels: []panel{
		{
			title: "Against the policy", about: "Contacts that were made without a grant, or against it. Each is one too many: stop the sender.", unit: plain, width: quarter, height: low,
			steps: []step{{0, green}, {1, red}}, queries: []query{{expr: by(counted(g.of(m.violations))) + " or 0 * " + by(g.of(m.info))}},
		},
		{
			title: "Allowed", about: "Contacts that were granted in the time shown.", unit: plain, width: quarter, height: low, none: "none asked",
			queries: []query{{expr: by(decisions(allowed)) + " or 0 * " + by(decisions())}},
		},
		{
			title: "Refused", about: "Contacts that were refused in the time shown. A contact that was granted and then refused when it was about to be made is in both.",
			unit: plain, width: quarter, height: low, none: "none asked", queries: []query{{expr: by(decisions(refused)) + " or 0 * " + by(decisions())}},
		},
		{
			title: "Not answered", about: "Contacts that were decided without the customer's record, because the store did not answer: refused, or granted where the purpose says so.",
			unit: plain, width: quarter, height: low, steps: []step{{0, green}, {1, yellow}}, none: "none asked",
			queries: []query{{expr: by(decisions(among(rule, []string{event.RuleUnknown, event.RuleUnchecked}))) + " or 0 * " + by(decisions())}},
		},
		{
			kind: bars, title: "Refused, by purpose and rule", about: purposes(g.blueprint.PurposeNames()), unit: plain, width: half, height: high, none: "none refused",
			queries: []query{{expr: by(decisions(refused), purpose, rule) + " > 0", legend: legend + " {{" + rule + "}}"}},
		},
		{
			kind: bars, title: "Against the policy, by purpose and rule", about: "What was done, and what would have refused it.", unit: plain, width: half, height: high,
			steps:   []step{{0, green}, {1, red}},
			queries: []query{{expr: g.orNone(by(counted(g.of(m.violations)), purpose, channel, rule)+" > 0", rule), legend: legend + " {{" + channel + "}} {{" + rule + "}}"}},
		},
		{
			kind: lines, title: "Allowed an hour, by purpose", unit: plain, width: half, height: high, stacked: true, none: "none allowed",
			queries: []query{{expr: by(hourly(g.of(m.decisions, allowed)), purpose), legend: legend}},
		},
		{
			kind: lines, title: "Refused an hour, by rule", unit: plain, width: half, height: high, stacked: true, none: "none refused",
			queries: []query{{expr: by(hourly(g.of(m.decisions, refused)), rule), legend: "{{" + rule + "}}"}},
		},
	}}}
}

// purposes names the purposes of the policy.
func purposes(names []string) string {
	var said strings.Builder
	said.WriteString("The purposes of the policy, and the rules that refused contacts for them.")
	for _, name := range names {
		said.WriteString("\n- " + markdown(name))
	}
	return said.String()
}
