package watch

import (
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/journey"
)

// FromBlueprint returns the journey of breakdowns that the blueprint's section breakdowns declares, with its severities, and nil if it has none:
// a nil Journey records nothing. Its [Journey.Journey] equals the definition among those of the blueprint, so that a client that has the one
// has the other, too.
func FromBlueprint(b *blueprint.Blueprint) *Journey {
	if b == nil || b.Breakdowns == nil {
		return nil
	}
	d := b.Breakdowns
	opts := promisesOf(b.BreakdownJourney(""))
	for i := range d.Severities {
		s := &d.Severities[i]
		opts = append(opts, ForSeverity(s.Name, s.CustomersADay, promisesOf(b.BreakdownJourney(s.Name))...))
	}
	return Define(b.BreakdownsName(), opts...)
}

// promisesOf returns the options that make the promises of the journey.
func promisesOf(d *journey.Definition) (list []JourneyOption) {
	option := map[string]func(time.Duration, ...journey.PromiseOption) JourneyOption{
		PromiseConfirmed: ConfirmWithin, PromisePlanned: PlanWithin, PromiseMended: MendWithin,
	}
	for p := range d.Promises() {
		list = append(list, option[p.Name](p.Within, journey.BusinessDays(p.Days), journey.Hours(p.Hours), journey.Maintenance(p.Maintenance...)))
	}
	return list
}
