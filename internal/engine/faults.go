package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
)

// report counts and reports an error of the store.
func (x *Engine[S, O, D, P]) report(err error) { x.reportAs(fault.Store, err) }

// reportTo reports an error of the store, unless ctx is done and the caller does not wait any more.
func (x *Engine[S, O, D, P]) reportTo(ctx context.Context, err error) {
	if ctx.Err() == nil {
		x.report(err)
	}
}

// reportUnsafe counts and reports that delivered events cannot be made safe: if this process ends now, another instance
// delivers them again.
func (x *Engine[S, O, D, P]) reportUnsafe(err error) { x.reportAs(fault.Unsettled, err) }

// reportAs counts and reports an error. The report of a panic has its stack.
func (x *Engine[S, O, D, P]) reportAs(f fault.Fault, err error) {
	report := fault.Report{Fault: f, Detail: err.Error()}
	if p, ok := errors.AsType[*panicError](err); ok {
		report.Stack = p.report.Stack
	}
	x.fault(report)
}

// reportPanic counts and reports the error of a call of the store, if it is a panic.
func (x *Engine[S, O, D, P]) reportPanic(err error) {
	if p, ok := errors.AsType[*panicError](err); ok {
		report := p.report
		report.Name = fmt.Sprintf("%T", x.store)
		x.fault(report)
	}
}

func (x *Engine[S, O, D, P]) fault(r fault.Report) {
	if x.cfg.Fault != nil {
		x.cfg.Fault(r)
	}
}

// safe waits until what was delivered is safe.
func (x *Engine[S, O, D, P]) safe(ctx context.Context) error {
	if x.cfg.Safe == nil {
		return nil
	}
	return x.cfg.Safe(ctx)
}

// reportUnread reports that the log of a record cannot be read, once for each record: a record of a newer release is claimed
// again and again, and each instance of this release leaves it alone.
func (x *Engine[S, O, D, P]) reportUnread(key ledger.Key, err error) {
	if x.unreadable.add(key) {
		x.report(fmt.Errorf("record %x: %w", key, err))
	}
}

// keysKept is how many records that cannot be read an instance remembers.
const keysKept = 1 << 12

// reportedKeys are the latest keys that were reported. Safe for concurrent use; the zero value is ready.
type reportedKeys struct {
	mu   sync.Mutex
	of   map[ledger.Key]struct{}
	ring []ledger.Key
	next int
}

// add reports whether the key is new.
func (k *reportedKeys) add(key ledger.Key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.of[key]; ok {
		return false
	}
	if k.of == nil {
		k.of = map[ledger.Key]struct{}{}
	}
	k.of[key] = struct{}{}
	if len(k.ring) < keysKept {
		k.ring = append(k.ring, key)
		return true
	}
	delete(k.of, k.ring[k.next])
	k.ring[k.next] = key
	k.next = (k.next + 1) % keysKept
	return true
}
