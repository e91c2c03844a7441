package track

import "cairncx.dev/cairn/cx/ledger"

// places returns how many live runs there are in each stage of each journey.
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

// lastOf returns when something last happened to the run, as far as this process knows, or 0.
func (m *memory) lastOf(id ledger.Key) int64 {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, _, ok := s.find(id); ok {
		return s.slot(n).last
	}
	return 0
}

// visitAt returns which visit to the stage the run was in at that time, or had been in last, or 0 where that is not known.
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

// ask calls f with the unpacked run, if it is here. f must not keep it.
func (m *memory) ask(id ledger.Key, f func(*run)) {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, _, ok := s.find(id); ok {
		f(s.unpack(m.names.tab.Load(), s.slot(n), false))
	}
}
