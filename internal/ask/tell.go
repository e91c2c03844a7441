package ask

import (
	"encoding/binary"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
)

// kindOf returns what the event does to its request, and which request that is. It returns false for an event that is about none: it is
// of another kind, or names no request.
func kindOf(e *event.Event) (kind opKind, request event.ID, ok bool) {
	f := e.Feedback
	if f == nil {
		return 0, request, false
	}
	switch request = f.Request; e.Kind { //nolint:exhaustive // the rest change no request
	case event.SurveyRequested:
		kind, request = opAsked, e.ID
	case event.SurveyShown:
		kind = opShown
	case event.FeedbackReceived:
		kind = opAnswered
	case event.SurveyClosed:
		kind = opClosed
	}
	return kind, request, kind != 0 && !request.IsZero()
}

// opOf returns the op of the event.
func opOf(e *flight.Event, kind opKind, life time.Duration) *op {
	o := &op{kind: kind, at: e.Time.UnixNano(), event: e.AppendJSON(nil), who: e.Customer.Hash, topic: topicOf(e.Feedback), worded: e.Worded()}
	if made := madeAt(e.Feedback.Request); kind != opAsked && !made.IsZero() {
		o.expires = made.Add(life).UnixNano()
	}
	switch kind { //nolint:exhaustive // the rest have no more
	case opAsked:
		o.expires = e.Time.Add(life).UnixNano()
	case opAnswered:
		o.score, o.words = int64(e.Feedback.Score), wordsOf(e.Feedback)
	case opClosed:
		o.end = e.Feedback.Ended
	}
	return o
}

// topicOf returns what the answer or the request is about. A name that the client does not know may be each.
func topicOf(f *event.Feedback) topic {
	t := topic{scale: f.Scale}
	if f.Survey != "" && f.Survey != event.Other {
		sum := digest.Of("cairn.survey.1", f.Survey)
		t.survey = binary.LittleEndian.Uint64(sum[:])
	}
	return t
}

// madeAt returns the time of an ID of version 7, or the zero time for another one.
func madeAt(id event.ID) time.Time {
	if id[6]>>4 != 7 {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16))
}

// wordsOf returns a digest of all that the customer said.
func wordsOf(f *event.Feedback) uint64 {
	testimonial := ""
	if t := f.Testimonial; t != nil { // not when it was given: the same form may be sent twice
		testimonial = strings.Join([]string{t.Version, t.Language, t.Text}, "\x00") + "\x00given"
	}
	sum := digest.Of("cairn.words.1", string(binary.AppendVarint(nil, int64(f.Score))), f.Comment, strings.Join(f.Causes, "\x00"), testimonial)
	return binary.LittleEndian.Uint64(sum[:])
}

// derived returns the ID of an event of the request. Every instance derives the same one.
func derived(request event.ID, what string) event.ID {
	return digest.ID(digest.OfRequest(request, what))
}

// AnswerID returns the ID of the first answer to the request.
func AnswerID(request event.ID) event.ID { return derived(request, "answered") }

// telling is the event of an op, to be told.
type telling struct {
	request event.ID
	state   *request
	op      *op
	done    *done
	own     *flight.Event // as this instance has recorded it; nil where another one has
}

// event returns the event, or nil where the log does not have it any more.
func (t *telling) event() *flight.Event {
	e := t.own
	switch {
	case e != nil:
	case t.op.kind == opPass:
		if e = parsed(t.state.asked); e != nil {
			e.Kind, e.Time = event.SurveyClosed, time.Unix(0, t.state.expires).UTC()
			e.Cause, e.Attributes, e.Stage, e.Visit = "", nil, "", 0
		}
	default:
		if e = parsed(t.op.event); e != nil && t.op.worded {
			e.SetWorded()
		}
	}
	if e == nil {
		return nil
	}
	f := *e.Feedback
	e.Kind, e.Feedback = t.done.tells, &f
	if e.Kind != event.SurveyRequested {
		f.Request = t.request
	}
	switch e.Kind { //nolint:exhaustive // there are no others
	case event.SurveyRequested:
		e.ID = t.request
	case event.SurveyShown:
		e.ID = derived(t.request, "shown")
	case event.SurveyClosed:
		e.ID = derived(t.request, "closed")
		f.Ended, f.Shown, f.Score, f.Verdict = t.done.end, t.done.shown, 0, 0
	case event.FeedbackReceived:
		e.ID = AnswerID(t.request)
	case event.FeedbackAmended:
		previous := int(t.done.previous)
		e.ID = derived(t.request, string(binary.LittleEndian.AppendUint64([]byte("amended"), t.op.key)))
		f.Amends, f.Previous = AnswerID(t.request), &previous
	}
	t.state.complete(e)
	return e
}

// late returns the answer as one that the company has not asked for. Two answers that differ have two IDs, because the customer has said both.
// The request completes the answer unless it is nil.
func late(e *flight.Event, request event.ID, r *request) *flight.Event {
	f := *e.Feedback
	f.Request = event.ID{}
	said := digest.Of("cairn.late.1", string(binary.LittleEndian.AppendUint64(nil, wordsOf(&f))), f.Survey, f.Scale.String(), e.Customer.Hash)
	e.ID, e.Feedback = derived(request, "late"+string(said[:])), &f
	if r != nil {
		r.complete(e)
	}
	return e
}

// complete gives the event what only the request has.
func (r *request) complete(e *flight.Event) {
	asked := parsed(r.asked)
	if asked == nil {
		return
	}
	if e.Customer == (event.Customer{}) || e.Feedback.Ended == event.SurveyBounced && asked.Customer != (event.Customer{}) {
		e.Customer = asked.Customer
	}
	if e.Journey.IsZero() && !asked.Journey.IsZero() {
		e.SetJourney(asked.Journey)
	}
	if e.Channel == 0 {
		e.Channel = asked.Channel
	}
	if f, of := e.Feedback, asked.Feedback; f != nil && of != nil {
		if of.Version != "" && !e.Worded() { // what the customer was asked, not what is asked today
			f.Version = of.Version
		}
		if f.Survey == "" {
			f.Survey, f.Scale = of.Survey, of.Scale
		}
	}
}

// parsed returns the event of its JSON, or nil.
func parsed(b []byte) *flight.Event {
	if len(b) == 0 {
		return nil
	}
	data, err := event.ParseJSON(b)
	if err != nil || data.Feedback == nil {
		return nil
	}
	return &flight.Event{Event: data}
}

// Concerns reports whether the event may change a request.
func Concerns(e *event.Event) bool {
	_, _, ok := kindOf(e)
	return ok
}
