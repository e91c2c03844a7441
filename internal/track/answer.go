package track

import (
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// This file works out what only the run of a follow-up knows: when its next promise is due, which steps it left out, and how long its
// customer heard nothing.

// answer completes the details of a follow-up's step, which may be shared with the event that made the step.
func answer(e *flight.Event, f *effect) {
	if e.FollowUp == nil || e.Kind != f.kind {
		return
	}
	own := *e.FollowUp
	switch e.Kind {
	case event.JourneyStageEntered:
		if own.Due.IsZero() && f.due != 0 && e.Stage != flight.StepTold && e.Stage != flight.StepConfirmed {
			own.Due = at(f.due)
		}
	case event.JourneyEnded:
		own.Skipped, own.Silence = f.skipped, event.Seconds(f.silence)
	default:
		return
	}
	e.FollowUp = &own
}

// skipped returns the steps that a follow-up left out. It is not known where the beginning is not, and a matter that the customer
// has withdrawn needs no more steps.
func (r *run) skipped(o event.Outcome) (steps []string) {
	if !r.begun || o == event.Cancelled || !r.received() {
		return nil
	}
	for _, step := range flight.Expected() {
		if !r.wasIn(step) {
			steps = append(steps, step)
		}
	}
	return steps
}

// received reports whether the run has the first step of a follow-up.
func (r *run) received() bool { return r.wasIn(flight.StepReceived) }

func (r *run) wasIn(name string) bool {
	return slices.ContainsFunc(r.been, func(s stage) bool { return s.name == name && s.visits > 0 })
}

// dueNext returns when the first of the open promises is due, or 0.
func (r *run) dueNext() (due int64) {
	for i := range r.promises {
		if is, o := r.openOf(&r.promises[i]); is && o.stopped == 0 && (due == 0 || o.due < due) {
			due = o.due
		}
	}
	return due
}

// noteDue notes in the stages that the op has entered when the next promise is due.
func (r *run) noteDue(d *done) {
	if len(r.promises) == 0 {
		return
	}
	due := r.dueNext()
	for k := range d.n {
		f := &d.two[k%len(d.two)]
		if k >= len(d.two) {
			f = &d.rest[k-len(d.two)]
		}
		if f.kind == event.JourneyStageEntered {
			f.due = due
		}
	}
}

// silent notes how long the customer of a follow-up had heard nothing then, since the promise was made.
func (r *run) silent(p *promise, made, until int64) {
	if p.name == flight.PromiseUpdated && r.received() {
		p.silence = max(p.silence, until-made)
	}
}

// silence returns the longest time in which the customer of a follow-up heard nothing, or 0 where that is not known.
func (r *run) silence() (longest int64) {
	for i := range r.promises {
		longest = max(longest, r.promises[i].silence)
	}
	return longest
}
