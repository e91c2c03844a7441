package rules

import (
	"fmt"
	"time"
)

// info is the metric that every running client reports.
const info = "cx_sdk_info"

// The counters of what goes wrong in the SDK.
const (
	faultsTotal  = "cx_sdk_faults_total"
	droppedTotal = "cx_sdk_processor_dropped_total"
)

// The counter of contacts that were made without a grant of the contact policy, or against it, and its alert.
const (
	violationsTotal = "cx_contact_violations_total"
	violatedAlert   = "CairnContactViolated"
)

// The faults after which journeys are lost, and the one that says that the store fails. docs/operate.md says what to do about each.
const (
	losing = "store_queue_full|store_lost|unsettled|live_runs_lost|run_limit"
	store  = "store"
)

// sdkGroup returns the alerts that belong to no objective: those about the SDK itself, without which silence of the other alerts says
// nothing, and the one about contacts against the contact policy. The latter has no share and no threshold: each such contact is one
// too many, and the sender may go on with the next customer.
func (c *config) sdkGroup() group {
	alert := func(name string, s Severity, hold time.Duration, expr, summary, description string) rule {
		return rule{
			alert: name, expr: expr, hold: hold, labels: []pair{{"severity", string(s)}},
			annotations: []pair{{"summary", summary}, {"description", description}},
		}
	}
	dropped := c.selector(droppedTotal, `error_type!="filtered"`)
	stored := c.selector(faultsTotal, `error_type="`+store+`"`)
	seen := c.selector(info)
	return group{name: "cairn sdk", interval: time.Minute, rules: []rule{
		alert("CairnIsDead", Page, patience, "absent("+seen+")",
			"No client of Cairn reports. No objective is watched.",
			"Prometheus has no cx_sdk_info. Either no service runs, or none is scraped. No alert of an objective can fire until this ends."),
		alert("CairnIsSilent", Ticket, patience, fmt.Sprintf("count by (%s) (%s offset 1h)\nunless\ncount by (%s) (%s)",
			c.kept("job"), seen, c.kept("job"), seen),
			"{{ $labels.job }}: no client of Cairn has reported for 10 minutes.",
			"The service is down, is not scraped, or runs without Cairn. Its events are in no objective."),
		alert("CairnStoreFails", Page, 5*time.Minute, fmt.Sprintf("sum by (%s) (increase(%s[5m])) > 0", c.kept("job"), stored),
			"{{ $labels.job }}: the store of journeys fails.",
			"Changes of journeys wait in memory. The log of the service has the store's error."),
		alert("CairnLosesJourneys", Page, 0, c.faults(`error_type=~"`+losing+`"`),
			"{{ $labels.job }}: journeys are lost ({{ $labels.error_type }}).",
			"The client counted the fault {{ $labels.error_type }} within the last hour. The log of the service says what was lost, and docs/operate.md of Cairn what to do."),
		alert("CairnDropsEvents", Page, 0, fmt.Sprintf("sum by (%s) (increase(%s[1h])) > 0", c.kept("job", "cx_component_name", "error_type"), dropped),
			"{{ $labels.job }}: {{ $labels.cx_component_name }} drops events ({{ $labels.error_type }}).",
			"Events did not reach their sink within the last hour. Objectives have counted them, exporters have not delivered them."),
		alert("CairnIsMisused", Ticket, 0, c.faults(`error_type!~"`+store+"|"+losing+`"`),
			"{{ $labels.job }}: Cairn corrected or refused input ({{ $labels.error_type }}).",
			"The client counted the fault {{ $labels.error_type }} within the last hour. The log says what was wrong, where, and what to do."),
		alert(violatedAlert, Page, 0, c.grown(c.selector(violationsTotal), "job", "cx_contact_purpose", "cx_channel", "cx_contact_rule"),
			"{{ $labels.job }}: customers were contacted against the policy ({{ $labels.cx_contact_purpose }} by {{ $labels.cx_channel }}: {{ $labels.cx_contact_rule }}).",
			"Within the last hour a contact was made without a grant of the contact policy, or against it. Stop the sender first. "+
				"The log event cx.contact.violated names the touchpoint and leads to the trace; docs/contact.md says what each rule means."),
	}}
}

// faults counts the faults of the last hour.
func (c *config) faults(match string) string {
	return c.grown(c.selector(faultsTotal, match), "job", "error_type")
}

// grown counts what a counter has counted within the last hour, with the first one of a process: the counter has no series before it
// occurs, so increase would miss it.
func (c *config) grown(series string, by ...string) string {
	return fmt.Sprintf("sum by (%s) (\n  (%s - %s offset 1h >= 0)\n  or\n  %s\n) > 0", c.kept(by...), series, series, series)
}
