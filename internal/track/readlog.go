package track

import (
	"cairncx.dev/cairn/internal/engine"
)

// entry is one entry of a log, with what it did.
type entry = engine.Entry[*op, *done]

// readLog works out the state of the run, and the effects of every op since the last state. The error is errLog. What it
// returns refers to parts of the log.
func readLog(log []byte) (r *run, since []entry, err error) {
	_, ops := lastState(log)
	r, since = newLogged(), make([]entry, 0, ops)
	start := log // where the entry begins, at its entryVersion
	for len(log) > 0 {
		in := reader{b: log}
		body := in.bytes()
		if in.fail || len(body) == 0 {
			return nil, nil, errLog
		}
		raw := start[:len(start)-len(in.b)]
		log = in.b
		if body[0] != entryVersion {
			start = log
		}
		in = reader{b: body[1:]}
		switch kind := body[0]; {
		case isState(kind):
			r, since = newLogged(), since[:0]
			r.read(&in, kind)
		case kind == entryVersion:
			if v := in.uint(); v > logVersion { // nothing behind it is understood
				return nil, nil, errNewer
			}
		case kind == 0:
			return nil, nil, errLog
		case kind >= byte(numOps):
			return nil, nil, errNewer
		default:
			pair := &struct { // one allocation: a run that has something undecided points to both
				op   op
				done done
			}{}
			e := entry{Op: &pair.op, Done: &pair.done, Raw: raw}
			e.Op.read(kind, &in)
			r.apply(e.Op, e.Done)
			e.Open = r.undecided()
			since = append(since, e)
		}
		if in.fail || len(in.b) > 0 {
			return nil, nil, errLog
		}
	}
	return r, since, nil
}

// newLogged returns a run as it is before its log.
func newLogged() *run { return &run{cur: -1, decides: decideByEntry} }

// lastState returns where in the log its last state is, and how many ops there are since.
func lastState(log []byte) (at, ops int) {
	for in := (reader{b: log}); len(in.b) > 0; {
		here := len(log) - len(in.b)
		switch body := in.bytes(); {
		case len(body) == 0:
			return at, ops
		case isState(body[0]):
			at, ops = here, 0
		case body[0] == entryVersion:
		default:
			ops++
		}
	}
	return at, ops
}

// foldLog returns the state of the run after the first n ops since the last state. The log was read before, and nothing is
// undecided after those ops.
func foldLog(log []byte, n int) *run {
	at, _ := lastState(log)
	r, ops := newLogged(), 0
	for log = log[at:]; len(log) > 0; {
		in := reader{b: log}
		body := reader{b: in.bytes()}
		switch kind := body.byte(); {
		case isState(kind):
			r.read(&body, kind)
		case kind == entryVersion:
		default:
			if ops == n {
				return r
			}
			ops++
			o := &op{}
			o.read(kind, &body)
			r.apply(o, &done{})
		}
		log = in.b
	}
	return r
}
