package main

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
)

const (
	defaultEffortWindow = 7 * 24 * time.Hour // that of the client
	maxEffortWindow     = 365 * 24 * time.Hour
)

// resolve tells the efforts of the log. The contacts of a customer may have been played by several players, so that none of them knows
// whole efforts. An effort that is over by the end is an event, as in a live service. One that the log has already is not told again.
func (ps *players) resolve(ctx context.Context) error {
	tallies := make([]*report.Tally, len(ps.list))
	for i, p := range ps.list {
		tallies[i] = p.tally
	}
	var err error
	ps.efforts, err = report.TakeEfforts(tallies...).Resolve(ctx, ps.window, time.Unix(0, ps.end), func(e *event.Event) { ps.list[0].client.Record(ctx, *e) })
	if err != nil {
		return fmt.Errorf("telling the efforts: %w", err)
	}
	return nil
}
