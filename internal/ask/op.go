package ask

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/engine"
)

// opKind says what an op is. The numbers are in the logs of stores, and never change.
type opKind byte

const (
	opAsked    opKind = 1
	opShown    opKind = 2
	opAnswered opKind = 3
	opClosed   opKind = 4
	opPass     opKind = 5 // time has passed
	opAlive    opKind = 6

	endOfOps opKind = 7
)

// op is one entry of a log. It implements [engine.Op].
type op struct {
	kind    opKind
	key     uint64
	id      uint64 // of a sign of life
	sent    int64  // by the store's clock
	settled bool

	at      int64 // when it happened; opPass: until when time has passed
	expires int64 // when the request expires; but for opAsked as far as its ID says, or 0
	end     event.SurveyEnd
	score   int64  // opAnswered
	words   uint64 // opAnswered: a digest of all that the customer said
	event   []byte // as JSON
	who     string // the customer's pseudonym, for the index of the store
	topic   topic
	worded  bool // the event has the version of the question that the customer saw
}

var _ engine.Op = (*op)(nil)

// Key implements [engine.Op].
func (o *op) Key() uint64 { return o.key }

// SetKey implements [engine.Op].
func (o *op) SetKey(key uint64) { o.key = key }

// By implements [engine.Op].
func (o *op) By() uint64 { return o.id }

// Sent implements [engine.Op].
func (o *op) Sent() int64 { return o.sent }

// SetSent implements [engine.Op].
func (o *op) SetSent(at int64) { o.sent = at }

// Settled implements [engine.Op].
func (o *op) Settled() bool { return o.settled }

// SetSettled implements [engine.Op]. The event is told, and a log keeps no words of a customer longer than it needs.
func (o *op) SetSettled() {
	o.settled = true
	if o.kind != opAsked {
		o.event = nil
	}
}

// IsAlive implements [engine.Op].
func (o *op) IsAlive() bool { return o.kind == opAlive }

// Append implements [engine.Op].
func (o *op) Append(log []byte) []byte { return appendEntry(log, byte(o.kind), o.append) }

// topic is what a request or an answer is about. A zero field is not known.
type topic struct {
	survey uint64 // a digest of its name
	scale  event.Scale
}

// differs reports whether both are known, and not the same.
func (t topic) differs(o topic) bool {
	return t.survey != 0 && o.survey != 0 && t.survey != o.survey || t.scale != 0 && o.scale != 0 && t.scale != o.scale
}

// done is what an op did. It implements [engine.Done].
type done struct {
	tells event.Kind // the event to tell; "" is none
	late  bool       // the request was over, or not open for it
	stray stray      // why it is not of the request; it is late, too
	full  bool       // the answer was changed too often

	amends   bool
	previous int64
	shown    bool            // of a survey.closed
	end      event.SurveyEnd // of a survey.closed
}

// stray says why an op is not of the request that it names. The zero value is that it may be.
type stray byte

const (
	ofSurvey stray = iota + 1 // another survey, or another scale
	ofCustomer
)

var _ engine.Done = (*done)(nil)

// Effects implements [engine.Done].
func (d *done) Effects() int {
	if d.tells != "" {
		return 1
	}
	return 0
}

// Waits implements [engine.Done]: every op decides at once.
func (*done) Waits() bool { return false }

// IsLate implements [engine.Done].
func (d *done) IsLate() bool { return d.late }
