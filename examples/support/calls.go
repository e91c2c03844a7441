package main

import (
	"context"
	"time"

	"cairncx.dev/cairn/examples/support/callcentre"
	"cairncx.dev/cairn/touchpoint"
)

// recordCalls records the first n calls of a simulated morning that begins then, as the records of a telephone system: whole contacts of
// the queue hotline, without a customer and a matter. It returns how many it has recorded.
func recordCalls(ctx context.Context, call *touchpoint.Definition, begin time.Time, n int) (recorded int) {
	hotline := callcentre.Scenario{Seed: 1, Arrivals: 360, Handle: 240 * time.Second, Agents: 55, WarmUp: time.Hour, Length: 4 * time.Hour}
	for c := range hotline.Run(begin) {
		if recorded == n {
			break
		}
		c.Queue = "hotline"
		callcentre.Record(ctx, call, c)
		recorded++
	}
	return recorded
}
