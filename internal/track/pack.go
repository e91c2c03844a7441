package track

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/ledger"
)

// fact is 10 bytes at the end of a blob: time and stage.
const factSize = 10

// head of a blob: when the run began, the floor of its facts, how many facts, the channels of touchpoints, how many names in front of
// the facts.
const (
	blobStart    = 0
	blobFloor    = 8
	blobFacts    = 16
	blobChannels = 18
	blobTried    = 20
	blobHead     = 21
)

// unpack returns the run in the slot. Its texts refer to the arena: they are good until the slot is
// packed, and identity is not unpacked unless who is set.
func (s *memoryShard) unpack(tab *nameTable, sl *slot, who bool) *run {
	r := &s.run
	*r = run{seen: r.seen[:0], facts: r.facts[:0], been: r.been[:0], stalls: r.stalls[:0], promises: r.promises[:0], cur: -1, decides: s.decides, touched: touched{tried: r.touched.tried[:0]}}
	b := s.arena.block(sl.blob, int(sl.size))
	u64 := func(at int) int64 { return int64(binary.NativeEndian.Uint64(b[at:])) }
	u16 := func(at int) uint16 { return binary.NativeEndian.Uint16(b[at:]) }
	r.start, r.floor = u64(blobStart), u64(blobFloor)
	r.begun = sl.flags&slotBegun != 0
	r.last, r.touchpoints, r.responses, r.channels = sl.last, sl.touchpoints, uint32(sl.responses), sl.channels
	r.touched = touched{last: tab.touchpoints[sl.touchpoint], lastAt: sl.touched, channels: u16(blobChannels), tried: r.touched.tried}
	facts, names := int(u16(blobFacts)), triedOf(b)
	if s.decides != decideElsewhere {
		r.unpackTried(tab, sl, names)
	}

	in := reader{b: b[blobHead : len(b)-factSize*facts-len(names)]}
	ident := reader{b: in.bytes()}
	j := tab.journeys[sl.journey]
	r.patience, r.unruled = j.patience, j.unruled
	if who {
		r.readPacked(&ident, j, sl.id)
	}
	for range in.count(2) {
		number := uint16(in.uint())
		st := tab.stages[number]
		r.been = append(r.been, stage{name: st.name, expect: st.expect, folded: int(in.uint())})
	}
	for range in.count(8) {
		r.seen = append(r.seen, in.fixed())
	}
	said := in
	for range in.count(2) { // when the facts have numbered the stages
		in.uint()
		in.uint()
	}
	if sl.flags&slotCaused != 0 {
		r.touched.readCause(&in)
		r.unpackMisses(&in, tab)
	}
	promised := in
	for at := len(b) - factSize*facts; at < len(b); at += factSize {
		st := tab.stages[u16(at+8)]
		r.facts = append(r.facts, fact{u64(at), uint16(r.stage(st.name, st.expect))})
	}
	for range said.count(2) {
		st := tab.stages[uint16(said.uint())]
		r.stalls = append(r.stalls, visitKey{uint16(r.stage(st.name, st.expect)), int(said.uint())})
	}
	if sl.flags&slotPromised != 0 {
		r.unpackPromises(&promised, tab)
	}
	r.recount()
	return r
}

// readPacked reads whose run it is, as memory keeps it: the journey's name and the run's key give the rest.
func (r *run) readPacked(in *reader, j journeyName, id ledger.Key) {
	r.identity.read(in, false)
	if len(in.b) > 0 {
		r.journey.Root.TraceID = trace.TraceID(id)
		in.copyTo(r.journey.Root.SpanID[:])
	}
	r.journey.Namespace, r.journey.Name, r.journey.Version = j.namespace, j.name, j.version
}

// pack puts the run, unpacked before or new, back into its slot. It returns false and changes nothing if the run is larger than
// a block, which is possible for one that a store has.
func (s *memoryShard) pack(n *names, sl *slot, r *run, ident []byte) bool {
	b, flags := s.blob(n, sl, r, ident)
	if len(b) > arenaChunk {
		return false
	}
	s.count(sl, -1)
	s.store(sl, b)
	if sl.flags = flags; r.begun {
		sl.flags |= slotBegun
	}
	if r.touched.channels == r.channels {
		sl.flags |= slotTouched
	}
	if r.touched.hasMissed() {
		sl.flags |= slotMissed
	}
	sl.last, sl.touchpoints, sl.channels = r.last, r.touchpoints, r.channels
	sl.responses = uint16(min(r.responses, math.MaxUint16))
	sl.touchpoint, sl.touched = n.touchpointOf(r.touched.last), r.touched.lastAt
	sl.stage, sl.visit = 0, 0
	if len(r.facts) > 0 {
		sl.stage = n.stageOf(sl.journey, r.been[r.cur].name, r.been[r.cur].expect)
		sl.visit = uint16(min(r.been[r.cur].visits, math.MaxUint16))
	}
	s.count(sl, 1)
	return true
}

// squeeze packs a run that is larger than a block. It folds the oldest facts of its promises, and forgets the latest promises, until the run
// fits. It returns false for a run that does not fit without promises either.
func (s *memoryShard) squeeze(n *names, sl *slot, r *run, ident []byte, d *done) bool {
	for !s.pack(n, sl, r, ident) {
		switch k := len(r.promises); {
		case r.foldOldest(d):
		case k > 0:
			r.promises, d.crowd = r.promises[:k-1], true
		default:
			return false
		}
	}
	return true
}

// blob returns the run as its block has it, in the shard's scratch, and the flags of the slot.
func (s *memoryShard) blob(n *names, sl *slot, r *run, ident []byte) (b []byte, flags uint8) {
	var head [blobHead]byte
	b = append(s.scratch[:0], head[:]...) //nolint:gocritic // the scratch is kept below
	ne := binary.NativeEndian
	ne.PutUint64(b[blobStart:], uint64(r.start))
	ne.PutUint64(b[blobFloor:], uint64(r.floor))
	number := func(i uint16) uint16 { return n.stageOf(sl.journey, r.been[i].name, r.been[i].expect) }
	ne.PutUint16(b[blobFacts:], uint16(len(r.facts)))
	ne.PutUint16(b[blobChannels:], r.touched.channels)
	b = appendUint(b, len(ident))
	b = append(b, ident...)
	folded := 0
	for i := range r.been {
		if r.been[i].folded > 0 {
			folded++
		}
	}
	b = appendUint(b, folded)
	for i := range r.been {
		if r.been[i].folded > 0 {
			b = appendUint(b, int(number(uint16(i))))
			b = appendUint(b, r.been[i].folded)
		}
	}
	b = appendUint(b, len(r.seen))
	for _, id := range r.seen {
		b = binary.BigEndian.AppendUint64(b, id)
	}
	b = appendUint(b, len(r.stalls))
	for _, said := range r.stalls {
		b = appendUint(b, int(number(said.stage)))
		b = appendUint(b, said.visit)
	}
	flags = sl.flags &^ (slotCaused | slotPromised | slotBegun | slotMissed | slotTouched)
	if r.touched.failures > 0 || r.touched.cause != "" || r.overdue > 0 || r.touched.missedAny() {
		flags |= slotCaused
		b = r.packMisses(r.touched.appendCause(b), n)
	}
	if len(r.promises) > 0 || r.answers.is {
		flags |= slotPromised
		b = r.packPromises(b, n, number)
	}
	b = r.packTried(b, n)
	for _, f := range r.facts {
		b = ne.AppendUint64(b, uint64(f.at))
		b = ne.AppendUint16(b, number(f.stage))
	}
	s.scratch = b
	return b, flags
}

// store puts the blob into the arena, where the old one was if it fits.
func (s *memoryShard) store(sl *slot, b []byte) {
	switch {
	case sl.size > 0 && sizeClass(int(sl.size)) == sizeClass(len(b)):
	case sl.size > 0:
		s.arena.release(sl.blob, int(sl.size))
		fallthrough
	default:
		sl.blob = s.arena.alloc(len(b))
	}
	sl.size = uint16(len(b))
	copy(s.arena.block(sl.blob, len(b)), b)
}

// ident returns who the run is, as it is packed. It refers to the arena.
func (s *memoryShard) ident(sl *slot) []byte {
	b := s.arena.block(sl.blob, int(sl.size))
	in := reader{b: b[blobHead:]}
	return in.bytes()
}
