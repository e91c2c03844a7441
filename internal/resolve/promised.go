package resolve

import (
	"fmt"
	"maps"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/nearest"
)

// unknownPromise notes a promise by hand that the definition of the journey does not name. The event keeps the name.
func (r *Resolver) unknownPromise(e *flight.Event, f *Findings) {
	known, name := r.lookJourney(e.Journey.Name), e.Promise.Name
	if known == nil || name == event.Other || known.HasPromise(name) {
		return
	}
	if x := f.report(fault.Report{Fault: fault.UnknownName, Name: name, Detail: "it is a promise that the definition of the journey "}); x != nil {
		x.rest = []string{e.Journey.Name, " does not name, so that metrics count it under _other"}
		x.meant = known.PromiseNames
	}
}

// Unmet returns a report for each promise of a known journey that is made or kept by a touchpoint which no definition has. It returns
// none where no touchpoint is known: then all of them are met in use.
func (r *Resolver) Unmet() (reports []fault.Report) {
	touchpoints, journeys := r.touchpoints.m.Load(), r.journeys.m.Load()
	if touchpoints == nil || journeys == nil {
		return nil
	}
	names := slices.Sorted(maps.Keys(*touchpoints))
	for _, j := range slices.Sorted(maps.Keys(*journeys)) {
		d := (*journeys)[j]
		for p := range d.Promises() {
			for _, m := range [...]struct{ option, touchpoint string }{{"SinceTouchpoint", p.SinceTouchpoint}, {"UntilTouchpoint", p.UntilTouchpoint}} {
				if _, ok := (*touchpoints)[m.touchpoint]; ok || m.touchpoint == "" {
					continue
				}
				meant := nearest.Meant(m.touchpoint, names)
				if d.HasStage(m.touchpoint) {
					meant = ": it is the name of a stage, which Since and Until take"
				}
				reports = append(reports, fault.Report{
					Fault: fault.UnknownName, Name: m.touchpoint,
					Detail: fmt.Sprintf("%s of the promise %q of the journey %q names a touchpoint that is not defined%s", m.option, p.Name, j, meant),
				})
			}
		}
	}
	return reports
}
