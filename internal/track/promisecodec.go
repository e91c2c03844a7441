package track

import (
	"encoding/binary"
	"math"
)

// promiseVersion is the version of the format that has promises.
const promiseVersion = 2

// frictionVersion is the version of the format whose states have what friction follows from. Its ops are those of promiseVersion.
const frictionVersion = 3

// moveVersion is the version of the format whose promises may be moved (pactMove), or made on a condition, and whose states have what
// follow-ups need.
const moveVersion = 4

// appendVersion appends an entryVersion.
func appendVersion(b []byte, v uint64) []byte {
	return appendEntry(b, entryVersion, func(b []byte) []byte { return binary.AppendUvarint(b, v) })
}

const (
	pactUntilEnd byte = 1 << iota
	pactByVisit
	pactWarn
	pactOpen
	pactByStart
	pactOnly
	pactFlags // the first bit that no flag has
)

// appendPacts appends what the op says of promises.
func (o *op) appendPacts(b []byte) []byte {
	b = appendUint(b, len(o.pacts))
	for i := range o.pacts {
		x := &o.pacts[i]
		b = appendString(b, x.name)
		flags := byte(0)
		if x.untilEnd {
			flags |= pactUntilEnd
		}
		if x.byVisit {
			flags |= pactByVisit
		}
		if x.byStart {
			flags |= pactByStart
		}
		if x.warn != 0 {
			flags |= pactWarn
		}
		if len(x.open) > 0 {
			flags |= pactOpen
		}
		if x.only != "" {
			flags |= pactOnly
		}
		b = append(b, byte(x.kind), flags)
		b = binary.AppendVarint(b, x.due)
		if x.warn != 0 {
			b = binary.AppendVarint(b, x.warn-x.due)
		}
		if len(x.open) > 0 {
			b = x.open.append(b, o.at)
		}
		if x.only != "" {
			b = appendString(b, x.only)
		}
	}
	return b
}

func (o *op) readPacts(in *reader) {
	for range in.count(4) {
		x := pact{name: in.string(), kind: pactKind(in.byte())}
		flags := in.byte()
		x.untilEnd, x.byVisit, x.byStart, x.due = flags&pactUntilEnd != 0, flags&pactByVisit != 0, flags&pactByStart != 0, in.int()
		if x.kind == 0 || x.kind >= numPacts || flags >= pactFlags {
			in.fail = true
		}
		if flags&pactWarn != 0 {
			x.warn = in.int() + x.due
		}
		if flags&pactOpen != 0 {
			x.open = readOpenings(in, o.at)
		}
		if flags&pactOnly != 0 {
			x.only = in.string()
		}
		o.pacts = append(o.pacts, x)
	}
	in.fail = in.fail || len(o.pacts) == 0
}

// flags of a promise, which are written as a number, so that there is room for more.
const (
	promiseBroke uint64 = 1 << iota
	promiseOpen
	promiseUntilEnd
	promisePast // there is one that was open
	promiseFloor
	promiseWarn    // the one that was open has a warning
	promiseWarned  // the application was warned
	promiseHours   // its clock needs to know openings
	promiseGaps    // and the times between them of which nothing is known
	promiseSilence // the customer of a follow-up has waited for an update
	promiseFlags   // the first bit that no flag has
)

// append appends the promise to a state. Times count from the start of the run.
func (p *promise) append(b []byte, start int64) []byte {
	return p.appendBody(appendString(b, p.name), start, func(stage uint16) uint16 { return stage })
}

// appendBody appends all but the name. Number returns the number that a stage of the run has where it is kept.
func (p *promise) appendBody(b []byte, start int64, number func(stage uint16) uint16) []byte {
	b = appendUint(appendUint(b, p.settled), p.told)
	flags := uint64(0)
	for _, f := range [...]struct {
		set bool
		bit uint64
	}{
		{p.broke, promiseBroke},
		{p.isOpen, promiseOpen},
		{p.open.untilEnd, promiseUntilEnd},
		{p.open != (open{untilEnd: p.open.untilEnd}), promisePast},
		{p.floor != math.MinInt64, promiseFloor},
		{p.open.warn != 0, promiseWarn},
		{p.warned != 0, promiseWarned},
		{len(p.hours.spans) > 0, promiseHours},
		{len(p.hours.gaps) > 0, promiseGaps},
		{p.silence != 0, promiseSilence},
	} {
		if f.set {
			flags |= f.bit
		}
	}
	b = binary.AppendUvarint(b, flags)
	if flags&promisePast != 0 {
		b = binary.AppendVarint(b, p.open.made-start)
		b = binary.AppendVarint(b, p.open.due-p.open.made)
		b = binary.AppendVarint(b, p.open.stopped)
	}
	if flags&promiseFloor != 0 {
		b = binary.AppendVarint(b, p.floor-start)
	}
	if flags&promiseWarn != 0 {
		b = binary.AppendVarint(b, p.open.warn-start)
	}
	if flags&promiseWarned != 0 {
		b = binary.AppendVarint(b, p.warned-start)
	}
	if flags&promiseHours != 0 {
		b = p.hours.spans.append(b, start)
	}
	if flags&promiseGaps != 0 {
		b = p.hours.gaps.append(b, start)
	}
	if flags&promiseSilence != 0 {
		b = binary.AppendVarint(b, p.silence)
	}
	b = appendUint(b, len(p.facts))
	for _, f := range p.facts {
		if f.stage != 0 && f.stage != ofStart {
			f.stage = number(f.stage-1) + 1
		}
		b = f.append(b, start)
	}
	return b
}

func (p *promise) read(in *reader, start int64) {
	p.name = in.string()
	p.readBody(in, start)
}

func (p *promise) readBody(in *reader, start int64) {
	p.settled, p.told = int(in.uint()), int(in.uint())
	flags := in.uint()
	in.fail = in.fail || flags >= promiseFlags
	p.broke, p.isOpen, p.open.untilEnd = flags&promiseBroke != 0, flags&promiseOpen != 0, flags&promiseUntilEnd != 0
	if flags&promisePast != 0 {
		p.open.made = in.int() + start
		p.open.due = in.int() + p.open.made
		p.open.stopped = in.int()
	}
	p.floor = math.MinInt64
	if flags&promiseFloor != 0 {
		p.floor = in.int() + start
	}
	if flags&promiseWarn != 0 {
		p.open.warn = in.int() + start
	}
	if flags&promiseWarned != 0 {
		p.warned = in.int() + start
	}
	if flags&promiseHours != 0 {
		p.hours.spans = readOpenings(in, start)
	}
	if flags&promiseGaps != 0 {
		p.hours.gaps = readOpenings(in, start)
	}
	if flags&promiseSilence != 0 {
		p.silence = in.int()
	}
	for range in.count(3) {
		f := promiseFact{}
		f.read(in, start)
		p.facts = append(p.facts, f)
	}
}

// A fact begins with its kind and its flags, which are written as a number, so that there is room for more.
const (
	factKind     uint64 = 0x07
	factWarn     uint64 = 0x08
	factUntilEnd uint64 = 0x10
	factByVisit  uint64 = 0x20
	factDue      uint64 = 0x40
	factSent     uint64 = 0x80
	factOnly     uint64 = 0x100
)

const _ = uint(factKind + 1 - uint64(numFacts)) // there is room for each kind

// append appends the fact: its kind with flags, its time, and what its kind has.
func (f *promiseFact) append(b []byte, start int64) []byte {
	kind := uint64(f.kind)
	for _, x := range [...]struct {
		set bool
		bit uint64
	}{{f.until, factUntilEnd}, {f.stage != 0, factByVisit}, {f.due != 0, factDue}, {f.warn != 0, factWarn}, {f.sent != 0, factSent}, {f.only != "", factOnly}} {
		if x.set {
			kind |= x.bit
		}
	}
	b = binary.AppendVarint(binary.AppendUvarint(b, kind), f.at-start)
	if f.stage != 0 {
		b = appendUint(b, int(f.stage))
	}
	if f.due != 0 {
		b = binary.AppendVarint(b, f.due-f.at)
	}
	if f.warn != 0 {
		b = binary.AppendVarint(b, f.warn-f.at)
	}
	if f.sent != 0 {
		b = binary.AppendVarint(b, f.sent-f.at)
	}
	if f.only != "" {
		b = appendString(b, f.only)
	}
	return b
}

func (f *promiseFact) read(in *reader, start int64) {
	kind := in.uint()
	in.fail = in.fail || kind >= factOnly<<1
	f.kind, f.until = pactKind(kind&factKind), kind&factUntilEnd != 0
	f.at = in.int() + start
	if kind&factByVisit != 0 {
		f.stage = uint16(in.uint())
	}
	if kind&factDue != 0 {
		f.due = in.int() + f.at
	}
	if kind&factWarn != 0 {
		f.warn = in.int() + f.at
	}
	if kind&factSent != 0 {
		f.sent = in.int() + f.at
	}
	if kind&factOnly != 0 {
		f.only = in.string()
	}
	in.fail = in.fail || f.kind == 0 || f.kind >= numFacts
}

// appendPromises appends what the run knows of promises.
func (r *run) appendPromises(b []byte) []byte {
	b = appendUint(b, len(r.promises))
	for i := range r.promises {
		b = r.promises[i].append(b, r.start)
	}
	return b
}

func (r *run) readPromises(in *reader) {
	n := in.count(4)
	in.fail = in.fail || n > maxPromises
	for range min(n, maxPromises) {
		p := promise{}
		p.read(in, r.start)
		for i := range p.facts {
			if s := p.facts[i].stage; s != ofStart && int(s) > len(r.been) {
				in.fail = true
			}
		}
		r.promises = append(r.promises, p)
	}
}

// packPromises appends what the run knows of promises, as memory keeps it: names and stages have the numbers of the table.
func (r *run) packPromises(b []byte, n *names, number func(stage uint16) uint16) []byte {
	b = appendUint(b, len(r.promises))
	for i := range r.promises {
		p := &r.promises[i]
		named := n.touchpointOf(p.name)
		if b = appendUint(b, int(named)); named == 0 {
			b = appendString(b, p.name)
		}
		b = p.appendBody(b, r.start, number)
	}
	return r.answers.append(b, r.start)
}

// unpackPromises reads what packPromises wrote, once the stages of the run are known.
func (r *run) unpackPromises(in *reader, tab *nameTable) {
	for range in.count(4) {
		p := promise{}
		if named := in.uint(); named != 0 {
			p.name = tab.touchpoints[named]
		} else {
			p.name = in.string()
		}
		p.readBody(in, r.start)
		for k := range p.facts {
			if s := p.facts[k].stage; s != 0 && s != ofStart {
				st := tab.stages[s-1]
				p.facts[k].stage = uint16(r.stage(st.name, st.expect)) + 1
			}
		}
		r.promises = append(r.promises, p)
	}
	r.answers.read(in, r.start)
}
