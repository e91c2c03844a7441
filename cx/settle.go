package cx

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// settleProcessors waits as flushProcessors does, for the store of journeys, which does so every now and then:
// what the client's queues have lost is left for the application's own [Client.Flush] to tell.
func (c *Client) settleProcessors(ctx context.Context) error {
	errs := make([]error, len(c.processors))
	var g errgroup.Group
	for i, p := range c.processors {
		g.Go(func() error {
			errs[i] = contained(func() error {
				switch p := p.(type) {
				case *exporters.Batch:
					return p.Wait(ctx)
				case event.Flusher:
					return p.Flush(ctx)
				default:
					return nil
				}
			})
			return nil
		})
	}
	_ = g.Wait() // the errors are in errs: all of them count
	return errors.Join(errs...)
}
