package lifecycle

import "context"

// Closing runs the last step of a Shutdown until it has succeeded once. The zero value is ready. It must not be copied after
// its first use.
type Closing struct {
	turn Turn
	done bool // the step has succeeded; whoever has the turn may change it
}

// Do calls step, unless an earlier call of it has returned nil. Callers take turns: one that comes while step runs waits for
// it, and returns the cause of its ctx when that is done first. After an error the next Do calls step again.
func (c *Closing) Do(ctx context.Context, step func() error) error {
	if err := c.turn.Take(ctx); err != nil {
		return err
	}
	defer c.turn.Give()
	if c.done {
		return nil
	}
	if err := step(); err != nil {
		return err
	}
	c.done = true
	return nil
}
