package report

import "cairncx.dev/cairn/cx/event"

// The lengths of tables that are indexed by one of the closed vocabularies of package event: one more than the highest value.
const (
	numChannels = int(event.OtherChannel) + 1
	numOutcomes = int(event.Completed) + 1
	numZones    = int(event.Frustrated) + 1
	numVerdicts = int(event.Negative) + 1
)
