package customer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// A customer's log is a state, or nothing, and the entries since:
//
//	log   = entry*
//	entry = uvarint(length) kind body
//
// An entry that is not understood in full is an error, because a log of a newer release must not be half read. A release that
// adds to the format raises logVersion, and puts an entryVersion in front of the first entry that an older release does not
// understand. Version 2 has efforts: the entries opMet and opStumbled, and entryEfforts after the state of a record that has some.
// Version 3 has topics: the entry opAskOnce, and entryTopics after the state of a record that has some.
const (
	entryVersion byte = 0x3f // uvarint: the version of what follows
	entryState   byte = 0x40
	entryEfforts byte = 0x41
	entryTopics  byte = 0x42

	effortVersion = 2
	topicVersion  = 3
	logVersion    = topicVersion // the newest that this release reads
)

// The errors of a log. Both wrap errUnreadable.
var (
	errUnreadable = errors.New("the customer's record cannot be read")
	errLog        = fmt.Errorf("%w: it is damaged: restore the store, or delete the record", errUnreadable)
	errNewer      = fmt.Errorf("%w: a newer release of Cairn has written it: update this service, which leaves the record to the newer instances", errUnreadable)
)

// flags of an entry.
const (
	flagConsent byte = 1 << iota // the purpose needs consent
	flagTerms                    // it has holds, caps and a window
	flagWhen                     // its fact has a time of its own
)

// appendTo appends the entry to a log.
func (e *entry) appendTo(b []byte) []byte {
	switch e.kind { //nolint:exhaustive // every release understands the rest
	case opMet, opStumbled:
		b = appendVersion(b, effortVersion)
	case opAskOnce:
		b = appendVersion(b, topicVersion)
	}
	return appendEntry(b, byte(e.kind), func(b []byte) []byte {
		b = binary.AppendVarint(b, e.at)
		switch e.kind {
		case opAsk, opUse, opAskOnce:
			b = append(b, e.id[:]...)
			b = binary.AppendVarint(b, e.life)
			if e.kind == opUse {
				b = binary.AppendVarint(b, e.asked)
			}
			b = append(appendString(b, e.purpose), byte(e.channel))
			if e.kind == opAskOnce {
				b = append(appendString(b, e.topic), boolByte(e.atOnce))
			}
			return appendTerms(b, &e.terms)
		case opKeep:
			return binary.AppendVarint(append(b, e.id[:]...), e.life)
		case opRelease:
			return append(b, e.id[:]...)
		case opConsent, opWithdraw:
			return binary.AppendVarint(appendString(append(appendString(b, e.purpose), byte(e.channel)), e.text), e.when)
		case opSuppress, opLift:
			b = append(appendString(appendString(b, e.reason), e.purpose), byte(e.channel))
			return binary.AppendVarint(appendString(b, e.text), e.when)
		case opHold, opCloseHold:
			return appendString(appendString(b, e.text), e.ref)
		case opRepresented:
			return binary.AppendVarint(appendString(b, e.ref), e.when)
		case opMet, opStumbled:
			return e.appendEffort(b)
		default:
			return b
		}
	})
}

func (e *entry) read(r *reader) {
	e.at = r.int()
	switch e.kind {
	case opAsk, opUse, opAskOnce:
		r.id(&e.id)
		e.life = r.int()
		if e.kind == opUse {
			e.asked = r.int()
		}
		e.purpose, e.channel = r.string(), r.channel()
		if e.kind == opAskOnce {
			e.topic, e.atOnce = r.string(), r.bool()
		}
		r.terms(&e.terms)
	case opKeep:
		r.id(&e.id)
		e.life = r.int()
	case opRelease:
		r.id(&e.id)
	case opConsent, opWithdraw:
		e.purpose, e.channel, e.text, e.when = r.string(), r.channel(), r.string(), r.int()
	case opSuppress, opLift:
		e.reason, e.purpose, e.channel, e.text, e.when = r.string(), r.string(), r.channel(), r.string(), r.int()
	case opHold, opCloseHold:
		e.text, e.ref = r.string(), r.string()
	case opRepresented:
		e.ref, e.when = r.string(), r.int()
	case opMet, opStumbled:
		e.readEffort(r)
	default:
		r.fail = true
	}
}

func appendTerms(b []byte, t *flight.Terms) []byte {
	flags := byte(0)
	if t.Consent {
		flags |= flagConsent
	}
	if len(t.Stops)+len(t.Caps) > 0 || t.Keep != 0 {
		flags |= flagTerms
	}
	if b = append(b, flags); flags&flagTerms == 0 {
		return b
	}
	b = binary.AppendVarint(b, int64(t.Keep))
	b = appendStrings(b, t.Stops)
	b = binary.AppendUvarint(b, uint64(len(t.Caps)))
	for i := range t.Caps {
		c := &t.Caps[i]
		b = binary.AppendUvarint(b, uint64(c.Most)) //nolint:gosec // a policy checks that it is positive
		b = binary.AppendVarint(b, int64(c.Within))
		b = binary.AppendUvarint(b, uint64(c.Channels))
		b = appendStrings(b, c.Purposes)
	}
	return b
}

func (r *reader) terms(t *flight.Terms) {
	flags := r.byte()
	if flags&^(flagConsent|flagTerms) != 0 {
		r.fail = true
		return
	}
	if t.Consent = flags&flagConsent != 0; flags&flagTerms == 0 {
		return
	}
	t.Keep = time.Duration(r.int())
	t.Stops = r.strings()
	for range r.count(4) {
		most := min(r.uint(), maxContacts+1) // more is as good as no cap
		c := flight.Cap{Most: int(most), Within: time.Duration(r.int())}
		c.Channels = uint32(r.uint()) //nolint:gosec // of more bits the last ones count
		c.Purposes = r.strings()
		t.Caps = append(t.Caps, c)
	}
}

// whole returns the log that is the state and nothing else. It is empty for a record with nothing in it.
func (r *record) whole() []byte {
	if r.empty() {
		return []byte{}
	}
	log := appendEntry(nil, entryState, func(b []byte) []byte {
		b = binary.AppendVarint(b, r.floor)
		b = binary.AppendUvarint(b, uint64(len(r.permits)))
		for _, p := range r.permits {
			b = append(appendString(b, p.purpose), byte(p.channel), boolByte(p.given))
			b = appendString(binary.AppendVarint(b, p.at), p.source)
		}
		b = binary.AppendUvarint(b, uint64(len(r.suppressions)))
		for _, s := range r.suppressions {
			b = append(appendString(appendString(b, s.reason), s.purpose), byte(s.channel), boolByte(s.lifted))
			b = appendString(binary.AppendVarint(b, s.at), s.source)
			if s.lifted {
				b = appendString(binary.AppendVarint(b, s.end), s.by)
			}
		}
		b = binary.AppendUvarint(b, uint64(len(r.contacts)))
		for _, c := range r.contacts {
			b = append(appendString(append(b, c.id[:]...), c.purpose), byte(c.channel))
			for _, t := range [...]int64{c.at, c.until, c.keep} {
				b = binary.AppendVarint(b, t)
			}
		}
		b = binary.AppendUvarint(b, uint64(len(r.holds)))
		for _, h := range r.holds {
			b = binary.AppendVarint(appendString(appendString(b, h.name), h.ref), h.at)
		}
		return binary.AppendVarint(appendString(b, r.representative), r.represented)
	})
	if len(r.efforts)+len(r.steps) > 0 {
		log = appendEntry(appendVersion(log, effortVersion), entryEfforts, r.appendEfforts)
	}
	if slices.ContainsFunc(r.contacts, func(c contact) bool { return c.topic != "" }) {
		log = appendEntry(appendVersion(log, topicVersion), entryTopics, r.appendTopics)
	}
	return log
}

// appendTopics appends the topic of each contact, in their order.
func (r *record) appendTopics(b []byte) []byte {
	for i := range r.contacts {
		b = appendString(b, r.contacts[i].topic)
	}
	return b
}

func (r *record) readTopics(in *reader) {
	for i := range r.contacts {
		r.contacts[i].topic = in.string()
	}
}

func (r *record) read(in *reader) {
	r.floor = in.int()
	for range in.count(5) {
		r.permits = append(r.permits, permit{in.string(), in.channel(), in.bool(), in.int(), in.string()})
	}
	for range in.count(6) {
		s := suppression{reason: in.string(), purpose: in.string(), channel: in.channel(), lifted: in.bool(), at: in.int(), source: in.string()}
		if s.lifted {
			s.end, s.by = in.int(), in.string()
		}
		r.suppressions = append(r.suppressions, s)
	}
	for range in.count(21) {
		var c contact
		in.id(&c.id)
		c.purpose, c.channel, c.at, c.until, c.keep = in.string(), in.channel(), in.int(), in.int(), in.int()
		r.contacts = append(r.contacts, c)
	}
	for range in.count(3) {
		r.holds = append(r.holds, hold{in.string(), in.string(), in.int()})
	}
	r.representative, r.represented = in.string(), in.int()
}

// readLog returns the state at the end of the log, what its last entry is and did, and how many entries there are since the last
// state. The error is errLog or errNewer.
func readLog(log []byte) (r *record, last entry, did result, since int, err error) {
	r = &record{}
	for in := (reader{b: log}); len(in.b) > 0; {
		body := in.bytes()
		if in.fail || len(body) == 0 {
			return nil, last, did, 0, errLog
		}
		of := reader{b: body[1:]}
		switch k := body[0]; {
		case k == entryState:
			r, since, last, did = &record{}, 0, entry{}, result{}
			r.read(&of)
		case k == entryEfforts:
			r.readEfforts(&of)
		case k == entryTopics:
			r.readTopics(&of)
		case k == entryVersion:
			if of.uint() > logVersion && !of.fail {
				return nil, last, did, 0, errNewer
			}
		case k == 0:
			return nil, last, did, 0, errLog
		case k >= byte(endOfKinds):
			return nil, last, did, 0, errNewer
		default:
			last = entry{kind: kind(k)}
			if last.read(&of); !of.fail {
				did = r.apply(&last)
				since++
			}
		}
		if of.fail || len(of.b) > 0 {
			return nil, last, did, 0, errLog
		}
	}
	return r, last, did, since, nil
}

// appendEntry appends an entry whose body write appends.
func appendEntry(b []byte, kind byte, write func([]byte) []byte) []byte {
	body := write([]byte{kind})
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendStrings(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendString(b, s)
	}
	return b
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// reader reads the fields of an entry. After a field that is not whole it sets fail and returns zeros.
type reader struct {
	b    []byte
	fail bool
}

func (r *reader) stop() {
	r.b, r.fail = nil, true
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.stop()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.stop()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) bool() bool {
	v := r.byte()
	r.fail = r.fail || v > 1
	return v == 1
}

// channel reads a channel. One that a newer release has named is an error, because its caps cannot be counted.
func (r *reader) channel() event.Channel {
	c := r.byte()
	r.fail = r.fail || int(c) >= flight.NumChannels
	return event.Channel(c)
}

func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.stop()
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) string() string { return string(r.bytes()) }

func (r *reader) strings() (list []string) {
	for range r.count(1) {
		list = append(list, r.string())
	}
	return list
}

func (r *reader) id(id *event.ID) {
	if len(r.b) < len(id) {
		r.stop()
		return
	}
	r.b = r.b[copy(id[:], r.b):]
}

// count reads how many items of at least size bytes follow.
func (r *reader) count(size int) int {
	n := r.uint()
	if n > uint64(len(r.b)/size) { //nolint:gosec // a size is positive
		r.stop()
		return 0
	}
	return int(n) //nolint:gosec // it is at most the length of a log
}
