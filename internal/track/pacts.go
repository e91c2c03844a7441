package track

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// keeps is a definition that keeps promises of a journey.
type keeps interface {
	Keeps(journey string) []string
}

// rule is a promise that a definition declares, and when its warning is due. It works out the times of a pact, so that the state
// of a run has instants and no calendar.
type rule struct {
	journey.Promised
	warn Warning
}

// Warning says when the application is told that a promise is about to break: when a share of its time is over, or when so much
// of it is left, whichever is first. The zero value is never.
type Warning struct {
	Share float64       // more than 0 and less than 1
	Left  time.Duration // more than 0
}

// rules are the promises of a definition, as the pacts of each thing that may happen to a run. Nothing changes them.
type rules struct {
	start []pact            // of the start
	stage map[string][]pact // of the entry of a stage, by its name
	touch map[string][]pact // of a touchpoint, by its name
	named map[string]*rule  // by the name of the promise
}

// rulesOf returns the promises of the journey, or nil if it declares none.
func (t *tracker) rulesOf(d *journey.Definition) *rules {
	if d == nil {
		return nil
	}
	if known, ok := t.promises.Load(d); ok {
		return known.(*rules) //nolint:forcetypeassert // it has nothing else
	}
	for range d.Promises() {
		made, _ := t.promises.LoadOrStore(d, newRules(d, t.cfg.Warning))
		return made.(*rules) //nolint:forcetypeassert // it has nothing else
	}
	return nil
}

func newRules(d *journey.Definition, w Warning) *rules {
	all := &rules{stage: map[string][]pact{}, touch: map[string][]pact{}, named: map[string]*rule{}}
	for p := range d.Promises() {
		r := &rule{p, w}
		all.named[p.Name] = r
		offer := pact{name: p.Name, kind: pactOffer, rule: r, untilEnd: p.Until == journey.AtEnd}
		enter := pact{name: p.Name, kind: pactEnter}
		if p.Since == journey.AtStart {
			start := offer
			start.byStart = true
			all.start = append(all.start, start)
		}
		if p.SinceTouchpoint != "" {
			all.touch[p.SinceTouchpoint] = append(all.touch[p.SinceTouchpoint], offer)
		}
		if p.UntilTouchpoint != "" {
			all.touch[p.UntilTouchpoint] = append(all.touch[p.UntilTouchpoint], pact{name: p.Name, kind: pactEnter})
		}
		offer.byVisit, enter.byVisit = true, true
		for _, stage := range d.Stages() {
			list := all.stage[stage]
			if stage == p.Until {
				list = append(list, enter)
			}
			if stage == p.Since {
				list = append(list, offer)
			}
			switch {
			case len(p.Pauses) == 0:
			case slices.Contains(p.Pauses, stage):
				list = append(list, pact{name: p.Name, kind: pactPause, byVisit: true})
			default:
				list = append(list, pact{name: p.Name, kind: pactResume, rule: r, byVisit: true})
			}
			if len(list) > 0 {
				all.stage[stage] = list
			}
		}
	}
	return all
}

// pacts returns what the event says of promises: those that its journey declares, those that its touchpoint keeps, and one that
// is made or kept by hand. The caller must not change them. Their times are not worked out: see [op.workOut].
func (t *tracker) pacts(e *flight.Event, kind opKind, stage string) (out []pact) {
	all := t.rulesOf(t.cfg.Rules(e.Journey.Name))
	switch e.Kind {
	case event.PromiseMade:
		x := pact{name: e.Promise.Name, kind: pactMake, due: e.Promise.Due.UnixNano(), rule: &rule{warn: t.cfg.Warning}}
		if all != nil && all.named[x.name] != nil {
			x.rule = all.named[x.name]
			x.untilEnd = x.rule.Until == journey.AtEnd
		}
		if x.only = e.Only(); e.Moves() {
			x.kind = pactMove
		}
		return []pact{x}
	case event.PromiseKept:
		return []pact{{name: e.Promise.Name, kind: pactKeep}}
	case event.TouchpointEnded:
		if kind == opTouch && (e.Outcome == event.OK || e.Outcome == event.Degraded) {
			out = keptBy(e)
			if all != nil {
				out = join(out, all.touch[e.Touchpoint])
			}
		}
	case event.JourneyStarted, event.JourneyStageEntered:
		if e.FollowUp != nil {
			out = []pact{{name: e.FollowUp.Severity, kind: pactAnswer}}
		}
	default: // only its stage says something
	}
	switch {
	case all == nil:
		return out
	case kind == opStart:
		return join(out, all.start)
	default:
		return join(out, all.stage[stage])
	}
}

// mayStart adds to an op that may start a run what its start promises.
func (t *tracker) mayStart(o *op, e *flight.Event) {
	if all := t.rulesOf(t.cfg.Rules(e.Journey.Name)); all != nil {
		o.pacts = join(all.start, o.pacts)
	}
}

// keptBy returns what the definition of a touchpoint keeps.
func keptBy(e *flight.Event) (out []pact) {
	if k, ok := e.Definition().(keeps); ok {
		for _, name := range k.Keeps(e.Journey.Name) {
			out = append(out, pact{name: name, kind: pactEnter})
		}
	}
	return out
}

// join returns the pacts of both, without changing either.
func join(a, b []pact) []pact {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	default:
		return slices.Concat(a, b)
	}
}

// visitOnly reports whether all that the op says of promises counts only at the beginning of a visit. Inside a visit, in its order,
// it then says nothing.
func (o *op) visitOnly() bool {
	return !slices.ContainsFunc(o.pacts, func(x pact) bool { return !x.byVisit })
}

// when returns when the op says that of a promise: what a touchpoint does counts when it is over.
func (o *op) when(x *pact) int64 {
	if o.kind == opTouch && !x.byVisit && !x.byStart {
		return max(o.at, o.until)
	}
	return o.at
}

// workOut appends to buf what the op says of promises, with the times worked out, and makes that what the op says.
func (o *op) workOut(buf []pact) []pact {
	if len(o.pacts) == 0 {
		return buf
	}
	buf = append(buf, o.pacts...)
	for i := range buf {
		if x := &buf[i]; x.rule != nil {
			x.rule.workOut(x, o.when(x))
			x.rule = nil
		}
	}
	o.pacts = buf
	return buf
}

// workOut works out the times of a pact of that moment.
func (r *rule) workOut(x *pact, moment int64) {
	from := at(moment)
	if x.kind == pactResume {
		x.open = r.openings(from, r.Due(from))
		return
	}
	if x.kind == pactOffer {
		x.due = r.Due(from).UnixNano()
	}
	x.open = r.openings(from, at(x.due))
	if r.warn != (Warning{}) {
		x.warn = r.warning(from, at(x.due))
	}
}

// warning returns when the application is warned of a promise that is made and due at these times, or 0 for never.
func (r *rule) warning(from, due time.Time) int64 {
	if !due.After(from) {
		return 0
	}
	opened := r.opened(from, due)
	warned := time.Duration(-1)
	if r.warn.Share > 0 {
		warned = time.Duration(float64(opened) * r.warn.Share)
	}
	if left := opened - r.warn.Left; r.warn.Left > 0 && left > 0 && (warned < 0 || left < warned) {
		warned = left
	}
	if warned < 0 {
		return 0
	}
	warning := from.Add(warned)
	if r.Hours != nil {
		var err error
		if warning, err = r.Hours.Add(from, warned); err != nil {
			return 0
		}
	}
	if !warning.Before(due) {
		return 0
	}
	return warning.UnixNano()
}

// opened returns the time of the promise's clock from a to b.
func (r *rule) opened(a, b time.Time) time.Duration {
	if r.Hours == nil {
		return b.Sub(a)
	}
	return r.Hours.Between(a, b)
}

// openings returns what the clock of the promise needs to know when it has stopped and goes on. It returns more than until the
// due time, because what is left of a promise that counts days may be longer than the same number of other days.
func (r *rule) openings(from, due time.Time) openings {
	if r.Hours == nil || len(r.Pauses) == 0 {
		return nil
	}
	return openingsOf(r.Hours, from, 2*r.Hours.Between(from, due))
}
