package memory_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/stores/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
		store := open(t)
		return func() ledger.Store { return store }
	})
}

func open(t testing.TB, opts ...memory.Option) *memory.Store {
	t.Helper()
	store, err := memory.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func write(t testing.TB, store ledger.Store, changes ...ledger.Change) []ledger.Record {
	t.Helper()
	records, err := store.Write(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func TestNewRefuses(t *testing.T) {
	for _, n := range []int{0, -1, math.MinInt, math.MaxInt32 + 1} {
		store, err := memory.New(memory.WithMaxRecords(n))
		if store != nil || err == nil || !strings.Contains(err.Error(), "WithMaxRecords(") || !strings.Contains(err.Error(), "1 to 2147483647") {
			t.Errorf("WithMaxRecords(%d) gives %v and %v, want an error with the bounds", n, store, err)
		}
	}
	if _, err := memory.New(nil, memory.WithMaxRecords(math.MaxInt32)); err != nil {
		t.Error(err)
	}
}

// make writes an append to each of the keys from first to last.
func appends(first, last byte) []ledger.Change {
	var changes []ledger.Change
	for k := first; k <= last; k++ {
		changes = append(changes, ledger.Change{Key: ledger.Key{k}, Append: []byte("a"), Customer: "alice"})
	}
	return changes
}

func closing(k byte, keep time.Duration) ledger.Change {
	return ledger.Change{Key: ledger.Key{k}, If: []byte("a"), Replace: []byte{}, Close: true, Keep: keep}
}

func peek(k byte) ledger.Change {
	return ledger.Change{Key: ledger.Key{k}, If: []byte("never"), Replace: []byte{}}
}

func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := open(t, memory.WithMaxRecords(3))
		shelf := store.Shelf("other")
		full := func(s ledger.Store, changes ...ledger.Change) {
			t.Helper()
			records, err := s.Write(t.Context(), changes)
			if !errors.Is(err, memory.ErrFull) || records != nil {
				t.Fatalf("Write returns %v and %v, want ErrFull alone", records, err)
			}
			if strings.Contains(err.Error(), "alice") {
				t.Errorf("the error %q names a customer", err)
			}
		}
		full(store, appends(1, 4)...)
		if r := write(t, store, peek(1), peek(2), peek(3)); r[0].Log != nil || r[1].Log != nil || r[2].Log != nil {
			t.Errorf("after a Write that did not fit the records are %v, want none", r)
		}
		write(t, store, appends(1, 3)...)
		full(store, appends(1, 4)...) // the first three exist
		write(t, shelf, appends(1, 3)...)
		full(shelf, appends(4, 4)...)
		write(t, store, append(appends(3, 3), closing(2, time.Hour), peek(9))...)
		if r := write(t, store, peek(1), peek(3)); string(r[0].Log) != "a" || string(r[1].Log) != "aa" {
			t.Errorf("the records are %v, want one append that was made and none of the Write that did not fit", r)
		}
		full(store, appends(4, 4)...) // a closed record counts
		if _, _, err := store.Claim(t.Context(), 10, time.Hour); err != nil {
			t.Error(err)
		}
		full(store, appends(4, 4)...)
		time.Sleep(time.Hour)
		write(t, store, appends(4, 4)...) // without a Claim: the Write removes what is no longer kept
		full(store, appends(2, 2)...)
		write(t, store, closing(4, 0))
		write(t, store, appends(4, 4)...) // its own record is no longer kept
		if n, err := store.Forget(t.Context(), "alice", 0); n != 3 || err != nil {
			t.Errorf("Forget returns %d and %v, want 3", n, err)
		}
		write(t, store, appends(5, 7)...)
		full(shelf, appends(4, 4)...)
	})
}

// TestPurge: a Claim removes a bounded number of closed records, and the next ones the rest.
func TestPurge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const records = 12_000
		store := open(t, memory.WithMaxRecords(records))
		key := func(i int) ledger.Key { return ledger.Key{byte(i >> 8), byte(i)} }
		made, closed, again := make([]ledger.Change, records), make([]ledger.Change, records), make([]ledger.Change, 0, records)
		for i := range records {
			made[i] = ledger.Change{Key: key(i), Append: []byte("a")}
			closed[i] = ledger.Change{Key: key(i), If: []byte("a"), Replace: []byte("end"), Close: true, Keep: time.Minute}
			again = append(again, ledger.Change{Key: key(records + i), Append: []byte("b")})
		}
		write(t, store, made...)
		write(t, store, closed...)
		time.Sleep(time.Minute)
		for range 2 {
			if _, _, err := store.Claim(t.Context(), 0, 0); err != nil {
				t.Fatal(err)
			}
		}
		write(t, store, again...)
		for i, r := range write(t, store, ledger.Change{Key: key(0), If: []byte("end"), Replace: []byte{}}, ledger.Change{Key: key(records), If: []byte("b"), Replace: []byte("c")}) {
			if (i == 0) != (r.Log == nil) {
				t.Errorf("record %d is %v: want the first one gone and the other there", i, r)
			}
		}
	})
}

// TestZeroValue: the zero value is a store, and a nil Store gives errors.
func TestZeroValue(t *testing.T) {
	var zero memory.Store
	if r := write(t, &zero, appends(1, 1)...); string(r[0].Log) != "a" {
		t.Errorf("Write returns %v", r)
	}
	var none *memory.Store
	for _, store := range []ledger.Store{none, none.Shelf("a")} {
		if _, err := store.Write(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "memory.New") {
			t.Errorf("Write of a nil Store returns %v", err)
		}
		if _, _, err := store.Claim(t.Context(), 1, 0); err == nil {
			t.Error("Claim of a nil Store returns no error")
		}
		if counter, ok := store.(ledger.Counter); ok {
			if _, _, err := counter.Count(t.Context(), "a", 0); err == nil {
				t.Error("Count of a nil Store returns no error")
			}
		}
		if forgetter, ok := store.(ledger.Forgetter); ok {
			if _, err := forgetter.Forget(t.Context(), "a", 0); err == nil {
				t.Error("Forget of a nil Store returns no error")
			}
		}
	}
}

// TestErrorsNameTheShelf: the error of a call says which records it is about.
func TestErrorsNameTheShelf(t *testing.T) {
	store := open(t)
	gone, leave := context.WithCancelCause(t.Context())
	leave(errors.New("the shop is closed"))
	for s, want := range map[ledger.Store]string{store: "memory: write: the shop is closed", store.Shelf("tasks"): "memory: shelf tasks: write: the shop is closed"} {
		if _, err := s.Write(gone, nil); err == nil || err.Error() != want {
			t.Errorf("Write returns %v, want %q", err, want)
		}
	}
}

// TestForgetStops: a Forget of many records ends with its context, and the next one closes the rest.
func TestForgetStops(t *testing.T) {
	store := open(t)
	const records = 2500
	changes := make([]ledger.Change, records)
	for i := range changes {
		changes[i] = ledger.Change{Key: ledger.Key{byte(i >> 8), byte(i)}, Customer: "alice"}
	}
	write(t, store, changes...)
	ctx := &looks{Context: t.Context(), left: 1}
	n, err := store.Forget(ctx, "alice", time.Hour)
	if err == nil || n == 0 || n == records {
		t.Fatalf("Forget returns %d and %v, want some records and an error", n, err)
	}
	if rest, err := store.Forget(t.Context(), "alice", time.Hour); rest != records-n || err != nil {
		t.Errorf("Forget returns %d and %v, want the other %d", rest, err, records-n)
	}
}

// looks is a context that has ended after a number of calls of Err.
type looks struct {
	context.Context //nolint:containedctx // it is a context

	left int
}

// Err implements [context.Context].
func (l *looks) Err() error {
	if l.left--; l.left < 0 {
		return context.Canceled
	}
	return nil
}
