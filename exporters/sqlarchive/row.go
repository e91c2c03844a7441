package sqlarchive

import (
	"crypto/sha256"
	"strings"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
)

// cell is a value of a column. The zero cell is NULL. Times are in microseconds since 1970, because both databases have that
// precision. The event's JSON has nanoseconds.
type cell struct {
	typ cellType
	n   int64
	f   float64
	s   string
}

type cellType uint8

const (
	null cellType = iota
	textCell
	intCell
	realCell
	boolCell
	timeCell
)

// row is a row of one of the tables. It has a cell for every column of every table.
type row struct {
	table table
	cells [numColumns]cell
	buf   []byte
}

func (r *row) text(c column, s string) {
	if s != "" {
		r.cells[c] = cell{typ: textCell, s: clean(s)}
	}
}

// given sets a text that may be empty. An empty text is not NULL.
func (r *row) given(c column, s string) { r.cells[c] = cell{typ: textCell, s: clean(s)} }

func (r *row) int(c column, n int64) { r.cells[c] = cell{typ: intCell, n: n} }

// count sets a number. Zero means unknown and is NULL.
func (r *row) count(c column, n int) {
	if n != 0 {
		r.int(c, int64(n))
	}
}

func (r *row) bool(c column, b bool) {
	r.cells[c] = cell{typ: boolCell}
	if b {
		r.cells[c].n = 1
	}
}

// length sets a duration that is known, also if it is 0.
func (r *row) length(c column, d event.Seconds) {
	r.cells[c] = cell{typ: realCell, f: time.Duration(d).Seconds()}
}

// seconds sets a duration. Zero means unknown and is NULL.
func (r *row) seconds(c column, d time.Duration) {
	if d != 0 {
		r.cells[c] = cell{typ: realCell, f: d.Seconds()}
	}
}

// number sets a number. Zero means unknown, or none, and is NULL.
func (r *row) number(c column, n float64) {
	if n != 0 {
		r.cells[c] = cell{typ: realCell, f: n}
	}
}

func (r *row) time(c column, t time.Time) {
	if !t.IsZero() {
		r.micros(c, micros(t))
	}
}

func (r *row) micros(c column, us int64) { r.cells[c] = cell{typ: timeCell, n: us} }

func (r *row) known(c column, at known) {
	if at.ok {
		r.micros(c, at.us)
	}
}

func (r *row) id(c column, id event.ID) {
	if !id.IsZero() {
		r.cells[c] = cell{typ: textCell, s: id.String()}
	}
}

// clean returns s in a form that both databases can keep: UTF-8 without NUL. The event's JSON keeps NUL.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// micros returns t in microseconds since 1970, within the years 1 to 9999.
func micros(t time.Time) int64 {
	const first, last = -62135596800000000, 253402300799999999
	switch y := t.UTC().Year(); {
	case y < 1:
		return first
	case y > 9999:
		return last
	default:
		return t.UnixMicro()
	}
}

// appendTime appends a time in UTC in a form that both databases read. PostgreSQL needs an explicit offset after it.
func appendTime(b []byte, us int64) []byte {
	return time.UnixMicro(us).UTC().AppendFormat(b, "2006-01-02 15:04:05.000000")
}

// tableOf returns the table of events of the kind.
func tableOf(k event.Kind) table {
	family, _, _ := strings.Cut(string(k), ".")
	switch family {
	case "journey":
		return transitions
	case "touchpoint":
		return touchpoints
	case "survey", "feedback":
		return feedback
	case "followup":
		return followups
	default:
		return others
	}
}

// idOf returns the event's ID. For an event without an ID it derives one from the event's content, so that the archive keeps
// that event once, too, however often it is delivered.
func idOf(e *event.Event, buf []byte) (id event.ID, scratch []byte) {
	if !e.ID.IsZero() {
		return e.ID, buf
	}
	buf = e.AppendJSON(buf[:0])
	sum := sha256.Sum256(buf)
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x80 // RFC 9562, version 8
	id[8] = id[8]&0x3f | 0x80
	return id, buf
}

// fill makes r the event's row. It returns errTooLong for an event that no reader takes.
func (r *row) fill(e *event.Event) error {
	var id event.ID
	id, r.buf = idOf(e, r.buf)
	if e.ID.IsZero() {
		named := *e
		named.ID = id
		r.buf = named.AppendJSON(r.buf[:0])
	} else {
		r.buf = e.AppendJSON(r.buf[:0])
	}
	if len(r.buf) > event.MaxJSON {
		return errTooLong
	}
	event := string(r.buf)
	r.fillColumns(e)
	r.id(colID, id)
	r.cells[colEvent] = cell{typ: textCell, s: event}
	return nil
}

// fillColumns makes r the event's row, without the column event and without a derived ID.
func (r *row) fillColumns(e *event.Event) {
	r.cells = [numColumns]cell{}
	r.table = tableOf(e.Kind)
	r.id(colID, e.ID)
	r.given(colKind, string(e.Kind))
	r.micros(colTime, micros(e.Time))
	if !e.Journey.IsZero() {
		r.given(colNamespace, e.Journey.Namespace)
		r.given(colJourney, e.Journey.Name)
		r.given(colRun, e.Journey.ID)
	}
	r.text(colStage, e.Stage)
	r.count(colVisit, e.Visit)
	r.text(colTouchpoint, e.Touchpoint)
	r.text(colChannel, e.Channel.String())
	r.given(colActor, e.Actor.String())
	r.given(colDirection, e.Direction.String())
	r.text(colOutcome, e.Outcome.String())
	r.text(colCause, e.Cause)
	r.text(colCustomer, e.Customer.Hash)
	r.text(colSegment, e.Customer.Segment)
	r.text(colAccount, e.Customer.Account)
	r.text(colIntent, e.Intent)
	if v := e.Variant; v != nil {
		r.text(colRelease, v.Release)
		r.text(colExperiment, v.Experiment)
		r.text(colArm, v.Arm)
	}
	r.bool(colLate, e.Late)
	r.seconds(colDurationSeconds, e.Duration)
	if instant(e) {
		r.cells[colDurationSeconds] = cell{typ: realCell}
	}
	switch r.table {
	case transitions:
		r.transition(e)
	case touchpoints:
		r.touchpoint(e)
	case feedback:
		r.feedback(e)
	case followups:
		r.followUp(e)
	default:
		r.other(e)
	}
}

// instant reports whether the event is the end of a run of zero length. The duration of such a run is known to be 0.
func instant(e *event.Event) bool {
	return e.Kind == event.JourneyEnded && e.Duration == 0 && !e.Journey.Started.IsZero() && e.Journey.Started.Equal(e.Time) &&
		(e.Transition == nil || !e.Transition.Partial)
}

func (r *row) transition(e *event.Event) {
	r.text(colVersion, e.Journey.Version)
	r.time(colStarted, e.Journey.Started)
	if v := e.Journey.Value; v != nil {
		r.int(colValueAmount, v.Amount)
		r.given(colValueCurrency, v.Currency)
	}
	t := e.Transition
	r.bool(colPartial, t != nil && t.Partial)
	if t != nil {
		r.text(colFromStage, t.From)
		r.count(colFromVisit, t.Visit)
		r.time(colFromEntered, t.Entered)
		r.count(colFailures, t.Failures)
		r.text(colLastCause, t.LastCause)
		r.text(colLastTouchpoint, t.LastTouchpoint)
		r.friction(t.Friction)
	}
	if f := e.FollowUp; f != nil {
		r.answer(f)
	}
	if a := e.Action; a != nil {
		r.action(a)
	}
	if d := e.Breakdown; d != nil {
		r.breakdown(d)
	}
}

func (r *row) touchpoint(e *event.Event) {
	r.text(colApdexZone, e.Zone.String())
	r.text(colErrorType, e.ErrorType)
	if a := e.Assisted; a != nil {
		r.assisted(a)
	}
	r.effort(e.Effort)
	if c := e.Contact; c != nil {
		r.text(colPurpose, c.Purpose)
		r.id(colGrantID, c.Grant)
	}
}

func (r *row) other(e *event.Event) {
	r.effort(e.Effort)
	if p := e.Promise; p != nil {
		r.given(colPromise, p.Name)
		r.count(colNumber, p.Number)
		r.time(colMade, p.Made)
		r.time(colDue, p.Due)
		r.bool(colByHand, p.ByHand)
	}
	if a := e.Action; a != nil {
		r.text(colAction, a.Name)
		r.text(colOwner, a.Owner)
		r.text(colNote, a.Note)
	}
	if c := e.Contact; c != nil {
		r.text(colPurpose, c.Purpose)
		r.text(colRule, c.Rule)
		r.id(colGrantID, c.Grant)
	}
}
