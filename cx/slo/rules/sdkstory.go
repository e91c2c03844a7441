package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// health tells of the SDK, a minute after the other.
type health struct{ *tale }

// minutes is how long the stories about the SDK last.
const minutes = 180

// sdkTests returns the unit tests of the alerts about the SDK.
func (c *config) sdkTests() []testFile {
	group := c.sdkGroup()
	t := health{&tale{c: c, o: &slo.Objective{Name: another}, rules: group.rules, file: &testFile{name: "alerts", eval: time.Minute}}}
	t.silent()
	t.failing()
	t.other()
	t.first("the first loss of a process", "store_lost", "CairnLosesJourneys")
	t.first("the first misuse of a process", "unknown_name", "CairnIsMisused")
	t.dropping()
	t.violated()
	return []testFile{*t.file}
}

// healthy begins a story in which a service reports.
func (t health) healthy(name string) *story {
	s := t.begin(name, time.Minute)
	t.add(s, info, fmt.Sprintf("1+0x%d", minutes), shop())
	return s
}

// shop are the labels of the service in the stories.
func shop(more ...pair) []pair { return append(more, pair{"instance", "a"}, pair{"job", "shop"}) }

// add adds a series here, and the same one elsewhere, if the rules are for one place only.
func (t health) add(s *story, name, values string, labels []pair) {
	s.series = append(s.series, pair{selector(name, slices.Concat(labels, t.c.labels())...), values})
	t.elsewhere(s, name, values, labels)
}

// elsewhere adds a series in other places.
func (t health) elsewhere(s *story, name, values string, labels []pair) {
	for _, place := range t.c.elsewhere("") {
		s.series = append(s.series, pair{selector(name, slices.Concat(labels, place[1:])...), values})
	}
}

// alerts says that an alert fires for the shop, with further labels, and that all other ones are silent. "" is none.
func (t health) alerts(s *story, minute int, name string, more ...pair) {
	t.alertsOf(s, minute, name, append(more, pair{"job", "shop"})...)
}

func (t health) alertsOf(s *story, minute int, name string, labels ...pair) {
	for i := range t.rules {
		r := &t.rules[i]
		a := alertTest{at: s.after(minute), alert: r.alert}
		if r.alert == name {
			f := firing{labels: slices.Concat(r.labels, labels, t.c.labels())}
			for _, p := range r.annotations {
				f.annotations = append(f.annotations, pair{p.key, filled(p.value, labels)})
			}
			a.fire = []firing{f}
		}
		s.alerts = append(s.alerts, a)
	}
}

// silent tells of clients that do not report.
func (t health) silent() {
	s := t.healthy("clients report, and nothing else happens")
	t.alerts(s, minutes, "")
	s = t.begin("no client reports", time.Minute)
	t.add(s, "up", "1+0x200", shop())
	t.elsewhere(s, info, "1+0x200", shop())
	t.alerts(s, 9, "")
	t.alertsOf(s, 11, "CairnIsDead")

	s = t.healthy("one service goes silent")
	billing := pair{"job", "billing"}
	t.add(s, info, "1+0x60 stale", []pair{{"instance", "b"}, billing})
	t.alerts(s, 60, "")
	t.alerts(s, 70, "")
	t.alertsOf(s, 73, "CairnIsSilent", billing)
	t.alertsOf(s, 115, "CairnIsSilent", billing)
	t.alerts(s, 130, "")
}

// failing tells of a store that fails, and recovers.
func (t health) failing() {
	s := t.healthy("the store fails, and recovers")
	t.add(s, faultsTotal, "0+0x59 1+1x20 21+0x100", shop(pair{"error_type", store}))
	t.alerts(s, 63, "")
	t.alerts(s, 66, "CairnStoreFails")
	t.alerts(s, 83, "CairnStoreFails")
	t.alerts(s, 87, "")
}

// other tells of a fault that goes on and is not the store's.
func (t health) other() {
	kind := pair{"error_type", "hook_timeout"}
	s := t.healthy("another fault than the store's goes on")
	t.add(s, faultsTotal, "0+1x60", shop(kind))
	t.alerts(s, 30, "CairnIsMisused", kind)
}

// first tells of the first fault of a process, whose series does not exist before it.
func (t health) first(name, fault, alert string) {
	kind := pair{"error_type", fault}
	s := t.healthy(name)
	t.add(s, faultsTotal, "_x59 1+0x120", shop(kind))
	t.alerts(s, 58, "")
	t.alerts(s, 61, alert, kind)
	t.alerts(s, 115, alert, kind)
	t.alerts(s, 125, "")

	s = t.healthy(name + ", after a restart that follows others")
	t.add(s, faultsTotal, "7+0x99 1+0x80", shop(kind))
	t.alerts(s, 90, "")
	t.alerts(s, 101, alert, kind)
}

// dropping tells of events that are dropped: lost ones, and those that a filter was told to drop.
func (t health) dropping() {
	s := t.healthy("events are dropped")
	component, full := pair{"cx_component_name", "batch"}, pair{"error_type", "queue_full"}
	t.add(s, droppedTotal, "0+0x60 3+0x120", shop(component, full))
	t.add(s, droppedTotal, "0+1x180", shop(component, pair{"error_type", "filtered"}))
	t.alerts(s, 59, "")
	t.alerts(s, 62, "CairnDropsEvents", component, full)
	t.alerts(s, 115, "CairnDropsEvents", component, full)
	t.alerts(s, 125, "")
}

// violated tells of contacts against the policy: the first one of a process, further ones, and those of a sender that runs for long.
func (t health) violated() {
	labels := []pair{{"cx_contact_purpose", "marketing"}, {"cx_channel", "email"}, {"cx_contact_rule", "suppressed"}}
	s := t.healthy("the first contact against the policy of a process")
	t.add(s, violationsTotal, "_x59 1+0x120", shop(labels...))
	t.alerts(s, 58, "")
	t.alerts(s, 61, violatedAlert, labels...)
	t.alerts(s, 115, violatedAlert, labels...)
	t.alerts(s, 125, "")

	s = t.healthy("a contact against the policy, after others and a restart")
	t.add(s, violationsTotal, "7+0x99 1+0x80", shop(labels...))
	t.alerts(s, 90, "")
	t.alerts(s, 101, violatedAlert, labels...)

	s = t.healthy("one contact of thousands is against the policy")
	t.add(s, violationsTotal, "5+0x99 6+0x80", shop(labels...))
	t.add(s, "cx_contact_decisions_total", "1000+1000x180", shop(labels[0], labels[1], pair{"cx_contact_rule", "granted"}))
	t.alerts(s, 90, "")
	t.alerts(s, 101, violatedAlert, labels...)
	t.alerts(s, 155, violatedAlert, labels...)
	t.alerts(s, 165, "")
}

// filled replaces the labels in a template.
func filled(text string, labels []pair) string {
	for _, l := range labels {
		text = strings.ReplaceAll(text, "{{ $labels."+l.key+" }}", l.value)
	}
	return text
}
