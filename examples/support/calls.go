package main

import (
	"context"
	"time"

	"cairncx.dev/cairn/touchpoint"
)

// recordCalls records the first n calls of a simulated morning that begins then, as the records of a telephone system: whole contacts of
// the queue hotline, without a customer and a matter. It returns how many it has recorded.
func recordCalls(context.Context, *touchpoint.Definition, time.Time, int) int { return 0 }
