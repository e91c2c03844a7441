package cases

import (
	"slices"
	"sync"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

// Column is the number of a column that has the first value of each run: one of the constants, or [Attribute] and above for the attributes of
// [Config], in their order.
type Column int

// The columns of first values.
const (
	Version Column = iota
	Segment
	Release
	Arm // the experiment and its arm, such as "checkout-button: blue"
	Intent
	Account
	Attribute
)

// Config says what a table keeps.
type Config struct {
	// Attributes are the keys of the caller's own attributes that become columns. Team is the key of the one that names the team which
	// handles an event; "" is none.
	Attributes []string
	Team       string
	// From and Until bound the times of events, in microseconds since 1970; 0 is no bound. With Last, the table keeps the events of so many
	// microseconds before the latest one.
	From, Until, Last int64
	// Delegates takes the answers of delegates as those of customers.
	Delegates bool
}

// Run identifies a journey: its namespace and its name.
type Run struct{ Namespace, Name string }

// Table is the case table. It has two sides: what the loader works on, which one Load at a time holds, and the snapshot that it publishes at its end. Questions
// read snapshots, so that neither waits for the other.
type Table struct {
	config    Config
	published atomic.Pointer[Snapshot] // nil while no question may be asked
	news      news
	loading   sync.Mutex // one Load at a time; it guards the rest

	chunks  []*Chunk // nil for one that has left the period
	newest  int64    // the latest time of an event
	cursor  event.Cursor
	emptied uint64 // how often the table was emptied

	journeyList                          []Run // code 0 is none; they are added at the end and never changed
	journeys                             *numbers[Run]
	lastRun                              Run // whose code was asked for last
	lastCode                             uint16
	names, stages, queues, teams, causes *dict
	currencies                           *dict
	dicts                                []*dict // by Column
	codes                                *coder
	index                                *index
	batch                                batch
	window                               window
	distinct                             bool
	counts                               Counts
}

// Counts say what the table rests on.
type Counts struct {
	// Events are those that the table has taken. Repeated came twice, Outside were outside of the period, and NoRun belong to no run or are of
	// kinds that no column has. Coarse lack a part, because the table has as many different events as it can have.
	Events, Repeated, Outside, NoRun, Coarse int64
}

// New returns an empty table.
func New(c Config) *Table {
	t := &Table{config: c}
	t.reset()
	return t
}

// reset empties the table. Snapshots keep what they have; [Table.Holds] says that the table has it no more. Nothing is used again, because snapshots share it.
func (t *Table) reset() {
	t.published.Store(nil)
	t.emptied++
	t.chunks, t.newest, t.cursor = nil, 0, event.Cursor{}
	t.journeyList, t.journeys = []Run{{}}, &numbers[Run]{of: map[Run]uint32{{}: 0}}
	t.lastRun, t.lastCode = Run{}, 0
	for _, d := range []**dict{&t.names, &t.stages, &t.queues, &t.teams, &t.causes, &t.currencies} {
		*d = newDict(narrow)
	}
	t.dicts = make([]*dict, int(Attribute)+len(t.config.Attributes))
	for i := range t.dicts {
		t.dicts[i] = newDict(narrow)
	}
	t.dicts[Account] = newDict(wide)
	t.codes = newCoder()
	t.index = newIndex(fewSlots)
	t.batch.reset(len(t.dicts))
	t.window = window{size: t.window.size}
	t.counts = Counts{}
}

// from returns the beginning of the period as it is now, in microseconds since 1970; 0 is no bound.
func (t *Table) from() int64 {
	if t.config.Last > 0 {
		return max(t.config.From, t.newest-t.config.Last)
	}
	return t.config.From
}

// row returns the row of the run for a change, and makes one if there is none.
func (t *Table) row(journey uint16, id string) (*Chunk, int) {
	row, slot, ok := t.index.find(t.chunks, journey, id)
	if ok {
		return t.own(int(row / Rows)), int(row % Rows)
	}
	if t.index.full() {
		t.index = indexOf(t.chunks)
		_, slot, _ = t.index.find(t.chunks, journey, id)
	}
	if n := len(t.chunks); n == 0 || t.chunks[n-1] == nil || t.chunks[n-1].N == Rows {
		t.chunks = append(t.chunks, &Chunk{firsts: make([]first, len(t.dicts))})
	}
	last := len(t.chunks) - 1
	c := t.own(last)
	r := c.N
	c.N++
	c.Journey[r] = journey
	c.ids = append(c.ids, id...)
	if c.N == Rows {
		c.ids = slices.Clone(c.ids) // without room for more
	}
	c.idAt[c.N] = uint32(len(c.ids))       //nolint:gosec // 4096 IDs
	c.wordAt[c.N] = c.wordAt[r]            // no words yet
	t.index.put(slot, uint32(last*Rows+r)) //nolint:gosec // the number of rows is far below 2^32
	return c, r
}
