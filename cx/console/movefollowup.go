package console

import (
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// A move has its name in the form, and words for the reader.
type namedMove struct{ Name, Words string }

// followUpMoves are those of an open follow-up, in the order of ISO 10002.
var followUpMoves = []namedMove{
	{feedback.Assessed, "Assessed: we know how serious it is"},
	{feedback.Acknowledged, "Acknowledged: the customer knows that we have it"},
	{feedback.Investigated, "Investigated: we know what happened"},
	{feedback.Escalated, "Escalated: another team has it"},
	{feedback.Updated, "Updated: the customer has heard from us"},
	{feedback.Resolved, "Resolved: we have done what we can do"},
	{feedback.Told, "Told: the customer knows the answer"},
	{feedback.Confirmed, "Confirmed: the customer is content. It ends"},
	{feedback.Received, "Reopened: the customer objects"},
	{feedback.Closed, "Closed: no objection. It ends"},
	{feedback.Withdrawn, "Withdrawn by the customer. It ends"},
	{feedback.Failed, "Failed: we cannot answer. It ends"},
}

// besides are the moves that are no step on the way: they are offered after those that are.
var besides = []string{feedback.Escalated, feedback.Updated, feedback.Received, feedback.Closed, feedback.Withdrawn, feedback.Failed}

// nextOfFollowUp returns the moves that are offered: first the steps of ISO 10002 after the one where it is, then the other moves, and then the steps before.
func nextOfFollowUp(run *insight.Run) []namedMove {
	at := slices.IndexFunc(followUpMoves, func(m namedMove) bool { return m.Name == run.Stage })
	if run.Stage == feedback.Received {
		at = -1
	}
	var next, other, before []namedMove
	for i, m := range followUpMoves {
		switch {
		case m.Name == run.Stage:
		case slices.Contains(besides, m.Name):
			other = append(other, m)
		case i > at:
			next = append(next, m)
		default:
			before = append(before, m)
		}
	}
	return slices.Concat(next, other, before)
}

func (v *visit) moveFollowUp(run *insight.Run, f *moveForm) (doing, error) {
	def := v.c.does.followUps[run.Run.Name]
	offered := nextOfFollowUp(run)
	switch {
	case def == nil || !open(run):
		return nil, errNotNow
	case !slices.ContainsFunc(offered, func(m namedMove) bool { return m.Name == f.Move }):
		return nil, errNotNow
	case len(def.Severities()) > 0 && !oneOf(f.Severity, def.Severities()):
		return nil, errNotAField
	}
	opts := stepOptions(f)
	return func(ctx context.Context) event.RunRef {
		ctx = def.Journey().Resume(ctx, run.Run.ID, resumed(run)...)
		if f.Move == feedback.Assessed {
			def.Assess(ctx, f.Severity, append(opts, feedback.ReceivedAt(received(run)))...)
			return run.Run
		}
		def.Move(ctx, f.Move, opts...)
		return run.Run
	}, nil
}

// stepOptions are what the form says of a step. The employee acts.
func stepOptions(f *moveForm) []feedback.Option {
	opts := []feedback.Option{feedback.By(event.ActorEmployee)}
	for _, of := range []struct {
		value  string
		option func(string) feedback.Option
	}{{f.Note, feedback.Note}, {f.Remedy, feedback.Remedy}, {f.Owner, feedback.Owner}, {f.Cause, feedback.Because}} {
		if of.value != "" {
			opts = append(opts, of.option(of.value))
		}
	}
	if f.Severity != "" && f.Move != feedback.Assessed {
		opts = append(opts, feedback.Severity(f.Severity))
	}
	return opts
}

// resumed says of whom the run is, and who acts.
func resumed(run *insight.Run) []journey.RecordOption {
	opts := []journey.RecordOption{journey.By(event.ActorEmployee)}
	if run.Customer != "" {
		opts = append(opts, journey.From(event.Customer{Hash: run.Customer, Segment: run.Segment}))
	}
	return opts
}

// received is when the matter was received last.
func received(run *insight.Run) (at time.Time) {
	at = run.Began
	for i := range run.Steps {
		if e := &run.Steps[i].Event; e.Kind == event.JourneyStageEntered && e.Stage == feedback.Received && e.Journey.ID == run.Run.ID {
			at = e.Time
		}
	}
	return at
}

// openFollowUp opens a follow-up that is about the run. Its ID is derived from the form.
func (v *visit) openFollowUp(run *insight.Run, f *moveForm, id event.ID) (doing, error) {
	def := v.c.does.followUps[f.Name]
	switch {
	case def == nil || v.isHandled(run.Run.Name):
		return nil, errNotAField
	case len(def.Severities()) > 0 && !oneOf(f.Severity, def.Severities()):
		return nil, errNotAField
	}
	opts := append(stepOptions(f), feedback.About(run.Run.Name, run.Run.ID))
	return func(ctx context.Context) event.RunRef {
		about := event.RunRef{Namespace: run.Run.Namespace, Name: def.Name(), ID: def.ID(id)}
		def.Open(ctx, about.ID, event.Customer{Hash: run.Customer, Segment: run.Segment}, opts...)
		return about
	}, nil
}

// isHandled reports whether the journey is a follow-up, an action or that of breakdowns: what the company does about what happened.
func (v *visit) isHandled(name string) bool {
	return v.c.does.followUps[name] != nil || v.c.does.actions[name] != nil || v.isBreakdown(name)
}

// isBreakdown reports whether the journey is that of breakdowns.
func (v *visit) isBreakdown(name string) bool { return name == v.c.does.breakdowns.Name() }
