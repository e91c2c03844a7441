package track

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

const (
	// rememberEnded is for how many days an ended run is known by default, so that a late event changes nothing.
	rememberEnded = 30
	// rememberMost is the largest number of days that a tomb can hold: a larger bound counts as for ever.
	rememberMost = 1000
	// maxRuns bounds by default the live runs in memory, some hundred bytes each, and the ended
	// ones, some ten bytes each.
	maxRuns = 1 << 22
	// maxShard is the most that a shard can number.
	maxShard = 1 << 30

	memoryShards = 64
	slabSize     = 128 // slots
)

// memory holds the state of runs in this process's memory: slots in slabs, what varies in size in
// arenas, no pointer for any run. It starts no goroutine. Safe for concurrent use.
type memory struct {
	// cache says that the runs are copies of a store's: they are not abandoned here, and dropped when nothing happens to
	// them for a while.
	cache    bool
	limit    int    // of a shard's live runs, and of its ended ones
	remember uint64 // days that ended runs are known for, or forEver
	names    *names
	known    atomic.Int64 // live and ended runs
	due      atomic.Int64 // no run is due before this
	day      atomic.Uint64
	shards   [memoryShards]memoryShard
}

// memoryShard holds the runs whose IDs end alike.
type memoryShard struct {
	mu      sync.Mutex
	index   []uint32 // by ID, open addressing: slot + 1, and in the bits above it some of the ID
	live    int
	slabs   []*[slabSize]slot
	free    []uint32 // slots
	used    int      // slots that have ever been in use
	arena   arena
	heap    dueHeap
	next    atomic.Int64 // when the first in the heap is due
	tombs   tombs
	active  map[uint32]int64 // journey and stage
	run     run              // the unpacked run that an op changes
	decides decides          // the decisions that the shard's runs share
	scratch []byte           // the buffer for a packed run
	who     []byte           // the buffer for a packed identity
	work    *work            // nil until the shard's first change
}

// work is the room of a shard for an op and its effects. A client has many shards, and most see few runs.
type work struct {
	op    op
	done  done
	pacts []pact
}

// slot is what every run has, and all that a touchpoint which changes no stage needs.
type slot struct {
	id          ledger.Key
	last        int64
	touched     int64 // when the last touchpoint was over
	due         int64 // when the heap comes by; 0 is never
	blob        uint32
	touchpoints uint32
	journey     uint16
	stage       uint16 // 0 is none
	visit       uint16
	channels    uint16
	size        uint16 // of the blob
	responses   uint16
	touchpoint  uint16 // the last one; 0 is none
	flags       uint8
}

const (
	slotBegun = 1 << iota
	slotCounted
	slotSynced   // it is as the store has it
	slotCaused   // its blob has failures, the last cause, misses and overdue promises
	slotPromised // its blob has promises, or what a follow-up needs
	slotSent     // its position was sent to another process since this one last placed the customer
	slotMissed   // its last touchpoint was unsuccessful
	slotTouched  // touchpoints have used all its channels
)

func newMemory() *memory {
	m := &memory{names: newNames(), remember: rememberEnded, limit: maxRuns / memoryShards}
	m.due.Store(math.MaxInt64)
	for i := range m.shards {
		m.shards[i].next.Store(math.MaxInt64)
	}
	return m
}

// beCache makes it hold copies of a store's runs.
func (m *memory) beCache() {
	m.cache = true
	for i := range m.shards {
		m.shards[i].decides = decideElsewhere
	}
}

func (m *memory) shard(id ledger.Key) *memoryShard { return &m.shards[id[15]%memoryShards] }

func (s *memoryShard) slot(i uint32) *slot { return &s.slabs[i/slabSize][i%slabSize] }

// count adds n to the live runs where the slot is.
func (s *memoryShard) count(sl *slot, n int64) {
	if sl.flags&slotCounted == 0 {
		return
	}
	place := uint32(sl.journey)<<16 | uint32(sl.stage)
	if s.active == nil {
		s.active = map[uint32]int64{}
	}
	if s.active[place] += n; s.active[place] == 0 {
		delete(s.active, place)
	}
}

// schedule puts the run into the heap, so that the sweep looks at it at that time.
func (m *memory) schedule(s *memoryShard, n uint32, at int64) {
	sl := s.slot(n)
	if at == 0 || sl.due != 0 && sl.due <= at {
		return
	}
	sl.due = at
	s.heap.push(dueSlot{at, n})
	s.next.Store(s.heap[0].at)
	m.dueAt(at)
}

// dueAt notes that a run is due at that time.
func (m *memory) dueAt(at int64) {
	for {
		d := m.due.Load()
		if at >= d || m.due.CompareAndSwap(d, at) {
			return
		}
	}
}

// view is what an op has done to a run in memory, and where the run is after it.
type view struct {
	done
	who    *swept // the run, where time has made a transition
	absent bool   // the run is not here
	full   bool   // there is no room for it
	begun  bool
	synced bool // with the store
	sent   bool // its position was sent to another process since this one last placed the customer
	start  int64
	moved  int64 // the time of its latest fact
	stage  string
	visit  int
	spans  int  // of touchpoints and feedback so far
	quiet  bool // this instance knows of nothing that has happened for a while

	// What the run knew of its identity before the op, where the caller gave a filler.
	known, hash, segment, account, patience bool
}

// apply applies o to the run, and notes in v what that has done and where the run is after it. It makes a run that is not here
// if o says which run it is. The day is needed where o may end the run. Fill must not keep what it is given; without fill v does
// not say where the run is if that has not changed.
func (m *memory) apply(id ledger.Key, o *op, day uint64, fill func(who []byte), v *view) {
	v.done = done{}
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _, ok := s.find(id)
	if !ok {
		m.meet(s, id, o, day, fill, v)
		return
	}
	sl, tab := s.slot(n), m.names.tab.Load()
	if o.stage != "" && o.at >= lastFact(s.arena.block(sl.blob, int(sl.size))) {
		sl.flags &^= slotSent
	}
	if fill != nil {
		m.knew(s, sl, v)
	}
	if m.inPlace(tab, s, n, o, v) {
		if fill != nil {
			m.look(s, sl, v, fill)
		}
		return
	}
	if !m.endInPlace(tab, s, sl, o, v) {
		m.change(s, n, s.unpack(tab, sl, o.who != nil || o.worth != nil), o, s.ident(sl), v)
	}
	if v.full {
		return
	}
	m.look(s, sl, v, fill)
	if v.ended() {
		if day == noDay {
			day = dayOf(at(o.at))
		}
		m.end(s, id, day)
	}
}

// meet is apply for a run that has no slot.
func (m *memory) meet(s *memoryShard, id ledger.Key, o *op, day uint64, fill func([]byte), v *view) {
	switch {
	case s.tombs.has(id):
		v.over = true
		return
	case o.kind == opEnd && o.who == nil:
		v.absent = true
		v.add(effect{kind: event.JourneyEnded, at: o.at, outcome: o.outcome})
		s.tombs.add(id, day, m.limit)
		m.known.Add(1)
		return
	case o.who == nil:
		v.absent = true
		return
	}
	number, ok := m.names.journeyOf(o.who)
	if !ok || s.live >= m.limit {
		v.full = true
		return
	}
	n := s.insert(id)
	m.known.Add(1)
	sl := s.slot(n)
	sl.journey = number
	r := &s.run
	*r = run{seen: r.seen[:0], facts: r.facts[:0], been: r.been[:0], stalls: r.stalls[:0], promises: r.promises[:0], cur: -1, decides: s.decides, identity: *o.who, touched: touched{tried: r.touched.tried[:0]}}
	s.who = o.who.appendTo(s.who[:0], false)
	ident := s.who
	if m.change(s, n, r, o, ident, v); v.full {
		return
	}
	if m.counts(r) {
		sl.flags |= slotCounted
		s.count(sl, 1)
	}
	m.look(s, sl, v, fill)
	if v.ended() {
		m.end(s, id, day)
	}
}

// counts reports whether the run is counted here as a live one: a probe is not a customer's journey, and the store counts its
// own runs.
func (m *memory) counts(r *run) bool { return r.begun && r.actor != event.ActorSynthetic && !m.cache }

func (d *done) ended() bool {
	for _, e := range d.effects() {
		if e.kind == event.JourneyEnded {
			return true
		}
	}
	return false
}

// change applies o to the unpacked run and packs the run again. A run for which there is no room is forgotten.
func (m *memory) change(s *memoryShard, n uint32, r *run, o *op, ident []byte, v *view) {
	sl := s.slot(n)
	// The run gets copies that belong to the shard, so that o and v stay off the heap. It keeps no pointer to them, because
	// it decides nothing by entry.
	if s.work == nil {
		s.work = &work{}
	}
	w := s.work
	w.op, w.done = *o, v.done
	if o.stage != "" && m.names.stageOf(sl.journey, o.stage, o.expect) == 0 {
		w.op.stage = "" // too many names: it is a sign of life
	}
	w.pacts = w.op.workOut(w.pacts[:0])
	was := r.identity
	r.apply(&w.op, &w.done)
	v.done = w.done
	if slices.ContainsFunc(v.effects(), func(f effect) bool { return f.byTime() }) {
		v.who = m.sweptOf(sl, r, ident)
	}
	if !r.over || sl.size == 0 { // else it is about to be removed
		if o.who != nil || o.worth != nil {
			ident = m.restate(s, sl, r, &was, ident)
		}
		if !s.pack(m.names, sl, r, ident) {
			v.who = m.sweptOf(sl, r, ident) // squeezing makes time pass
			v.full = !s.squeeze(m.names, sl, r, ident, &w.done)
			v.done = w.done
		}
		if v.full {
			m.leave(s, sl.id)
		} else {
			m.schedule(s, n, m.dueOf(r))
		}
	}
	w.op, w.done.rest = op{}, nil
}

// leave forgets a run, for which there may be no room.
func (m *memory) leave(s *memoryShard, id ledger.Key) {
	s.remove(id)
	m.known.Add(-1)
}

// sweptOf returns the run as newTransition needs it, with its state.
func (m *memory) sweptOf(sl *slot, r *run, ident []byte) *swept {
	r.readPacked(&reader{b: ident}, m.names.tab.Load().journeys[sl.journey], sl.id)
	w := &swept{id: sl.id, who: r.identity, state: r.state()}
	w.begun, w.start, w.follows = r.begun, r.start, r.answers.is
	return w
}

// restate returns the packed identity of the run, made anew if the op has added to it, and updates the slot to it.
func (m *memory) restate(s *memoryShard, sl *slot, r *run, was *identity, ident []byte) []byte {
	if r.identity == *was {
		return ident
	}
	if m.counts(r) != (sl.flags&slotCounted != 0) && sl.size > 0 { // an earlier start is another's
		s.count(sl, -1)
		sl.flags ^= slotCounted
		s.count(sl, 1)
	}
	if r.patience != was.patience || r.unruled != was.unruled || r.journey.Version != was.journey.Version {
		if number, ok := m.names.journeyOf(&r.identity); ok {
			s.count(sl, -1)
			sl.journey = number
			s.count(sl, 1)
		}
	}
	return r.appendTo(nil, false)
}

// dueOf returns when the sweep has to look at the run in memory.
func (m *memory) dueOf(r *run) int64 {
	if m.cache {
		return after(r.last, cacheFor)
	}
	return r.dueAt()
}

// sync makes the copy of the run equal to the store's, but for a customer of whom only this instance has heard. The copy has no IDs of events, no promises and no names of touchpoints, because
// only the store's state decides. A run that does not fit into a block has no copy.
func (m *memory) sync(id ledger.Key, r *run, day uint64) {
	if r.over {
		m.close(id, day)
		return
	}
	number, ok := m.names.journeyOf(&r.identity)
	if !ok || r.journey.ID == "" {
		return
	}
	for i := range r.been {
		if m.names.stageOf(number, r.been[i].name, r.been[i].expect) == 0 {
			return
		}
	}
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _, ok := s.find(id)
	heard := event.Customer{}
	if ok {
		heard = s.customerOf(n)
	} else {
		if s.live >= m.limit || s.tombs.has(id) {
			return
		}
		n = s.insert(id)
		m.known.Add(1)
	}
	sl := s.slot(n)
	sl.journey = number
	seen, promises, tried, customer := r.seen, r.promises, r.touched.tried, r.customer
	r.seen, r.promises, r.touched.tried = nil, nil, nil
	// The store may not have heard yet of the customer whom this instance knows.
	if c := &r.customer; c.Hash == "" || heard.Hash == "" || c.Hash == heard.Hash {
		c.Hash, c.Segment, c.Account = cmp.Or(c.Hash, heard.Hash), cmp.Or(c.Segment, heard.Segment), cmp.Or(c.Account, heard.Account)
	}
	same := r.customer == customer
	fits := s.pack(m.names, sl, r, r.appendTo(nil, false))
	r.seen, r.promises, r.touched.tried, r.customer = seen, promises, tried, customer
	if !fits {
		m.leave(s, id)
		return
	}
	if same {
		sl.flags |= slotSynced
	}
	m.schedule(s, n, m.dueOf(r))
}

// customerOf returns what the copy of the run says of the customer.
func (s *memoryShard) customerOf(n uint32) event.Customer {
	var known identity
	known.read(&reader{b: s.ident(s.slot(n))}, false)
	return known.customer
}

// close ends the run.
func (m *memory) close(id ledger.Key, day uint64) {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	m.end(s, id, day)
}

// look notes where the run is.
func (m *memory) look(s *memoryShard, sl *slot, v *view, fill func([]byte)) {
	b := s.arena.block(sl.blob, int(sl.size))
	v.begun, v.synced = sl.flags&slotBegun != 0, sl.flags&slotSynced != 0
	v.sent = sl.flags&slotSent != 0
	v.start = int64(binary.NativeEndian.Uint64(b[blobStart:]))
	v.visit, v.moved = int(sl.visit), lastFact(b)
	v.spans = int(sl.touchpoints) + int(sl.responses)
	if sl.stage != 0 {
		v.stage = m.names.tab.Load().stages[sl.stage].name
	}
	if fill != nil {
		fill(s.ident(sl))
	}
}

// knew notes what the run knows of its identity before an op adds to it.
func (m *memory) knew(s *memoryShard, sl *slot, v *view) {
	in := reader{b: s.ident(sl)}
	in.bytes() // the ID
	v.known, v.hash, v.segment = true, len(in.bytes()) > 0, len(in.bytes()) > 0
	in.byte() // the channel
	_, v.account = in.actor()
	v.patience = m.names.tab.Load().journeys[sl.journey].patience > 0
}

// news reports whether the identity says something that the run did not know.
func (v *view) news(who *identity) bool {
	return v.whose(&who.customer) || who.patience > 0 && !v.patience
}

// says reports whether the customer says anything that a run keeps.
func says(c *event.Customer) bool { return c.Hash != "" || c.Segment != "" || c.Account != "" }

// whose reports whether the customer says something that the run did not know.
func (v *view) whose(c *event.Customer) bool {
	return c.Hash != "" && !v.hash || c.Segment != "" && !v.segment || c.Account != "" && !v.account
}

// end removes the run and remembers only that it has ended.
func (m *memory) end(s *memoryShard, id ledger.Key, day uint64) {
	before := s.live + s.tombs.n
	s.remove(id)
	s.tombs.add(id, day, m.limit)
	m.known.Add(int64(s.live + s.tombs.n - before))
}

// where returns where the run is, without changing it.
func (m *memory) where(id ledger.Key, fill func(who []byte)) (v view) {
	s := m.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _, ok := s.find(id)
	if !ok {
		v.absent, v.over = true, s.tombs.has(id)
		return v
	}
	m.knew(s, s.slot(n), &v)
	m.look(s, s.slot(n), &v, fill)
	return v
}
