package cases

import (
	"hash/maphash"
	"slices"
	"sync"

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
}

// Run identifies a journey: its namespace and its name.
type Run struct{ Namespace, Name string }

// Table is the case table. One goroutine at a time may load; any number may read under [Table.Read].
type Table struct {
	config Config

	mu     sync.RWMutex // what questions read; the loader alone writes
	chunks []*Chunk     // nil for one that has left the period
	newest int64        // the latest time of an event
	ready  bool
	cursor event.Cursor

	Journeys                             []Run // Code 0 is none
	Names, Stages, Queues, Teams, Causes *Dict
	Currencies                           *Dict
	dicts                                []*Dict // by Column
	codes                                *coder
	journeys                             map[Run]uint16
	lastRun                              Run // whose code was asked for last
	lastCode                             uint16
	index                                []uint32 // row+1 by hash, 0 is free; a power of two
	used                                 int      // slots of the index, with those of rows that have left
	seed                                 maphash.Seed
	loading                              sync.Mutex // one Load at a time
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
	t := &Table{config: c, seed: maphash.MakeSeed()}
	t.reset()
	return t
}

// reset empties the table. The caller holds the lock, or is alone.
func (t *Table) reset() {
	t.chunks, t.newest, t.ready, t.cursor = nil, 0, false, event.Cursor{}
	t.Journeys, t.journeys = []Run{{}}, map[Run]uint16{{}: 0}
	t.lastRun, t.lastCode = Run{}, 0
	for _, d := range []**Dict{&t.Names, &t.Stages, &t.Queues, &t.Teams, &t.Causes, &t.Currencies} {
		*d = newDict(narrow)
	}
	t.dicts = make([]*Dict, int(Attribute)+len(t.config.Attributes))
	for i := range t.dicts {
		t.dicts[i] = newDict(narrow)
	}
	t.dicts[Account] = newDict(wide)
	t.codes = newCoder()
	t.index, t.used = make([]uint32, 1024), 0
	t.batch.reset(len(t.dicts))
	t.window = window{size: t.window.size}
	t.counts = Counts{}
}

// Dict returns the dictionary of the column.
func (t *Table) Dict(c Column) *Dict { return t.dicts[c] }

// Codes returns what codes mean. The caller must not change it.
func (t *Table) Codes() []Code { return t.codes.list }

// From returns the beginning of the period as it is now, in microseconds since 1970; 0 is no bound.
func (t *Table) From() int64 {
	if t.config.Last > 0 {
		return max(t.config.From, t.newest-t.config.Last)
	}
	return t.config.From
}

// Newest returns the latest time of an event, in microseconds since 1970.
func (t *Table) Newest() int64 { return t.newest }

// State returns what the table rests on, and the cursor to which it has read.
func (t *Table) State() (Counts, event.Cursor) { return t.counts, t.cursor }

// Read calls f with the chunks of the table under its lock. No event is taken meanwhile. It returns false without a call as long as the table has
// not been loaded, and after a customer was forgotten until it has been loaded anew.
func (t *Table) Read(f func([]*Chunk)) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if !t.ready {
		return false
	}
	f(t.chunks)
	return true
}

// find returns the row of the run, and false if it has none.
func (t *Table) find(journey uint16, id string) (row uint32, slot int, ok bool) {
	mask := len(t.index) - 1
	for slot = int(t.hash(journey, id)) & mask; t.index[slot] != 0; slot = (slot + 1) & mask { //nolint:gosec // the mask keeps it in range
		row = t.index[slot] - 1
		if c := t.chunks[row/Rows]; c != nil {
			if r := row % Rows; c.Journey[r] == journey && string(c.ids[c.idAt[r]:c.idAt[r+1]]) == id {
				return row, slot, true
			}
		}
	}
	return 0, slot, false
}

func (t *Table) hash(journey uint16, id string) uint64 {
	return maphash.String(t.seed, id) ^ uint64(journey)*0x9e3779b97f4a7c15
}

// row returns the row of the run, and makes one if there is none.
func (t *Table) row(journey uint16, id string) (*Chunk, int) {
	row, slot, ok := t.find(journey, id)
	if ok {
		return t.chunks[row/Rows], int(row % Rows)
	}
	if 4*(t.used+1) > 3*len(t.index) {
		t.rehash()
		_, slot, _ = t.find(journey, id)
	}
	if n := len(t.chunks); n == 0 || t.chunks[n-1] == nil || t.chunks[n-1].N == Rows {
		if n > 0 && t.chunks[n-1] != nil {
			t.chunks[n-1].ids = slices.Clone(t.chunks[n-1].ids)
		}
		t.chunks = append(t.chunks, &Chunk{firsts: make([]first, len(t.dicts))})
	}
	c := t.chunks[len(t.chunks)-1]
	r := c.N
	c.N++
	c.Journey[r] = journey
	c.ids = append(c.ids, id...)
	c.idAt[c.N] = uint32(len(c.ids))                     //nolint:gosec // 4096 IDs
	c.wordAt[c.N] = c.wordAt[r]                          // no words yet
	t.index[slot] = uint32((len(t.chunks)-1)*Rows + c.N) //nolint:gosec // the number of rows is far below 2^32: see maxChunks
	t.used++
	return c, r
}

// rehash makes an index with room for the rows that there are, and as many more.
func (t *Table) rehash() {
	live := 0
	for _, c := range t.chunks {
		if c != nil {
			live += c.N
		}
	}
	size := 1024
	for 3*size < 5*live {
		size *= 2
	}
	t.index, t.used = make([]uint32, size), live
	for n, c := range t.chunks {
		if c == nil {
			continue
		}
		for r := range c.N {
			slot := int(t.hash(c.Journey[r], c.ID(r))) & (size - 1) //nolint:gosec // the mask keeps it in range
			for t.index[slot] != 0 {
				slot = (slot + 1) & (size - 1)
			}
			t.index[slot] = uint32(n*Rows + r + 1)
		}
	}
}
