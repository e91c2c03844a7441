package insight_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// daysOf is the blueprint of the tests of daily series.
func daysOf() *blueprint.Blueprint {
	b := tickets()
	b.Journeys[0].Stages = []blueprint.Stage{{Name: "received"}, {Name: "answered"}}
	b.Touchpoints = []blueprint.Touchpoint{{Name: "call"}, {Name: "mail"}}
	b.RootCauses = []string{"slow", "rude"}
	b.Queues = []blueprint.Queue{{Name: "first"}, {Name: "second"}}
	b.Surveys = []blueprint.Survey{{Name: "after", Scale: "csat"}}
	return b
}

func daysTable(t testing.TB, b *blueprint.Blueprint, events []event.Event) *insight.Table {
	t.Helper()
	table, err := insight.New(b)
	if err == nil {
		err = table.Load(t.Context(), &memory{events: events})
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// daily asks at noon of the day of that number, from monday on.
func daily(t testing.TB, table *insight.Table, days int, w insight.Which, settings insight.DailySettings) insight.Daily {
	t.Helper()
	d, err := table.View(insight.Everything(), monday.AddDate(0, 0, days).Add(3*time.Hour)).Daily(t.Context(), w, settings)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// written writes the days with events, such as "journey ticket: 0 5/1, 2 4/0": the number of the day, N and Bad, and a * for a day that is out.
func written(d *insight.Daily) (lines []string) {
	for i := range d.Charts {
		c := &d.Charts[i]
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Journey, c.About, c.Name)) + ":"
		for n, day := range c.Series.Days {
			if day.N+day.Bad > 0 {
				out := ""
				if day.Out {
					out = "*"
				}
				line += fmt.Sprintf(" %d %d/%d%s", n, day.Bad, day.N, out)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// onDay returns a ticket that begins at eight in the morning of a day, lasts so many hours and ends so.
func onDay(n, day int, lasts float64, outcome event.Outcome) life {
	l := ticket(n, float64(24*day-1))
	l.ended, l.outcome = lasts, outcome
	return l
}

// TestDailyByHand: what counts on which day.
func TestDailyByHand(t *testing.T) {
	t.Parallel()
	var events []event.Event
	add := func(l life, change func(*event.Event)) {
		for _, e := range l.events() {
			if change != nil {
				change(&e)
			}
			events = append(events, e)
		}
	}
	for n := range 5 {
		l := onDay(n, 1, 2, event.Completed)                                          // on day 1
		l.entered = []entered{{0.1, "received"}, {0.5, "answered"}, {30, "received"}} // the last one after its end
		l.touched = []touched{{0.2, "call", event.OK}, {0.3, "call", event.Failed}, {0.4, "fax", event.Failed}, {30, "mail", event.OK}}
		l.due, l.kept = 48, 1
		add(l, nil)
	}
	for n := range 2 {
		l := onDay(10+n, 1, 26, event.Failed) // begins on day 1, and ends on day 2
		l.entered = []entered{{0.1, "received"}}
		l.due, l.broken = 25, 25+24*float64(n) // the second one is told a day late
		add(l, func(e *event.Event) {
			if e.Kind == event.JourneyEnded {
				e.Cause = []string{"slow", "rain"}[n]
			}
		})
	}
	silent := ticket(20, 24) // silent for 72 hours from the morning of day 1, so that it ends on day 4
	silent.entered = []entered{{0.1, "received"}}
	add(silent, nil)
	for n := range 5 { // the stages are those of the other journey
		l := ticket(30+n, 24)
		l.journey, l.entered = "order", []entered{{0.1, "received"}, {1, "answered"}}
		add(l, nil)
	}
	still := ticket(21, 24*3)
	still.entered = []entered{{0, "received"}}
	add(still, nil)
	for n := range 6 {
		answer := event.Event{Kind: event.FeedbackReceived, Time: at(float64(30 + n)), Customer: event.Customer{Hash: strconv.Itoa(n)}}
		answer.ID, answer.Feedback = event.NewID(answer.Time), &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 1 + n%5}
		events = append(events, answer)
		if n == 0 { // who was dissatisfied is not any more, two days later
			change := event.Event{Kind: event.FeedbackAmended, Time: at(80), Customer: answer.Customer, Feedback: &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 5, Amends: answer.ID}}
			change.ID = event.NewID(change.Time)
			events = append(events, change)
		}
		contact := event.Event{Kind: event.TouchpointEnded, Time: at(38.9), Touchpoint: "desk", Customer: event.Customer{Hash: strconv.Itoa(n)}, Outcome: event.OK}
		contact.ID = event.NewID(contact.Time)
		leg := event.Leg{Queue: "first", Queued: true, Answered: n > 1, Wait: event.Seconds(time.Duration(n) * 5 * time.Minute), End: event.LegAbandoned}
		contact.Assisted = &event.Assisted{Legs: []event.Leg{leg, {Queue: "none", Queued: true, Answered: true}, {Queue: "second", Answered: true}}}
		events = append(events, contact)
	}
	d := daily(t, daysTable(t, daysOf(), events), 6, insight.Which{}, insight.DailySettings{Days: 6})
	want := []string{
		"queue first: 1 1/1 2 0/4", // the first customer left at once, and those who waited past midnight count on the next day
		"survey after: 1 2/6",
		"ticket journey: 1 0/5 2 2/2 4 1/1",
		"ticket stage received: 1 0/5 2 2/2 4 1/1",
		"ticket stage answered: 1 0/5",
		"ticket touchpoint call: 1 5/10",
		"ticket touchpoint mail: 2 0/5",
		"ticket cause slow: 1 0/5 2 1/2 4 0/1",
		"ticket promise solved: 1 0/5 2 2/2",
	}
	slices.Sort(want)
	got := written(&d)
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.IsSortedFunc(d.Charts, func(a, b insight.DailyChart) int { return a.Compare(b.Subject) }) || d.Days != 6 || !d.First.Equal(monday.Add(-9*time.Hour)) || d.Runs != 14 {
		t.Errorf("%+v", d)
	}
	for i := range d.Charts {
		if c := &d.Charts[i]; c.Series.First != time.Monday || c.Anew != 0 {
			t.Errorf("%+v begins on a %s", c.Subject, c.Series.First)
		}
	}
}

// TestDailyPeriod: the days are whole, and those of the question.
func TestDailyPeriod(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 60 {
		l := onDay(n, n/6, 2, event.Completed)
		events = append(events, l.events()...)
	}
	table := daysTable(t, daysOf(), events)
	view := table.View(insight.Everything(), monday.AddDate(0, 0, 8).Add(3*time.Hour))
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	midnight := func(day int) time.Time { return monday.AddDate(0, 0, day).Add(-9 * time.Hour) }
	for _, c := range []struct {
		reason   string
		which    insight.Which
		settings insight.DailySettings
		first    time.Time
		days     int
		ends     int64
	}{
		{"the days before that of the moment", insight.Which{}, insight.DailySettings{Days: 5}, midnight(3), 5, 30},
		{"112 days without a number", insight.Which{}, insight.DailySettings{}, midnight(8 - 112), 112, 48},
		{"a period from noon begins with the next day", insight.Which{From: at(24*4 + 3)}, insight.DailySettings{}, midnight(5), 3, 18},
		{"a period until noon ends with the day before", insight.Which{From: at(0), Until: at(24*4 + 3)}, insight.DailySettings{}, midnight(1), 3, 18},
		{"a period until midnight has the day that ends then", insight.Which{Until: midnight(4)}, insight.DailySettings{Days: 2}, midnight(2), 2, 12},
		{"a period after the moment ends with it", insight.Which{Until: midnight(40)}, insight.DailySettings{Days: 2}, midnight(6), 2, 12},
		{"a period without a whole day", insight.Which{From: at(1), Until: at(2)}, insight.DailySettings{}, midnight(0), 0, 0},
		{"by the end or the beginning of runs", insight.Which{By: insight.Ended, From: midnight(6)}, insight.DailySettings{}, midnight(6), 2, 12},
		{"days of another zone", insight.Which{}, insight.DailySettings{Days: 1, Zone: paris}, midnight(7).Add(-time.Hour), 1, 6},
		{"one namespace", insight.Which{Namespace: "none"}, insight.DailySettings{Days: 1}, midnight(7), 1, 0},
		{"no charts of the kind", insight.Which{}, insight.DailySettings{Days: 1, About: []insight.About{insight.AboutStage}}, midnight(7), 1, 0},
	} {
		d, err := view.Daily(t.Context(), c.which, c.settings)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for i := range d.Charts {
			if d.Charts[i].About == insight.AboutJourney {
				n = d.Charts[i].N
			}
		}
		if !d.First.Equal(c.first) || d.Days != c.days || n != c.ends {
			t.Errorf("%s: %d days from %s with %d ends, want %d from %s with %d", c.reason, d.Days, d.First, n, c.days, c.first, c.ends)
		}
		if d.Days > 0 && (!d.Day(1).Equal(d.First.AddDate(0, 0, 1)) || d.Number(d.Day(3).Add(25*time.Hour)) != 4 || d.Number(d.First.Add(-time.Minute)) != -1) {
			t.Errorf("%s: day 1 is %s, and the number of day 3 an hour late is %d", c.reason, d.Day(1), d.Number(d.Day(3).Add(time.Hour)))
		}
	}
	for _, c := range []struct {
		settings insight.DailySettings
		want     string
	}{
		{insight.DailySettings{Days: -1}, "1 to 1100"},
		{insight.DailySettings{Days: 1101}, "1 to 1100"},
		{insight.DailySettings{Charts: 2001}, "1 to 2000"},
		{insight.DailySettings{Charts: -1}, "1 to 2000"},
		{insight.DailySettings{About: []insight.About{"weather"}}, `"weather"`},
	} {
		if _, err := view.Daily(t.Context(), insight.Which{}, c.settings); !errors.Is(err, insight.ErrWhich) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.settings, err)
		}
	}
}

// TestDailyOut: days that say nothing of what is usual are out, for the charts that they concern.
func TestDailyOut(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 5 * 28 {
		l := onDay(n, n/5, 2, event.Completed)
		events = append(events, l.events()...)
		l.journey = "order"
		l.id = "o" + l.id
		events = append(events, l.events()...)
	}
	office := blueprint.Hours{Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}, Holidays: []blueprint.Holiday{{Date: "2026-03-10"}, {Date: "2026-03-12", Open: blueprint.Openings{"10:00-11:00"}}, {Date: "2026-03-17"}}}
	desk := blueprint.Hours{Zone: "UTC", Open: map[string]blueprint.Openings{"daily": {"24h"}}, Holidays: []blueprint.Holiday{{Date: "2026-03-10"}}}
	once := blueprint.Maintenance{Name: "move", Zone: "UTC", From: "2026-03-04 23:00", Until: "2026-03-05 01:00"}
	midnight := blueprint.Maintenance{Name: "night", Zone: "UTC", From: "2026-03-04", Until: "2026-03-05"}
	weekly := blueprint.Maintenance{Name: "weekly", Zone: "UTC", Open: map[string]blueprint.Openings{"sun": {"02:00-04:00"}}}
	for _, c := range []struct {
		reason        string
		change        func(*blueprint.Blueprint)
		ticket, order string
		marks         string
	}{
		{"nothing is out by itself, weekends neither", func(*blueprint.Blueprint) {}, "", "", ""},
		{"a holiday is, and a weekend and a short day are not", func(b *blueprint.Blueprint) { b.Hours = map[string]blueprint.Hours{"office": office} }, "8 15", "8 15", ""},
		{"a day on which another desk is open is not", func(b *blueprint.Blueprint) { b.Hours = map[string]blueprint.Hours{"office": office, "desk": desk} }, "8", "8", ""},
		{"a maintenance past midnight takes two days", func(b *blueprint.Blueprint) { b.Maintenance = []blueprint.Maintenance{once} }, "2 3", "2 3", "maintenance move 2"},
		{"one until midnight takes one", func(b *blueprint.Blueprint) { b.Maintenance = []blueprint.Maintenance{midnight} }, "2", "2", "maintenance night 2"},
		{"one of a journey concerns its charts", func(b *blueprint.Blueprint) {
			once := once
			once.Journeys = []string{"order"}
			b.Maintenance = []blueprint.Maintenance{once}
		}, "", "2 3", "maintenance order move 2"},
		{"one of an objective concerns no chart", func(b *blueprint.Blueprint) {
			once := once
			once.Objectives = []string{"answers"}
			b.Maintenance = []blueprint.Maintenance{once}
		}, "", "", ""},
		{"one that comes again is usual", func(b *blueprint.Blueprint) { b.Maintenance = []blueprint.Maintenance{weekly} }, "", "", ""},
		{"one of all and one of a journey, with a holiday", func(b *blueprint.Blueprint) {
			other := midnight
			other.From, other.Until, other.Journeys = "2026-03-20", "2026-03-21", []string{"ticket"}
			b.Zone, b.Hours, b.Maintenance = "UTC", map[string]blueprint.Hours{"office": office}, []blueprint.Maintenance{other, once}
		}, "2 3 8 15 18", "2 3 8 15", "maintenance move 2, maintenance ticket night 18"},
	} {
		b := daysOf()
		c.change(b)
		d := daily(t, daysTable(t, b, events), 28, insight.Which{}, insight.DailySettings{Days: 28})
		for journey, want := range map[string]string{"ticket": c.ticket, "order": c.order} {
			i := slices.IndexFunc(d.Charts, func(x insight.DailyChart) bool { return x.Journey == journey && x.About == insight.AboutJourney })
			var out []string
			n := int64(0)
			for k, one := range d.Charts[i].Series.Days {
				if one.Out {
					out = append(out, strconv.Itoa(k))
				} else {
					n += one.N
				}
			}
			if got := strings.Join(out, " "); got != want || n != d.Charts[i].N {
				t.Errorf("%s: of %s are out %q, want %q; of %d events %d count", c.reason, journey, got, want, n, d.Charts[i].N)
			}
		}
		if got := marks(&d); got != c.marks {
			t.Errorf("%s: the changes are %q, want %q", c.reason, got, c.marks)
		}
	}
}

// marks writes the changes, with the numbers of their days.
func marks(d *insight.Daily) string {
	var list []string
	for _, c := range d.Changes {
		list = append(list, strings.Join(strings.Fields(fmt.Sprint(c.Kind, " ", c.Journey, " ", c.Name, " ", d.Number(c.Day))), " "))
	}
	return strings.Join(list, ", ")
}

// TestDailyChanges: a release, an experiment and a version that begin are said, and charts of promises begin anew with a version.
func TestDailyChanges(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 40 * 14 {
		day := n / 40
		l := onDay(n, day, 2, event.Completed)
		l.due, l.kept = 48, 1
		l.customer = fmt.Sprint("c", n%30)
		for _, e := range l.events() {
			v := &event.Variant{Release: "1"}
			e.Journey.Version = "a"
			if day >= 5 && n%40 < 1 || day >= 7 { // one in forty is no beginning
				v.Release = "2"
			}
			if day >= 6 {
				v.Experiment, v.Arm = "button", []string{"blue", "red"}[n%2]
			}
			if n%40 == 39 && day > 3 {
				v.Release = fmt.Sprint("rare-", day) // of one customer
			}
			if day >= 9 && n%40 < 10 || day >= 10 {
				e.Journey.Version = "b"
			}
			e.Variant = v
			events = append(events, e)
		}
	}
	table := daysTable(t, daysOf(), events)
	d := daily(t, table, 14, insight.Which{}, insight.DailySettings{})
	start := d.Number(monday)
	if got, want := marks(&d), fmt.Sprintf("experiment ticket button %d, release ticket 2 %d, version ticket b %d", start+6, start+7, start+10); got != want {
		t.Errorf("the changes are %q, want %q", got, want)
	}
	for i := range d.Charts {
		c := &d.Charts[i]
		want, n := 0, int64(40*14)
		if c.About == insight.AboutPromise {
			want, n = start+10, 40*4
		}
		if c.Anew != want || c.N != n {
			t.Errorf("%+v begins anew on day %d with %d, want %d with %d", c.Subject, c.Anew, c.N, want, n)
		}
	}
	other, err := table.View(insight.Viewer{Rights: insight.Numbers, Journeys: []string{"order"}}, at(14*24)).Daily(t.Context(), insight.Which{}, insight.DailySettings{})
	if err != nil || len(other.Charts)+len(other.Changes) != 0 {
		t.Errorf("a viewer of another journey sees %+v, %v", other, err)
	}
}

// TestDailySmall: a chart of fewer than five customers is left out, and of too many charts those with the fewest events.
func TestDailySmall(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 40 {
		l := onDay(n, n/10, 2, event.Completed)
		l.customer = fmt.Sprint("c", n%6)
		if n%6 < 4 {
			l.entered = []entered{{0.5, "received"}}
		}
		l.touched = []touched{{0.6, "call", event.OK}}
		if n%2 == 0 {
			l.touched = append(l.touched, touched{0.7, "mail", event.OK})
			l.customer = fmt.Sprint("d", n)
		}
		events = append(events, l.events()...)
	}
	table := daysTable(t, daysOf(), events)
	d := daily(t, table, 5, insight.Which{}, insight.DailySettings{})
	if got := written(&d); len(got) != 3 && d.Small != 0 {
		t.Errorf("%q, and %d are small", got, d.Small)
	}
	few := daily(t, table, 5, insight.Which{Where: []insight.Where{{Column: insight.Outcome, Values: []string{"failed"}}}}, insight.DailySettings{})
	if len(few.Charts) != 0 || few.Small != 0 || few.Hidden {
		t.Errorf("no runs at all: %+v", few)
	}
	one := daily(t, table, 5, insight.Which{}, insight.DailySettings{Charts: 2})
	if got := written(&one); one.Beyond != len(d.Charts)-2 || len(got) != 2 || !strings.HasPrefix(got[0], "ticket journey:") || !strings.HasPrefix(got[1], "ticket touchpoint call:") {
		t.Errorf("two charts are %q, and %d are left out", got, one.Beyond)
	}
	var lonely []event.Event
	for n := range 12 {
		l := onDay(n, n/4, 2, event.Failed)
		l.customer = fmt.Sprint("c", n%4)
		lonely = append(lonely, l.events()...)
	}
	hidden := daily(t, daysTable(t, daysOf(), lonely), 5, insight.Which{}, insight.DailySettings{})
	if !hidden.Hidden || len(hidden.Charts)+len(hidden.Changes)+hidden.Small != 0 || hidden.Runs != 0 {
		t.Errorf("four customers: %+v", hidden)
	}
}

// TestDailyBreakdowns: what the company does about breakdowns is no chart, or there would be a breakdown about breakdowns. The runs are known by
// their journey nevertheless.
func TestDailyBreakdowns(t *testing.T) {
	t.Parallel()
	b := daysOf()
	b.Breakdowns = &blueprint.Breakdowns{Name: "mending", Owner: "product", Mend: blueprint.Within{Duration: blueprint.Duration(24 * time.Hour)}}
	var events []event.Event
	for n := range 30 {
		l := onDay(n, n/10, 20, event.Cancelled)
		l.journey, l.due, l.broken = "mending", 5, 6
		l.entered = []entered{{0.1, "found"}, {0.5, "received"}}
		l.touched = []touched{{0.2, "call", event.Failed}}
		for _, e := range l.events() {
			if e.Kind == event.JourneyEnded {
				e.Cause = "slow"
			}
			events = append(events, e)
		}
		other := onDay(100+n, n/10, 2, event.Completed)
		events = append(events, other.events()...)
	}
	table := daysTable(t, b, events)
	d := daily(t, table, 4, insight.Which{}, insight.DailySettings{Days: 4})
	if got := written(&d); len(got) != 1 || got[0] != "ticket journey: 0 0/10 1 0/10 2 0/10" {
		t.Errorf("the charts are %q, want that of tickets alone", got)
	}
	d = daily(t, table, 4, insight.Which{Journey: "mending"}, insight.DailySettings{Days: 4})
	if len(d.Charts)+len(d.Changes) != 0 || d.Runs != 30 {
		t.Errorf("the charts of breakdowns are %q, of %d runs", written(&d), d.Runs)
	}
	list, err := table.View(insight.Everything(), monday.AddDate(0, 0, 4)).Breakdowns(t.Context(), insight.Which{})
	if err != nil || len(list.List) != 30 || list.List[0].Run.Name != "mending" {
		t.Errorf("there are %d breakdowns, want the runs of the journey that the blueprint names: %v", len(list.List), err)
	}
	if _, err := daysTable(t, b, nil).View(insight.Everything(), monday).Daily(t.Context(), insight.Which{Journey: "mending"}, insight.DailySettings{}); err != nil {
		t.Errorf("a journey of breakdowns without a run: %v", err)
	}
}
