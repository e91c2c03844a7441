package blueprint_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
)

// TestFollowUpObjectives: an objective may be about the promises and the ends of a follow-up, which is a journey.
func TestFollowUpObjectives(t *testing.T) {
	t.Parallel()
	const hour = blueprint.Duration(time.Hour)
	with := func(o blueprint.Objective) *blueprint.Blueprint {
		o.Name, o.Target = "answers", 0.9
		return &blueprint.Blueprint{
			Version:  1,
			Journeys: []blueprint.Journey{{Name: "checkout", AbandonAfter: hour}},
			FollowUps: []blueprint.FollowUp{
				{Name: "complaint", Owner: "care", Acknowledge: blueprint.Within{Duration: 24 * hour}, Answer: blueprint.Within{Duration: 48 * hour}}, {Name: "silent"},
			},
			Objectives: []blueprint.Objective{o},
		}
	}
	for _, o := range []blueprint.Objective{{Journey: "complaint", Promise: "acknowledged"}, {Journey: "complaint", Promise: "answered"}, {Journey: "complaint"}} {
		b := with(o)
		if err := b.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		if got := b.AllObjectives(); len(got) != 1 || got[0].Owner != "care" || got[0].Journey != "complaint" || got[0].Promise != o.Promise {
			t.Errorf("the objectives are %+v, want one that the owner of the follow-up has", got)
		}
	}
	for _, c := range []struct {
		reason    string
		o         blueprint.Objective
		path, say string
	}{
		{"the follow-up promises no updates", blueprint.Objective{Journey: "complaint", Promise: "updated"}, "objectives[0].promise", `it has ["acknowledged" "answered"]`},
		{"a typing mistake", blueprint.Objective{Journey: "complaints"}, "objectives[0].journey", `did you mean "complaint"?`},
		{"nothing can be late", blueprint.Objective{Journey: "silent"}, "objectives[0].journey", "promises nothing"},
		{"nothing is promised", blueprint.Objective{Journey: "silent", Promise: "answered"}, "objectives[0].promise", "add acknowledge, answer or update to the follow-up"},
	} {
		if err := with(c.o).Validate(); err == nil || !strings.Contains(err.Error(), c.path) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: the problems are %v, want one at %s that says %q", c.reason, err, c.path, c.say)
		}
	}
	b := with(blueprint.Objective{Journey: "complaint", Promise: "acknowledged"})
	b.Maintenance = []blueprint.Maintenance{{Name: "move", From: "2026-05-01 20:00", Until: "2026-05-02 06:00", Zone: "UTC", Journeys: []string{"complaint"}}}
	if err := b.Validate(); err != nil {
		t.Errorf("a maintenance of a follow-up: %v", err)
	}
	if got := b.AllObjectives()[0].Maintenance; len(got) != 1 {
		t.Errorf("the maintenances of the objective are %v, want one", got)
	}
}
