package rules

import "time"

// BadRatioWithin returns the name of the recorded series with the share of bad events within an alert window: a Long or a Short of [Burns].
func BadRatioWithin(d time.Duration) string { return badRatio + span(d) }
