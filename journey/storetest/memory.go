package storetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/journey"
)

// Memory is a store in this process's memory that passes [Run]: for tests of services that share one,
// and to read what a store has to do. It is not for production: it is gone with the process, and nothing
// bounds it. Safe for concurrent use; the zero value is ready.
type Memory struct {
	mu      sync.Mutex
	records map[journey.RunID]*memoryRecord
	holder  string
	held    time.Time // until when
}

type memoryRecord struct {
	log      []byte
	due      time.Time // zero is never
	closed   bool
	gone     time.Time // when a closed one is forgotten
	customer string
	place    journey.Place
}

var (
	_ journey.Store     = (*Memory)(nil)
	_ journey.Counter   = (*Memory)(nil)
	_ journey.Forgetter = (*Memory)(nil)
)

// Write implements [journey.Store].
func (m *Memory) Write(ctx context.Context, changes []journey.Change) ([]journey.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("storetest: %w", context.Cause(ctx))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records == nil {
		m.records = map[journey.RunID]*memoryRecord{}
	}
	out := make([]journey.Record, len(changes))
	for i := range changes {
		m.change(&changes[i])
		out[i] = m.record(changes[i].Run)
	}
	return out, nil
}

// record returns a copy of what there is of the run.
func (m *Memory) record(id journey.RunID) journey.Record {
	r := m.records[id]
	if r == nil {
		return journey.Record{Run: id}
	}
	return journey.Record{Run: id, Log: append([]byte{}, r.log...), Closed: r.closed}
}

func (m *Memory) change(c *journey.Change) {
	m.purge(c.Run)
	r := m.records[c.Run]
	due := dueOf(c)
	if c.Replace == nil {
		if r == nil {
			r = &memoryRecord{}
			m.records[c.Run] = r
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

// dueOf returns when the change makes its record due, or zero.
func dueOf(c *journey.Change) time.Time {
	if c.Lease <= 0 {
		return c.Due
	}
	lease := time.Now().Add(c.Lease)
	if c.Due.IsZero() || lease.Before(c.Due) {
		return lease
	}
	return c.Due
}

func (r *memoryRecord) name(c *journey.Change) {
	if r.customer == "" {
		r.customer = c.Customer
	}
}

func (r *memoryRecord) close(keep time.Duration) {
	*r = memoryRecord{log: r.log, closed: true, gone: time.Now().Add(keep)}
}

// purge forgets the run if it is time.
func (m *Memory) purge(id journey.RunID) {
	if r := m.records[id]; r != nil && r.closed && !time.Now().Before(r.gone) {
		delete(m.records, id)
	}
}

// Claim implements [journey.Store].
func (m *Memory) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []journey.Record, error) {
	now := time.Now()
	if err := ctx.Err(); err != nil {
		return now, nil, fmt.Errorf("storetest: %w", context.Cause(ctx))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []journey.RunID
	for id, r := range m.records {
		m.purge(id)
		if !r.due.IsZero() && !r.due.After(now) {
			due = append(due, id)
		}
	}
	slices.SortFunc(due, func(a, b journey.RunID) int { return m.records[a].due.Compare(m.records[b].due) })
	out := []journey.Record{}
	for _, id := range due[:max(0, min(limit, len(due)))] {
		m.records[id].due = now.Add(lease)
		out = append(out, m.record(id))
	}
	return now, out, nil
}

// Count implements [journey.Counter].
func (m *Memory) Count(ctx context.Context, holder string, lease time.Duration) (map[journey.Place]int64, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, fmt.Errorf("storetest: %w", context.Cause(ctx))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.holder != holder && now.Before(m.held) {
		return nil, false, nil
	}
	m.holder, m.held = holder, now.Add(lease)
	live := map[journey.Place]int64{}
	for _, r := range m.records {
		if r.place != (journey.Place{}) {
			live[r.place]++
		}
	}
	return live, true, nil
}

// Forget implements [journey.Forgetter].
func (m *Memory) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("storetest: %w", context.Cause(ctx))
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
