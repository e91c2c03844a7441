package watch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// StepOption is an option of a step of a breakdown. An option value may be reused.
type StepOption interface{ applyStep(*step) }

type stepOption func(*step)

func (f stepOption) applyStep(s *step) { f(s) }

// At sets when the step was taken. Default, and for the zero time: now.
func At(t time.Time) StepOption { return stepOption(func(s *step) { s.at = t }) }

// By sets who has taken the step. Default: an employee.
func By(a event.Actor) StepOption { return stepOption(func(s *step) { s.actor = a }) }

// Owner sets the team that mends the breakdown, at most [event.MaxName] bytes. Default: not known.
func Owner(team string) StepOption { return stepOption(func(s *step) { s.details.Owner = team }) }

// Note sets free text, handled as a comment of a customer is. Default: none.
func Note(text string) StepOption { return stepOption(func(s *step) { s.details.Note = text }) }

// Details says what the breakdown is about and what it costs, such as [Status.Details], so that the step has it, too. The owner, the note and the
// action of other options hold. A severity that the journey does not have is [event.Other]. Default: a step of a person has what that step says.
func Details(d event.Breakdown) StepOption {
	return stepOption(func(s *step) {
		own := s.details
		s.details = d
		if own.Owner != "" {
			s.details.Owner = own.Owner
		}
		if own.Action != (event.RunRef{}) {
			s.details.Action = own.Action
		}
		s.details.Note = own.Note
	})
}

// once names the step: the run takes one of a name once, however often it is told.
func once(name string) StepOption { return stepOption(func(s *step) { s.once = name }) }

// step is one step, as the options say.
type step struct {
	j       *Journey
	at      time.Time
	actor   event.Actor
	cause   string
	details event.Breakdown
	once    string
	run     string // the ID of the breakdown
}

// gather returns what the options say. It returns nil where there is nothing to record to.
func (j *Journey) gather(ctx context.Context, opts []StepOption) *step {
	rec := flight.RecorderFrom(ctx)
	if j == nil || rec == nil {
		return nil
	}
	s := &step{j: j, actor: event.ActorEmployee}
	for _, o := range opts {
		if o != nil {
			o.applyStep(s)
		}
	}
	if s.at.IsZero() {
		s.at = rec.Now()
	}
	if p := flight.PositionIn(ctx, j.name); p != nil {
		s.run = p.Journey.ID
	}
	return s
}

// option returns the option of a call of package journey that records the step, at the time and after a while.
func (s *step) option(after time.Duration, more func(*flight.Event)) journey.RecordOption {
	return journey.Details(func(e *flight.Event) {
		e.Time, e.Actor, e.Channel = s.at.Add(after), s.actor, event.Web
		if s.cause != "" {
			e.Cause = s.cause
		}
		d := s.details
		d.Severity = s.j.known(d.Severity)
		d.Placed = slices.Clone(d.Placed)
		e.Breakdown = &d
		if more != nil {
			more(e)
		}
		if s.once != "" && e.Kind != event.JourneyStarted {
			what := "watched/" + s.once + "/" + string(e.Kind)
			if e.Promise != nil {
				what += "/" + e.Promise.Name
			}
			e.ID = flight.DeriveID(event.Run{Name: s.j.name, ID: s.run}, what)
		}
	})
}

// Find begins the breakdown with this ID, which the charts have found: [ID] derives it. It returns a context that is in the breakdown. The
// promises have the times of the details' severity.
func (j *Journey) Find(ctx context.Context, id string, d event.Breakdown, opts ...StepOption) context.Context {
	s := j.gather(ctx, append([]StepOption{Details(d)}, opts...))
	if s == nil {
		return ctx
	}
	s.run = id
	o := s.option(0, nil)
	ctx = j.journey.Start(ctx, id, event.Customer{}, o)
	if flight.PositionIn(ctx, j.name) == nil {
		return ctx // the ID is not valid, which is reported
	}
	if d.Better {
		return j.journey.Enter(ctx, Improved, o)
	}
	ctx = j.journey.Enter(ctx, Found, o)
	j.promise(ctx, s)
	return ctx
}

// promise moves the promises that the step found has just made to the times of the severity. It does so a microsecond later, so that a sink
// that keeps microseconds knows which of the two times came last.
func (j *Journey) promise(ctx context.Context, s *step) {
	if s.details.Severity == "" {
		return
	}
	for _, p := range j.Promises(s.details.Severity) {
		j.journey.Promise(ctx, p.Name, p.Due(s.at), s.option(time.Microsecond, func(e *flight.Event) { e.SetMoves(true) }))
	}
}

// Resume returns a context that is in the breakdown with this ID, as [journey.Definition.Resume] does. The steps below need such a context,
// and a client that shares its store with the one that found the breakdown.
func (j *Journey) Resume(ctx context.Context, id string) context.Context {
	if j == nil {
		return ctx
	}
	return j.journey.Resume(ctx, id)
}

// Confirm records that a person says that it is a breakdown.
func (j *Journey) Confirm(ctx context.Context, opts ...StepOption) context.Context {
	return j.take(ctx, Confirmed, opts)
}

// Plan records that the run of an action, such as one of feedback.Action, will mend the breakdown, and which team makes it: at most
// [event.MaxName] bytes. [Watch] waits for the action's step "made".
func (j *Journey) Plan(ctx context.Context, action event.RunRef, owner string, opts ...StepOption) context.Context {
	return j.take(ctx, Planned, append([]StepOption{stepOption(func(s *step) { s.details.Action, s.details.Owner = action, owner })}, opts...))
}

// Replan records another plan for a breakdown that is planned. Its run is confirmed once more, a microsecond before: a run does not enter the stage that it is in. A breakdown
// that was found or confirmed is planned by it, too.
func (j *Journey) Replan(ctx context.Context, action event.RunRef, owner string, opts ...StepOption) context.Context {
	plan := stepOption(func(s *step) { s.details.Action, s.details.Owner = action, owner })
	s := j.gather(ctx, append([]StepOption{plan}, opts...))
	if s == nil {
		return ctx
	}
	ctx = j.take(ctx, Confirmed, append([]StepOption{plan}, append(slices.Clip(opts), At(s.at))...))
	return j.take(ctx, Planned, append([]StepOption{plan}, append(slices.Clip(opts), At(s.at.Add(time.Microsecond)))...))
}

// Mend records that customers experience the change. [Watch] does so by itself when the action of [Journey.Plan] is made.
func (j *Journey) Mend(ctx context.Context, opts ...StepOption) context.Context {
	return j.take(ctx, Mended, opts)
}

// Verify records that the change helps. [Watch] closes the breakdown when it has held for 28 days.
func (j *Journey) Verify(ctx context.Context, opts ...StepOption) context.Context {
	return j.take(ctx, Verified, opts)
}

// Reopen records that the breakdown has returned: it is found once more, and its promises are made anew, with the times of the severity in the
// details. It has no effect on a breakdown that has ended.
func (j *Journey) Reopen(ctx context.Context, d event.Breakdown, opts ...StepOption) context.Context {
	s := j.gather(ctx, append([]StepOption{Details(d)}, opts...))
	if s == nil {
		return ctx
	}
	ctx = j.journey.Enter(ctx, Found, s.option(0, nil))
	j.promise(ctx, s)
	return ctx
}

// Dismiss ends the breakdown as cancelled, for a reason of at most [event.MaxCause] bytes: one of [Reasons], or a cause of the blueprint. If the
// client has causes (cx.WithCauses or the blueprint), another reason is recorded as [event.Other], as every cause is. The breakdown is not raised
// again while the charts show the same.
func (j *Journey) Dismiss(ctx context.Context, reason string, opts ...StepOption) {
	if s := j.gather(ctx, opts); s != nil {
		s.cause = reason
		j.journey.Cancel(ctx, s.option(0, nil))
	}
}

// endedFor sets why the breakdown is closed.
func endedFor(cause string) StepOption { return stepOption(func(s *step) { s.cause = cause }) }

// Close ends the breakdown as completed, because of [Held]. [Watch] does so by itself.
func (j *Journey) Close(ctx context.Context, opts ...StepOption) {
	if s := j.gather(ctx, opts); s != nil {
		s.cause = cmp.Or(s.cause, Held)
		j.journey.Complete(ctx, s.option(0, nil))
	}
}

// Escalate records that the breakdown costs more than it did: the promises that are open move to the times of the severity, which count from
// when it was found last.
func (j *Journey) Escalate(ctx context.Context, d event.Breakdown, found time.Time, opts ...StepOption) {
	s := j.gather(ctx, append([]StepOption{Details(d)}, opts...))
	if s == nil {
		return
	}
	for _, p := range j.Promises(d.Severity) {
		j.journey.Promise(ctx, p.Name, p.Due(found), s.option(0, func(e *flight.Event) { e.SetMoves(true) }))
	}
}

// again makes the promises of the steps after the stage anew. They count from the time.
func (j *Journey) again(ctx context.Context, stage string, d event.Breakdown, at time.Time, opts ...StepOption) {
	s := j.gather(ctx, append([]StepOption{Details(d)}, opts...))
	if s == nil {
		return
	}
	for _, p := range j.Promises(d.Severity) {
		if rank(p.Name) > rank(stage) {
			j.journey.Promise(ctx, p.Name, p.Due(at), s.option(0, nil))
		}
	}
}

// take records a step, and keeps the promises of the steps up to it.
func (j *Journey) take(ctx context.Context, stage string, opts []StepOption) context.Context {
	s := j.gather(ctx, opts)
	if s == nil {
		return ctx
	}
	ctx = j.journey.Enter(ctx, stage, s.option(0, nil))
	for p := range j.journey.Promises() {
		if slices.Index(Steps(), p.Name) < slices.Index(Steps(), stage) { // the stage itself keeps its own
			j.journey.Keep(ctx, p.Name, s.option(0, nil))
		}
	}
	return ctx
}
