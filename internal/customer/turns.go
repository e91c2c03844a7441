package customer

import (
	"context"
	"fmt"
	"sync"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/lifecycle"
)

// turns lets the questions of this instance about one record take turns. The store would make them wait for each other anyway, and
// the log that each of them reads would have the entries of all. No answer depends on the turns. The zero value is ready.
type turns struct {
	mu sync.Mutex
	of map[ledger.Key]*turn // of the records that are asked about now
}

type turn struct {
	lifecycle.Turn

	users int // the callers that have the turn or wait for it
}

// take waits until the caller has the turn of the record, or until ctx is done. It returns how to give the turn back.
func (t *turns) take(ctx context.Context, key ledger.Key) (give func(), err error) {
	t.mu.Lock()
	if t.of == nil {
		t.of = map[ledger.Key]*turn{}
	}
	of := t.of[key]
	if of == nil {
		of = &turn{}
		t.of[key] = of
	}
	of.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if of.users--; of.users == 0 {
			delete(t.of, key)
		}
	}
	if err := of.Take(ctx); err != nil {
		leave()
		return nil, fmt.Errorf("other questions about the customer are waiting for the store: %w", err)
	}
	return func() { of.Give(); leave() }, nil
}

// long is a log that has to be replaced by its state.
type long struct {
	key ledger.Key
	log []byte
	end func() // it is called when the log is replaced, or cannot be
}

// shorten lets the goroutine replace the log, which the store has just returned, and calls end then. Where the goroutine is busy,
// the next question finds the log long again.
func (b *Book) shorten(l long) {
	select {
	case b.folds <- l:
	default:
		l.end()
	}
}

// fold replaces the log by its state, if it is still the same. An empty one is closed when it is due.
func (b *Book) fold(ctx context.Context, l long) error {
	defer l.end()
	at, err := b.now(ctx)
	if err != nil {
		return err
	}
	r, _, _, _, err := readLog(l.log)
	if err != nil {
		return err
	}
	r.pass(at.UnixNano())
	c := r.folded(&ledger.Record{Key: l.key, Log: l.log}, b.lease())
	if c.Close {
		return nil
	}
	_, err = b.write(ctx, []ledger.Change{c})
	return err
}
