package insight_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/journey"
)

// collecting keeps the events of a client.
type collecting struct{ events *[]event.Event }

func (c collecting) Process(_ context.Context, e *event.Event) { *c.events = append(*c.events, *e) }
func (collecting) Shutdown(context.Context) error              { return nil }

// hour returns so many hours after Monday.
func hour(n int) time.Time { return monday.Add(time.Duration(n) * time.Hour) }

// livesOfBreakdowns records four breakdowns and an improvement with the steps of package watch, as a service does.
func livesOfBreakdowns(t *testing.T) *memory {
	t.Helper()
	m := &memory{}
	j := watch.Define("", watch.ConfirmWithin(24*time.Hour), watch.PlanWithin(96*time.Hour), watch.MendWithin(240*time.Hour),
		watch.ForSeverity("high", 20, watch.ConfirmWithin(4*time.Hour)))
	visit := journey.Define("visit")
	c, err := cx.New(cx.WithDefinitions(j.Journey(), visit), cx.WithProcessors(collecting{&m.events}), cx.WithoutCustomerIDs(), cx.WithUnredactedText(),
		cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	in := cx.NewContext(t.Context(), c)
	at := func(n int) watch.StepOption { return watch.At(hour(n)) }
	about := func(journey, name string) event.Breakdown {
		return event.Breakdown{About: "stage", Journey: journey, Name: name, Before: 0.1, Since: 0.3, Excess: 40, Customers: 30, Began: hour(-48)}
	}

	// Mended in time, but confirmed too late; it has returned, and costs more now.
	ctx := j.Find(in, "returned", about("ticket", "queue"), at(0))
	ctx = j.Confirm(ctx, at(25), watch.Owner("care"))
	ctx = j.Plan(ctx, event.RunRef{Name: "improvement", ID: "a"}, "tools", at(30), watch.Note("a word"))
	ctx = j.Mend(ctx, at(100))
	again := about("ticket", "queue")
	again.Excess, again.Customers, again.Severity = 90, 70, "high"
	j.Reopen(ctx, again, at(200))

	// Closed, and all in time.
	ctx = j.Find(in, "closed", about("order", "payment"), at(1))
	ctx = j.Plan(ctx, event.RunRef{Name: "improvement", ID: "b"}, "shop", at(2))
	ctx = j.Verify(ctx, at(50))
	j.Close(ctx, at(150))

	ctx = j.Find(in, "dismissed", about("order", "cart"), at(3))
	j.Dismiss(ctx, "intended", at(60))

	j.Find(in, "quiet", event.Breakdown{About: "queue", Name: "hotline", Before: 0.1, Since: 0.2}, at(4))

	better := about("order", "payment")
	better.Better, better.Excess, better.Customers = true, -12, 0
	j.Find(in, "better", better, at(5))

	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(m.events, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	return m
}

func breakdownsTable(t *testing.T) *insight.Table {
	t.Helper()
	return breakdownsTableOf(t, livesOfBreakdowns(t))
}

func breakdownsTableOf(t *testing.T, m *memory) *insight.Table {
	t.Helper()
	table, err := insight.New(&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "ticket", Owner: "desk"}, {Name: "order", Owner: "shop"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Load(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return table
}

// TestBreakdownsByHand: the steps, promises and ends of five lives at three moments.
func TestBreakdownsByHand(t *testing.T) {
	t.Parallel()
	table := breakdownsTable(t)
	promise := func(name string, due, kept int, broken bool) insight.BreakdownPromise {
		p := insight.BreakdownPromise{Name: name, Due: hour(due), Broken: broken}
		if kept >= 0 {
			p.Kept = hour(kept)
		}
		return p
	}
	at := func(n int) map[string]insight.Breakdown {
		a, err := table.View(insight.Everything(), hour(n)).Breakdowns(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]insight.Breakdown{}
		for _, b := range a.List {
			by[b.Run.ID] = b
		}
		return by
	}

	early := at(26)
	if is := early["returned"]; is.Step != "confirmed" || is.Details.Owner != "care" || is.Overdue() != nil || is.Next().Name != "planned" || is.Returned() {
		t.Errorf("after 26 hours: %+v", is)
	}
	if is := early["quiet"]; len(is.Promises) != 3 || is.Promises[0].Broken || !is.Promises[0].Kept.IsZero() {
		t.Errorf("after 26 hours, 2 hours before its promise: %+v", is.Promises)
	}
	if is := early["dismissed"]; !is.Open() || is.Cause != "" {
		t.Errorf("dismissed later: %+v", is)
	}

	late := at(300)
	if len(late) != 5 {
		t.Fatalf("%d breakdowns, want 5", len(late))
	}
	for _, c := range []struct {
		id, step, cause string
		outcome         event.Outcome
		found, ended    int
		promises        []insight.BreakdownPromise
	}{
		// It is found anew 200 hours later: within 4 hours to confirm, as its severity says, 96 to plan and 240 to mend.
		{"returned", "found", "", 0, 200, -1, []insight.BreakdownPromise{promise("confirmed", 204, -1, true), promise("planned", 296, -1, true), promise("mended", 440, -1, false)}},
		{"closed", "verified", "held", event.Completed, 1, 150, []insight.BreakdownPromise{promise("confirmed", 25, 2, false), promise("planned", 97, 2, false), promise("mended", 241, 50, false)}},
		{"dismissed", "found", "intended", event.Cancelled, 3, 60, []insight.BreakdownPromise{promise("confirmed", 27, -1, true)}},
		{"quiet", "found", "", 0, 4, -1, []insight.BreakdownPromise{promise("confirmed", 28, -1, true), promise("planned", 100, -1, true), promise("mended", 244, -1, true)}},
		{"better", "improved", "", 0, 5, -1, []insight.BreakdownPromise{}},
	} {
		is := late[c.id]
		if is.Step != c.step || is.Cause != c.cause || is.Outcome != c.outcome || !is.Found.Equal(hour(c.found)) || is.Open() != (c.ended < 0) || c.ended >= 0 && !is.Ended.Equal(hour(c.ended)) {
			t.Errorf("%s: %+v", c.id, is)
		}
		if diff := cmp.Diff(c.promises, is.Promises); diff != "" {
			t.Errorf("%s: %s", c.id, diff)
		}
	}
	is := late["returned"]
	if !is.Returned() || !is.Mended.Equal(hour(100)) || !is.Opened.Equal(hour(0)) || is.Overdue().Name != "confirmed" || is.Next().Name != "mended" {
		t.Errorf("what has returned: %+v", is)
	}
	want := event.Breakdown{
		About: "stage", Journey: "ticket", Name: "queue", Before: 0.1, Since: 0.3, Excess: 90, Customers: 70, Severity: "high", Began: hour(-48), Owner: "tools",
		Action: event.RunRef{Name: "improvement", ID: "a"}, Note: "a word",
	}
	if diff := cmp.Diff(want, is.Details); diff != "" {
		t.Error(diff)
	}
	if got := late["closed"]; !got.Mended.Equal(hour(50)) || got.Returned() || got.Overdue() != nil || got.Next() != nil {
		t.Errorf("what was verified, and not said to be mended: %+v", got)
	}
}

// TestBreakdownsPlannedAnew: a step back forgets the mending, and what it costs is of the last step that says so, also where that is nothing.
func TestBreakdownsPlannedAnew(t *testing.T) {
	t.Parallel()
	m := &memory{}
	j := watch.Define("")
	c, err := cx.New(cx.WithDefinitions(j.Journey()), cx.WithProcessors(collecting{&m.events}), cx.WithoutCustomerIDs(), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	in := cx.NewContext(t.Context(), c)
	at := func(n int) watch.StepOption { return watch.At(hour(n)) }
	d := event.Breakdown{About: "stage", Journey: "order", Name: "payment", Before: 0.1, Since: 0.3, Excess: 40, Customers: 30}
	worth := &event.Money{Amount: 4000, Currency: "EUR"}
	ctx := j.Mend(j.Find(in, "anew", d, at(0)), at(10))
	ctx = j.Verify(ctx, at(20))
	j.Plan(ctx, event.RunRef{Name: "improvement", ID: "a"}, "shop", at(30))
	d.Excess, d.Customers = 0, 0
	ctx = j.Mend(j.Find(in, "again", event.Breakdown{About: "stage", Journey: "order", Name: "payment", Since: 0.3, Excess: 40, Customers: 30, Value: worth}, at(0)), at(10))
	d.Since = 0 // none since
	ctx = j.Reopen(ctx, d, at(20))
	j.Plan(ctx, event.RunRef{Name: "improvement", ID: "a"}, "shop", at(30))
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	table, err := insight.New(&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "order"}}})
	if err == nil {
		err = table.Load(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := table.View(insight.Everything(), hour(40)).Breakdowns(t.Context(), insight.Which{})
	if err != nil || len(a.List) != 2 {
		t.Fatalf("%v %+v", err, a.List)
	}
	for _, is := range a.List {
		switch is.Run.ID {
		case "anew":
			if !is.Mended.IsZero() || !is.Verified.IsZero() || is.Returned() || is.Step != "planned" || is.Details.Customers != 30 {
				t.Errorf("%+v", is)
			}
		default:
			if !is.Mended.Equal(hour(10)) || !is.Returned() || is.Details.Excess != 0 || is.Details.Customers != 0 || is.Details.Since != 0 || is.Details.Value != nil {
				t.Errorf("%+v", is)
			}
		}
	}
}

// TestBreakdownsOfAViewer: a viewer sees those about the journeys in the scope, and the owner of breakdowns sees all.
func TestBreakdownsOfAViewer(t *testing.T) {
	t.Parallel()
	table := breakdownsTable(t)
	all := insight.Everything()
	scoped := func(change func(*insight.Viewer)) insight.Viewer {
		v := all
		change(&v)
		return v
	}
	for _, c := range []struct {
		about  string
		viewer insight.Viewer
		which  insight.Which
		want   []string
	}{
		{"all, the last one found first", all, insight.Which{}, []string{"returned", "better", "quiet", "dismissed", "closed"}},
		{"a scope of one journey", scoped(func(v *insight.Viewer) { v.Journeys = []string{"ticket"} }), insight.Which{}, []string{"returned"}},
		{"a scope of one owner", scoped(func(v *insight.Viewer) { v.Owners = []string{"shop"} }), insight.Which{}, []string{"better", "dismissed", "closed"}},
		{"the journey of breakdowns is in the scope", scoped(func(v *insight.Viewer) { v.Journeys = []string{"breakdown"} }), insight.Which{}, []string{"returned", "better", "quiet", "dismissed", "closed"}},
		{"numbers are about all segments", scoped(func(v *insight.Viewer) { v.Segments = []string{"gold"} }), insight.Which{}, nil},
		{"a question about a journey", all, insight.Which{Journey: "ticket"}, []string{"returned"}},
		{"a period in which two ended", all, insight.Which{From: hour(51), Until: hour(151)}, []string{"returned", "better", "quiet", "dismissed", "closed"}},
		{"a period after two had ended", all, insight.Which{From: hour(201), Until: hour(202)}, []string{"returned", "better", "quiet"}},
		{"a period before most began", all, insight.Which{Until: hour(2)}, []string{"returned", "closed"}},
	} {
		a, err := table.View(c.viewer, hour(300)).Breakdowns(t.Context(), c.which)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range a.List {
			got = append(got, b.Run.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.about, diff)
		}
	}
	blind := table.View(scoped(func(v *insight.Viewer) { v.Rights = insight.Numbers }), hour(300))
	if a, err := blind.Breakdowns(t.Context(), insight.Which{Journey: "ticket"}); err != nil || a.List[0].Details.Note != "" {
		t.Errorf("a viewer without the right to words: %v %+v", err, a)
	}
	if _, err := table.View(insight.Viewer{}, hour(300)).Breakdowns(t.Context(), insight.Which{}); !errors.Is(err, insight.ErrDenied) {
		t.Errorf("a viewer without rights: %v", err)
	}
	if _, err := table.View(all, hour(300)).Breakdowns(t.Context(), insight.Which{Journey: "nowhere"}); !errors.Is(err, insight.ErrWhich) {
		t.Errorf("a journey that is not there: %v", err)
	}
}

// TestBreakdownsForged: an archive that another program has written may have numbers that no client records. They are not known.
func TestBreakdownsForged(t *testing.T) {
	t.Parallel()
	for _, forged := range []struct {
		before, since, excess float64
		customers, want       int
	}{{-5, 7, math.Inf(1), -50, 0}, {math.NaN(), math.Inf(1), math.NaN(), math.MinInt, 0}, {1.01, -0.01, math.Inf(-1), math.MaxInt, 1e9}} {
		m := livesOfBreakdowns(t)
		for i := range m.events {
			if d := m.events[i].Breakdown; d != nil && d.About != "" {
				d.Before, d.Since, d.Excess, d.Customers = forged.before, forged.since, forged.excess, forged.customers
			}
		}
		got, err := breakdownsTableOf(t, m).View(insight.Everything(), hour(2000)).Breakdowns(t.Context(), insight.Which{})
		if err != nil || len(got.List) == 0 {
			t.Fatalf("%v: %+v", err, got)
		}
		for i := range got.List {
			if d := &got.List[i].Details; d.Before != 0 || d.Since != 0 || d.Excess != 0 || d.Customers != forged.want {
				t.Errorf("%v: %+v", forged, d)
			}
		}
	}
}
