package console

import (
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// formShown is a form as its template reads it.
type formShown struct {
	Kind, Action, Token, Button string
	Moves                       []namedMove
	Names, Severities           []string
	// Fold is what a form says that is folded until the reader wants it; "" stands open.
	Fold string
	// Step means that the form has the fields of a step, and Due that it has a due time, which is From at the earliest.
	Step, Due bool
	From      string
}

// moving are the forms of a run's page.
type moving struct {
	Said  string
	Forms []formShown
}

// saidDone are the words for a move that was just made.
const saidDone = "It is recorded, and stands below as soon as the page has it."

// moving returns the forms for what the reader may do about the run now.
func (v *visit) moving(run *insight.Run) (m moving) {
	if v.justDone(run.Run, run.Steps) {
		m.Said = saidDone
	}
	if v.mayAct() != nil || !v.ours(run.Run) {
		return m
	}
	base := formShown{Action: v.c.path("runs/"+segments(run.Run.Name, run.Run.ID)+"/move") + namespaceQuery(v, run), Token: tokenOf(run)}
	add := func(kind, button string, fill func(*formShown)) {
		f := base
		f.Kind, f.Button = kind, button
		fill(&f)
		m.Forms = append(m.Forms, f)
	}
	if def := v.c.does.followUps[run.Run.Name]; def != nil && open(run) {
		add(formFollowUp, "Move on", func(f *formShown) { f.Moves, f.Severities, f.Step = nextOfFollowUp(run), def.Severities(), true })
	}
	if v.c.does.actions[run.Run.Name] != nil && open(run) {
		add(formAction, "Move on", func(f *formShown) { f.Moves, f.Step = nextOfAction(run), true })
	}
	if names := v.keepable(run); len(names) > 0 {
		add(formKeep, "Kept", func(f *formShown) { f.Names = names })
	}
	if names := v.byHand(run); len(names) > 0 {
		add(formPromise, "Promise", func(f *formShown) {
			f.Fold = "Promise the customer something"
			f.Names, f.Due, f.From = names, true, v.at.In(v.zone).Truncate(time.Minute).Format(dueForm)
		})
	}
	// A reader opens follow-ups also of journeys that are out of the reader's scope: it hands the matter over to those who see them.
	if names := sortedNames(v.c.does.followUps); len(names) > 0 && !v.isHandled(run.Run.Name) {
		add(formOpen, "Open", func(f *formShown) { f.Names, f.Step, f.Fold = names, true, "Open a follow-up" })
	}
	return m
}

// namespaceQuery keeps the namespace and the zone of the page in the address of its forms.
func namespaceQuery(v *visit, run *insight.Run) string {
	f := v.filter.own()
	f.Namespace = run.Run.Namespace
	if q := f.query(); len(q) > 0 {
		return "?" + q.Encode()
	}
	return ""
}

func sortedNames[T any](of map[string]T) []string { return slices.Sorted(maps.Keys(of)) }
