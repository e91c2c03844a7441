package track

import (
	"encoding/binary"
	"math"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// inPlace applies an op that arrives in its order without unpacking the run: a touchpoint in the stage where the run is, or in
// another one. It returns false where that takes more.
func (m *memory) inPlace(tab *nameTable, s *memoryShard, n uint32, o *op, v *view) bool {
	sl := s.slot(n)
	var stage uint16
	if o.stage != "" {
		stage = tab.stage[stageKey{sl.journey, o.stage}]
	}
	switch {
	case len(o.pacts) > 0 && (stage == 0 || stage != sl.stage || !o.visitOnly()), sl.flags&slotPromised != 0 && sl.due != 0 && o.at >= sl.due: // a promise may be broken
		return false
	case o.whole, o.id != 0, o.worth != nil, o.kind < opSign, o.kind > opRespond, o.stage != "" && stage == 0:
		return false
	case o.who != nil && (!v.known || v.news(o.who)), o.begin && sl.flags&slotBegun == 0, m.silent(tab, sl, o):
		return false
	}
	touchpoint, ok := tab.plain(o)
	if !ok {
		return false
	}
	there := m.triedAt(s, sl, touchpoint)
	if there == triedFresh {
		return false
	}
	moved := int64(math.MinInt64)
	if stage != 0 {
		moved = lastFact(s.arena.block(sl.blob, int(sl.size)))
	}
	switch {
	case stage == 0 || stage == sl.stage && o.at == moved:
	case o.at < moved:
		return false // it is late
	case stage == sl.stage:
		if !s.addFact(sl, o.at, stage) {
			return false
		}
	default:
		if !m.advance(tab, s, sl, o, stage, v) {
			return false
		}
		if o.expect > 0 {
			m.schedule(s, n, after(o.at, o.expect))
		}
	}
	if o.kind == opTouch {
		s.touch(sl, o, touchpoint, there)
	}
	if o.kind == opRespond && sl.responses < math.MaxUint16 {
		sl.responses++
	}
	s.use(sl, o)
	sl.last = max(sl.last, o.at, o.until)
	return true
}

// plain returns the number of o's touchpoint, or 0, and whether the slot holds all that has to be kept of it.
func (tab *nameTable) plain(o *op) (touchpoint uint16, ok bool) {
	if o.kind != opTouch {
		return 0, true
	}
	touchpoint, ok = tab.touchpoint[o.touchpoint]
	return touchpoint, ok && !unsuccessful(o.outcome) && o.cause == ""
}

// touch counts a touchpoint that was successful, and whose name is there.
func (s *memoryShard) touch(sl *slot, o *op, touchpoint uint16, there int) {
	sl.touchpoints++
	var b []byte
	if there != triedHere {
		b = s.arena.block(sl.blob, int(sl.size))
	}
	sl.succeed(b, there, touchpoint, max(o.at, o.until))
}

// use notes the channel of the op. Mostly the slot knows it, and the blob, which is elsewhere in memory, is not read.
func (s *memoryShard) use(sl *slot, o *op) {
	bit := uint16(1) << o.channel
	if o.channel == 0 || sl.channels&bit != 0 && (o.kind != opTouch || sl.flags&slotTouched != 0) {
		return
	}
	sl.channels |= bit
	at := s.arena.block(sl.blob, int(sl.size))[blobChannels:]
	channels := binary.NativeEndian.Uint16(at)
	if o.kind == opTouch {
		channels |= bit
		binary.NativeEndian.PutUint16(at, channels)
	}
	if sl.flags &^= slotTouched; channels == sl.channels {
		sl.flags |= slotTouched
	}
}

// silent reports whether the run was abandoned before o.
func (m *memory) silent(tab *nameTable, sl *slot, o *op) bool {
	patience := tab.journeys[sl.journey].patience
	return patience > 0 && o.at >= after(sl.last, patience) && sl.flags&slotBegun != 0 && !m.cache
}

// addFact appends a fact to the run's. It returns false where there are too many.
func (s *memoryShard) addFact(sl *slot, at int64, stage uint16) bool {
	n := int(sl.size)
	b := s.arena.block(sl.blob, n)
	facts := binary.NativeEndian.Uint16(b[blobFacts:])
	if facts >= maxFacts {
		return false
	}
	if n+factSize > cap(b) {
		if n+factSize > arenaChunk {
			return false
		}
		to := s.arena.alloc(n + factSize)
		grown := s.arena.block(to, n+factSize)[:n]
		copy(grown, b)
		s.arena.release(sl.blob, n)
		sl.blob, b = to, grown
	}
	b = b[:n+factSize]
	binary.NativeEndian.PutUint64(b[n:], uint64(at))
	binary.NativeEndian.PutUint16(b[n+8:], stage)
	binary.NativeEndian.PutUint16(b[blobFacts:], facts+1)
	sl.size += factSize
	return true
}

// advance moves the run to another stage.
func (m *memory) advance(tab *nameTable, s *memoryShard, sl *slot, o *op, stage uint16, v *view) bool {
	if tab.stages[sl.stage].expect > 0 {
		return false // it may have stalled
	}
	b := s.arena.block(sl.blob, int(sl.size))
	if folded(b) {
		return false
	}
	visits := 0
	was := uint16(0)
	for facts := factsOf(b); len(facts) > 0; facts = facts[factSize:] {
		f := binary.NativeEndian.Uint16(facts[8:])
		if f != was && f == stage {
			visits++
		}
		was = f
	}
	left := here(tab, sl, b)
	start := int64(binary.NativeEndian.Uint64(b[blobStart:]))
	if !s.addFact(sl, o.at, stage) {
		return false
	}
	s.count(sl, -1)
	sl.stage, sl.visit = stage, uint16(min(visits+1, math.MaxUint16))
	s.count(sl, 1)
	v.add(effect{kind: event.JourneyStageEntered, at: max(o.at, start), stage: o.stage, visit: visits + 1, left: left})
	return true
}

// folded reports whether some visits of the packed run are folded.
func folded(b []byte) bool {
	in := reader{b: b[blobHead:]}
	in.bytes() // who it is
	return in.uint() > 0
}

// endInPlace ends a run without unpacking it: its end only reports the stage that it leaves. It returns false where it has to
// report more.
func (m *memory) endInPlace(tab *nameTable, s *memoryShard, sl *slot, o *op, v *view) bool {
	if o.kind != opEnd || o.whole || o.id != 0 || o.begin || sl.visit == math.MaxUint16 || m.cache || sl.flags&(slotCaused|slotPromised) != 0 ||
		m.silent(tab, sl, o) || tab.stages[sl.stage].expect > 0 { // it may have stalled
		return false
	}
	b := s.arena.block(sl.blob, int(sl.size))
	if folded(b) {
		return false
	}
	left := here(tab, sl, b)
	left.Friction = &event.Friction{Loops: loops(b), ChannelSwitches: switches(binary.NativeEndian.Uint16(b[blobChannels:]))}
	left.LastTouchpoint = tab.touchpoints[sl.touchpoint]
	v.add(effect{kind: event.JourneyEnded, at: o.at, outcome: o.outcome, stage: left.From, visit: left.Visit, left: left})
	return true
}

// here returns the visit that the packed run is in, as a transition that leaves it.
func here(tab *nameTable, sl *slot, blob []byte) event.Transition {
	if sl.stage == 0 {
		return event.Transition{}
	}
	facts := factsOf(blob)
	entered := int64(0)
	for k := len(facts) - factSize; k >= 0 && binary.NativeEndian.Uint16(facts[k+8:]) == sl.stage; k -= factSize {
		entered = int64(binary.NativeEndian.Uint64(facts[k:]))
	}
	start := int64(binary.NativeEndian.Uint64(blob[blobStart:]))
	return event.Transition{
		From: tab.stages[sl.stage].name, Visit: int(sl.visit), Entered: time.Unix(0, max(entered, start)).UTC(),
	}
}

// factsOf returns the facts at the end of a blob.
func factsOf(blob []byte) []byte {
	return blob[len(blob)-factSize*int(binary.NativeEndian.Uint16(blob[blobFacts:])):]
}

// lastFact returns the time of the latest fact of a blob, or 0.
func lastFact(blob []byte) int64 {
	facts := factsOf(blob)
	if len(facts) == 0 {
		return 0
	}
	return int64(binary.NativeEndian.Uint64(facts[len(facts)-factSize:]))
}
