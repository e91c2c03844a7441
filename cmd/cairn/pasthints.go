package main

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// hint notes which objectives are all good, all bad or without events because the blueprint or the command line lacks something, and not because of what
// customers experienced. A log names touchpoints only, which a reader of such a report may not think of.
func (p *past) hint(bp *blueprint.Blueprint, s *replaySettings) {
	at := &p.replay.Period
	csv := s.columns.Case != ""
	for i := range p.objectives {
		o := &p.objectives[i]
		n := p.counts.Between(o.Name, *at.LogFirst, at.Followed.Add(time.Nanosecond))
		switch {
		case n.Total() == 0 && o.Subject() == slo.OfEffort:
			p.hints = append(p.hints, o.Name+": no effort ended, because a log of calls has no ends of efforts. Cairn's own events have them (contact.resolved), "+
				"a week and a day after the last contact.")
		case n.Total() == 0:
		case o.Subject() == slo.OfJourney && n.Good == 0 && !reaches(bp, o):
			p.hints = append(p.hints, o.Name+": no run was good, because no touchpoint of the journey "+o.Journey+" ends it so. Write ends: completed at the "+
				"touchpoint with which customers have what they came for.")
		case o.Subject() == slo.OfTouchpoint && n.Bad == 0 && csv && s.columns.Outcome == "":
			p.hints = append(p.hints, o.Name+": every interaction was good, because the log has no column for the outcome. Name one under log.columns, or in --map with outcome=.")
		}
	}
}

// reaches reports whether a touchpoint of the objective's journey ends it with an outcome that the objective calls good, or nothing has to.
func reaches(bp *blueprint.Blueprint, o *slo.Objective) bool {
	good := o.GoodOutcomes()
	return slices.Contains(good, event.Abandoned) || slices.ContainsFunc(bp.Touchpoints, func(t blueprint.Touchpoint) bool {
		return t.Journey == o.Journey && slices.ContainsFunc(good, func(g event.Outcome) bool { return g.String() == t.Ends })
	})
}
