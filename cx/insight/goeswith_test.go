package insight_test

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// everyBad has each kind of bad runs.
func everyBad() []insight.Bad {
	return []insight.Bad{
		insight.NotCompleted(), insight.EndedAs(event.Failed), insight.EndedAs(event.Cancelled), insight.EndedAs(event.Abandoned), insight.PromiseBroken("solved"),
		insight.ObjectiveMissed("ticket-solved"), insight.WasReopened(), insight.AnsweredNegative(), insight.TouchpointFailed(),
	}
}
