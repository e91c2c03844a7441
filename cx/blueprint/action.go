package blueprint

import (
	"slices"
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
		within, its := d.promised(a.Name, x.name, x.w, hours)
		opts = append(opts, x.option(within, its...))
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
		w := b.within(p, path, "action", a.Name, &x, &a.Hours)
		if x.Name == feedback.PromiseMade {
			a.Make = w
		} else {
			a.Verify = w
		}
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
		p.hours(path+".hours", a.Hours, b)
		p.within(path+".make", a.Make, a.Hours, "action")
		p.within(path+".verify", a.Verify, a.Hours, "action")
	}
}
