package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// dueForm is the form of input type=datetime-local.
const dueForm = "2006-01-02T15:04"

// byHand returns the promises that an employee can make for the run: those that the journey's definition names as made by hand.
func (v *visit) byHand(run *insight.Run) []string {
	def := v.c.does.journeys[run.Run.Name]
	if def == nil || !open(run) || v.isHandled(run.Run.Name) {
		return nil
	}
	return def.ByHand()
}

// keepable returns the promises by hand that are open, or broken and not kept too late yet.
func (v *visit) keepable(run *insight.Run) (names []string) {
	hand := v.byHand(run)
	for i := range run.Promises {
		p := &run.Promises[i]
		owed := p.Settled.IsZero() || p.State == "broken" && p.Late.IsZero()
		if owed && slices.Contains(hand, p.Name) && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

func (v *visit) makePromise(run *insight.Run, f *moveForm) (doing, error) {
	if !slices.Contains(v.byHand(run), f.Name) {
		return nil, errNotNow
	}
	due, err := time.ParseInLocation(dueForm, f.Due, v.zone)
	if err != nil || !due.After(v.at) || due.Sub(v.at) > event.MaxDuration {
		return nil, tells(http.StatusBadRequest, "The promise has no due time that can be kept.", "Go back, and give a time that is still to come, such as "+v.clock(v.at.Add(24*time.Hour))+".")
	}
	def := v.c.does.journeys[run.Run.Name]
	return func(ctx context.Context) event.RunRef {
		def.Promise(def.Resume(ctx, run.Run.ID, resumed(run)...), f.Name, due)
		return run.Run
	}, nil
}

func (v *visit) keepPromise(run *insight.Run, f *moveForm) (doing, error) {
	if !slices.Contains(v.keepable(run), f.Name) {
		return nil, errNotNow
	}
	def := v.c.does.journeys[run.Run.Name]
	return func(ctx context.Context) event.RunRef {
		def.Keep(def.Resume(ctx, run.Run.ID, resumed(run)...), f.Name)
		return run.Run
	}, nil
}
