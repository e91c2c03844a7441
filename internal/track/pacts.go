package track

import (
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// keeps is a definition that keeps promises of a journey.
type keeps interface {
	Keeps(journey string) []string
}

// pacts returns what the event says of promises: those that its journey declares, those that its touchpoint keeps, and one that
// is made or kept by hand. The due time of a promise is worked out here, so that the state of a run has an instant and no
// calendar.
func (t *tracker) pacts(e *flight.Event, kind opKind, stage string) (out []pact) {
	switch e.Kind {
	case event.PromiseMade:
		return []pact{{name: e.Promise.Name, kind: pactMake, due: e.Promise.Due.UnixNano()}}
	case event.PromiseKept:
		return []pact{{name: e.Promise.Name, kind: pactKeep}}
	case event.TouchpointEnded:
		if kind == opTouch && (e.Outcome == event.OK || e.Outcome == event.Degraded) {
			out = t.touchPacts(out, e)
		}
	default: // only its stage says something
	}
	if stage == "" && kind != opStart {
		return out
	}
	for p := range t.cfg.Rules(e.Journey.Name).Promises() {
		out = appendPacts(out, &p, e, kind, stage)
	}
	return out
}

// touchPacts appends what a touchpoint that is over says of promises.
func (t *tracker) touchPacts(out []pact, e *flight.Event) []pact {
	if k, ok := e.Definition().(keeps); ok {
		for _, name := range k.Keeps(e.Journey.Name) {
			out = append(out, pact{name: name, kind: pactKeep})
		}
	}
	for p := range t.cfg.Rules(e.Journey.Name).Promises() {
		if p.UntilTouchpoint == e.Touchpoint && p.Until == "" {
			out = append(out, pact{name: p.Name, kind: pactKeep})
		}
		if p.SinceTouchpoint == e.Touchpoint && p.Since == "" {
			out = append(out, pact{name: p.Name, kind: pactOffer, due: p.Due(e.Time.Add(e.Duration)).UnixNano(), untilEnd: p.Until == "end"})
		}
	}
	return out
}

// visitOnly reports whether all that the op says of promises counts only at the beginning of a visit. Inside a visit, in its order,
// it then says nothing.
func (o *op) visitOnly() bool {
	return !slices.ContainsFunc(o.pacts, func(x pact) bool { return !x.byVisit })
}

// appendPacts appends what a start, or the entry of a stage, says of one promise.
func appendPacts(out []pact, p *journey.Promised, e *flight.Event, kind opKind, stage string) []pact {
	here := stage
	if kind == opStart {
		here = "start"
	}
	visit := kind != opStart
	if here == p.Until {
		out = append(out, pact{name: p.Name, kind: pactEnter, byVisit: visit})
	}
	if here == p.Since {
		out = append(out, pact{name: p.Name, kind: pactOffer, byVisit: visit, due: p.Due(e.Time).UnixNano(), untilEnd: p.Until == "end"})
	}
	switch {
	case !visit || len(p.Pauses) == 0:
	case slices.Contains(p.Pauses, stage):
		out = append(out, pact{name: p.Name, kind: pactPause, byVisit: true})
	default:
		out = append(out, pact{name: p.Name, kind: pactResume, byVisit: true})
	}
	return out
}
