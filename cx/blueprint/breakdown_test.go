package blueprint_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/journey"
)

func broken(d *blueprint.Breakdowns) *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version: 1, Journeys: []blueprint.Journey{{Name: "checkout"}}, FollowUps: []blueprint.FollowUp{{Name: "complaint"}},
		Actions: []blueprint.Action{{Name: "improvement"}}, Breakdowns: d,
		Hours: map[string]blueprint.Hours{"office": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}}},
	}
}

// TestBreakdowns: the journey of breakdowns of a blueprint is that of package watch with the same options, and From writes it.
func TestBreakdowns(t *testing.T) {
	t.Parallel()
	hour := blueprint.Duration(time.Hour)
	b := broken(&blueprint.Breakdowns{
		Hours: "office", Confirm: blueprint.Within{Duration: 8 * hour}, Plan: blueprint.Within{Days: 5}, Mend: blueprint.Within{Days: 20},
		Severities: []blueprint.BreakdownSeverity{
			{Name: "high", CustomersADay: 20, Confirm: blueprint.Within{Duration: 2 * hour}, Mend: blueprint.Within{Days: 5}}, {Name: "low", CustomersADay: 2.5},
		},
	})
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	office := journey.Hours(calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00")))
	code := watch.Define("", watch.ConfirmWithin(8*time.Hour, office), watch.PlanWithin(0, office, journey.BusinessDays(5)), watch.MendWithin(0, office, journey.BusinessDays(20)),
		watch.ForSeverity("low", 2.5), watch.ForSeverity("high", 20, watch.ConfirmWithin(2*time.Hour, office), watch.MendWithin(0, office, journey.BusinessDays(5))))
	if got := watch.FromBlueprint(b); !got.Equal(code) || got.Validate() != nil {
		t.Errorf("the journey of the blueprint differs from that of the code: %+v", got)
	}
	defs := b.Definitions()
	i := slices.IndexFunc(defs, func(d event.Definition) bool { return d.Name() == watch.DefaultName })
	if i < 0 || !defs[i].(*journey.Definition).Equal(code.Journey()) {
		t.Errorf("the definitions have no journey of breakdowns that equals that of the code")
	}
	if blueprint.DefaultBreakdowns != watch.DefaultName || b.BreakdownJourney("none") != nil || (*blueprint.Blueprint)(nil).BreakdownJourney("") != nil ||
		(&blueprint.Blueprint{}).BreakdownsName() != "" || watch.FromBlueprint(&blueprint.Blueprint{}) != nil || watch.FromBlueprint(nil) != nil {
		t.Error("there is a journey of breakdowns where none is declared")
	}
	got, err := blueprint.From(defs...)
	if err != nil {
		t.Fatal(err)
	}
	want := *b.Breakdowns
	want.Severities = nil
	if diff := cmp.Diff(&want, got.Breakdowns); diff != "" {
		t.Errorf("From (-want +got):\n%s", diff)
	}
}

// TestBreakdownsFrom: a journey of breakdowns is told from one that looks like it, and there is one.
func TestBreakdownsFrom(t *testing.T) {
	t.Parallel()
	stages := journey.Stages(append(watch.Steps(), watch.Improved)...)
	for _, c := range []struct {
		reason string
		like   *journey.Definition
		is     bool
	}{
		{"no promises", watch.Define("x").Journey(), true},
		{"another promise", journey.Define("x", stages, journey.Promise("told", time.Hour, journey.Since("found"), journey.Until("mended"))), false},
		{"other stages", journey.Define("x", journey.Stages(watch.Steps()...)), false},
		{"a time of a stage", journey.Define("x", stages, journey.Expect("found", time.Hour)), false},
		{"a silence", journey.Define("x", stages, journey.AbandonAfter(time.Hour)), false},
		{"a promise by hand", journey.Define("x", stages, journey.ByHand("told")), false},
	} {
		b, err := blueprint.From(c.like)
		if err != nil || (b.Breakdowns != nil) != c.is || (len(b.Journeys) == 0) != c.is {
			t.Errorf("%s: %+v, %v", c.reason, b, err)
		}
	}
	code := watch.Define("", watch.MendWithin(time.Hour)).Journey()
	for _, c := range []struct {
		other *journey.Definition
		want  string
	}{
		{watch.Define("").Journey(), "another meaning"},
		{watch.Define("y").Journey(), "has one"},
		{watch.Define("", watch.MendWithin(time.Hour, journey.Target(0.9))).Journey(), "another meaning"},
	} {
		if _, err := blueprint.From(code, code, c.other); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("From: %v, want …%s…", err, c.want)
		}
	}
	if _, err := blueprint.From(watch.Define("", watch.MendWithin(time.Hour, journey.Target(0.9))).Journey()); err == nil || !strings.Contains(err.Error(), "cannot say") {
		t.Errorf("From: %v", err)
	}
}

// TestBreakdownProblems: each fault has its place and its remedy.
func TestBreakdownProblems(t *testing.T) {
	t.Parallel()
	day := blueprint.Within{Duration: blueprint.Duration(24 * time.Hour)}
	days := func(n int) blueprint.Within { return blueprint.Within{Duration: day.Duration * blueprint.Duration(n)} }
	severities := func(list ...blueprint.BreakdownSeverity) blueprint.Breakdowns {
		return blueprint.Breakdowns{Confirm: day, Severities: list}
	}
	for _, c := range []struct {
		name   string
		d      blueprint.Breakdowns
		path   string
		remedy string
	}{
		{"the name of a journey", blueprint.Breakdowns{Name: "checkout"}, "breakdowns.name", "another name"},
		{"the name of a follow-up", blueprint.Breakdowns{Name: "complaint"}, "breakdowns.name", "another name"},
		{"the name of an action", blueprint.Breakdowns{Name: "improvement"}, "breakdowns.name", "another name"},
		{"no valid name", blueprint.Breakdowns{Name: "_x"}, "breakdowns.name", "is not a valid name"},
		{"an owner that is no name", blueprint.Breakdowns{Owner: "_x"}, "breakdowns.owner", "is not a valid name"},
		{"days without hours", blueprint.Breakdowns{Plan: blueprint.Within{Days: 5}}, "breakdowns.plan", "add hours"},
		{"hours that are not there", blueprint.Breakdowns{Hours: "ofice"}, "breakdowns.hours", "there are no hours"},
		{"a time that is negative", blueprint.Breakdowns{Mend: blueprint.Within{Duration: -1}}, "breakdowns.mend", "out of range"},
		{"confirmed after it is planned", blueprint.Breakdowns{Confirm: days(3), Plan: day}, "breakdowns.plan", "write a shorter time for confirm, or a longer one for plan"},
		{"planned after it is mended", blueprint.Breakdowns{Hours: "office", Confirm: day, Plan: blueprint.Within{Days: 9}, Mend: blueprint.Within{Days: 8}}, "breakdowns.mend", "plan is 9bd and mend is 8bd"},
		{"confirmed after it is mended", blueprint.Breakdowns{Confirm: days(3), Mend: day}, "breakdowns.mend", "confirmed before it is mended"},
		{"a severity that has more time", severities(blueprint.BreakdownSeverity{Name: "a", CustomersADay: 1, Confirm: days(2)}), "breakdowns.severities[0].confirm", "at most that, or leave it out"},
		{"a severity that is planned before it is confirmed", blueprint.Breakdowns{Confirm: days(2), Plan: days(5), Severities: []blueprint.BreakdownSeverity{{Name: "a", CustomersADay: 1, Plan: day}}}, "breakdowns.severities[0].plan", "confirm is 2d and plan is 1d"},
		{"a severity without a name", severities(blueprint.BreakdownSeverity{CustomersADay: 1}), "breakdowns.severities[0].name", "add one"},
		{"two of a name", severities(blueprint.BreakdownSeverity{Name: "a", CustomersADay: 1}, blueprint.BreakdownSeverity{Name: "a", CustomersADay: 2}), "breakdowns.severities[1].name", "occurs twice"},
		{"two of a bound", severities(blueprint.BreakdownSeverity{Name: "a", CustomersADay: 1}, blueprint.BreakdownSeverity{Name: "b", CustomersADay: 1}), "breakdowns.severities[1].customers_a_day", "another number"},
		{"no bound", severities(blueprint.BreakdownSeverity{Name: "a"}), "breakdowns.severities[0].customers_a_day", "such as 20"},
		{"a bound below 0", severities(blueprint.BreakdownSeverity{Name: "a", CustomersADay: -1}), "breakdowns.severities[0].customers_a_day", "more than 0"},
		{"a bound that is no number", severities(blueprint.BreakdownSeverity{Name: "a", CustomersADay: math.NaN()}), "breakdowns.severities[0].customers_a_day", "more than 0"},
		{"a bound beyond all customers", severities(blueprint.BreakdownSeverity{Name: "a", CustomersADay: 1e9}), "breakdowns.severities[0].customers_a_day", "below 1000000000"},
		{"a time that all others lack", severities(blueprint.BreakdownSeverity{Name: "a", CustomersADay: 1, Mend: day}), "breakdowns.severities[0].mend", "add it there"},
		{"days of a severity without hours", severities(blueprint.BreakdownSeverity{Name: "a", CustomersADay: 1, Confirm: blueprint.Within{Days: 1}}), "breakdowns.severities[0].confirm", "add hours"},
		{"too many", severities(make([]blueprint.BreakdownSeverity, 9)...), "breakdowns.severities", "at most 8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var e *blueprint.Error
			if err := broken(&c.d).Validate(); !errors.As(err, &e) || len(e.Problems) != 1 {
				t.Fatalf("Validate: %v, want one problem", err)
			}
			if p := e.Problems[0]; p.Path != c.path || !strings.Contains(p.Message, c.remedy) {
				t.Errorf("%s: %s, want %s: …%s…", p.Path, p.Message, c.path, c.remedy)
			}
		})
	}
	for reason, d := range map[string]blueprint.Breakdowns{
		"nothing is promised": {},
		"equal times":         {Confirm: day, Plan: day, Mend: day, Severities: []blueprint.BreakdownSeverity{{Name: "a", CustomersADay: 1, Confirm: day, Mend: day}}},
		"business days and hours do not compare": {Hours: "office", Confirm: days(9), Plan: blueprint.Within{Days: 1}, Mend: days(9), Severities: []blueprint.BreakdownSeverity{
			{Name: "a", CustomersADay: 1, Confirm: blueprint.Within{Days: 1}, Plan: days(9)},
		}},
	} {
		if err := broken(&d).Validate(); err != nil {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestBreakdownObjectives: an objective may be about a promise of the breakdowns, and a maintenance may be one of theirs.
func TestBreakdownObjectives(t *testing.T) {
	t.Parallel()
	with := func(o blueprint.Objective) *blueprint.Blueprint {
		b := broken(&blueprint.Breakdowns{Owner: "product", Mend: blueprint.Within{Duration: blueprint.Duration(24 * time.Hour)}})
		o.Name, o.Target = "mended", 0.9
		b.Objectives = []blueprint.Objective{o}
		b.Maintenance = []blueprint.Maintenance{{Name: "move", From: "2026-05-01 20:00", Until: "2026-05-02 06:00", Zone: "UTC", Journeys: []string{"breakdown"}}}
		return b
	}
	b := with(blueprint.Objective{Journey: "breakdown", Promise: "mended"})
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := b.AllObjectives(); len(got) != 1 || got[0].Owner != "product" || got[0].Promise != "mended" || len(got[0].Maintenance) != 1 {
		t.Errorf("the objectives are %+v, want one that the owner of the breakdowns has, with a maintenance", got)
	}
	for p := range b.BreakdownJourney("").Promises() {
		if len(p.Maintenance) != 1 {
			t.Errorf("the promise %s has the maintenances %v, want one", p.Name, p.Maintenance)
		}
	}
	for _, c := range []struct {
		reason    string
		o         blueprint.Objective
		path, say string
	}{
		{"nothing is planned in time", blueprint.Objective{Journey: "breakdown", Promise: "planned"}, "objectives[0].promise", `it has ["mended"]`},
		{"a typing mistake", blueprint.Objective{Journey: "breakdowns", Promise: "mended"}, "objectives[0].journey", `did you mean "breakdown"?`},
		{"a breakdown that is dismissed is no failure", blueprint.Objective{Journey: "breakdown"}, "objectives[0].journey", `they have ["mended"]`},
	} {
		if err := with(c.o).Validate(); err == nil || !strings.Contains(err.Error(), c.path) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: the problems are %v, want one at %s that says %q", c.reason, err, c.path, c.say)
		}
	}
}
