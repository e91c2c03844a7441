package cases

import (
	"slices"
	"sync"

	"cairncx.dev/cairn/cx/event"
)

// Snapshot is the table as a Load has left it. Nothing changes it, so that any number of goroutines may read it, without a lock, for as long as they
// like. Memory that a later Load has replaced is freed when the last snapshot that has it is gone.
type Snapshot struct {
	// Journeys are the journeys by their codes. Code 0 is none.
	Journeys []Run

	Names, Stages, Queues, Teams, Causes, Currencies *Texts

	chunks       []*Chunk
	dicts        []*Texts // by Column
	codes        []Code
	journeys     *numbers[Run]
	index        *index
	newest, from int64
	counts       Counts
	cursor       event.Cursor
	emptied      uint64
	edition      uint64
}

// news tells who waits for it that there is a newer snapshot.
type news struct {
	mu      sync.Mutex
	edition uint64
	next    chan struct{}
}

// wait returns the number of the newest edition, and a channel that is closed when there is a newer one.
func (n *news) wait() (edition uint64, next <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next == nil {
		n.next = make(chan struct{})
	}
	return n.edition, n.next
}

// tell counts an edition, and returns its number. The caller makes it visible before it calls done.
func (n *news) tell() (edition uint64, done func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.edition + 1, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.edition++
		if n.next != nil {
			close(n.next)
			n.next = nil
		}
	}
}

// Edition returns the number of the newest snapshot, and a channel that is closed when there is a newer one. A Load that has found no event makes none. While
// there is no snapshot, the number is that of the one before.
func (t *Table) Edition() (edition uint64, next <-chan struct{}) { return t.news.wait() }

// Edition returns the number of the snapshot. A newer one that differs has a higher one.
func (s *Snapshot) Edition() uint64 { return s.edition }

// Snapshot returns the table as the last Load has left it. It is nil as long as the table has not been loaded, while a Load takes so much that it may be
// everything anew, and after a customer was forgotten until the table has been loaded anew.
func (t *Table) Snapshot() *Snapshot { return t.published.Load() }

// Holds reports whether the table has a snapshot, and still has what this one has: it was not emptied since.
func (t *Table) Holds(s *Snapshot) bool {
	now := t.published.Load()
	return now != nil && s != nil && now.emptied == s.emptied
}

// publish makes a snapshot of the table. The loader copies a chunk of it before it changes the chunk again.
func (t *Table) publish() {
	changed := false
	for _, c := range t.chunks {
		if c != nil && !c.published {
			c.publish()
			changed = true
		}
	}
	last := t.published.Load()
	changed = changed || last == nil || last.emptied != t.emptied || last.counts != t.counts || last.from != t.from()
	s := &Snapshot{
		Journeys: slices.Clip(t.journeyList), chunks: slices.Clone(t.chunks), codes: slices.Clip(t.codes.list), journeys: t.journeys, index: t.index,
		Names: t.names.snapshot(), Stages: t.stages.snapshot(), Queues: t.queues.snapshot(), Teams: t.teams.snapshot(), Causes: t.causes.snapshot(),
		Currencies: t.currencies.snapshot(),
		newest:     t.newest, from: t.from(), counts: t.counts, cursor: t.cursor, emptied: t.emptied,
	}
	for _, d := range t.dicts {
		s.dicts = append(s.dicts, d.snapshot())
	}
	if !changed {
		s.edition = last.edition
		t.published.Store(s)
		return
	}
	edition, done := t.news.tell()
	s.edition = edition
	t.published.Store(s)
	done()
}

// Chunks returns the chunks of the table; one that has left the period is nil. The caller must not change them.
func (s *Snapshot) Chunks() []*Chunk { return s.chunks }

// Dict returns the dictionary of the column.
func (s *Snapshot) Dict(c Column) *Texts { return s.dicts[c] }

// Codes returns what codes mean. The caller must not change it.
func (s *Snapshot) Codes() []Code { return s.codes }

// From returns the beginning of the period, in microseconds since 1970; 0 is no bound.
func (s *Snapshot) From() int64 { return s.from }

// Newest returns the latest time of an event, in microseconds since 1970.
func (s *Snapshot) Newest() int64 { return s.newest }

// State returns what the table rests on, and the cursor to which it has read.
func (s *Snapshot) State() (Counts, event.Cursor) { return s.counts, s.cursor }

// Find returns the row of a run, and false if the snapshot has none.
func (s *Snapshot) Find(run event.RunRef) (c *Chunk, row int, ok bool) {
	journey, ok := s.journeys.number(Run{run.Namespace, run.Name})
	if !ok {
		return nil, 0, false
	}
	n, _, ok := s.index.find(s.chunks, uint16(journey), run.ID) //nolint:gosec // at most [narrow] journeys have a number
	if !ok {
		return nil, 0, false
	}
	return s.chunks[n/Rows], int(n % Rows), true
}

// FirstText returns the first value that an event of the row has, and "" if none has one.
func (s *Snapshot) FirstText(column Column, c *Chunk, row int) string {
	return s.dicts[column].Text(c.firsts[column].at(row))
}
