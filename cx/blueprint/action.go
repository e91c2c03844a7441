package blueprint

import (
	"maps"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// Action is how the company changes what customers experience, because of what they said: a journey, of which each change is a run. See
// [feedback.Action].
type Action struct {
	// Name is the name of the actions and of their journey, which no other journey has.
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Make and Verify are the times of [feedback.MakeWithin] and [feedback.VerifyWithin]. The zero value is no promise. Business days need
	// Hours.
	Make   Within `json:"make,omitzero"   yaml:"make,omitzero"`
	Verify Within `json:"verify,omitzero" yaml:"verify,omitzero"`
	// Hours names the hours of the blueprint in which the times count. "" counts every hour.
	Hours string `json:"hours,omitempty" yaml:"hours,omitempty"`
}

func actionName(a *Action) string { return a.Name }

// Action returns the definition of the named actions. It returns nil if the blueprint has no such actions; a nil definition records
// nothing. Each call makes a new definition: call it once and keep the result.
func (b *Blueprint) Action(name string) *feedback.Action {
	if b == nil {
		return nil
	}
	a := find(b.Actions, name, actionName)
	if a == nil {
		return nil
	}
	return (&definer{blueprint: b}).action(a)
}

func (d *definer) action(a *Action) *feedback.Action {
	hours := d.calendar(a.Hours)
	var opts []feedback.ActionOption
	for _, x := range []struct {
		w      Within
		name   string
		option func(time.Duration, ...journey.PromiseOption) feedback.ActionOption
	}{
		{a.Make, feedback.PromiseMade, feedback.MakeWithin},
		{a.Verify, feedback.PromiseVerified, feedback.VerifyWithin},
	} {
		if x.w == (Within{}) {
			continue
		}
		its := []journey.PromiseOption{journey.BusinessDays(x.w.Days), journey.Maintenance(d.maintenanceOf(a.Name, x.name)...)}
		if hours != nil {
			its = append(its, journey.Hours(hours))
		}
		opts = append(opts, x.option(time.Duration(x.w.Duration), its...))
	}
	return feedback.DefineAction(a.Name, opts...)
}

func (b *Blueprint) addAction(p *problems, path string, d *feedback.Action) {
	if d == nil {
		p.add(path, "the action is nil: pass a definition, or leave it out")
		return
	}
	if known := b.Action(d.Name()); known != nil {
		p.same(path, d.Name(), known.Equal(d))
		return
	}
	if err := d.Validate(); err != nil {
		p.add(path, "%s", err)
	}
	a := Action{Name: d.Name()}
	for x := range d.Journey().Promises() {
		w := Within{Days: x.Days}
		if x.Days == 0 {
			w.Duration = Duration(x.Within)
		}
		if x.Name == feedback.PromiseMade {
			a.Make = w
		} else {
			a.Verify = w
		}
		switch name := x.Hours.Name(); {
		case len(x.Pauses) > 0 || x.Target != 0 || len(x.Maintenance) > 0:
			p.add(path, "the promise %.80q of the action %.80q has Pauses, a Target or a Maintenance, which a blueprint cannot say: leave them out", x.Name, a.Name)
		case a.Hours == "":
			a.Hours = name
		case name != a.Hours:
			p.add(path, "the promise %.80q of the action %.80q has other hours than the first one, which a blueprint cannot say: use the same hours for both", x.Name, a.Name)
		}
		b.addHours(p, path, x.Hours, "the action "+a.Name)
	}
	b.Actions = append(b.Actions, a)
}

// validateActions notes the faults of the actions.
func (b *Blueprint) validateActions(p *problems, journeys []string) {
	p.names("actions", len(b.Actions), func(i int) string { return b.Actions[i].Name })
	followUps := namesOf(b.FollowUps, followUpName)
	for i := range b.Actions {
		a, path := &b.Actions[i], at("actions", i)
		p.about(path, a.Description, a.Owner)
		switch {
		case slices.Contains(journeys, a.Name):
			p.add(path+".name", "%.80q is the name of a journey, too, and actions are a journey of their own: rename one of the two", a.Name)
		case slices.Contains(followUps, a.Name):
			p.add(path+".name", "%.80q is the name of a follow-up, too, and both are journeys: rename one of the two", a.Name)
		}
		_, known := b.Hours[a.Hours]
		if names := slices.Sorted(maps.Keys(b.Hours)); a.Hours != "" && !known {
			p.unknown(path+".hours", a.Hours, names, "there are no hours %.80q%s", a.Hours, allOf("the hours are", names))
		}
		for _, x := range [...]struct {
			key string
			w   Within
		}{{"make", a.Make}, {"verify", a.Verify}} {
			if x.w == (Within{}) {
				continue
			}
			if err := x.w.Validate(); err != nil {
				p.add(path+"."+x.key, "%s", strings.TrimPrefix(err.Error(), "blueprint: "))
			} else if a.Hours == "" && x.w.Days > 0 {
				p.add(path+"."+x.key, "%v counts business days, and no hours say which days these are: add hours to the action, or write a duration", x.w)
			}
		}
	}
}
