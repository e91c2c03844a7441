package track

import (
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// pass applies to the runs in memory the time that has passed until now.
func (t *tracker) pass(now time.Time, emit func(*flight.Event, journey.State)) {
	for name := range t.memory.names.tab.Load().unruled {
		t.define(name)
	}
	for _, w := range t.memory.sweep(now.UnixNano(), dayOf(now)) {
		for _, f := range w.effects {
			emit(newTransition(w.origin(), nil, f), w.state)
		}
	}
}

// swept is a run that time has changed, with its effects.
type swept struct {
	id      ledger.Key
	who     identity
	begun   bool
	start   int64 // if it has begun
	follows bool  // it is a follow-up
	effects []effect
	state   journey.State
}

// define applies definitions that have become known since runs of their journeys began: from now on those runs may stall and be
// abandoned.
func (m *memory) define(rules func(journey string) *journey.Definition) {
	numbers := m.names.define(rules)
	if len(numbers) == 0 {
		return
	}
	tab := m.names.tab.Load()
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for _, entry := range s.index {
			if entry == 0 {
				continue
			}
			n := s.slotAt(entry)
			if sl := s.slot(n); slices.Contains(numbers, sl.journey) {
				m.schedule(s, n, m.dueOf(s.unpack(tab, sl, false)))
			}
		}
		s.mu.Unlock()
	}
}

// sweep applies to the runs in memory the time that has passed until now, and returns those that it changed. It costs what is
// due.
func (m *memory) sweep(now int64, day uint64) []swept {
	if now < m.due.Load() && m.day.Load() == day {
		return nil
	}
	prune := m.day.Swap(day) != day
	m.due.Store(math.MaxInt64)
	var out []swept
	for i := range m.shards {
		s := &m.shards[i]
		if next := s.next.Load(); next > now && !prune {
			m.dueAt(next)
			continue
		}
		out = m.sweepShard(s, now, day, out)
	}
	return out
}

func (m *memory) sweepShard(s *memoryShard, now int64, day uint64, out []swept) []swept {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.known.Add(-int64(s.tombs.prune(day, m.remember)))
	for len(s.heap) > 0 && s.heap[0].at <= now {
		d := s.heap.pop()
		sl := s.slot(d.slot)
		if sl.due != d.at {
			continue // it was put elsewhere in the heap, or has ended
		}
		sl.due = 0
		if w, ok := m.pass(s, d.slot, now, day); ok {
			out = append(out, w)
		}
	}
	s.next.Store(math.MaxInt64)
	if len(s.heap) > 0 {
		s.next.Store(s.heap[0].at)
		m.dueAt(s.heap[0].at)
	}
	return out
}

// pass applies to one run the time that has passed until now.
func (m *memory) pass(s *memoryShard, n uint32, now int64, day uint64) (w swept, ok bool) {
	sl := s.slot(n)
	if m.cache {
		if sl.last+int64(cacheFor) <= now {
			m.leave(s, sl.id)
		} else {
			m.schedule(s, n, sl.last+int64(cacheFor))
		}
		return w, false
	}
	r := s.unpack(m.names.tab.Load(), sl, true)
	w.id, w.who, w.begun, w.start, w.follows = sl.id, r.identity, r.begun, r.start, r.answers.is
	var d done
	r.pass(now, math.MinInt64, now, &d)
	if w.effects = d.effects(); len(w.effects) > 0 {
		w.state = r.state()
	}
	if r.over {
		m.end(s, sl.id, day)
		return w, true
	}
	ident := append([]byte(nil), s.ident(sl)...)
	if !s.pack(m.names, sl, r, ident) {
		w.state = r.state()
		fits := s.squeeze(m.names, sl, r, ident, &d)
		if w.effects = d.effects(); !fits {
			m.leave(s, w.id)
			return w, len(w.effects) > 0
		}
	}
	m.schedule(s, n, r.dueAt())
	return w, len(w.effects) > 0
}
