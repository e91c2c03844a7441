package report_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

// broken has 107 days of two journeys up to the end of the week of monday, 40 runs of each a day: 4 of them fail as a rule. Of "order" 16 fail from day 85 on; of "visit"
// 16 from day 60 on, until it is mended at noon of day 101.
type broken struct{ memory }

// dayOf returns the beginning of a day: monday is day 100.
func dayOf(n int) time.Time { return monday.AddDate(0, 0, n-100) }

func (m *broken) add(e event.Event) {
	binary.BigEndian.PutUint64(e.ID[8:], uint64(len(m.events))+1)
	m.events = append(m.events, e)
}

func newBroken() *broken {
	m := &broken{}
	for day := range 107 {
		for n := range 40 {
			for _, journey := range []string{"order", "visit"} {
				bad := 4
				if journey == "order" && day >= 85 || journey == "visit" && day >= 60 && day <= 101 {
					bad = 16
				}
				run := event.Run{Name: journey, ID: fmt.Sprint(journey, day, "-", n), Started: dayOf(day).Add(time.Duration(n) * 10 * time.Minute)}
				customer := event.Customer{Hash: "customer-" + strconv.Itoa((day*40+n)%900)}
				m.add(event.Event{Kind: event.JourneyStarted, Time: run.Started, Journey: run, Customer: customer})
				outcome := event.Completed
				if n < bad {
					outcome = event.Failed
				}
				m.add(event.Event{Kind: event.JourneyEnded, Time: run.Started.Add(time.Minute), Journey: run, Customer: customer, Outcome: outcome})
			}
		}
	}
	return m
}

// step adds a step of a breakdown.
func (m *broken) step(id string, at time.Time, stage string, d event.Breakdown) {
	run := event.Run{Name: "breakdown", ID: id, Started: at}
	kind := event.JourneyStageEntered
	if stage == "found" || stage == "improved" {
		m.add(event.Event{Kind: event.JourneyStarted, Time: at, Journey: run, Breakdown: &d})
	}
	m.add(event.Event{Kind: kind, Time: at, Journey: run, Stage: stage, Breakdown: &d})
}

// ends adds the end of a breakdown.
func (m *broken) ends(id string, at time.Time, outcome event.Outcome, cause string) {
	m.add(event.Event{Kind: event.JourneyEnded, Time: at, Journey: event.Run{Name: "breakdown", ID: id}, Outcome: outcome, Cause: cause, Breakdown: &event.Breakdown{}})
}

// TestBreakdowns: the report has what is new, the oldest one, promises that are broken, and what was mended, each with the numbers of its days.
func TestBreakdowns(t *testing.T) {
	t.Parallel()
	order := event.Breakdown{About: "journey", Journey: "order", Began: dayOf(85).UTC(), Before: 0.1, Since: 0.39, Excess: 120, Customers: 200, Value: &event.Money{Amount: 1_234_500, Currency: "EUR"}}
	visit := event.Breakdown{About: "journey", Journey: "visit", Began: dayOf(60), Before: 0.1, Since: 0.4, Excess: 60}
	queue := event.Breakdown{About: "queue", Name: "hotline", Began: dayOf(98), Before: 0.05, Since: 0.2, Excess: 31}
	// Its cost so far is asked anew: the last step is some days old.
	const orderMoved = `40.0% of 880 since 8 March, usually 10.0%; about 264 customers more than usual`
	for _, c := range []struct {
		name string
		life func(m *broken)
		want []string
	}{
		{"none", func(*broken) {}, nil},
		{"new", func(m *broken) { m.step("a", dayOf(102), "found", order) }, []string{"New: the journey “order” became worse; " + orderMoved + "."}},
		{"the oldest", func(m *broken) {
			m.step("a", dayOf(95), "found", order)
			m.step("a", dayOf(96), "planned", event.Breakdown{Owner: "shop"})
			m.step("b", dayOf(97), "found", queue)
		}, []string{"The oldest of 2 that are open: the journey “order”, for 22 days; " + orderMoved + "; the owner is “shop”."}},
		{"overdue", func(m *broken) {
			m.step("a", dayOf(95), "found", order)
			m.add(event.Event{Kind: event.PromiseMade, Time: dayOf(95), Journey: event.Run{Name: "breakdown", ID: "a"}, Promise: &event.Promise{Name: "planned", Number: 1, Due: dayOf(104)}})
		}, []string{"The journey “order” has been worse for 22 days, and was to be planned by 27 March, 3 days ago; " + orderMoved + "."}},
		{"of a queue, whose chart is not there", func(m *broken) { m.step("b", dayOf(103), "found", queue) }, []string{
			"New: the queue “hotline” became worse; 20.0% since 21 March, usually 5.0%; 31 more than usual.",
		}},
		{"mended, and it helped", func(m *broken) {
			m.step("a", dayOf(66), "found", visit)
			m.step("a", dayOf(101).Add(12*time.Hour), "mended", event.Breakdown{})
		}, []string{"The journey “visit” was mended on 24 March; it helped: 10.0% of 200 (6.6% to 14.9%) since, 40.0% while it lasted (association, not proof)."}},
		{"mended on the last day", func(m *broken) {
			m.step("a", dayOf(95), "found", order)
			m.step("a", dayOf(106), "mended", event.Breakdown{})
		}, []string{"The journey “order” was mended on 29 March; it is too early to compare."}},
		{"mended, and no better", func(m *broken) {
			m.step("a", dayOf(95), "found", order)
			m.step("a", dayOf(100).Add(time.Hour), "mended", event.Breakdown{})
		}, []string{"The journey “order” was mended on 23 March; 40.0% of 240 (34.0% to 46.3%) since, 40.0% while it lasted: no clear change."}},
		{"mended earlier, and it has held", func(m *broken) {
			m.step("a", dayOf(66), "found", visit)
			m.step("a", dayOf(101), "verified", event.Breakdown{})
			m.ends("a", dayOf(103), event.Completed, "held")
		}, []string{"The journey “visit” was mended on 24 March, and that has held; it helped: 10.0% of 200 (6.6% to 14.9%) since, 40.0% while it lasted (association, not proof)."}},
		{"it has returned", func(m *broken) {
			m.step("a", dayOf(86), "found", order)
			m.step("a", dayOf(90), "mended", event.Breakdown{})
			m.add(event.Event{Kind: event.JourneyStageEntered, Time: dayOf(102), Journey: event.Run{Name: "breakdown", ID: "a"}, Stage: "found", Breakdown: &order})
		}, []string{"Returned: the journey “order”, which was mended on 13 March, is worse again; 40.0% of 640 again since 14 March (first found 9 March), usually 10.0%; about 192 customers more than usual."}},
		{"the mending has not helped", func(m *broken) {
			m.step("a", dayOf(86), "found", order)
			m.step("a", dayOf(87), "mended", event.Breakdown{})
			m.add(event.Event{Kind: event.JourneyStageEntered, Time: dayOf(102).Add(2 * time.Hour), Journey: event.Run{Name: "breakdown", ID: "a"}, Stage: "found", Breakdown: &order})
		}, []string{"Not mended: the journey “order” is still worse than usual, although it was mended on 10 March: that has not helped; " + orderMoved + "."}},
		{"it has subsided", func(m *broken) {
			m.step("b", dayOf(60), "found", queue)
			m.ends("b", dayOf(103), event.Completed, "subsided")
		}, []string{"Subsided: the charts have not shown the queue “hotline” for 28 days, and nothing has mended it; 20.0% since 21 March, usually 5.0%."}},
		{"an improvement that is over", func(m *broken) {
			better := queue
			better.Better = true
			m.step("b", dayOf(80), "improved", better)
			m.ends("b", dayOf(103), event.Completed, "subsided")
		}, []string{"The queue “hotline” is not better any more."}},
		{"dismissed before the week", func(m *broken) {
			m.step("a", dayOf(90), "found", order)
			m.ends("a", dayOf(95), event.Cancelled, "intended")
		}, []string{"Breakdowns: nothing was found in this week, and none is open."}},
		{"better", func(m *broken) {
			better := queue
			better.Better, better.Before, better.Since = true, 0.2, 0.05
			m.step("a", dayOf(103), "improved", better)
		}, []string{"Better: the queue “hotline”; 5.0% since 21 March, usually 20.0%."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newBroken()
			c.life(m)
			s := week()
			s.At = dayOf(107)
			b := &blueprint.Blueprint{Version: 1, Zone: "Europe/Berlin", Journeys: []blueprint.Journey{{Name: "order"}, {Name: "visit"}}}
			r := made(t, tableOf(t, b, &m.memory), s)
			var got []string
			for _, line := range r.Lines {
				if line.Section == report.SectionBreakdowns {
					got = append(got, line.Text)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFormsOfBreakdowns: each form has the section, the page with its picture, and a report of some runs alone has none.
func TestFormsOfBreakdowns(t *testing.T) {
	t.Parallel()
	m := newBroken()
	order := event.Breakdown{About: "journey", Journey: "order", Began: dayOf(85), Before: 0.1, Since: 0.39, Excess: 120, Customers: 200}
	visit := event.Breakdown{About: "journey", Journey: "visit", Began: dayOf(60), Before: 0.1, Since: 0.4, Excess: 60}
	m.step("a", dayOf(95), "found", order)
	m.step("b", dayOf(66), "found", visit)
	m.step("b", dayOf(101).Add(12*time.Hour), "mended", event.Breakdown{})
	m.step("c", dayOf(60), "found", visit)
	m.ends("c", dayOf(102), event.Cancelled, "intended")
	s := week()
	s.At = dayOf(107)
	table := tableOf(t, &blueprint.Blueprint{Version: 1, Zone: "Europe/Berlin", Journeys: []blueprint.Journey{{Name: "order"}, {Name: "visit"}}}, &m.memory)
	r := made(t, table, s)
	wants := map[string][]string{
		"week.html": {`<h2 id="breakdowns">Breakdowns</h2>`, "1 breakdown is open", "was dismissed as “intended”"},
		"week.md":   {"## Breakdowns", "| journey “order” |"},
		"week.csv":  {"breakdowns,order,,journey,,in excess,2026-03-08T00:00:00+01:00,2026-03-30T00:00:00+02:00,263.", "breakdowns,visit,,journey,,since it was mended,2026-03-24T12:00:00+01:00,2026-03-30T00:00:00+02:00,0.1,"},
		"week.json": {`"usual": 0.1,`, `"days": 22`},
		"week.txt":  {"One is open: the journey “order”, for 22 days"},
		"mail.html": {"One is open: the journey “order”, for 22 days"},
	}
	for name, write := range forms(r) {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants[name] {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s does not have %q:\n%s", name, want, b.String()[:min(len(b.String()), 3000)])
			}
		}
	}
	s.Where = []insight.Where{{Column: insight.Channel, Values: []string{"web"}}}
	if r := made(t, table, s); len(r.Breakdowns) != 0 {
		t.Errorf("a report of one channel has %d breakdowns, whose numbers are of all channels", len(r.Breakdowns))
	}
}

// TestQuietBreakdowns: a report says that there is none where the blueprint has the section, and says nothing where breakdowns are not looked for, or are not the reader's.
func TestQuietBreakdowns(t *testing.T) {
	t.Parallel()
	const said = "Breakdowns: nothing was found in this week, and none is open."
	m := newBroken()
	with := &blueprint.Blueprint{Version: 1, Zone: "Europe/Berlin", Journeys: []blueprint.Journey{{Name: "order"}, {Name: "visit"}}, Breakdowns: &blueprint.Breakdowns{Owner: "leads"}}
	without := *with
	without.Breakdowns = nil
	has := func(r *report.Report) bool {
		return slices.ContainsFunc(r.Lines, func(l report.Line) bool { return l.Text == said })
	}
	s := week()
	s.At = dayOf(107)
	if r := made(t, tableOf(t, with, &m.memory), s); !has(r) || strings.Contains(r.Headline, "overdue") {
		t.Errorf("the report does not say that nothing was found: %+v", r.Lines)
	}
	if r := made(t, tableOf(t, &without, &m.memory), s); has(r) {
		t.Error("a report without a watch says that nothing was found")
	}
	r, err := report.Make(t.Context(), tableOf(t, with, &m.memory), insight.Viewer{Rights: insight.Numbers, Segments: []string{"gold"}}, s)
	if err != nil || has(r) {
		t.Errorf("a reader who sees no breakdown is told that there is none: %v", err)
	}
	m.step("a", dayOf(95), "found", event.Breakdown{About: "journey", Journey: "order", Began: dayOf(85)})
	m.add(event.Event{Kind: event.PromiseMade, Time: dayOf(95), Journey: event.Run{Name: "breakdown", ID: "a"}, Promise: &event.Promise{Name: "planned", Number: 1, Due: dayOf(104)}})
	r = made(t, tableOf(t, with, &m.memory), s)
	if !strings.HasPrefix(r.Headline, "A breakdown is overdue: the journey “order” was to be planned by 27 March. ") || !strings.Contains(r.Lines[0].Text, "it has no owner yet (“leads” is told)") || has(r) {
		t.Errorf("the headline is %q, and the first line %+v", r.Headline, r.Lines[0])
	}
}
