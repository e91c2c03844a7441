package insight

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/slo"
)

// Table keeps a row for each run of a journey in memory, in columns of small integers, and the events of each run in eight bytes each. It takes
// about 120 bytes a run and eight bytes an event, and four bytes more for a column whose value a run learns after its first
// event.
//
// A Table is safe for concurrent use. Loads take turns. No question waits for a load, and no load for a question: a [View] has the rows as a load has left them, and
// a later load copies those groups of 4,096 runs that it changes. The memory of what it has replaced is freed when the last view that has it is gone.
type Table struct {
	cases      *cases.Table
	blueprint  *blueprint.Blueprint
	confidence float64
	delegates  bool
	attributes []string
	owners     map[string]string // by journey of the blueprint
	abandon    map[string]int64  // by journey, in microseconds
	clocks     map[namedPromise]*clock
	objectives []slo.Objective
	source     atomic.Pointer[Source] // of the last Load
	loads      struct {
		sync.Mutex
		Loads
	}
}

// New returns an empty table. The blueprint says who owns a journey, after which silence a run is abandoned, what promises there are and what their
// targets are; nil knows none of it. It must not change afterwards. New returns every faulty option, joined.
func New(b *blueprint.Blueprint, opts ...Option) (*Table, error) {
	c := defaults()
	var faults []error
	for _, o := range opts {
		if o != nil {
			faults = append(faults, o.apply(&c))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if b == nil {
		b = &blueprint.Blueprint{}
	}
	t := &Table{
		cases: cases.New(c.Config), blueprint: b, confidence: c.confidence, delegates: c.Delegates, attributes: c.Attributes,
		owners: map[string]string{}, abandon: map[string]int64{}, clocks: clocksOf(b), objectives: b.AllObjectives(),
	}
	for i := range b.Journeys {
		j := &b.Journeys[i]
		t.owners[j.Name], t.abandon[j.Name] = j.Owner, time.Duration(j.AbandonAfter).Microseconds()
	}
	for i := range b.FollowUps {
		t.owners[b.FollowUps[i].Name] = b.FollowUps[i].Owner
	}
	for i := range b.Actions {
		t.owners[b.Actions[i].Name] = b.Actions[i].Owner
	}
	if name := b.BreakdownsName(); name != "" {
		t.owners[name] = b.Breakdowns.Owner
	}
	return t, nil
}

// breakdowns has the name of the journey of breakdowns.
func (t *Table) breakdowns() map[string]bool {
	return map[string]bool{cmp.Or(t.blueprint.BreakdownsName(), blueprint.DefaultBreakdowns): true}
}

// Load takes the events that have arrived at the source since the last Load, and everything at the first one. Call it with the same source every
// time. It returns the source's error; the next Load then reads on where the last whole one ended. The table keeps the source: questions about one run or
// one customer, and what customers have written, read whole events from it, so that the source has to stay open.
//
// If the source has erased events, because a customer was forgotten, Load empties the table and reads everything anew. Questions return [ErrLoading] meanwhile.
// Views of before the erasure return it from then on. A Load that takes more than 32,768 events at once may be taking everything anew: questions return ErrLoading
// until it ends, unless the source is a [Resumer] and says that it goes on. The table then takes up to twice its memory while it loads.
func (t *Table) Load(ctx context.Context, s Source) error {
	t.source.Store(&s)
	began := time.Now()
	err := t.cases.Load(ctx, s)
	t.noteLoad(ctx, began, err)
	return err
}

// lastSource returns the source of the last Load, nil before the first one.
func (t *Table) lastSource() Source {
	if s := t.source.Load(); s != nil {
		return *s
	}
	return nil
}

// State is what a table rests on.
type State struct {
	// Runs is the number of rows.
	Runs int64 `json:"runs"`
	// Events is the number of events that the table has taken. Repeated ones came twice and count once. Outside ones were outside of the period.
	// Unused ones belong to no run, or are of kinds that no column has. Coarse ones lack a part: the table can tell 65,535 kinds of events apart.
	Events   int64 `json:"events"`
	Repeated int64 `json:"repeated"`
	Outside  int64 `json:"outside"`
	Unused   int64 `json:"unused"`
	Coarse   int64 `json:"coarse"`
	// Oldest is when the first run began, and Newest the time of the latest event.
	Oldest time.Time `json:"oldest,omitzero"`
	Newest time.Time `json:"newest,omitzero"`
	// Held is since when a transaction in flight holds later events back: see [event.Cursor].
	Held time.Time `json:"held,omitzero"`
}

// State returns what the table rests on, and [ErrLoading] while there is nothing.
func (t *Table) State() (State, error) { return stateOf(t.cases.Snapshot()) }

func stateOf(rows *cases.Snapshot) (State, error) {
	if rows == nil {
		return State{}, ErrLoading
	}
	counts, cursor := rows.State()
	s := State{
		Events: counts.Events, Repeated: counts.Repeated, Outside: counts.Outside, Unused: counts.NoRun, Coarse: counts.Coarse,
		Newest: instant(rows.Newest()), Held: cursor.Held,
	}
	var oldest int64
	for _, c := range rows.Chunks() {
		if c == nil {
			continue
		}
		s.Runs += int64(c.N)
		if at := c.Oldest(); at != 0 && (oldest == 0 || at < oldest) {
			oldest = at
		}
	}
	if oldest != 0 {
		s.Oldest = instant(oldest)
	}
	return s, nil
}

// Edition returns the number of the newest rows, and a channel that is closed when there are newer ones: for pages that keep themselves current. A Load that has
// found nothing new makes no edition. The number grows; it is 0 before the first Load, and that of the rows before while a Load empties the table.
func (t *Table) Edition() (edition uint64, next <-chan struct{}) { return t.cases.Edition() }

// Blueprint returns the blueprint of the table, for code that writes what a promise or a stage is. It is never nil. The caller must not change it.
func (t *Table) Blueprint() *blueprint.Blueprint { return t.blueprint }

// instant returns the time of microseconds since 1970, and the zero time for 0.
func instant(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}
