package blueprint_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// TestAction: the actions of a blueprint are those that code defines with the same options, and From writes them.
func TestAction(t *testing.T) {
	t.Parallel()
	in := &blueprint.Blueprint{
		Version: 1,
		Actions: []blueprint.Action{
			{Name: "improvement", Hours: "office", Make: blueprint.Within{Days: 20}, Verify: blueprint.Within{Duration: blueprint.Duration(90 * 24 * time.Hour)}},
			{Name: "idea"},
		},
		Hours: map[string]blueprint.Hours{"office": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}}},
	}
	if err := in.Validate(); err != nil {
		t.Fatal(err)
	}
	office := journey.Hours(calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00")))
	code := feedback.DefineAction("improvement", feedback.MakeWithin(0, office, journey.BusinessDays(20)), feedback.VerifyWithin(90*24*time.Hour, office))
	if got := in.Action("improvement"); !got.Equal(code) || got.Equal(in.Action("idea")) || in.Action("other") != nil || (*blueprint.Blueprint)(nil).Action("idea") != nil {
		t.Errorf("the blueprint's actions differ from those of the code: %+v", got)
	}
	if n := len(in.Definitions()); n != 2 {
		t.Errorf("the blueprint has %d definitions, want 2", n)
	}
	got, err := blueprint.From(code, feedback.DefineAction("idea"), code)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Actions, got.Actions); diff != "" {
		t.Errorf("From (-want +got):\n%s", diff)
	}
	for _, c := range []struct {
		differs *feedback.Action
		want    string
	}{
		{feedback.DefineAction("improvement"), "another meaning"},
		{feedback.DefineAction("x", feedback.MakeWithin(time.Hour, journey.Target(0.9))), "cannot say"},
		{feedback.DefineAction("x", feedback.MakeWithin(time.Hour, office), feedback.VerifyWithin(time.Hour)), "other hours"},
		{nil, "is nil"},
	} {
		if _, err := blueprint.From(code, c.differs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("From of %s: %v, want …%s…", c.differs.Name(), err, c.want)
		}
	}
}

// TestActionProblems: each fault has its place and its remedy.
func TestActionProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		a      blueprint.Action
		path   string
		remedy string
	}{
		{"the name of a journey", blueprint.Action{Name: "checkout"}, "actions[0].name", "rename one"},
		{"the name of a follow-up", blueprint.Action{Name: "complaint"}, "actions[0].name", "rename one"},
		{"no name", blueprint.Action{}, "actions[0].name", "add one"},
		{"days without hours", blueprint.Action{Name: "a", Make: blueprint.Within{Days: 5}}, "actions[0].make", "add hours"},
		{"hours that are not there", blueprint.Action{Name: "a", Hours: "office"}, "actions[0].hours", "no hours"},
		{"a time that is negative", blueprint.Action{Name: "a", Verify: blueprint.Within{Duration: -1}}, "actions[0].verify", "out of range"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &blueprint.Blueprint{
				Version: 1, Journeys: []blueprint.Journey{{Name: "checkout"}}, FollowUps: []blueprint.FollowUp{{Name: "complaint"}}, Actions: []blueprint.Action{c.a},
			}
			var e *blueprint.Error
			if !errors.As(b.Validate(), &e) || len(e.Problems) != 1 {
				t.Fatalf("Validate: %v, want one problem", b.Validate())
			}
			if p := e.Problems[0]; p.Path != c.path || !strings.Contains(p.Message, c.remedy) {
				t.Errorf("%s: %s, want %s: …%s…", p.Path, p.Message, c.path, c.remedy)
			}
		})
	}
}
