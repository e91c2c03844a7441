package watch

import "cairncx.dev/cairn/cx/insight"

// Dismissed is not a step of the journey: it ends a breakdown, because it is none. [NextSteps] names it as the events of the end are named in commands and forms.
const Dismissed = "dismissed"

// NextSteps returns what a person may do with a breakdown of the archive, the usual next step first: [Confirmed], [Planned], [Mended] and [Verified], and [Dismissed]. A
// breakdown that has ended and an improvement have none. Another step would take it back to where it has been; only [Planned] is offered again, because a plan that does
// not help is replaced by another one ([Journey.Replan]).
func NextSteps(b *insight.Breakdown) []string {
	switch {
	case b == nil || !b.Open() || b.Details.Better:
		return nil
	case b.Step == Confirmed:
		return []string{Planned, Mended, Dismissed}
	case b.Step == Planned:
		return []string{Mended, Planned, Dismissed}
	case b.Step == Mended:
		return []string{Verified, Planned, Dismissed}
	case b.Step == Verified:
		return []string{Dismissed}
	default:
		return []string{Confirmed, Planned, Mended, Dismissed}
	}
}
