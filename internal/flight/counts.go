package flight

import "cairncx.dev/cairn/cx/event"

// The lengths of tables that are indexed by one of the closed vocabularies of cx/event: one more than the highest value.
const (
	NumChannels   = int(event.OtherChannel) + 1
	NumActors     = int(event.ActorSynthetic) + 1
	NumDirections = int(event.Outbound) + 1
	NumOutcomes   = int(event.Completed) + 1
	NumZones      = int(event.Frustrated) + 1
	NumScales     = int(event.Thumbs) + 1
	NumVerdicts   = int(event.Negative) + 1
	NumSurveyEnds = int(event.SurveyExpired) + 1
	NumNatures    = int(event.Suggestion) + 1
)
