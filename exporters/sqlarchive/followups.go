package sqlarchive

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// FollowUp is a follow-up as the archive knows it. Each text is that of the last step that says it. It is as late as the archive is: what
// waits in a spool, or in a service that is down, is not there yet.
type FollowUp struct {
	Namespace string `json:"namespace"`
	Name      string `json:"follow_up"`
	ID        string `json:"id"`
	// Opened is when the matter was received; the zero time if the archive does not have the start.
	Opened time.Time `json:"opened,omitzero"`
	// Ended, Outcome and Cause are those of the end; the zero values are a follow-up that is open.
	Ended   time.Time `json:"ended,omitzero"`
	Outcome string    `json:"outcome,omitempty"`
	Cause   string    `json:"cause,omitempty"`

	Owner    string `json:"owner,omitempty"`
	Severity string `json:"severity,omitempty"`
	Rule     string `json:"rule,omitempty"`
	Remedy   string `json:"remedy,omitempty"`
	// CausedBy and Feedback are IDs of events, About the run that caused it: see [event.FollowUp].
	CausedBy string       `json:"caused_by,omitempty"`
	Feedback string       `json:"feedback,omitempty"`
	About    event.RunRef `json:"about,omitzero"`
	// Customer is the pseudonym, and Segment the group.
	Customer string `json:"customer,omitempty"`
	Segment  string `json:"segment,omitempty"`
	// Steps are in the order of their times, and Promises in that of their due times.
	Steps    []FollowUpStep    `json:"steps"`
	Promises []FollowUpPromise `json:"promises"`
}

// FollowUpStep is a step that was taken.
type FollowUpStep struct {
	Step  string    `json:"step"`
	Visit int       `json:"visit"`
	At    time.Time `json:"at"`
	// Due is when the next step is due, as this one says; the zero time is not known.
	Due time.Time `json:"due,omitzero"`
}

// FollowUpPromise is a promise of a follow-up. Outcome is kept, broken or withdrawn; "" is open.
type FollowUpPromise struct {
	Name    string    `json:"promise"`
	Number  int       `json:"number"`
	Made    time.Time `json:"made"`
	Due     time.Time `json:"due"`
	Settled time.Time `json:"settled,omitzero"`
	Outcome string    `json:"outcome,omitempty"`
}

// Step returns the last step, or "" if the archive has none.
func (f *FollowUp) Step() string {
	if n := len(f.Steps); n > 0 {
		return f.Steps[n-1].Step
	}
	return ""
}

// Waiting returns the promises that the customer still waits for, the first one due first: those that are open, and those that were broken and
// not fulfilled since. A follow-up that has ended has none.
func (f *FollowUp) Waiting() (list []FollowUpPromise) {
	if !f.Ended.IsZero() {
		return nil
	}
	for _, p := range f.Promises {
		if p.Outcome == "kept" || p.Outcome == "withdrawn" || f.fulfilled(&p) {
			continue
		}
		list = append(list, p)
	}
	return list
}

// fulfilled reports whether a promise that was broken does not matter any more: it was made anew, or a step since has fulfilled it.
func (f *FollowUp) fulfilled(p *FollowUpPromise) bool {
	return slices.ContainsFunc(f.Promises, func(o FollowUpPromise) bool { return o.Name == p.Name && o.Number > p.Number }) ||
		slices.ContainsFunc(f.Steps, func(s FollowUpStep) bool { return !s.At.Before(p.Made) && (s.Step == p.Name || s.Step == "told") })
}

// Overdue returns the promise of [FollowUp.Waiting] that was to be kept first, and whether its time is over at now.
func (f *FollowUp) Overdue(now time.Time) (p FollowUpPromise, overdue bool) {
	if list := f.Waiting(); len(list) > 0 {
		return list[0], !list[0].Due.After(now)
	}
	return p, false
}

// WhichFollowUps says which follow-ups are wanted. The zero value is all that are open.
type WhichFollowUps struct {
	// Namespace, Name and ID are those of the follow-up; "" is any.
	Namespace, Name, ID string
	// Ended asks for those that have ended, too.
	Ended bool
}

// FollowUps returns the follow-ups, the oldest first.
func (r *Reader) FollowUps(ctx context.Context, w WhichFollowUps) (list []FollowUp, err error) {
	list, err = r.followUps(ctx, w)
	return list, dumped(r.what, caused(ctx, err))
}

func (r *Reader) followUps(ctx context.Context, w WhichFollowUps) (list []FollowUp, err error) {
	var isolation *sql.TxOptions // SQLite's own is a snapshot
	if !r.lite {
		isolation = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := r.db.BeginTx(ctx, isolation)
	if err != nil {
		return nil, r.mend(err)
	}
	defer func() { _ = tx.Rollback() }() // it has written nothing
	q := followUpQuery{r: r, tx: tx, args: []any{w.Namespace, w.Name, w.ID}, wanted: wantedFollowUps, at: map[[3]string]int{}}
	if !w.Ended {
		q.wanted += " AND j.ended IS NULL"
	}
	for _, read := range []func(context.Context) error{q.runs, q.steps, q.promises} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return q.list, nil
}

// wantedFollowUps is the condition of the runs that are follow-ups.
const wantedFollowUps = ` WHERE ($1 = '' OR j.namespace = $1) AND ($2 = '' OR j.journey = $2) AND ($3 = '' OR j.run = $3)
	AND EXISTS (SELECT 1 FROM {transitions} AS x WHERE x.run = j.run AND x.journey = j.journey AND x.namespace = j.namespace AND x.followup IS NOT NULL)`

// followUpQuery reads follow-ups in one transaction.
type followUpQuery struct {
	r      *Reader
	tx     *sql.Tx
	wanted string
	args   []any
	list   []FollowUp
	at     map[[3]string]int // in list, by namespace, name and ID
}

// of returns the follow-up of the list with the names of f. Both queries after the first one see the same runs.
func (q *followUpQuery) of(f *FollowUp) *FollowUp {
	return &q.list[q.at[[3]string{f.Namespace, f.Name, f.ID}]]
}

func (q *followUpQuery) runs(ctx context.Context) error {
	return q.r.rows(ctx, q.tx, `SELECT j.namespace, j.journey, j.run, j.started, j.ended, j.outcome, j.cause, j.customer, j.segment
		FROM {journeys} AS j`+q.wanted+" ORDER BY j.started, j.run, j.journey, j.namespace", q.args, func(rows *sql.Rows) error {
		f := FollowUp{Steps: []FollowUpStep{}, Promises: []FollowUpPromise{}}
		var opened, ended moment
		err := rows.Scan(&f.Namespace, &f.Name, &f.ID, &opened, &ended, words{&f.Outcome}, words{&f.Cause}, words{&f.Customer}, words{&f.Segment})
		f.Opened, f.Ended = opened.Time, ended.Time
		q.at[[3]string{f.Namespace, f.Name, f.ID}] = len(q.list)
		q.list = append(q.list, f)
		return err //nolint:wrapcheck // dumped adds the operation
	})
}

// joined joins the runs to a table t of theirs.
const joined = " AS t JOIN {journeys} AS j ON j.run = t.run AND j.journey = t.journey AND j.namespace = t.namespace"

func (q *followUpQuery) steps(ctx context.Context) error {
	return q.r.rows(ctx, q.tx, `SELECT t.namespace, t.journey, t.run, t.kind, t.stage, coalesce(t.visit, 0), t.time, t.due, t.owner, t.severity, t.opened_by, t.remedy,
		CAST(t.caused_by_id AS text), CAST(t.feedback_id AS text), t.about_namespace, t.about_journey, t.about_run
		FROM {transitions}`+joined+q.wanted+" AND t.followup IS NOT NULL ORDER BY t.time, t.arrival", q.args, func(rows *sql.Rows) error {
		var f FollowUp
		var s FollowUpStep
		var kind string
		var when, due moment
		if err := rows.Scan(&f.Namespace, &f.Name, &f.ID, &kind, words{&s.Step}, &s.Visit, &when, &due, words{&f.Owner}, words{&f.Severity}, words{&f.Rule},
			words{&f.Remedy}, words{&f.CausedBy}, words{&f.Feedback}, words{&f.About.Namespace}, words{&f.About.Name}, words{&f.About.ID}); err != nil {
			return err //nolint:wrapcheck // dumped adds the operation
		}
		s.At, s.Due = when.Time, due.Time
		q.of(&f).take(&f, event.Kind(kind), s)
		return nil
	})
}

func (q *followUpQuery) promises(ctx context.Context) error {
	return q.r.rows(ctx, q.tx, `SELECT t.namespace, t.journey, t.run, t.promise, t.number, t.made, t.due, t.settled, t.outcome
		FROM {promises}`+joined+q.wanted+" ORDER BY t.due, t.promise, t.number", q.args, func(rows *sql.Rows) error {
		var f FollowUp
		var p FollowUpPromise
		var made, due, settled moment
		err := rows.Scan(&f.Namespace, &f.Name, &f.ID, &p.Name, &p.Number, &made, &due, &settled, words{&p.Outcome})
		if err != nil {
			return err //nolint:wrapcheck // dumped adds the operation
		}
		p.Made, p.Due, p.Settled = made.Time, due.Time, settled.Time
		to := q.of(&f)
		to.Promises = append(to.Promises, p)
		return nil
	})
}

// take adds what a transition says.
func (f *FollowUp) take(said *FollowUp, kind event.Kind, s FollowUpStep) {
	if kind == event.JourneyStageEntered {
		f.Steps = append(f.Steps, s)
	}
	for _, x := range [...]struct{ to, from *string }{
		{&f.Owner, &said.Owner},
		{&f.Severity, &said.Severity},
		{&f.Rule, &said.Rule},
		{&f.Remedy, &said.Remedy},
		{&f.CausedBy, &said.CausedBy},
		{&f.Feedback, &said.Feedback},
	} {
		*x.to = cmp.Or(*x.from, *x.to)
	}
	if said.About != (event.RunRef{}) {
		f.About = said.About
	}
}

// String returns the name and the ID.
func (f *FollowUp) String() string { return fmt.Sprintf("%s %s", f.Name, f.ID) }
