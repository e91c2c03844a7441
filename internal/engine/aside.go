package engine

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/fault"
)

// setAside delivers what waits for the store, without waiting any longer, and counts it as lost. The store may take it all
// the same, which is not counted again. It returns how many changes that were.
func (x *Engine[S, O, D, P]) setAside() (n int) {
	x.mu.Lock()
	waiting := slices.Clone(x.pending)
	x.mu.Unlock()
	waiting = slices.DeleteFunc(waiting, func(i *Item[O, P]) bool { return !i.taken.CompareAndSwap(false, true) })
	if len(waiting) == 0 {
		return 0
	}
	for range waiting {
		x.fault(fault.Report{Fault: fault.StoreLost})
	}
	done := make(chan struct{})
	go func() { // a processor may hang
		defer close(done)
		for _, i := range waiting {
			x.host.Uncommitted(i)
		}
	}()
	timer := time.NewTimer(asideFor)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	return len(waiting)
}

// asideFor is how long Shutdown, when it is out of time, waits for processors to take what is set aside. They need next to no
// time, unless one of them hangs.
const asideFor = 50 * time.Millisecond

// takeAll takes the items for delivery. An item that was set aside keeps only what it does to its record.
func takeAll[O Op, P any](items [][]*Item[O, P]) {
	for _, of := range items {
		for k, i := range of {
			if !i.taken.CompareAndSwap(false, true) {
				of[k] = &Item[O, P]{Key: i.Key, Op: i.Op, claim: claim{lost: true}}
			}
		}
	}
}
