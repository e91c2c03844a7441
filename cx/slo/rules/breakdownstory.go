package rules

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// breakdownTests returns the unit tests of the alert about breakdowns.
func (c *config) breakdownTests() []testFile {
	group := c.breakdownGroup()
	t := health{&tale{c: c, o: &slo.Objective{Name: another}, rules: group.rules, file: &testFile{name: "alerts", eval: time.Minute}}}
	t.overdue()
	t.handedOver()
	t.journeys()
	return []testFile{*t.file}
}

// late is what the instance that watches reports of the breakdowns of a journey, which may be "".
func late(instance, journey string, more ...pair) []pair {
	return with(append(more, pair{breakdownJourney, journey}, pair{"instance", instance}, pair{"job", "shop"})...)
}

// tells says that so many breakdowns of the journey miss the promise, with the days of the oldest one and what they have cost, and that
// nothing else is told.
func (t health) tells(s *story, minute int, list ...overdue) {
	r := &t.rules[0]
	a := alertTest{at: s.after(minute), alert: r.alert}
	for _, o := range list {
		of, cost := "", ""
		if o.journey != "" {
			of = " of " + o.journey
		}
		if o.days > 0 {
			cost = fmt.Sprintf(" The oldest one began %d days ago. So far %d customers more than usual met one.", o.days, o.customers)
		}
		a.fire = append(a.fire, firing{
			labels: append(append(plain(r.labels), with(pair{breakdownJourney, o.journey}, pair{breakdownPromise, o.promise}, pair{"job", "shop"})...), t.c.labels()...),
			annotations: []pair{
				{"summary", fmt.Sprintf("shop: breakdowns%s that were not %s in time: %d.", of, o.promise, o.number)},
				{"description", fmt.Sprintf("A promise about a breakdown is broken: customers meet something more often than before, and it is not %s.%s The command cairn breakdowns --sort due lists what is open. The page docs/breakdowns.md of Cairn says what to do.",
					o.promise, cost)},
			},
		})
	}
	s.alerts = append(s.alerts, a)
}

// overdue is what an alert says.
type overdue struct {
	journey, promise        string
	number, days, customers int
}

// overdue tells of a promise that is broken, and of the step that ends it.
func (t health) overdue() {
	const planned = "planned"
	s := t.begin("a breakdown is not planned in time, and then it is", time.Minute)
	t.add(s, breakdownOverdue, "0+0x60 1+0x40 0+0x60", late("a", "checkout", pair{breakdownPromise, planned}))
	t.add(s, breakdownOverdue, "0+0x160", late("a", "checkout", pair{breakdownPromise, "mended"}))
	t.add(s, breakdownAge, "8+0x160", late("a", "checkout", pair{"cx_breakdown_state", "confirmed"}))
	t.add(s, breakdownAge, "3+0x160", late("a", "checkout", pair{"cx_breakdown_state", "found"}))
	t.add(s, breakdownCustomers, "58+0x160", late("a", "checkout"))
	broken := overdue{"checkout", planned, 1, 8, 58}
	t.tells(s, 59)
	t.tells(s, 62, broken)
	t.tells(s, 100, broken)
	t.tells(s, 114, broken)
	t.tells(s, 118)

	s = t.begin("a promise is broken that has no further numbers", time.Minute)
	t.add(s, breakdownOverdue, "2+0x60", late("a", "", pair{breakdownPromise, "confirmed"}))
	t.tells(s, 30, overdue{promise: "confirmed", number: 2})
}

// handedOver tells of an instance that ends, and of the one that watches then: the alert neither ends nor counts twice.
func (t health) handedOver() {
	promise := pair{breakdownPromise, "mended"}
	s := t.begin("another instance takes over the watch", time.Minute)
	t.add(s, breakdownOverdue, "3+0x30 stale", late("a", "checkout", promise))
	t.add(s, breakdownOverdue, "_x36 3+0x60", late("b", "checkout", promise))
	broken := overdue{journey: "checkout", promise: "mended", number: 3}
	for _, minute := range []int{29, 34, 40, 60} {
		t.tells(s, minute, broken)
	}
}

// journeys tells of the breakdowns of two journeys, of two services, and of those that are in no journey.
func (t health) journeys() {
	promise := pair{breakdownPromise, "confirmed"}
	s := t.begin("each journey has its own number, age and cost", time.Minute)
	for _, j := range []struct {
		journey                 string
		number, days, customers int
	}{{"checkout", 2, 40, 900}, {"return", 0, 90, 7}, {"", 1, 5, 12}} {
		t.add(s, breakdownOverdue, fmt.Sprintf("%d+0x60", j.number), late("a", j.journey, promise))
		t.add(s, breakdownAge, fmt.Sprintf("%d+0x60", j.days), late("a", j.journey, pair{"cx_breakdown_state", "found"}))
		t.add(s, breakdownCustomers, fmt.Sprintf("%d+0x60", j.customers), late("a", j.journey))
	}
	billing := []pair{{breakdownJourney, "checkout"}, {"instance", "a"}, {"job", "billing"}}
	t.add(s, breakdownAge, "300+0x60", append([]pair{{"cx_breakdown_state", "found"}}, billing...))
	t.add(s, breakdownCustomers, "5000+0x60", billing)
	t.tells(s, 30, overdue{"checkout", "confirmed", 2, 40, 900}, overdue{"", "confirmed", 1, 5, 12})
}
