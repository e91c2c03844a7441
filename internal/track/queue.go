package track

import (
	"context"
	"fmt"
)

// put queues what happened. It never waits: it returns false when the queue is full, or closed.
func (r *remote) put(i *item) bool {
	i.op.key = opKey()
	if i.op.id == 0 {
		i.op.id = i.op.key
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.queue) == cap(r.queue) { // every sender has the lock
		return false
	}
	if i.op.kind == opEnd {
		r.ends.add(i)
	}
	r.queue <- i
	r.taken++
	r.pending = append(r.pending, i)
	return true
}

// waiting returns how many items are not in the store yet, as many as the queue holds at most.
func (r *remote) waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return min(len(r.pending), cap(r.queue))
}

// work writes what is queued until the queue is closed.
func (r *remote) work() {
	var batch []*item
	for first := range r.queue {
		batch = r.fill(append(batch[:0], first))
		r.waitToSettle()
		r.write(batch)
		clear(batch)
		r.mu.Lock()
		r.applied += uint64(len(batch))
		clear(r.pending[:len(batch)])
		r.pending = r.pending[len(batch):]
		close(r.progress)
		r.progress = make(chan struct{})
		r.mu.Unlock()
	}
}

// fill adds to the batch what is queued now and fits.
func (r *remote) fill(batch []*item) []*item {
	for len(batch) < storeBatch {
		select {
		case i, ok := <-r.queue:
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

// maxUnsettled bounds the runs that have something to settle: beyond it the queue waits.
const maxUnsettled = 1 << 14

// waitToSettle waits while too many runs have something to settle.
func (r *remote) waitToSettle() {
	for {
		r.openMu.Lock()
		n := len(r.toSettle) + len(r.beingSettled) + len(r.undecided)/4
		r.openMu.Unlock()
		if n < maxUnsettled {
			return
		}
		r.wake.Set()
		if !pause(r.ctx, pauseToSettle) {
			return
		}
	}
}

// drain returns when everything that was queued before the call is committed and delivered.
func (r *remote) drain(ctx context.Context) error {
	r.mu.Lock()
	until := r.taken
	r.mu.Unlock()
	for {
		r.mu.Lock()
		applied, progress := r.applied, r.progress
		r.mu.Unlock()
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
