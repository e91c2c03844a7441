package main

import (
	"context"
	"time"

	"cairncx.dev/cairn/examples/support/callcentre"
	"cairncx.dev/cairn/touchpoint"
)

// hotline is the call centre of the published example: 360 calls in half an hour, of 240 seconds each, and 55 employees.
func hotline() callcentre.Scenario {
	return callcentre.Scenario{Seed: 1, Arrivals: 360, Handle: 4 * time.Minute, Agents: 55, WarmUp: time.Hour, Length: 24 * time.Hour}
}

// recordCalls records the first n calls of a simulated morning that begins then, as the records of a telephone system: whole contacts of
// the queue hotline, without a customer and a matter. It returns how many it has recorded.
func recordCalls(ctx context.Context, call *touchpoint.Definition, begin time.Time, n int) (recorded int) {
	if n <= 0 {
		return 0
	}
	for c := range hotline().Run(begin) {
		c.Queue = "hotline"
		callcentre.Record(ctx, call, c)
		if recorded++; recorded == n {
			break
		}
	}
	return recorded
}
