package watch

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/internal/leased"
)

// TestEpochs: an instance whose lease is over changes nothing, whether it has read the book before or after the next instance has.
func TestEpochs(t *testing.T) {
	t.Parallel()
	store := new(memory.Store).Shelf(shelf)
	at := func(epoch int64) *book {
		b := &book{store: store, namespace: "shop", journey: "breakdown", epoch: epoch}
		if err := b.read(t.Context()); err != nil {
			t.Fatal(err)
		}
		return b
	}
	add := func(b *book, id string) {
		b.entries[id] = &entry{ID: id, First: breakdown.Subject{About: breakdown.OfJourney, Journey: "checkout"}, Stage: Found}
	}
	first := at(1)
	if err := first.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := at(2)
	if err := second.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(first, "00aa")
	if err := first.save(t.Context()); !errors.Is(err, leased.ErrLost) {
		t.Errorf("the first instance writes: %v", err)
	}
	late := &book{store: store, namespace: "shop", journey: "breakdown", epoch: 1}
	if err := late.read(t.Context()); !errors.Is(err, leased.ErrLost) {
		t.Errorf("the first instance reads: %v", err)
	}
	add(second, "00bb")
	if err := second.save(t.Context()); err != nil {
		t.Error(err)
	}
	if b := at(0); len(b.entries) != 1 || b.entries["00bb"] == nil {
		t.Errorf("the store has %v", b.entries)
	}
}

// TestID: an ID is the same in every process, and another one for another matter, direction, day and namespace.
func TestID(t *testing.T) {
	t.Parallel()
	s, on := breakdown.Subject{About: breakdown.OfStage, Journey: "checkout", Name: "payment"}, time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	other := breakdown.Subject{About: breakdown.OfStage, Journey: "checkoutpayment"}
	ids := map[string]bool{}
	for _, id := range []string{ID("shop", s, false, on), ID("", s, false, on), ID("shop", other, false, on), ID("shop", s, true, on), ID("shop", s, false, on.Add(24*time.Hour))} {
		ids[id] = true
	}
	if len(ids) != 5 {
		t.Errorf("%v", ids)
	}
	// printf '%s' '17:cairn.breakdown.14:shop5:stage8:checkout7:payment5:false10:2026-05-04' | sha256sum | cut -c1-32
	if got, want := ID("shop", s, false, on), "38c397cf94d496b14098046d96504e93"; got != want {
		t.Errorf("the ID is %s, want %s: it is in stores and archives", got, want)
	}
}

// TestDamaged: a record that is damaged is told, and is not read.
func TestDamaged(t *testing.T) {
	t.Parallel()
	for _, entries := range []string{`[null]`, `[{}]`, `[{"id":"01aa"}]`, `{}`, `[{"id":"00aa","stage":7}]`} {
		store := new(memory.Store).Shelf(shelf)
		put(t, store, 0, `{"v":`+strconv.Itoa(version)+`,"breakdowns":`+entries+`}`)
		b := &book{store: store, namespace: "shop", journey: "breakdown"}
		if err := b.read(t.Context()); !errors.Is(err, errNewer) {
			t.Errorf("%s: the error is %v", entries, err)
		}
	}
}

// put makes a record as it is.
func put(t *testing.T, store ledger.Store, n int, log string) {
	t.Helper()
	if _, err := store.Write(t.Context(), []ledger.Change{{Key: keyOf("shop", "breakdown", n), Append: []byte(log)}}); err != nil {
		t.Fatal(err)
	}
}
