package customer

import (
	"encoding/binary"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/digest"
)

// appendVersion appends the entry that stops a release which does not know what follows.
func appendVersion(b []byte, version uint64) []byte {
	return appendEntry(b, entryVersion, func(b []byte) []byte { return binary.AppendUvarint(b, version) })
}

// appendEffort appends the body of an opMet or an opStumbled.
func (e *entry) appendEffort(b []byte) []byte {
	b = appendString(b, e.purpose)
	for _, n := range [...]int64{e.when, e.life, e.asked} {
		b = binary.AppendVarint(b, n)
	}
	if e.kind == opStumbled {
		return appendString(b, e.text)
	}
	b = binary.AppendVarint(append(b, e.id[:]...), e.end)
	return appendString(append(b, byte(e.channel), boolByte(e.answered), byte(e.claimed)), e.ref)
}

func (e *entry) readEffort(r *reader) {
	e.purpose, e.when, e.life, e.asked = r.string(), r.int(), r.span(), r.span()
	if e.kind == opStumbled {
		e.text = r.string()
		return
	}
	r.id(&e.id)
	e.end, e.channel, e.answered, e.claimed, e.ref = r.int(), r.channel(), r.bool(), r.claimed(), r.string()
}

// appendEfforts appends what the state has of efforts.
func (r *record) appendEfforts(b []byte) []byte {
	b = binary.AppendUvarint(appendString(b, r.customer), uint64(len(r.efforts)))
	for i := range r.efforts {
		f := &r.efforts[i]
		b = binary.AppendVarint(binary.AppendVarint(append(appendString(b, f.intent), boolByte(f.told)), f.window), f.grace)
		b = f.before.appendTo(b)
		b = binary.AppendUvarint(b, uint64(len(f.known)))
		for k := range f.known {
			m := &f.known[k]
			b = binary.AppendVarint(binary.AppendVarint(append(b, m.id[:]...), m.start), m.end)
			b = append(b, byte(m.channel), boolByte(m.answered), byte(m.claimed))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(r.steps)))
	for i := range r.steps {
		s := &r.steps[i]
		b = appendString(appendString(b, s.intent), s.touchpoint)
		for _, n := range [...]int64{s.at, s.window, s.grace} {
			b = binary.AppendVarint(b, n)
		}
	}
	return b
}

func (r *record) readEfforts(in *reader) {
	r.customer, r.efforts, r.steps = in.string(), nil, nil
	for range in.count(5) {
		f := effort{intent: in.string(), told: in.bool(), window: in.span(), grace: in.span()}
		f.before.read(in)
		for range in.count(21) {
			var m met
			in.id(&m.id)
			m.start, m.end, m.channel, m.answered, m.claimed = in.int(), in.int(), in.channel(), in.bool(), in.claimed()
			f.known = append(f.known, m)
		}
		in.fail = in.fail || len(f.known) == 0
		r.efforts = append(r.efforts, f)
	}
	for range in.count(5) {
		r.steps = append(r.steps, step{in.string(), in.string(), in.int(), in.span(), in.span()})
	}
}

func (b *earlier) appendTo(to []byte) []byte {
	to = binary.AppendVarint(to, b.contacts)
	if b.contacts == 0 {
		return to
	}
	for _, n := range [...]int64{b.answered, b.switches, b.began, b.ended} {
		to = binary.AppendVarint(to, n)
	}
	return append(append(to, b.first[:]...), byte(b.channel))
}

func (b *earlier) read(in *reader) {
	if b.contacts = in.int(); b.contacts == 0 {
		return
	}
	b.answered, b.switches, b.began, b.ended = in.int(), in.int(), in.int(), in.int()
	in.id(&b.first)
	b.channel = in.channel()
	in.fail = in.fail || b.contacts < 0
}

// span reads a window or a grace.
func (r *reader) span() int64 {
	n := r.int()
	r.fail = r.fail || n < 0 || n > maxEffortSpan
	return n
}

func (r *reader) claimed() event.YesNo {
	v := event.YesNo(r.byte())
	r.fail = r.fail || v > event.No
	return v
}

// effortID returns the ID of the event that tells the effort. Every instance derives the same one, and no other effort has it, because
// a contact is in one effort only.
func effortID(pseudonym string, f *effort) event.ID {
	return digest.ID(digest.Effort(pseudonym, f.intent, f.first()))
}
