package flight_test

import (
	"testing"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// TestRunFaults: faults are those of the context alone, and a context that does not ask has none.
func TestRunFaults(t *testing.T) {
	t.Parallel()
	flight.RunFaultsFrom(t.Context()).Note(set(fault.UnknownRun))
	ctx, mine := flight.WithRunFaults(t.Context())
	_, other := flight.WithRunFaults(t.Context())
	flight.RunFaultsFrom(ctx).Note(set(fault.UnknownRun))
	flight.RunFaultsFrom(ctx).Note(set(fault.StoreFull))
	if !mine.Has(fault.UnknownRun) || !mine.Has(fault.RunLimit, fault.StoreFull) || mine.Has(fault.RunLimit) || other.Has(fault.UnknownRun, fault.StoreFull) {
		t.Errorf("the faults are %+v, and %+v of another context", mine, other)
	}
}

func set(f fault.Fault) (s fault.Set) {
	s.Add(f)
	return s
}
