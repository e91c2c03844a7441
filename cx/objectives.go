package cx

import (
	"context"

	"cairncx.dev/cairn/cx/slo"
)

// Objectives returns how each objective of [WithObjectives] and of the blueprint stands now, by the client's clock. It knows what this
// client has counted since [New]: see [slo.Counter.Status] and [slo.Status.Since]. For all instances, ask the backend of their metrics. The
// caller owns the slice. It is safe for concurrent use, also after Shutdown. A nil Client, and one without objectives, has none.
func (c *Client) Objectives() []slo.Status {
	if c == nil || c.objectives == nil {
		return nil
	}
	return c.objectives.Status(c.clock.Now())
}

// beginAtZero makes the series of the objectives exist before their first event.
func (c *Client) beginAtZero() {
	ctx := context.Background()
	defer c.contain(ctx, "a provider of OpenTelemetry")
	c.objectives.Zero(ctx)
}
