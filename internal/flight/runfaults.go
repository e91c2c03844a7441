package flight

import (
	"context"
	"sync/atomic"

	"cairncx.dev/cairn/cx/fault"
)

// RunFaults are the faults that the client has found in the runs which the code of a context changes. The client reports them as all others, too. A caller that has to
// say whether its own change was taken asks them, because the faults of a client are those of all callers. Safe for concurrent use.
type RunFaults struct {
	set [len(fault.Set{})]atomic.Uint64
}

// Note adds faults.
func (r *RunFaults) Note(s fault.Set) {
	if r == nil {
		return
	}
	for i, word := range s {
		r.set[i].Or(word)
	}
}

// Has reports whether one of the faults was found.
func (r *RunFaults) Has(faults ...fault.Fault) bool {
	var found fault.Set
	for i := range found {
		found[i] = r.set[i].Load()
	}
	for _, f := range faults {
		if found.Has(f) {
			return true
		}
	}
	return false
}

type runFaultsKey struct{}

// WithRunFaults returns a context whose run faults are noted.
func WithRunFaults(ctx context.Context) (context.Context, *RunFaults) {
	r := &RunFaults{}
	return context.WithValue(ctx, runFaultsKey{}, r), r
}

// RunFaultsFrom returns where the run faults of the context are noted, or nil.
func RunFaultsFrom(ctx context.Context) *RunFaults {
	r, _ := ctx.Value(runFaultsKey{}).(*RunFaults)
	return r
}
