package exporters_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// TestQueueGrows: a queue keeps the order of its events while it becomes longer, wherever its first event is, and takes
// as many as its bound says.
func TestQueueGrows(t *testing.T) {
	t.Parallel()
	const bound = 200
	for _, first := range []int{0, 1, 40, 63, 64, 100} { // so many pass through the queue before it becomes long
		t.Run(strconv.Itoa(first), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { queueGrows(t, first, bound) })
		})
	}
}

func queueGrows(t *testing.T, first, bound int) {
	t.Helper()
	gate, began := make(chan struct{}), make(chan struct{}, 2*bound)
	s := &fake{export: func(context.Context, []event.Event) error {
		began <- struct{}{}
		<-gate
		return nil
	}}
	b := exporters.NewBatch(s, exporters.WithQueueSize(bound), exporters.WithBatchSize(1))
	var want []string
	process := func(kept bool) {
		name := strconv.Itoa(len(want))
		b.Process(t.Context(), touch(name))
		if kept {
			want = append(want, name)
		}
	}
	for range first {
		process(true)
		<-began
		gate <- struct{}{}
	}
	process(true)
	<-began // it is with the sink
	for range bound {
		process(true)
	}
	process(false) // there is no room for this one
	close(gate)
	synctest.Wait()
	if lost, ok := errors.AsType[*exporters.LossError](b.Flush(t.Context())); !ok || lost.Lost["queue_full"] != 1 {
		t.Errorf("Flush says %v, want 1 lost as queue_full", lost)
	}
	if err := b.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if got := s.got(); !slices.Equal(got, want) {
		t.Errorf("arrived are %q, want %q", got, want)
	}
}

// TestIdleBatchIsSmall: a Batch with the default bounds takes the memory of a short queue: a test suite may have
// thousands of clients with an exporter each.
func TestIdleBatchIsSmall(t *testing.T) { //nolint:paralleltest // what other tests allocate would count
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b := exporters.NewBatch(&fake{})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 256<<10 {
		t.Errorf("NewBatch allocates %d KiB, want at most 256", got>>10)
	}
	if err := b.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}
