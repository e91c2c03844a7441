package track

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/engine"
)

// A run's log is a state, or nothing, and the ops since:
//
//	log   = entry*
//	entry = uvarint(length) kind body
//
// An entry that is not understood in full is an error: only this package writes logs, and a log of a newer release must not
// be half read. A release that adds to the format raises logVersion, and puts an entryVersion in front of the first entry that
// an older release does not understand.
const (
	entryVersion byte = 0x3f // uvarint: the version of what follows
	entryState1  byte = 0x40 // a state as the first release wrote it; it is read, and not written any more
	entryState2  byte = 0x41 // a state without what is known of touchpoints; it is read, and not written any more
	entryState   byte = 0x42 // a state without promises and without an account; ops are their opKind
	entryState4  byte = 0x43 // a state with promises, an account, or both
	entryState5  byte = 0x44 // a state with what friction follows from, and all that the one before may have
)

func isState(kind byte) bool { return kind >= entryState1 && kind <= entryState5 }

// logVersion is the newest version of the format that this release reads. Version 1 has no entryVersion.
const logVersion = moveVersion

// Errors of a log. Both wrap engine.ErrLog.
var (
	errLog   = fmt.Errorf("%w: it is damaged: restore the store, or delete the record", engine.ErrLog)
	errNewer = fmt.Errorf("%w: a newer release of Cairn has written it: update this service, which leaves the run to the newer instances", engine.ErrLog)
)

// appendEntry appends an entry whose body write appends.
func appendEntry(b []byte, kind byte, write func([]byte) []byte) []byte {
	start := len(b)
	b = append(b, 0, 0, kind) // room for a length of two bytes, which nearly all have
	b = write(b)
	n := len(b) - start - 2
	if n < 1<<14 {
		b[start], b[start+1] = byte(n)|0x80, byte(n>>7)
		return b
	}
	var length [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(length[:], uint64(n))
	return slices.Replace(b, start, start+2, length[:k]...)
}

const (
	opWho     byte = 1 << iota // it says who the run is
	opBegins                   // it starts the run where nothing has
	opSettled                  // its effects are delivered, and that is safe
	opKeyed                    // its key is not its ID
	opNamed                    // it says which touchpoint it was, and why
	opWorth                    // it says what the run is worth
	opRooted                   // it says which span is the root of the run's trace
	opPacts                    // it says something of promises
)

// flags returns what an entry has to say beside what every op says.
func (o *op) flags() (flags byte) {
	for _, f := range [...]struct {
		set bool
		bit byte
	}{
		{o.begin, opBegins},
		{o.settled, opSettled},
		{o.who != nil, opWho},
		{o.touchpoint != "" || o.cause != "", opNamed},
		{o.worth != nil, opWorth},
		{o.who != nil && o.who.rooted(), opRooted},
		{len(o.pacts) > 0, opPacts},
	} {
		if f.set {
			flags |= f.bit
		}
	}
	return flags
}

// versioned reports whether the first release does not understand the op: it says something of promises, or an account.
func (o *op) versioned() bool { return len(o.pacts) > 0 || o.who != nil && o.who.accounted() }

// moves reports whether the op moves a promise, makes one on a condition, or is that of a follow-up, which a release before moveVersion does not understand.
func (o *op) moves() bool {
	return slices.ContainsFunc(o.pacts, func(x pact) bool { return x.kind >= pactMove || x.only != "" })
}

// append appends the op as an entry.
func (o *op) append(b []byte) []byte {
	switch {
	case o.moves():
		b = appendVersion(b, moveVersion)
	case o.versioned():
		b = appendVersion(b, promiseVersion)
	}
	return appendEntry(b, byte(o.kind), func(b []byte) []byte {
		b = binary.BigEndian.AppendUint64(b, o.id)
		b = binary.AppendVarint(b, o.sent)
		b = binary.AppendVarint(b, o.at)
		b = binary.AppendVarint(b, o.until-o.at)
		b = append(b, byte(o.channel), byte(o.outcome))
		b = appendString(b, o.stage)
		if o.stage != "" {
			b = binary.AppendVarint(b, int64(o.expect))
			b = appendUint(b, o.visit)
		}
		if o.kind == opAbandon || o.kind == opPass {
			b = binary.AppendVarint(b, o.last)
		}
		flags := o.flags()
		if o.key != o.id {
			b = binary.BigEndian.AppendUint64(append(b, flags|opKeyed), o.key)
		} else {
			b = append(b, flags)
		}
		if o.who != nil {
			b = o.who.appendTo(b, true)
		}
		if flags&opNamed != 0 {
			b = appendString(appendString(b, o.touchpoint), o.cause)
		}
		if flags&opWorth != 0 {
			b = appendMoney(b, o.worth)
		}
		b = binary.AppendUvarint(b, uint64(len(o.event)))
		b = append(b, o.event...)
		if flags&opRooted != 0 {
			b = appendRoot(b, o.who.journey.Root)
		}
		if flags&opPacts != 0 {
			b = o.appendPacts(b)
		}
		return b
	})
}

func (o *op) read(kind byte, r *reader) {
	o.kind = opKind(kind)
	o.id = r.fixed()
	o.sent = r.int()
	o.at = r.int()
	o.until = o.at + r.int()
	o.channel, o.outcome = event.Channel(r.byte()), event.Outcome(r.byte())
	o.stage = r.string()
	if o.stage != "" {
		o.expect = time.Duration(r.int())
		o.visit = int(r.uint())
	}
	if o.kind == opAbandon || o.kind == opPass {
		o.last = r.int()
	}
	flags := r.byte()
	o.begin, o.settled = flags&opBegins != 0, flags&opSettled != 0
	o.key = o.id
	if flags&opKeyed != 0 {
		o.key = r.fixed()
	}
	if flags&opWho != 0 {
		o.who = &identity{}
		o.who.read(r, true)
	}
	if flags&opNamed != 0 {
		o.touchpoint, o.cause = r.string(), r.string()
	}
	if flags&opWorth != 0 {
		o.worth = r.money()
	}
	o.event = r.bytes()
	switch {
	case flags&opRooted == 0:
	case o.who == nil:
		r.fail = true // only an op that says who the run is says its root
	default:
		o.who.journey.Root = r.root()
	}
	if flags&opPacts != 0 {
		o.readPacts(r)
	}
}

// flags of a state.
const (
	stateBegun byte = 1 << iota
	stateOver
	stateRooted  // the root of its trace is at the end
	stateAnswers // what it knows as a follow-up is behind all else
)

// log returns a log that is the whole state. The run has nothing that is undecided.
func (r *run) log() []byte {
	kind, version := entryState, uint64(0)
	if len(r.promises) > 0 || r.accounted() || r.answers.is {
		kind, version = entryState4, promiseVersion
	}
	if r.rough() {
		kind, version = entryState5, frictionVersion
	}
	if r.moves() {
		version = moveVersion
	}
	var b []byte
	if version > 0 {
		b = appendVersion(nil, version)
	}
	return appendEntry(b, kind, func(b []byte) []byte {
		b = r.appendTo(b, true)
		flags := byte(0)
		if r.begun {
			flags |= stateBegun
		}
		if r.over {
			flags |= stateOver
		}
		if r.rooted() {
			flags |= stateRooted
		}
		if r.answers.is {
			flags |= stateAnswers
		}
		b = append(b, flags, byte(r.outcome))
		for _, t := range [...]int64{r.start, r.last, r.floor, r.ended} {
			b = binary.AppendVarint(b, t)
		}
		for _, n := range [...]int{int(r.touchpoints), int(r.responses), int(r.channels)} {
			b = appendUint(b, n)
		}
		if b = r.appendTail(r.appendVisits(b), kind); r.answers.is {
			b = r.answers.append(b, r.start)
		}
		return b
	})
}

// moves reports whether the run is a follow-up, a fact of a promise moves it, or a promise is that of updates, and has been kept.
func (r *run) moves() bool {
	return r.answers.is || slices.ContainsFunc(r.promises, func(p promise) bool {
		return p.silence != 0 || slices.ContainsFunc(p.facts, func(f promiseFact) bool { return f.kind == pactMove || f.only != "" })
	})
}

// appendVisits appends where the run has been, and what it has heard of, to a state.
func (r *run) appendVisits(b []byte) []byte {
	b = appendUint(b, len(r.been))
	for _, s := range r.been {
		b = appendString(b, s.name)
		b = binary.AppendVarint(b, int64(s.expect))
		b = appendUint(b, s.folded)
	}
	b = appendUint(b, len(r.facts))
	for _, f := range r.facts {
		b = binary.AppendVarint(b, f.at-r.start)
		b = appendUint(b, int(f.stage))
	}
	b = appendUint(b, len(r.seen))
	for _, id := range r.seen {
		b = binary.BigEndian.AppendUint64(b, id)
	}
	b = appendUint(b, len(r.stalls))
	for _, s := range r.stalls {
		b = appendUint(b, int(s.stage))
		b = appendUint(b, s.visit)
	}
	b = appendUint(b, len(r.early))
	for _, s := range r.early {
		b = binary.AppendVarint(b, s.at)
		b = binary.AppendVarint(b, s.until-s.at)
	}
	return b
}

// appendTail appends what a state has at its end.
func (r *run) appendTail(b []byte, kind byte) []byte {
	b = r.touched.append(b)
	switch {
	case kind >= entryState4:
		b = r.appendPromises(binary.AppendVarint(b, r.worthAt))
		if kind == entryState5 {
			b = r.appendFriction(b)
		}
	case r.worthAt != 0 || r.rooted():
		b = binary.AppendVarint(b, r.worthAt)
	}
	if r.rooted() {
		b = appendRoot(b, r.journey.Root)
	}
	return b
}

// append appends it to a state.
func (t *touched) append(b []byte) []byte {
	if b = appendString(b, t.last); t.last != "" {
		b = binary.AppendVarint(b, t.lastAt)
	}
	return t.appendCause(b)
}

func (t *touched) read(in *reader) {
	if t.last = in.string(); t.last != "" {
		t.lastAt = in.int()
	}
	t.readCause(in)
}

func (r *run) read(in *reader, kind byte) {
	r.identity.read(in, true)
	flags := in.byte()
	r.begun, r.over = flags&stateBegun != 0, flags&stateOver != 0
	r.outcome = event.Outcome(in.byte())
	for _, t := range [...]*int64{&r.start, &r.last, &r.floor, &r.ended} {
		*t = in.int()
	}
	r.touchpoints, r.responses, r.channels = uint32(in.uint()), uint32(in.uint()), uint16(in.uint())
	var lastStall visitKey
	if kind == entryState1 {
		r.over = r.ended != 0
		lastStall = visitKey{uint16(in.uint()), int(in.uint())}
	}
	for range in.count(3) {
		r.been = append(r.been, stage{name: in.string(), expect: time.Duration(in.int()), folded: int(in.uint())})
	}
	for range in.count(2) {
		f := fact{in.int() + r.start, uint16(in.uint())}
		if int(f.stage) >= len(r.been) {
			in.fail = true
			return
		}
		r.facts = append(r.facts, f)
	}
	for range in.count(8) {
		r.seen = append(r.seen, in.fixed())
	}
	r.readTail(in, kind, flags)
	if lastStall.visit > 0 {
		r.stalls = append(r.stalls, lastStall)
	}
	for _, s := range r.stalls {
		if int(s.stage) >= len(r.been) {
			in.fail = true
			return
		}
	}
	if kind == entryState1 && len(r.facts) <= maxFacts { // it wrote no more
		r.noteStalls()
	}
	r.recount()
}

// readTail reads what later releases added behind the state of the first one.
func (r *run) readTail(in *reader, kind, flags byte) {
	if kind == entryState1 {
		return
	}
	for range in.count(2) {
		r.stalls = append(r.stalls, visitKey{uint16(in.uint()), int(in.uint())})
	}
	for range in.count(2) {
		from := in.int()
		r.early = append(r.early, span{from, from + in.int()})
	}
	if kind == entryState2 {
		return
	}
	rooted := flags&stateRooted != 0
	if kind >= entryState4 {
		r.touched.read(in)
		r.worthAt = in.int()
		if r.readPromises(in); kind == entryState5 {
			r.readFriction(in)
		}
		if rooted {
			r.journey.Root = in.root()
		}
		if flags&stateAnswers != 0 {
			r.answers.read(in, r.start)
		}
		return
	}
	if r.touched.read(in); len(in.b) > 0 {
		if r.worthAt = in.int(); r.worthAt == 0 && !rooted {
			in.fail = true // it is written only where it is known, or where a root follows
		}
	}
	if rooted {
		r.journey.Root = in.root()
	}
}

// noteStalls notes every visit that was left as one that has stalled: a state of the first release knows only the last stall
// that was reported, and those before it must not be reported again.
func (r *run) noteStalls() {
	visits := r.visits()
	for _, v := range visits[:max(0, len(visits)-1)] {
		if r.been[v.stage].expect > 0 && !r.hasStalled(v.stage, v.n) {
			r.stalls = append(r.stalls, visitKey{uint16(v.stage), v.n})
		}
	}
}
