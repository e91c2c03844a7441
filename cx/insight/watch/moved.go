package watch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// runsAtOnce bounds the runs of one question to the archive.
const runsAtOnce = 256

// made is the step of an action after which customers experience the change: that of feedback.Action.
const made = "made"

// moved reads the steps that people have taken, and those of actions.
func (r *refresh) moved(ctx context.Context) error {
	if r.w.plan.Steps == nil {
		return nil
	}
	of := map[event.RunRef][]*entry{}
	var runs []event.RunRef
	want := func(run event.RunRef, e *entry) {
		if of[run] == nil {
			runs = append(runs, run)
		}
		of[run] = append(of[run], e)
	}
	for _, e := range r.book.sorted() {
		if !e.open() {
			continue
		}
		want(event.RunRef{Namespace: r.w.namespace, Name: r.w.plan.Journey.Name(), ID: e.ID}, e)
		if e.Action.ID != "" {
			want(e.Action, e)
		}
	}
	for batch := range slices.Chunk(runs, runsAtOnce) {
		var events []event.Event
		err := guarded("Steps", func() error {
			return r.w.plan.Steps.Events(ctx, event.Query{Runs: batch, Kinds: []event.Kind{event.JourneyStageEntered, event.JourneyEnded}}, func(e *event.Event) error {
				events = append(events, *e)
				return nil
			})
		})
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx) //nolint:wrapcheck // the watch's own
			}
			r.w.tell(fmt.Errorf("read the steps of people: %w", err))
			continue // what they say is read at the next refresh
		}
		for i := range events {
			ev := &events[i]
			for _, e := range of[ev.Journey.Ref()] {
				if ev.Journey.Name == r.w.plan.Journey.Name() {
					r.stepped(e, ev)
				} else {
					r.acted(e, ev)
				}
			}
		}
	}
	return nil
}

// stepped takes over a step of the breakdown that is newer than what is known. The clock of a person may be behind the one of the step before: who mends it, and with which
// action, is taken over whatever the time, and so is a step that leads further, unless it is of before a step that led back.
func (r *refresh) stepped(e *entry, ev *event.Event) {
	at := ev.Time.Truncate(time.Microsecond).UTC()
	if !e.open() {
		return
	}
	if d := ev.Breakdown; d != nil && d.Owner != "" {
		e.Owner = d.Owner
	}
	if d := ev.Breakdown; d != nil && d.Action.ID != "" {
		e.Action = d.Action
	}
	j, is, was := r.w.plan.Journey, rank(ev.Stage), rank(e.Stage)
	switch {
	case ev.Kind == event.JourneyEnded:
		e.Ended, e.Cause, e.Dropped = at, ev.Cause, ev.Outcome != event.Completed
	case is < 0: // a stage that this release does not know
	case ev.Stage == Found && at.After(e.StageAt): // by other code
		if d := ev.Breakdown; d != nil && j.higher(d.Severity, e.Severity) {
			e.Severity = d.Severity
		}
		e.found(j, at)
	case at.After(e.StageAt) && is < rank(Mended) && was >= rank(Mended): // planned anew
		e.move(ev.Stage, at)
		e.Back = at
		e.promise(j, at)
		e.todo(pending{Do: doPromise, At: at})
	case at.After(e.StageAt), is > was && at.Equal(e.StageAt):
		if e.move(ev.Stage, at); is < was {
			e.Back = at
		}
	case is > was && at.After(e.Back):
		e.move(ev.Stage, e.StageAt)
	}
}

// acted mends the breakdown when its action is made.
func (r *refresh) acted(e *entry, ev *event.Event) {
	is := ev.Kind == event.JourneyStageEntered && ev.Stage == made || ev.Kind == event.JourneyEnded && ev.Outcome == event.Completed
	if !is || !e.open() || rank(e.Stage) >= rank(Mended) || e.Stage != Planned {
		return
	}
	at := ev.Time.Truncate(time.Microsecond).UTC()
	if at.Before(e.Since) && e.Since.After(e.Opened) {
		return // the action has not mended it: it was found again since, or planned anew
	}
	if !at.After(e.StageAt) { // an action that was made before it became the plan
		at = e.StageAt.Add(time.Microsecond)
	}
	e.move(Mended, at)
	e.todo(pending{Do: doMend, At: at})
	e.todo(pending{Do: doTell + string(NewsMended), At: r.now})
}
