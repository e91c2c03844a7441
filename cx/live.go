package cx

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"cairncx.dev/cairn/cx/fault"
)

// tellLive tells of the journeys whose runs are live at Shutdown and in no store, once: how they end is never
// known. Each run counts as one fault, each journey is told once. A log that is replayed may end in the middle of
// journeys, which the report says.
func (c *Client) tellLive(ctx context.Context) {
	if c.replays || c.tracker.Shared() {
		return
	}
	live := map[string]int64{}
	c.tracker.Active(func(journey, _ string, runs int64) { live[journey] += runs })
	for _, name := range slices.Sorted(maps.Keys(live)) {
		n := live[name]
		if n <= 0 {
			continue
		}
		runs := "runs were"
		if n == 1 {
			runs = "run was"
		}
		c.faults(ctx, fault.Report{
			Fault: fault.LiveRuns, Name: name,
			Detail: fmt.Sprintf("%d %s live at Shutdown and in the memory of this process only, so that no event says how they end", n, runs),
		}, n)
	}
}

// otherCustomer tells of a start of a live run with another customer.
func (c *Client) otherCustomer(ctx context.Context, journey string) {
	c.RecordFault(ctx, fault.Report{
		Fault: fault.OtherCustomer, Name: journey,
		Detail: "a live run was started again with another customer, and the one of the earliest start holds",
	})
}
