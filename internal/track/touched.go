package track

import (
	"encoding/binary"

	"cairncx.dev/cairn/cx/event"
)

// touched is what a run remembers of its touchpoints: what the end says of them. Like the rest of a run it
// follows from when things happened. The one that was heard of later counts where two have the same time.
type touched struct {
	failures uint32
	last     string // the touchpoint that was over last
	lastAt   int64  // when
	cause    string // of the touchpoint that was the last to have one
	causeAt  int64  // when that was over

	channels uint16  // of touchpoints, bits
	tried    []tried // by name, see friction.go
}

// touch takes a touchpoint.
func (t *touched) touch(o *op) {
	over := max(o.at, o.until)
	if o.outcome == event.Failed {
		t.failures++
	}
	if o.touchpoint != "" && (t.last == "" || over >= t.lastAt) {
		t.last, t.lastAt = o.touchpoint, over
	}
	if o.cause != "" && (t.cause == "" || over >= t.causeAt) {
		t.cause, t.causeAt = o.cause, over
	}
}

// describe writes into the transition of an end how the touchpoints went.
func (t *touched) describe(left *event.Transition) {
	left.Failures, left.LastCause, left.LastTouchpoint = int(t.failures), t.cause, t.last
}

// appendCause appends what only runs have that went wrong, as it is kept in memory.
func (t *touched) appendCause(b []byte) []byte {
	b = appendUint(b, int(t.failures))
	if b = appendString(b, t.cause); t.cause != "" {
		b = binary.AppendVarint(b, t.causeAt)
	}
	return b
}

func (t *touched) readCause(in *reader) {
	t.failures = uint32(in.uint())
	if t.cause = in.string(); t.cause != "" {
		t.causeAt = in.int()
	}
}
