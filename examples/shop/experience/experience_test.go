package experience_test

import (
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/journey"
)

// TestObjectives: the objectives are valid, and each is about something that the shop defines.
func TestObjectives(t *testing.T) {
	t.Parallel()
	if err := slo.Validate(experience.Objectives()); err != nil {
		t.Fatal(err)
	}
	defined := func(name string) event.Definition {
		defs := experience.Definitions()
		if i := slices.IndexFunc(defs, func(d event.Definition) bool { return d.Name() == name }); i >= 0 {
			return defs[i]
		}
		return nil
	}
	for _, o := range experience.Objectives() {
		if o.Subject() == slo.OfObjectives {
			continue
		}
		d := defined(o.Journey + o.Touchpoint + o.Survey)
		if d == nil {
			t.Errorf("%s is about %q, which is not defined", o.Name, o.Journey+o.Touchpoint+o.Survey)
			continue
		}
		if o.Promise == "" {
			continue
		}
		if j, ok := d.(*journey.Definition); ok && !slices.ContainsFunc(slices.Collect(j.Promises()), func(p journey.Promised) bool { return p.Name == o.Promise }) {
			t.Errorf("%s is about the promise %q, which is not defined", o.Name, o.Promise)
		}
	}
}
