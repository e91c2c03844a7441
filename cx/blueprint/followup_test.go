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
	"cairncx.dev/cairn/internal/sample"
	"cairncx.dev/cairn/journey"
)

// TestFollowUp: a follow-up of the blueprint is the one that code defines with the same options, and From writes it.
func TestFollowUp(t *testing.T) {
	t.Parallel()
	const hour = blueprint.Duration(time.Hour)
	in := &blueprint.Blueprint{
		Version: 1,
		FollowUps: []blueprint.FollowUp{{
			Name: "complaint", Hours: "office", Acknowledge: blueprint.Within{Duration: 24 * hour}, Answer: blueprint.Within{Days: 5},
			Update: blueprint.Within{Duration: 72 * hour}, Confirm: 14 * 24 * hour, Hold: "dispute",
			Severities: []blueprint.Severity{{Name: "high", Answer: blueprint.Within{Days: 1}}},
			Open:       []blueprint.OpenRule{{On: "complaint", Severity: "high", Owner: "care"}, {On: "detractor", Segments: []string{"gold"}}},
		}, {Name: "call", Hold: blueprint.NoHold}},
		Hours: map[string]blueprint.Hours{"office": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}}},
	}
	if err := in.Validate(); err != nil {
		t.Fatal(err)
	}
	office := journey.Hours(calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00")))
	code := feedback.DefineFollowUp("complaint",
		feedback.AcknowledgeWithin(24*time.Hour, office), feedback.AnswerWithin(0, office, journey.BusinessDays(5)),
		feedback.UpdateEvery(72*time.Hour, office), feedback.ConfirmWithin(14*24*time.Hour), feedback.Holding("dispute"),
		feedback.ForSeverity("high", feedback.AnswerWithin(0, office, journey.BusinessDays(1))),
		feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint, Severity: "high", Owner: "care"}),
		feedback.OpenOn(feedback.Rule{On: feedback.OnDetractor, Segments: []string{"gold"}}))
	if got := in.FollowUp("complaint"); !got.Equal(code) || got.Equal(in.FollowUp("call")) || in.FollowUp("other") != nil {
		t.Errorf("the blueprint's follow-up differs from that of the code: %+v", got)
	}
	got, err := blueprint.From(code, feedback.DefineFollowUp("call", feedback.Holding("")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.FollowUps, got.FollowUps); diff != "" {
		t.Errorf("From (-want +got):\n%s", diff)
	}
	for _, differs := range []*feedback.FollowUp{
		feedback.DefineFollowUp("complaint"), feedback.DefineFollowUp("x", feedback.AnswerWithin(time.Hour, journey.Target(0.9))),
	} {
		if _, err := blueprint.From(code, differs); err == nil || !strings.Contains(err.Error(), "another meaning") && !strings.Contains(err.Error(), "cannot say") {
			t.Errorf("From of %s: %v", differs.Name(), err)
		}
	}
	for i, d := range sample.Shop().Definitions() {
		if err := d.Validate(); err != nil {
			t.Errorf("definition %d of the sample: %v", i, err)
		}
	}
}

// TestFollowUpProblems: each fault has its place and its remedy.
func TestFollowUpProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		f      blueprint.FollowUp
		path   string
		remedy string
	}{
		{"the name of a journey", blueprint.FollowUp{Name: "checkout"}, "follow_ups[0].name", "rename one"},
		{"no name", blueprint.FollowUp{}, "follow_ups[0].name", "add one"},
		{"days without hours", blueprint.FollowUp{Name: "c", Answer: blueprint.Within{Days: 5}}, "follow_ups[0].answer", "add hours"},
		{"hours that are not there", blueprint.FollowUp{Name: "c", Hours: "office"}, "follow_ups[0].hours", "no hours"},
		{"a time of a severity only", blueprint.FollowUp{Name: "c", Severities: []blueprint.Severity{{Name: "high", Update: blueprint.Within{Duration: 1e12}}}}, "follow_ups[0].severities[0].update", "for all other"},
		{"a severity twice", blueprint.FollowUp{Name: "c", Severities: []blueprint.Severity{{Name: "high"}, {Name: "high"}}}, "follow_ups[0].severities[1].name", "twice"},
		{"a trigger that is not there", blueprint.FollowUp{Name: "c", Open: []blueprint.OpenRule{{On: "complain"}}}, "follow_ups[0].open[0].on", "use detractor"},
		{"no trigger", blueprint.FollowUp{Name: "c", Open: []blueprint.OpenRule{{}}}, "follow_ups[0].open[0].on", "set it to"},
		{"a survey that is not there", blueprint.FollowUp{Name: "c", Open: []blueprint.OpenRule{{On: "detractor", Survey: "nps"}}}, "follow_ups[0].open[0].survey", "no survey"},
		{"a survey of a journey", blueprint.FollowUp{Name: "c", Open: []blueprint.OpenRule{{On: "failed_journey", Survey: "nps"}}}, "follow_ups[0].open[0].survey", "remove"},
		{"a promise of an answer", blueprint.FollowUp{Name: "c", Open: []blueprint.OpenRule{{On: "detractor", Promise: "p"}}}, "follow_ups[0].open[0].promise", "remove"},
		{"a promise that is not there", blueprint.FollowUp{Name: "c", Open: []blueprint.OpenRule{{On: "broken_promise", Journey: "checkout", Promise: "p"}}}, "follow_ups[0].open[0].promise", "no promise"},
		{"a purpose without a policy", blueprint.FollowUp{Name: "c", Open: []blueprint.OpenRule{{On: "contact_violation", Purpose: "p"}}}, "follow_ups[0].open[0].purpose", "add contact"},
		{"a severity that is not there", blueprint.FollowUp{Name: "c", Severities: []blueprint.Severity{{Name: "high"}}, Open: []blueprint.OpenRule{{On: "detractor", Severity: "hihg"}}}, "follow_ups[0].open[0].severity", "no severity"},
		{"too many rules", blueprint.FollowUp{Name: "c", Open: make([]blueprint.OpenRule, feedback.MaxRules+1)}, "follow_ups[0].open", "remove some"},
		{"a long confirmation", blueprint.FollowUp{Name: "c", Confirm: -1}, "follow_ups[0].confirm", "duration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "checkout"}}, FollowUps: []blueprint.FollowUp{c.f}}
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
