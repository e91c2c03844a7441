package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/internal/tell"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

// RunsOf says which of the selected runs are listed, and in which order. The zero value lists those that began last.
type RunsOf struct {
	// Broke is the name of a promise: runs in which it is broken, see [Standing]. With [FellDue] these are the runs of which it was broken and fell due in the
	// period by the moment of the view: what [Standing.Matured] counts and did not find kept. Breaking is one: runs in which it is open, due after the moment of
	// the view, and its clock does not stand still.
	Broke, Breaking string
	// Late and Next are about any promise. Late are the open runs that owe what a promise should have brought by the moment of the view, as [View.Backlog]
	// counts them. Next are the open runs in which a promise is open, due after the moment, and its clock does not stand still. Set at most one of Broke,
	// Breaking, Late and Next.
	Late, Next bool
	// Before bounds the due times of Breaking and Next: it lists runs whose next promise is due before it. The zero time is no bound.
	Before time.Time
	Order  RunOrder
}

// RunOrder is the order of a list of runs. Runs of one place are in the order of their namespaces, journeys and IDs.
type RunOrder uint8

// The orders.
const (
	// Natural is by the question: the longest overdue first with [RunsOf.Broke] and [RunsOf.Late], the next due first with [RunsOf.Breaking] and [RunsOf.Next],
	// and else [Latest].
	Natural RunOrder = iota
	// Latest has the run first that began last, Longest the one that took the longest, or is open for the longest time, and Dearest the one with the largest
	// value at stake, currency by currency.
	Latest
	Longest
	Dearest
)

// MaxRuns is the most runs that [View.Runs] lists.
const MaxRuns = 10_000

// RunList is a list of runs.
type RunList struct {
	Basis

	// Found is how many of the selected runs meet the conditions. List has the first ones of them.
	Found int64 `json:"found"`
	// Promises is how many promises the list is about: a run may have made one of them again. It is 0 for a list that is not about promises.
	Promises int64       `json:"promises,omitempty"`
	List     []ListedRun `json:"list"`
}

// ListedRun is a run in a list, as it stands at the moment of the view.
type ListedRun struct {
	Run event.RunRef `json:"run"`
	// State, Stage, Cause, Queue, Team, Segment and Verdict are the columns of these names: State is [Outcome].
	State   string `json:"state"`
	Stage   string `json:"stage,omitempty"`
	Cause   string `json:"cause,omitempty"`
	Queue   string `json:"queue,omitempty"`
	Team    string `json:"team,omitempty"`
	Segment string `json:"segment,omitempty"`
	Verdict string `json:"verdict,omitempty"`
	// Began is when the run began, or its first event where Known is false. Ended is when it ended; the zero time is open. Took is the time between the two, and
	// the age of an open run.
	Began time.Time     `json:"began"`
	Known bool          `json:"began_known"`
	Ended time.Time     `json:"ended,omitzero"`
	Took  time.Duration `json:"took_ns"`
	// Failures is how many touchpoints failed, at most 255.
	Failures int `json:"failures,omitempty"`
	// Value is the amount at stake; nil is not known.
	Value *event.Money `json:"value,omitempty"`
	// Promise is the promise that the list is about: the one that is the longest overdue or the next due if there are several. Due is when it is due, moved on by the
	// time in which its clock stood still. Overdue is the time from then until it was kept too late, or until the run ended without it, or until the moment.
	Promise string        `json:"promise,omitempty"`
	Due     time.Time     `json:"due,omitzero"`
	Overdue time.Duration `json:"overdue_ns,omitempty"`
}

// Runs lists single runs, at most top of them: 1 to [MaxRuns]. It needs the rights [Numbers] and [Customers].
func (v *View) Runs(ctx context.Context, w Which, of RunsOf, top int) (RunList, error) {
	answer := RunList{List: []ListedRun{}}
	if err := v.viewer.needs("Runs", Numbers|Customers); err != nil {
		return answer, err
	}
	if err := of.check(&w, top); err != nil {
		return answer, err
	}
	if err := context.Cause(ctx); err != nil {
		return answer, err //nolint:wrapcheck // the caller's own context
	}
	seen := false
	err := v.ask(ctx, askRuns, &w, func(p *pick, chunks []*cases.Chunk) {
		l := fan(p, chunks, func() *lister { return &lister{pick: p, of: of, top: top, before: micros(of.Before)} })
		answer.Basis = p.basis(&w, chunks)
		answer.Runs, answer.Found, answer.Promises = l.runs, l.found, l.meant
		seen = l.seen
		for _, r := range l.first() {
			answer.List = append(answer.List, l.listed(r))
		}
	})
	if err == nil {
		err = v.knowsPromise(&of, seen)
	}
	return answer, err
}

// check returns an error that says what is wrong with the list that is asked for.
func (of *RunsOf) check(w *Which, top int) error {
	switch {
	case w.By == FellDue && of.Broke == "":
		return fmt.Errorf("%w: By is FellDue: a list of runs takes it with Broke alone, set the promise there", ErrWhich)
	case of.Order > Dearest:
		return fmt.Errorf("%w: the order is %d: give Natural, Latest, Longest or Dearest", ErrWhich, of.Order)
	case bit(of.Broke != "")+bit(of.Breaking != "")+bit(of.Late)+bit(of.Next) > 1:
		return fmt.Errorf("%w: more than one of Broke, Breaking, Late and Next is set: ask for one of them", ErrWhich)
	case !of.Before.IsZero() && !of.next():
		return fmt.Errorf("%w: Before bounds due times of Breaking and Next: set one of them", ErrWhich)
	case top < 1 || top > MaxRuns:
		return fmt.Errorf("%w: a list has 1 to %d runs, not %d", ErrWhich, MaxRuns, top)
	default:
		return nil
	}
}

// knowsPromise returns an error if no promise has the name: none of the selected runs has it, and none of the journeys that the viewer may see.
func (v *View) knowsPromise(of *RunsOf, seen bool) error {
	name := of.promise()
	if name == "" || seen {
		return nil
	}
	var names []string
	for i := range v.table.blueprint.Journeys {
		if j := &v.table.blueprint.Journeys[i]; v.sees(j.Name) {
			for n := range j.Promises {
				names = append(names, j.Promises[n].Name)
			}
		}
	}
	switch hint := blueprint.Suggest(name, names); {
	case slices.Contains(names, name):
		return nil
	case hint != "":
		return fmt.Errorf("%w: no run was promised %.64q: did you mean %q?", ErrWhich, name, hint)
	default:
		return fmt.Errorf("%w: no run was promised %.64q: give the name of a promise of the blueprint", ErrWhich, name)
	}
}

func (of *RunsOf) promise() string { return of.Broke + of.Breaking }

// about reports whether the list is about promises, and next whether about those that are due later.
func (of *RunsOf) about() bool { return of.promise() != "" || of.Late || of.Next }

func (of *RunsOf) next() bool { return of.Breaking != "" || of.Next }

// lister collects the first runs of the order.
type lister struct {
	*pick

	of          RunsOf
	top         int
	before      int64 // bounds due times; 0 is no bound
	runs, found int64
	meant       int64 // promises
	seen        bool  // a run has a promise of the name
	list        []placed
	promises    []promise // of the run in hand
}

// placed is a run with its place in the order: the smaller key first, within the currency.
type placed struct {
	c            *cases.Chunk
	row          int
	key          int64
	currency     string
	due, overdue int64
	promise      uint16
}

func (l *lister) add(p *pick, c *cases.Chunk, rows []uint16) {
	l.runs += int64(len(rows))
	for _, r := range rows {
		x := placed{c: c, row: int(r)}
		if l.of.about() && !l.promised(&x) {
			continue
		}
		l.found++
		l.place(p, &x)
		l.list = append(l.list, x)
		if len(l.list) >= 2*l.top+1024 {
			l.list = l.first()
		}
	}
}

func (l *lister) merge(o *lister) {
	l.runs, l.found, l.meant, l.seen = l.runs+o.runs, l.found+o.found, l.meant+o.meant, l.seen || o.seen
	l.list = append(l.list, o.list...)
}

// first returns the first runs of the order.
func (l *lister) first() []placed {
	slices.SortFunc(l.list, l.compare)
	return l.list[:min(len(l.list), l.top)]
}

func (l *lister) compare(a, b placed) int {
	if c := cmp.Or(strings.Compare(a.currency, b.currency), cmp.Compare(a.key, b.key)); c != 0 {
		return c
	}
	return compareRefs(l.ref(&a), l.ref(&b))
}

func (l *lister) ref(x *placed) event.RunRef {
	j := l.t.Journeys[x.c.Journey[x.row]]
	return event.RunRef{Namespace: j.Namespace, Name: j.Name, ID: x.c.ID(x.row)}
}

// place sets the place of the run.
func (l *lister) place(p *pick, x *placed) {
	switch l.of.Order {
	case Longest:
		x.key = -l.took(p, x)
	case Dearest:
		x.currency = "\xff" // what has no value is last
		if n := at(x.c.Currency, x.row); n != 0 {
			x.currency, x.key = l.t.Currencies.Text(n), -x.c.Amount[x.row]
		}
	case Natural, Latest:
		switch {
		case l.of.Order == Latest || !l.of.about():
			x.key = -x.c.Base[x.row]
		case l.of.next():
			x.key = x.due
		default:
			x.key = -x.overdue
		}
	}
}

// took is the time until the end of the run, or until the moment.
func (l *lister) took(p *pick, x *placed) int64 {
	until := p.ended(x.c, x.row)
	if until == 0 {
		until = p.at
	}
	return max(0, until-x.c.Base[x.row])
}

// promised reports whether the run has a promise that is asked for, and sets what is known of it.
func (l *lister) promised(x *placed) (has bool) {
	if (l.of.Late || l.of.Next) && l.state(x.c, x.row) != open {
		return false
	}
	l.promises = l.pick.promises(l.promises[:0], x.c, x.row)
	for i := range l.promises {
		p := &l.promises[i]
		if p.made == 0 || l.of.promise() != "" && l.t.Names.Text(uint32(p.name)) != l.of.promise() {
			continue
		}
		l.seen = true
		switch {
		case l.of.next():
			if p.settled() || p.stopped != 0 || p.due == 0 || l.before != 0 && p.due >= l.before {
				continue
			}
			if l.meant++; !has || p.due < x.due {
				has, x.due, x.promise = true, p.due, p.name
			}
		case l.of.Late && p.owed(), l.of.Broke != "" && p.broken != 0 && p.kept == 0 && l.fell(p):
			l.meant++
			if overdue := l.overdue(x, p); !has || overdue > x.overdue {
				has, x.due, x.overdue, x.promise = true, p.due, overdue, p.name
			}
		}
	}
	return has
}

// fell reports whether the promise fell due in the period by the moment, if the question is about those.
func (l *lister) fell(p *promise) bool {
	return l.by != FellDue || p.mature(l.at) && p.due >= l.from && p.due < l.until
}

// overdue is how long after its due time the promise was kept, or the run ended without it, or the moment is.
func (l *lister) overdue(x *placed, p *promise) int64 {
	if p.due == 0 {
		return 0
	}
	until := cmp.Or(p.late, l.ended(x.c, x.row), l.at)
	return max(0, until-p.due)
}

// listed returns the run as the list has it.
func (l *lister) listed(x placed) ListedRun {
	c, row := x.c, x.row
	value := func(column Column) string {
		a := l.column(column)
		return a.text(a.code(c, row))
	}
	r := ListedRun{
		Run: l.ref(&x), State: stateNames[l.state(c, row)], Stage: value(Stage), Cause: value(Cause), Queue: value(Queue), Team: value(Team), Segment: value(Segment),
		Verdict: value(Verdict), Began: instant(c.Base[row]), Known: c.Flags[row]&cases.Begun != 0, Ended: instant(l.ended(c, row)),
		Took: time.Duration(l.took(l.pick, &x)) * time.Microsecond, Failures: int(c.Failures[row]), Due: instant(x.due), Overdue: time.Duration(x.overdue) * time.Microsecond,
	}
	if l.of.about() {
		r.Promise = l.t.Names.Text(uint32(x.promise))
	}
	if n := at(c.Currency, row); n != 0 {
		r.Value = &event.Money{Amount: c.Amount[row], Currency: l.t.Currencies.Text(n)}
	}
	return r
}

// Sentence says what is listed, in words.
func (l *RunList) Sentence() string {
	if l.Found == 0 {
		return "No run is like that, of " + number.Count(l.Runs) + "."
	}
	if int64(len(l.List)) == l.Found {
		return number.Of(l.Found, "run", "runs") + " of " + number.Count(l.Runs) + "."
	}
	first := "The first of them:"
	if n := len(l.List); n != 1 {
		first = "The first " + number.Count(int64(n)) + " of them:"
	}
	return number.Of(l.Found, "run", "runs") + " of " + number.Count(l.Runs) + ". " + first
}

// Sentence says how the run stands, in words. Times are in the zone; nil is UTC.
func (r *ListedRun) Sentence(in *time.Location) string {
	in = zoneOf(in)
	said := fmt.Sprintf("%s %s is %s", tell.Quote(r.Run.Name), tell.Quote(r.Run.ID), r.State)
	switch {
	case r.Ended.IsZero():
		said += ", " + number.Spell(r.Took) + " old"
	case r.Known:
		said += " after " + number.Spell(r.Took)
	}
	switch {
	case r.Overdue > 0:
		said += ", " + number.Spell(r.Overdue) + " overdue"
	case !r.Due.IsZero():
		said += ", due by " + tell.When(r.Due, in)
	}
	if r.Value != nil {
		said += ", with " + text.Money(r.Value.Amount, tell.Clean(r.Value.Currency)) + " at stake"
	}
	return said + "."
}
