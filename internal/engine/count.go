package engine

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Count asks the store how many records are live where, as far as this instance has the count lease.
func (x *Engine[S, O, D, P]) Count(ctx context.Context) {
	c, ok := x.store.(ledger.Counter)
	if !ok || x.cfg.HandOver || time.Since(x.counted) < Lease/3 {
		return
	}
	x.counted = time.Now()
	var live map[ledger.Place]int64
	var held bool
	err := x.call(ctx, func(ctx context.Context) (err error) {
		live, held, err = c.Count(ctx, x.holder, Lease)
		return err
	})
	switch {
	case err != nil:
		x.reportTo(ctx, err)
	case held:
		x.live.Store(&live)
	default:
		x.live.Store(nil)
	}
}

// Live returns how many records are live in each place, or nil where another instance has the count lease, and where the store
// does not count.
func (x *Engine[S, O, D, P]) Live() map[ledger.Place]int64 {
	if live := x.live.Load(); live != nil {
		return *live
	}
	return nil
}
