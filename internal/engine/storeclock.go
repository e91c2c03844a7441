package engine

import (
	"context"
	"time"
)

// storeNow returns the time by the store's clock. Where the store has not answered yet it is this machine's.
func (x *Engine[S, O, D, P]) storeNow(ctx context.Context) time.Time {
	now, ok := x.clock.Now()
	if ok {
		return now
	}
	if now, _, err := x.claim(ctx, 0); err == nil {
		return now
	}
	return x.cfg.Now()
}
