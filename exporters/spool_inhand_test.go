package exporters_test

import (
	"context"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// TestSpoolKeepsNewestInHand: a batch that the sink does not take, and whose place on the disk was needed, is
// dropped and counted, also when the spool is shut down meanwhile.
func TestSpoolKeepsNewestInHand(t *testing.T) {
	t.Parallel()
	dir, tried := t.TempDir(), make(chan struct{}, 1)
	s := newSpool(t, dir, &fake{export: func(context.Context, []event.Event) error {
		select {
		case tried <- struct{}{}:
		default:
		}
		return errSink
	}}, exporters.WithMaxBytes(64<<10), exporters.WithOverflow(exporters.DropOldest))
	must(t, s.Export(context.Background(), spooled(0, 10, 200)))
	<-tried // it has them in its hands
	const n = 2000
	for i := 10; i < n; i += 10 {
		must(t, s.Export(context.Background(), spooled(i, i+10, 200)))
	}
	must(t, s.Shutdown(context.Background()))
	got, st := found(t, dir)
	if dropped := s.Stats().Dropped + st.Dropped; uint64(len(got))+dropped != n {
		t.Errorf("%d delivered and %d counted as dropped of %d", len(got), dropped, n)
	}
}
