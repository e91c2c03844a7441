package desk

import (
	"context"
	"crypto/rand"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// The stages of a matter.
const (
	stageAlone  = "alone"
	stageHelped = "helped"
)

// matter is an open run of the journey "matter", whose trace has the contacts with their parts.
type matter struct {
	id    string
	until time.Time // when it is abandoned if nothing happens
	// complete ends the run, because the customer has what he or she came for, and cancel does because the demonstration is over.
	complete, cancel func()
}

// within returns the context of the customer's matter in the stage, and begins the matter if it is new. A contact about nothing that is
// known is in none. The effort, which counts contacts over all channels and services, needs no journey: the intent ties it together.
func (a *App) within(ctx context.Context, v *visit, intent, stage string, c event.Channel) context.Context {
	if intent == "" {
		return ctx
	}
	now := a.cfg.Now()
	m, open := v.matters[intent]
	if open && now.Before(m.until) {
		ctx = a.matter.Resume(ctx, m.id)
	} else {
		m.id = rand.Text()
		ctx = a.matter.Start(ctx, m.id, event.Customer{ID: v.id()}, journey.Via(c))
	}
	ctx = a.matter.Enter(ctx, stage, journey.Via(c))
	v.matters[intent] = matter{
		id: m.id, until: now.Add(a.matter.AbandonAfter()),
		complete: func() { a.matter.Complete(ctx) }, cancel: func() { a.matter.Cancel(ctx) },
	}
	return ctx
}

// done completes the matter. Whether the customer comes again is what the effort tells, in seven days.
func (v *visit) done(intent string) {
	if m, open := v.matters[intent]; open {
		m.complete()
		delete(v.matters, intent)
	}
}
