package ask

import (
	"encoding/binary"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/engine"
	"cairncx.dev/cairn/internal/flight"
)

// A log is a state, or nothing, and the ops since:
//
//	log   = entry*
//	entry = uvarint(length) kind body
//
// An entry that is not understood in full is an error, because a log of a newer release must not be half read. A release that adds to the
// format raises logVersion, and puts an entryVersion in front of the first entry that an older release does not understand. The first
// version has no entryVersion.
const (
	entryVersion byte = 0x3f // uvarint: the version of what follows
	entryState   byte = 0x40

	logVersion = 1
)

// Errors of a log. Both wrap engine.ErrLog.
var (
	errLog   = fmt.Errorf("%w: it is damaged: restore the store, or delete the record", engine.ErrLog)
	errNewer = fmt.Errorf("%w: a newer release of Cairn has written it: update this service, which leaves the request to the newer instances", engine.ErrLog)
)

const (
	flagSettled byte = 1 << iota
	flagEvent        // it has the event
	flagWho          // it has the customer
	flagTopic        // it has the survey and the scale
	flagWorded
)

func appendEntry(b []byte, kind byte, write func([]byte) []byte) []byte {
	body := write([]byte{kind})
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

func appendBytes[T ~string | ~[]byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// append appends the body of an entry.
func (o *op) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, o.key)
	b = binary.AppendVarint(b, o.sent)
	if o.kind == opAlive {
		return binary.LittleEndian.AppendUint64(b, o.id)
	}
	var flags byte
	if o.settled {
		flags |= flagSettled
	}
	if len(o.event) > 0 {
		flags |= flagEvent
	}
	if o.who != "" {
		flags |= flagWho
	}
	if o.topic != (topic{}) {
		flags |= flagTopic
	}
	if o.worded {
		flags |= flagWorded
	}
	b = binary.AppendVarint(append(b, flags), o.at)
	if o.kind != opPass {
		b = binary.AppendVarint(b, o.expires)
	}
	switch o.kind { //nolint:exhaustive // the rest have no more
	case opAnswered:
		b = binary.LittleEndian.AppendUint64(binary.AppendVarint(b, o.score), o.words)
	case opClosed:
		b = append(b, byte(o.end))
	}
	if flags&flagEvent != 0 {
		b = appendBytes(b, o.event)
	}
	if flags&flagWho != 0 {
		b = appendBytes(b, o.who)
	}
	if flags&flagTopic != 0 {
		b = o.topic.append(b)
	}
	return b
}

func (t topic) append(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(b, t.survey), byte(t.scale))
}

func (o *op) read(r *reader) {
	o.key, o.sent = r.fixed(), r.int()
	if o.kind == opAlive {
		o.id = r.fixed()
		return
	}
	flags := r.byte()
	r.fail = r.fail || flags&^(flagSettled|flagEvent|flagWho|flagTopic|flagWorded) != 0
	o.settled, o.worded, o.at = flags&flagSettled != 0, flags&flagWorded != 0, r.int()
	if o.kind != opPass {
		o.expires = r.int()
	}
	switch o.kind { //nolint:exhaustive // the rest have no more
	case opAnswered:
		o.score, o.words = r.int(), r.fixed()
	case opClosed:
		o.end = r.end()
	}
	if flags&flagEvent != 0 {
		o.event = r.bytes()
	}
	if flags&flagWho != 0 {
		o.who = string(r.bytes())
	}
	if flags&flagTopic != 0 {
		o.topic = r.topic()
	}
}

// whole returns the log that is the state and nothing else.
func (r *request) whole() []byte {
	return appendEntry(nil, entryState, func(b []byte) []byte {
		b = binary.AppendVarint(appendBytes(b, r.asked), r.expires)
		b = append(appendBytes(b, r.who), boolByte(r.shown), byte(r.end), boolByte(r.over))
		b = binary.LittleEndian.AppendUint64(binary.AppendVarint(b, r.score), r.words)
		return r.topic.append(binary.AppendVarint(binary.AppendVarint(b, int64(r.amended)), r.last))
	})
}

func (r *request) read(in *reader) {
	r.asked, r.expires, r.who = in.bytes(), in.int(), ""
	r.who = string(in.bytes())
	r.shown, r.end, r.over = in.bool(), in.end(), in.bool()
	r.score, r.words = in.int(), in.fixed()
	r.amended, r.last = int(in.int()), in.int()
	r.topic = in.topic()
	if len(r.asked) == 0 {
		r.asked = nil
	}
	in.fail = in.fail || r.amended < 0
}

// entry is an op of a log, with what it did.
type entry = engine.Entry[*op, *done]

// readLog returns the state at the end of the log, and the entries since the last state in it. The results refer to the log.
func readLog(log []byte) (*request, []entry, error) {
	r, since, seen := &request{}, []entry{}, map[uint64]bool{}
	for in := (reader{b: log}); len(in.b) > 0; {
		raw := in.b
		body := in.bytes()
		if in.fail || len(body) == 0 {
			return nil, nil, errLog
		}
		of := reader{b: body[1:]}
		switch k := body[0]; {
		case k == entryState:
			r, since = &request{}, since[:0]
			clear(seen)
			r.read(&of)
		case k == entryVersion:
			if of.uint() > logVersion && !of.fail {
				return nil, nil, errNewer
			}
		case k == 0:
			return nil, nil, errLog
		case k >= byte(endOfOps):
			return nil, nil, errNewer
		default:
			e := entry{Op: &op{kind: opKind(k)}, Done: &done{}, Raw: raw[:len(raw)-len(in.b)]}
			if e.Op.read(&of); !of.fail && !seen[e.Op.key] { // an op that is in the log twice counts once
				seen[e.Op.key] = !e.Op.IsAlive()
				e.Done = r.apply(e.Op)
			}
			since = append(since, e)
		}
		if of.fail || len(of.b) > 0 {
			return nil, nil, errLog
		}
	}
	return r, since, nil
}

// foldLog returns the state after the first n entries since the last state in the log, which has been read before.
func foldLog(log []byte, n int) *request {
	_, since, err := readLog(log)
	if err != nil || n == len(since) {
		r, _, _ := readLog(log)
		return r
	}
	r, _, _ := readLog(log[:len(log)-tail(since[n:])])
	return r
}

// tail returns the length of the entries.
func tail(entries []entry) (n int) {
	for i := range entries {
		n += len(entries[i].Raw)
	}
	return n
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

func (r *reader) stop() { r.b, r.fail = nil, true }

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

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.stop()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
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

func (r *reader) end() event.SurveyEnd {
	v := r.byte()
	r.fail = r.fail || int(v) >= flight.NumSurveyEnds
	return event.SurveyEnd(v)
}

func (r *reader) topic() topic {
	return topic{r.fixed(), event.Scale(r.byte())}
}

func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.stop()
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}
