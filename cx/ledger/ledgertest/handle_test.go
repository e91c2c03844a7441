package ledgertest_test

import (
	"context"
	"errors"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// handle is the store as one instance has it. The first one is 1.
type handle struct {
	*memory

	n int
}

var errBroken = errors.New("broken on purpose")

func (h *handle) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if h.is("one handle fails") && h.n == 2 {
		return nil, errBroken
	}
	records, err := h.memory.Write(ctx, changes)
	if h.is("Write gives an error too") {
		err = errBroken
	}
	return records, err
}

func (h *handle) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if h.is("leases are of a handle") && h.n > 1 {
		h.turn <- struct{}{}
		for _, r := range h.records {
			if !r.leased.IsZero() {
				r.due = r.leased
			}
		}
		h.unlock()
	}
	now, due, err := h.memory.Claim(ctx, limit, lease)
	if h.is("Claim gives an error too") {
		err = errBroken
	}
	return now, due, err
}

func (h *handle) Count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	live, held, err := h.memory.Count(ctx, holder, lease)
	if h.is("Count gives an error too") {
		err = errBroken
	}
	if h.is("a handle that counts nothing") && h.n > 5 {
		held = !held
	}
	return live, held, err
}

func (h *handle) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	n, err := h.memory.Forget(ctx, customer, keep)
	if h.is("Forget gives an error too") {
		err = errBroken
	}
	return n, err
}
