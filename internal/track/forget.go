package track

import (
	"context"

	"cairncx.dev/cairn/cx/ledger"
)

// Forget implements [Tracker]. It fails where the store cannot forget, or does not answer. It drops the copies of the customer's
// runs. They are not ended here: the store knows which runs it has forgotten, and answers so. A run that began meanwhile goes on.
func (t *inStore) Forget(ctx context.Context, hash string) (runs int, err error) {
	if hash == "" {
		return 0, nil
	}
	return t.remote.Forget(ctx, hash, func() { t.memory.drop(hash) })
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
