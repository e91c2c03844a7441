package engine

import (
	"context"
	"fmt"
)

// Put queues what happened. It never waits: it returns false when the queue is full, or closed. An op
// that has no key gets one.
func (x *Engine[S, O, D, P]) Put(i *Item[O, P]) bool {
	if i.Op.Key() == 0 {
		i.Op.SetKey(x.NewKey())
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || len(x.queue) == cap(x.queue) { // every sender has the lock
		return false
	}
	x.queue <- i
	x.taken++
	x.pending = append(x.pending, i)
	return true
}

// Waiting returns how many items are not in the store yet, at most as many as the queue holds. Capacity is that number. Items
// that are being written count, so that a store that is away shows even where little happens.
func (x *Engine[S, O, D, P]) Waiting() (waiting, capacity int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return min(len(x.pending), cap(x.queue)), cap(x.queue)
}

// work writes what is queued until the queue is closed.
func (x *Engine[S, O, D, P]) work() {
	var batch []*Item[O, P]
	for first := range x.queue {
		batch = x.fill(append(batch[:0], first))
		x.waitToSettle()
		x.write(batch)
		clear(batch)
		x.mu.Lock()
		x.applied += uint64(len(batch))
		clear(x.pending[:len(batch)])
		x.pending = x.pending[len(batch):]
		close(x.progress)
		x.progress = make(chan struct{})
		x.mu.Unlock()
	}
}

// fill adds to the batch what is queued now and fits.
func (x *Engine[S, O, D, P]) fill(batch []*Item[O, P]) []*Item[O, P] {
	for len(batch) < storeBatch {
		select {
		case i, ok := <-x.queue:
			if !ok {
				return batch
			}
			batch = append(batch, i)
		default:
			return batch
		}
	}
	return batch
}

// maxUnsettled bounds the records that have something to settle: beyond it the queue waits.
const maxUnsettled = 1 << 14

// waitToSettle waits while too many records have something to settle.
func (x *Engine[S, O, D, P]) waitToSettle() {
	for {
		x.openMu.Lock()
		n := len(x.toSettle) + len(x.beingSettled) + len(x.undecided)/4
		x.openMu.Unlock()
		if n < maxUnsettled {
			return
		}
		x.wake.Set()
		if !pause(x.ctx, pauseToSettle) {
			return
		}
	}
}

// Drain returns when everything that was queued before the call is committed and delivered.
func (x *Engine[S, O, D, P]) Drain(ctx context.Context) error {
	x.mu.Lock()
	until := x.taken
	x.mu.Unlock()
	for {
		x.mu.Lock()
		applied, progress := x.applied, x.progress
		x.mu.Unlock()
		if applied >= until {
			return nil
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return fmt.Errorf("%d changes wait for the store: %w", until-applied, context.Cause(ctx))
		}
	}
}
