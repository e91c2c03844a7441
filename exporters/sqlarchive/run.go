package sqlarchive

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/cx/event"
)

// A run's row in journeys is merged from its events: in Go within a batch, and in SQL with the existing row. Transitions say where
// the run is, and every event says what the customer saw and what went wrong (said.go). For each group
// of columns, merging takes the values of one event, by an order that is the same in every process. The result is therefore the
// same row if transitions arrive in another order, twice, or from another process at the same time. Reading the transitions again
// instead was rejected: two processes that each see only their own transitions would overwrite each other's rows.

// runKey identifies a run.
type runKey struct{ run, journey, namespace string }

func (k runKey) compare(o runKey) int {
	return cmp.Or(cmp.Compare(k.run, o.run), cmp.Compare(k.journey, o.journey), cmp.Compare(k.namespace, o.namespace))
}

// runState is the content of a run's row as some transitions of the run give it.
type runState struct {
	key         runKey
	first, last int64 // the times of the first and the last event

	channel, version string // of the first event

	started known

	ended                        known
	endID, outcome, cause        string
	seconds                      float64
	timed                        bool // seconds is known
	partial                      bool
	friction                     *event.Friction // nil if it is not known
	stage                        string
	stageAt, customerAt, valueAt known
	customer, segment            string
	amount                       int64
	currency                     string

	moved bool // one of the events is a transition
	said
}

// known is a time in microseconds since 1970 that may be missing.
type known struct {
	ok bool
	us int64
}

// newRun returns the state of a run that one transition gives. r is the event's row.
func newRun(e *event.Event, r *row) runState {
	at := r.cells[colTime].n
	s := runState{
		moved: true, said: says(e, at),
		key:   runKey{r.cells[colRun].s, r.cells[colJourney].s, r.cells[colNamespace].s},
		first: at, last: at,
		channel: r.cells[colChannel].s, version: r.cells[colVersion].s,
		stage: r.cells[colStage].s, customer: r.cells[colCustomer].s, segment: r.cells[colSegment].s,
	}
	switch {
	case !e.Journey.Started.IsZero():
		s.started = known{true, micros(e.Journey.Started)}
	case e.Kind == event.JourneyStarted:
		s.started = known{true, at}
	}
	if e.Kind == event.JourneyEnded {
		s.ended = known{true, at}
		s.endID, s.outcome, s.cause = r.cells[colID].s, r.cells[colOutcome].s, r.cells[colCause].s
		s.seconds, s.timed = r.cells[colDurationSeconds].f, r.cells[colDurationSeconds].typ != null
		s.partial = r.cells[colPartial].n != 0
		if e.Transition != nil {
			s.friction = e.Transition.Friction
		}
	}
	if s.stage != "" {
		s.stageAt = known{true, at}
	}
	if s.customer != "" || s.segment != "" {
		s.customerAt = known{true, at}
	}
	if v := r.cells[colValueAmount]; v.typ != null {
		s.amount, s.currency, s.valueAt = v.n, r.cells[colValueCurrency].s, known{true, at}
	}
	return s
}

// merge merges the state of other events into s. Its orders are those of [upsert].
func (s *runState) merge(o *runState) {
	s.said.merge(&o.said)
	if o.moved != s.moved { // the times and the first event are those of transitions, as far as there are any
		if o.moved {
			s.first, s.channel, s.version, s.last, s.moved = o.first, o.channel, o.version, o.last, true
		}
	} else {
		if cmp.Or(cmp.Compare(o.first, s.first), cmp.Compare(o.channel, s.channel), cmp.Compare(o.version, s.version)) < 0 {
			s.first, s.channel, s.version = o.first, o.channel, o.version
		}
		s.last = max(s.last, o.last)
	}
	if o.started.ok && (!s.started.ok || o.started.us < s.started.us) {
		s.started = o.started
	}
	if o.ended.ok && (!s.ended.ok || cmp.Or(cmp.Compare(o.ended.us, s.ended.us), cmp.Compare(o.endID, s.endID)) < 0) {
		s.ended, s.endID, s.outcome, s.cause = o.ended, o.endID, o.outcome, o.cause
		s.seconds, s.timed, s.partial, s.friction = o.seconds, o.timed, o.partial, o.friction
	}
	if later(o.stageAt, s.stageAt, cmp.Compare(o.stage, s.stage)) {
		s.stage, s.stageAt = o.stage, o.stageAt
	}
	if o.namesBetter(s) {
		s.customer, s.segment, s.customerAt = o.customer, o.segment, o.customerAt
	}
	if later(o.valueAt, s.valueAt, cmp.Or(cmp.Compare(o.amount, s.amount), cmp.Compare(o.currency, s.currency))) {
		s.amount, s.currency, s.valueAt = o.amount, o.currency, o.valueAt
	}
}

// later reports whether the value of time o wins over the value of time s. tie compares the values for equal times.
func later(o, s known, tie int) bool {
	return o.ok && (!s.ok || o.us > s.us || o.us == s.us && tie > 0)
}

// namesBetter reports whether the customer of s wins over that of o. A customer with an ID wins over a segment alone.
func (s *runState) namesBetter(o *runState) bool {
	if (s.customer != "") != (o.customer != "") {
		return s.customer != ""
	}
	return later(s.customerAt, o.customerAt, cmp.Or(cmp.Compare(s.customer, o.customer), cmp.Compare(s.segment, o.segment)))
}

// runs has the state of each run of a batch.
type runs map[runKey]*runState

// add adds what the event says about its run. r is the row of a transition.
func (rs runs) add(e *event.Event, r *row) {
	var s runState
	switch {
	case tableOf(e.Kind) == transitions:
		s = newRun(e, r)
	case !saysAnything(e):
		return
	default:
		at := micros(e.Time)
		s = runState{key: keyOf(e), first: at, last: at, said: says(e, at)}
	}
	if old := rs[s.key]; old != nil {
		old.merge(&s)
		return
	}
	rs[s.key] = &s
}

// sorted returns the runs in the order of their keys, which is the same in every process, so that two processes cannot
// deadlock.
func (rs runs) sorted() []*runState {
	all := make([]*runState, 0, len(rs))
	for _, s := range rs {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *runState) int { return a.key.compare(b.key) })
	return all
}

// fillRun makes r the run's row in journeys.
func (r *row) fillRun(s *runState) {
	r.cells = [numColumns]cell{}
	r.table = journeys
	r.given(colNamespace, s.key.namespace)
	r.given(colJourney, s.key.journey)
	r.given(colRun, s.key.run)
	r.text(colVersion, s.version)
	r.text(colChannel, s.channel)
	r.micros(colFirstEvent, s.first)
	r.micros(colLastEvent, s.last)
	if s.started.ok {
		r.micros(colStarted, s.started.us)
	}
	if s.ended.ok {
		r.micros(colEnded, s.ended.us)
		r.text(colEndID, s.endID)
		r.text(colOutcome, s.outcome)
		r.text(colCause, s.cause)
		r.bool(colPartial, s.partial)
		r.friction(s.friction)
		if s.timed {
			r.cells[colDurationSeconds] = cell{typ: realCell, f: s.seconds}
		}
	}
	if s.stageAt.ok {
		r.text(colStage, s.stage)
		r.micros(colStageAt, s.stageAt.us)
	}
	if s.customerAt.ok {
		r.text(colCustomer, s.customer)
		r.text(colSegment, s.segment)
		r.micros(colCustomerAt, s.customerAt.us)
	}
	if s.valueAt.ok {
		r.int(colValueAmount, s.amount)
		r.given(colValueCurrency, s.currency)
		r.micros(colValueAt, s.valueAt.us)
	}
	r.bool(colMoved, s.moved)
	s.fill(r)
}

// upsertRun returns the clause after an INSERT INTO journeys AS j. It merges as [runState.merge] does. A comparison with a column
// that is NULL is NULL, which does not count as true. union is the database's expression for the causes of both rows.
func upsertRun(union string) string {
	return upsert + upsertSaid + `,
  causes = CASE WHEN excluded.causes IS NULL OR excluded.causes = j.causes THEN j.causes
    WHEN j.causes IS NULL THEN excluded.causes ELSE ` + union + ` END`
}

const upsert = ` ON CONFLICT (run, journey, namespace) DO UPDATE SET
  first_event = CASE WHEN ` + isFirst + ` THEN excluded.first_event ELSE j.first_event END,
  channel     = CASE WHEN ` + isFirst + ` THEN excluded.channel ELSE j.channel END,
  version     = CASE WHEN ` + isFirst + ` THEN excluded.version ELSE j.version END,
  last_event  = CASE WHEN ` + isLast + ` THEN excluded.last_event ELSE j.last_event END,
  moved       = CASE WHEN excluded.moved > j.moved THEN excluded.moved ELSE j.moved END,
  started     = CASE WHEN j.started IS NULL OR excluded.started < j.started THEN excluded.started ELSE j.started END,
  ended            = CASE WHEN ` + isEnd + ` THEN excluded.ended ELSE j.ended END,
  end_id           = CASE WHEN ` + isEnd + ` THEN excluded.end_id ELSE j.end_id END,
  outcome          = CASE WHEN ` + isEnd + ` THEN excluded.outcome ELSE j.outcome END,
  cause            = CASE WHEN ` + isEnd + ` THEN excluded.cause ELSE j.cause END,
  duration_seconds = CASE WHEN ` + isEnd + ` THEN excluded.duration_seconds ELSE j.duration_seconds END,
  partial          = CASE WHEN ` + isEnd + ` THEN excluded.partial ELSE j.partial END,
  friction_repeats = CASE WHEN ` + isEnd + ` THEN excluded.friction_repeats ELSE j.friction_repeats END,
  friction_failures_before_success = CASE WHEN ` + isEnd + ` THEN excluded.friction_failures_before_success ELSE j.friction_failures_before_success END,
  friction_loops = CASE WHEN ` + isEnd + ` THEN excluded.friction_loops ELSE j.friction_loops END,
  friction_channel_switches = CASE WHEN ` + isEnd + ` THEN excluded.friction_channel_switches ELSE j.friction_channel_switches END,
  friction_overdue = CASE WHEN ` + isEnd + ` THEN excluded.friction_overdue ELSE j.friction_overdue END,
  stage    = CASE WHEN ` + isStage + ` THEN excluded.stage ELSE j.stage END,
  stage_at = CASE WHEN ` + isStage + ` THEN excluded.stage_at ELSE j.stage_at END,
  customer    = CASE WHEN ` + isCustomer + ` THEN excluded.customer ELSE j.customer END,
  segment     = CASE WHEN ` + isCustomer + ` THEN excluded.segment ELSE j.segment END,
  customer_at = CASE WHEN ` + isCustomer + ` THEN excluded.customer_at ELSE j.customer_at END,
  value_amount   = CASE WHEN ` + isValue + ` THEN excluded.value_amount ELSE j.value_amount END,
  value_currency = CASE WHEN ` + isValue + ` THEN excluded.value_currency ELSE j.value_currency END,
  value_at       = CASE WHEN ` + isValue + ` THEN excluded.value_at ELSE j.value_at END`

const (
	isFirst = `(excluded.moved > j.moved OR excluded.moved = j.moved
    AND (excluded.first_event, coalesce(excluded.channel, ''), coalesce(excluded.version, ''))
    < (j.first_event, coalesce(j.channel, ''), coalesce(j.version, '')))`
	isLast  = `(excluded.moved > j.moved OR excluded.moved = j.moved AND excluded.last_event > j.last_event)`
	isEnd   = `(j.ended IS NULL OR (excluded.ended, excluded.end_id) < (j.ended, j.end_id))`
	isStage = `(j.stage_at IS NULL OR (excluded.stage_at, excluded.stage) > (j.stage_at, j.stage))`
	isValue = `(j.value_at IS NULL OR (excluded.value_at, excluded.value_amount, excluded.value_currency) > (j.value_at, j.value_amount, j.value_currency))`

	isCustomer = `(j.customer_at IS NULL OR (excluded.customer IS NOT NULL AND j.customer IS NULL)
    OR ((excluded.customer IS NULL) = (j.customer IS NULL)
    AND (excluded.customer_at, coalesce(excluded.customer, ''), coalesce(excluded.segment, ''))
    > (j.customer_at, coalesce(j.customer, ''), coalesce(j.segment, ''))))`
)
