package insight

import (
	"cmp"
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
)

// Matter is what a follow-up is about.
type Matter struct {
	// Run is the follow-up.
	Run event.RunRef `json:"run"`
	// About is the run that caused it. The zero value is none that the viewer may see.
	About event.RunRef `json:"about,omitzero"`
	// Rule is the rule of the blueprint that opened it; "" is a person. Owner and Severity are the last ones that its steps name; "" is not known.
	Rule     string `json:"rule,omitempty"`
	Owner    string `json:"owner,omitempty"`
	Severity string `json:"severity,omitempty"`
}

// Matters answers what each of the follow-ups is about, in their order: at most [MaxRuns] of them, such as those that [View.Runs] lists. The table does not keep
// it, so that Matters reads the starts, steps and ends of these runs from the source. A run that is no follow-up, or that the viewer may not see, has nothing but
// its name. It needs the right [Customers].
func (v *View) Matters(ctx context.Context, runs []event.RunRef) ([]Matter, error) {
	list := make([]Matter, len(runs))
	if err := v.viewer.needs("Matters", Customers); err != nil {
		return nil, err
	}
	if len(runs) > MaxRuns {
		return nil, fmt.Errorf("%w: %d follow-ups are asked for: give at most %d", ErrWhich, len(runs), MaxRuns)
	}
	if len(runs) == 0 {
		return list, nil
	}
	known := map[event.RunRef]*Matter{}
	for i, run := range runs {
		list[i].Run = run
		if known[run] == nil {
			known[run] = &Matter{Run: run}
		}
	}
	steps := event.Query{Runs: runs, Kinds: []event.Kind{event.JourneyStarted, event.JourneyStageEntered, event.JourneyEnded}}
	err := v.events(ctx, steps, func(e *event.Event) error {
		if m := known[e.Journey.Ref()]; m != nil && e.FollowUp != nil {
			m.take(e.FollowUp)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, run := range runs {
		list[i] = *known[run]
		if err := v.hideAbout(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (m *Matter) take(f *event.FollowUp) {
	m.Rule, m.Owner, m.Severity = cmp.Or(m.Rule, f.Rule), cmp.Or(f.Owner, m.Owner), cmp.Or(f.Severity, m.Severity)
	if m.About == (event.RunRef{}) {
		m.About = f.About
	}
}

// hideAbout leaves out the run that a follow-up is about if the viewer may not see it.
func (v *View) hideAbout(m *Matter) error {
	if m.About == (event.RunRef{}) {
		return nil
	}
	visible, err := v.letsRun(m.About)
	if err != nil {
		return err
	}
	if !visible || !v.sees(m.About.Name) {
		m.About = event.RunRef{}
	}
	return nil
}
