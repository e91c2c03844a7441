package cases

import (
	"math"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// batchSize is the number of events that are applied at once.
const batchSize = 1 << 15

// record is what the table takes from an event.
type record struct {
	at, until, begun, due, made, amount int64
	customer                            uint64
	id                                  string
	wait                                uint32
	journey, code, dueCode, madeCode    uint16
	stage, cause, currency              uint16
	failures                            uint8
	outcome                             event.Outcome
	ended, unsure, synthetic            bool
}

// batch has records, and for each one the codes of its first values.
type batch struct {
	records []record
	firsts  []uint32
	stride  int
	counts  Counts
	newest  int64 // of the events that have no record
}

func (b *batch) reset(columns int) {
	b.stride = columns
	b.records, b.firsts, b.counts, b.newest = b.records[:0], b.firsts[:0], Counts{}, 0
}

// release frees the memory of a batch that was once full.
func (b *batch) release() { b.records, b.firsts = nil, nil }

// micros returns the time in microseconds since 1970, and 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

var kinds = map[event.Kind]Kind{
	event.JourneyStageEntered: Entered, event.TouchpointEnded: Touched, event.JourneyStalled: Stalled,
	event.PromiseMade: Made, event.PromiseKept: Kept, event.PromiseBroken: Broken, event.PromiseWithdrawn: Withdrawn,
	event.FeedbackReceived: Answered, event.FeedbackAmended: Answered, event.FeedbackMentioned: Mentioned,
}

// millisecond is the finest time of the logs that people export: two rows with the same one are two, and not a repetition.
const millisecond = 1000

// take adds the event to the batch.
func (t *Table) take(e *event.Event) {
	if e.Kind.IsEmployee() {
		return // what employees looked at is no part of what customers experience
	}
	kind, ok := kinds[e.Kind]
	change := e.Kind == event.JourneyStarted || e.Kind == event.JourneyEnded
	if e.Journey.Name == "" || e.Journey.ID == "" || !ok && !change || !event.ValidTime(e.Time) {
		t.without(e)
		return
	}
	if kind == Answered && (e.OnlyConsent() || e.Actor == event.ActorDelegate && !t.config.Delegates) {
		t.without(e)
		return
	}
	r := record{at: e.Time.UnixMicro(), id: e.Journey.ID}
	if t.config.Until > 0 && r.at >= t.config.Until || r.at < t.from() {
		t.batch.counts.Outside++
		return
	}
	if ok && !e.Kind.IsTransition() && !t.distinct && !e.ID.IsZero() {
		if t.window.seen(e.ID) {
			t.batch.counts.Repeated++
			return
		}
		r.unsure = t.window.forgets && r.at%millisecond != 0
	}
	t.batch.counts.Events++
	t.fill(&r, e, kind)
	t.batch.records = append(t.batch.records, r)
	t.takeFirsts(e)
}

// without counts an event that becomes no record. Its time counts: there may be nothing but contacts that belong to no run.
func (t *Table) without(e *event.Event) {
	t.batch.counts.NoRun++
	if at := e.Time.UnixMicro(); event.ValidTime(e.Time) && (t.config.Until == 0 || at < t.config.Until) {
		t.batch.newest = max(t.batch.newest, at)
	}
}

// fill sets what the record has beside its time.
func (t *Table) fill(r *record, e *event.Event, kind Kind) {
	r.journey = t.journey(e.Journey.Namespace, e.Journey.Name)
	r.begun = micros(e.Journey.Started)
	if e.Kind == event.JourneyStarted && (r.begun == 0 || r.at < r.begun) {
		r.begun = r.at
	}
	if e.Kind == event.JourneyStarted || kind.isSign() {
		r.until = r.at
	}
	if kind == Touched {
		r.until += max(0, e.Duration.Microseconds())
	}
	r.customer = digest(e.Customer.Hash)
	r.synthetic = e.Actor == event.ActorSynthetic
	if v := e.Journey.Value; v != nil && v.Currency != "" {
		r.amount, r.currency = v.Amount, t.narrow(t.currencies, v.Currency)
	}
	if e.Kind == event.JourneyEnded {
		t.fillEnd(r, e)
		return
	}
	if kind == 0 {
		return
	}
	code := t.code(e, kind)
	if p := e.Promise; kind >= Made && kind <= Withdrawn && p != nil {
		code = Code{Kind: kind, Name: code.Name, Number: uint8(min(max(p.Number, 0), math.MaxUint8)), Late: code.Late}
		if !p.Due.IsZero() {
			r.due = p.Due.UnixMicro()
			r.dueCode = t.number(Code{Kind: Due, Name: code.Name, Number: code.Number})
		}
		if kind != Made && !p.Made.IsZero() {
			r.made = p.Made.UnixMicro()
			r.madeCode = t.number(Code{Kind: Made, Name: code.Name, Number: code.Number})
		}
	}
	r.code = t.number(code)
	if e.Assisted != nil {
		var wait time.Duration
		for i := range e.Assisted.Legs {
			wait += max(0, time.Duration(e.Assisted.Legs[i].Wait))
		}
		r.wait = uint32(min(wait.Milliseconds(), math.MaxUint32)) //nolint:gosec // clamped
	}
}

func (t *Table) fillEnd(r *record, e *event.Event) {
	r.ended, r.outcome = true, e.Outcome
	stage, cause := e.Stage, e.Cause
	if tr := e.Transition; tr != nil {
		if stage == "" {
			stage = tr.From
		}
		if cause == "" {
			cause = tr.LastCause
		}
		r.failures = uint8(min(max(tr.Failures, 0), math.MaxUint8))
	}
	r.stage, r.cause = t.narrow(t.stages, stage), t.narrow(t.causes, cause)
}

// code returns what a word says of the event.
func (t *Table) code(e *event.Event, kind Kind) Code {
	c := Code{Kind: kind, Late: e.Late && (kind == Touched || kind == Kept)}
	switch kind {
	case Entered, Stalled:
		c.Name = t.narrow(t.names, e.Stage)
		c.Stage = t.narrow(t.stages, e.Stage)
	case Touched:
		c.Name, c.Stage = t.narrow(t.names, e.Touchpoint), t.narrow(t.stages, e.Stage)
		c.Outcome, c.Channel, c.Actor, c.Cause = e.Outcome, e.Channel, e.Actor, t.narrow(t.causes, e.Cause)
		c.Queue = t.narrow(t.queues, queue(e.Assisted))
		c.Team = t.narrow(t.teams, t.team(e))
	case Answered, Mentioned:
		if f := e.Feedback; f != nil {
			c.Name, c.Verdict = t.narrow(t.names, f.Survey), f.Verdict
			c.Score = int8(min(max(f.Score, math.MinInt8), math.MaxInt8))
		}
	default:
		if e.Promise != nil {
			c.Name = t.narrow(t.names, e.Promise.Name)
		}
	}
	return c
}

// queue returns the queue of the last leg that has one.
func queue(a *event.Assisted) (name string) {
	if a != nil {
		for i := range a.Legs {
			if q := a.Legs[i].Queue; q != "" {
				name = q
			}
		}
	}
	return name
}

// team returns the team that handles the event: the attribute's, else that of the follow-up or action.
func (t *Table) team(e *event.Event) string {
	if t.config.Team != "" {
		for i := range e.Attributes {
			if string(e.Attributes[i].Key) == t.config.Team {
				return e.Attributes[i].Value.String()
			}
		}
	}
	switch {
	case e.FollowUp != nil:
		return e.FollowUp.Owner
	case e.Action != nil:
		return e.Action.Owner
	default:
		return ""
	}
}

// takeFirsts adds the codes of the event's first values.
func (t *Table) takeFirsts(e *event.Event) {
	at := len(t.batch.firsts)
	for range t.batch.stride {
		t.batch.firsts = append(t.batch.firsts, 0)
	}
	f := t.batch.firsts[at:]
	f[Version] = t.dicts[Version].intern(e.Journey.Version)
	f[Segment] = t.dicts[Segment].intern(e.Customer.Segment)
	f[Account] = t.dicts[Account].intern(e.Customer.Account)
	f[Intent] = t.dicts[Intent].intern(e.Intent)
	if v := e.Variant; v != nil {
		f[Release] = t.dicts[Release].intern(v.Release)
		if v.Experiment != "" || v.Arm != "" {
			f[Arm] = t.dicts[Arm].intern(v.Experiment + ": " + v.Arm)
		}
	}
	for n, key := range t.config.Attributes {
		for i := range e.Attributes {
			if string(e.Attributes[i].Key) == key {
				f[int(Attribute)+n] = t.dicts[int(Attribute)+n].intern(e.Attributes[i].Value.String())
			}
		}
	}
}

func (t *Table) narrow(d *dict, text string) uint16 { return uint16(d.intern(text)) } //nolint:gosec // the dictionary is narrow

func (t *Table) number(c Code) uint16 {
	slot := t.codes.slot(&c)
	if slot.asked == c {
		return slot.code
	}
	return t.codes.intern(c)
}

// journey returns the code of the journey. Journeys beyond the limit are one, [event.Other].
func (t *Table) journey(namespace, name string) uint16 {
	run := Run{namespace, name}
	if run == t.lastRun {
		return t.lastCode
	}
	code, ok := t.journeys.of[run]
	if !ok && len(t.journeyList) >= narrow {
		run = Run{Name: event.Other}
		code, ok = t.journeys.of[run]
	}
	if !ok {
		code = uint32(len(t.journeyList)) //nolint:gosec // below the limit
		t.journeyList = append(t.journeyList, run)
		t.journeys.add(run, code)
	}
	t.lastRun, t.lastCode = run, uint16(code) //nolint:gosec // at most [narrow] journeys have a number
	return t.lastCode
}

// digest returns a digest of the pseudonym that is never 0, and 0 for no pseudonym. The pseudonym is an HMAC already, so that the digest need
// be no secret: it is FNV-1a (Fowler, Noll, Vo), over eight bytes at a time.
func digest(pseudonym string) uint64 {
	if pseudonym == "" {
		return 0
	}
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	for ; len(pseudonym) >= 8; pseudonym = pseudonym[8:] {
		s := pseudonym[:8]
		h = (h ^ (uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56)) * prime
		h ^= h >> 32
	}
	for i := range len(pseudonym) {
		h = (h ^ uint64(pseudonym[i])) * prime
	}
	return max(h, 1)
}
