package ledgertest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Memory is a store in the memory of this process that passes [Run]. It serves tests of services that share a store, and shows
// authors how to implement one. It is not for production: its records end with the process, and their number has no bound. It
// is safe for concurrent use. The zero value is ready.
type Memory struct {
	mu      sync.Mutex
	records map[ledger.Key]*memoryRecord
	holder  string
	held    time.Time // the end of the holder's lease
}

type memoryRecord struct {
	log      []byte
	due      time.Time // zero is never
	closed   bool
	gone     time.Time // when a closed record is forgotten
	customer string
	place    ledger.Place
}

var (
	_ ledger.Store     = (*Memory)(nil)
	_ ledger.Counter   = (*Memory)(nil)
	_ ledger.Forgetter = (*Memory)(nil)
)

// Write implements [ledger.Store].
func (m *Memory) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("ledgertest: %w", context.Cause(ctx))
	}
	if err := ledger.CheckKeys(changes); err != nil {
		return nil, fmt.Errorf("ledgertest: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records == nil {
		m.records = map[ledger.Key]*memoryRecord{}
	}
	out := make([]ledger.Record, len(changes))
	for i := range changes {
		m.change(&changes[i])
		out[i] = m.record(changes[i].Key)
	}
	return out, nil
}

// record returns a copy of the record with the key.
func (m *Memory) record(id ledger.Key) ledger.Record {
	r := m.records[id]
	if r == nil {
		return ledger.Record{Key: id}
	}
	return ledger.Record{Key: id, Log: append([]byte{}, r.log...), Closed: r.closed}
}

func (m *Memory) change(c *ledger.Change) {
	m.purge(c.Key)
	r := m.records[c.Key]
	due := dueOf(c)
	if c.Replace == nil {
		if r == nil {
			r = &memoryRecord{}
			m.records[c.Key] = r
		}
		if r.closed {
			return
		}
		r.log = append(r.log, c.Append...)
		if !due.IsZero() && (r.due.IsZero() || due.Before(r.due)) {
			r.due = due
		}
		r.name(c)
		return
	}
	if r == nil || r.closed || !bytes.Equal(r.log, c.If) {
		return
	}
	r.log = bytes.Clone(c.Replace)
	r.due, r.place = due, c.Place
	r.name(c)
	if c.Close {
		r.close(c.Keep)
	}
}

// dueOf returns the time at which the change makes its record due, or zero if it does not.
func dueOf(c *ledger.Change) time.Time {
	if c.Lease <= 0 {
		return c.Due
	}
	lease := time.Now().Add(c.Lease)
	if c.Due.IsZero() || lease.Before(c.Due) {
		return lease
	}
	return c.Due
}

func (r *memoryRecord) name(c *ledger.Change) {
	if r.customer == "" {
		r.customer = c.Customer
	}
}

func (r *memoryRecord) close(keep time.Duration) {
	*r = memoryRecord{log: r.log, closed: true, gone: time.Now().Add(keep)}
}

// purge forgets the run after its retention.
func (m *Memory) purge(id ledger.Key) {
	if r := m.records[id]; r != nil && r.closed && !time.Now().Before(r.gone) {
		delete(m.records, id)
	}
}

// Claim implements [ledger.Store].
func (m *Memory) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	now := time.Now()
	if err := ctx.Err(); err != nil {
		return now, nil, fmt.Errorf("ledgertest: %w", context.Cause(ctx))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []ledger.Key
	for id, r := range m.records {
		m.purge(id)
		if !r.due.IsZero() && !r.due.After(now) {
			due = append(due, id)
		}
	}
	slices.SortFunc(due, func(a, b ledger.Key) int { return m.records[a].due.Compare(m.records[b].due) })
	out := []ledger.Record{}
	for _, id := range due[:max(0, min(limit, len(due)))] {
		m.records[id].due = now.Add(max(0, lease))
		out = append(out, m.record(id))
	}
	return now, out, nil
}

// Count implements [ledger.Counter].
func (m *Memory) Count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, fmt.Errorf("ledgertest: %w", context.Cause(ctx))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.holder != holder && now.Before(m.held) {
		return nil, false, nil
	}
	m.holder, m.held = holder, now.Add(lease)
	live := map[ledger.Place]int64{}
	for _, r := range m.records {
		if r.place != (ledger.Place{}) {
			live[r.place]++
		}
	}
	return live, true, nil
}

// Forget implements [ledger.Forgetter].
func (m *Memory) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("ledgertest: %w", context.Cause(ctx))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, r := range m.records {
		if customer != "" && r.customer == customer {
			r.log = nil
			r.close(keep)
			n++
		}
	}
	return n, nil
}
