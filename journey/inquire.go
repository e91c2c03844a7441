package journey

// places returns how many live runs there are where.
func (m *memory) places() map[Place]int64 {
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
	out := map[Place]int64{}
	for p, n := range sums {
		out[Place{tab.journeys[p>>16].name, tab.stages[p&0xffff].name}] += n
	}
	return out
}

// lastOf returns when something last happened to the run, as far as is known here; 0 is not at all.
func (m *memory) lastOf(id RunID) int64 {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, _, ok := s.find(id); ok {
		return s.slot(n).last
	}
	return 0
}

// lastVisit returns how often the run has been in the stage.
func (m *memory) lastVisit(id RunID, stage string) int {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _, ok := s.find(id)
	if !ok {
		return 0
	}
	r := s.unpack(m.names.tab.Load(), s.slot(n), false)
	for i := range r.been {
		if r.been[i].name == stage {
			return r.been[i].visits
		}
	}
	return 0
}

// forget ends the runs of the customer. It looks at all of them.
func (m *memory) forget(hash string, day uint64) (runs int) {
	return m.eachOf(hash, func(s *memoryShard, id RunID) { m.end(s, id, day) })
}

// drop forgets what is at hand of the runs of the customer, which are a store's.
func (m *memory) drop(hash string) {
	m.eachOf(hash, func(s *memoryShard, id RunID) {
		s.remove(id)
		m.known.Add(-1)
	})
}

// eachOf calls do for each live run of the customer, with its shard locked, and returns how many there were.
func (m *memory) eachOf(hash string, do func(s *memoryShard, id RunID)) (runs int) {
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		var ids []RunID
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
