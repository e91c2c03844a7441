package track

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/ledger"
)

// Forget implements [Tracker]. It fails where the store cannot forget, or does not answer. First it waits for the ends of the
// customer's runs that this process has recorded and that are not decided yet, so that they count as they ended.
func (t *inStore) Forget(ctx context.Context, hash string) (runs int, err error) {
	if hash == "" {
		return 0, nil
	}
	f, ok := t.cfg.Store.(ledger.Forgetter)
	if !ok {
		return 0, fmt.Errorf("%w: %T has no method Forget", errors.ErrUnsupported, t.cfg.Store)
	}
	if err := t.remote.drain(ctx); err != nil {
		return 0, fmt.Errorf("before forgetting: %w", err)
	}
	if err := t.remote.decideFor(ctx, hash); err != nil {
		return 0, fmt.Errorf("before forgetting: %w", err)
	}
	return t.remote.forget(ctx, f, hash)
}

// forget lets the store forget the customer, one at a time, and drops the copies of the customer's runs. They are not ended
// here: the store knows which runs it has forgotten, and answers so. A run that began meanwhile goes on.
func (r *remote) forget(ctx context.Context, f ledger.Forgetter, hash string) (runs int, err error) {
	if err := r.forgets.Take(ctx); err != nil {
		return 0, fmt.Errorf("the store still forgets another customer: %w", err)
	}
	runs, err = within(ctx, func() (int, error) {
		defer r.forgets.Give()
		return f.Forget(ctx, hash, r.cfg.Remember)
	})
	if err != nil {
		if p, ok := errors.AsType[*panicError](err); ok {
			p.report.Name = fmt.Sprintf("%T", f)
			r.cfg.fault(p.report)
		}
		return 0, err
	}
	// An answer that the store gave before may still be on its way into the memory.
	err = r.turn.Take(ctx)
	r.t.memory.drop(hash)
	if err != nil {
		return 0, fmt.Errorf("the store has forgotten, yet this process may know the customer until their next event: %w", err)
	}
	r.turn.Give()
	return runs, nil
}

// Forget implements [Tracker].
func (t *inMemory) Forget(_ context.Context, hash string) (runs int, err error) {
	if hash == "" {
		return 0, nil
	}
	return t.memory.forget(hash, t.day()), nil
}

// forget ends the runs of the customer. It looks at every run.
func (m *memory) forget(hash string, day uint64) (runs int) {
	return m.eachOf(hash, func(s *memoryShard, id ledger.Key) { m.end(s, id, day) })
}

// drop drops the copies of the customer's runs, which are in a store.
func (m *memory) drop(hash string) {
	m.eachOf(hash, func(s *memoryShard, id ledger.Key) {
		s.remove(id)
		m.known.Add(-1)
	})
}

// eachOf calls do for each live run of the customer, with its shard locked, and returns how many there were.
func (m *memory) eachOf(hash string, do func(s *memoryShard, id ledger.Key)) (runs int) {
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		var ids []ledger.Key
		for _, n := range s.index {
			if n == 0 {
				continue
			}
			sl := s.slot(s.slotAt(n))
			in := reader{b: s.ident(sl)}
			in.bytes() // the run's ID
			if string(in.bytes()) == hash {
				ids = append(ids, sl.id)
			}
		}
		for _, id := range ids {
			do(s, id)
		}
		runs += len(ids)
		s.mu.Unlock()
	}
	return runs
}
