package track

import "cairncx.dev/cairn/cx/ledger"

// places returns how many live runs there are where.
func (m *memory) places() map[ledger.Place]int64 {
	sums := map[uint32]int64{}
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for p, n := range s.active {
			sums[p] += n
		}
		s.mu.Unlock()
	}
	tab := m.names.tab.Load()
	out := map[ledger.Place]int64{}
	for p, n := range sums {
		out[ledger.Place{Group: tab.journeys[p>>16].name, Name: tab.stages[p&0xffff].name}] += n
	}
	return out
}

// lastOf returns when something last happened to the run, as far as is known here; 0 is not at all.
func (m *memory) lastOf(id ledger.Key) int64 {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, _, ok := s.find(id); ok {
		return s.slot(n).last
	}
	return 0
}

// visitAt returns which visit to the stage the run was in at that time, or had been in last; 0 is none,
// or not known.
func (m *memory) visitAt(id ledger.Key, stage string, at int64) (visit int) {
	m.ask(id, func(r *run) { visit = r.visitAt(stage, at) })
	return visit
}

// stageAt returns the stage that the run was in at that time, and the visit to it.
func (m *memory) stageAt(id ledger.Key, at int64) (stage string, visit int) {
	m.ask(id, func(r *run) { stage, visit = r.stageAt(at) })
	return stage, visit // the name is the table's
}

// sent notes that the run's position was sent to another process.
func (m *memory) sent(id ledger.Key) {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, _, ok := s.find(id); ok {
		s.slot(n).flags |= slotSent
	}
}

// ask lets f look at the unpacked run, if it is here. f must not keep it.
func (m *memory) ask(id ledger.Key, f func(*run)) {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, _, ok := s.find(id); ok {
		f(s.unpack(m.names.tab.Load(), s.slot(n), false))
	}
}

// forget ends the runs of the customer. It looks at all of them.
func (m *memory) forget(hash string, day uint64) (runs int) {
	return m.eachOf(hash, func(s *memoryShard, id ledger.Key) { m.end(s, id, day) })
}

// drop forgets what is at hand of the runs of the customer, which are a store's.
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
