package journey_test

import (
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/touchpoint"
)

func TestEventsAreCompleted(t *testing.T) {
	t.Parallel()
	store := &ledgertest.Memory{}
	first, second := start(t, cx.WithStore(store)), start(t, cx.WithStore(store))
	complaint.Start(first.ctx(), "c1", alice)
	first.flush(t)
	touchpoint.Define("read").Record(complaint.Resume(second.ctx(), "c1"), event.Web)
	second.flush(t)
	es := second.of("complaint", "c1", event.TouchpointEnded)
	if len(es) != 1 || es[0].Customer.Hash == "" || es[0].Journey.Started.IsZero() {
		t.Errorf("the second instance exports %+v, want the run's customer and start", es)
	}
}
