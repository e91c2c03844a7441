package memory

import (
	"bytes"
	"container/heap"
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// table is one shelf's records and their indexes. The zero value is an empty one.
type table struct {
	mu        sync.Mutex
	records   map[ledger.Key]*record
	due, gone queue // live records that are due some day, and closed records
	customers map[string]*customer
	places    map[ledger.Place]*place

	holder string
	held   time.Time // the end of the holder's lease
}

// record is a record and its places in the indexes.
type record struct {
	key  ledger.Key
	log  []byte
	when int64 // while it is in a queue: when a live record is due, or a closed one is gone; see instant
	at   int32 // its index in that queue, or notQueued

	closed     bool
	customer   *customer // nil for none
	prev, next *record   // the customer's other records
	place      *place    // nil for nowhere
}

const notQueued = -1

// customer is the list of a customer's live records.
type customer struct {
	id    string
	first *record
}

// place is a place with its number of live records.
type place struct {
	ledger.Place

	live int64
}

// maxPurged bounds the closed records that one call removes.
const maxPurged = 5000

// write makes the changes, or none if there would be more than most records.
func (t *table) write(changes []ledger.Change, most int) ([]ledger.Record, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if err := t.makeRoom(changes, most, now); err != nil {
		return nil, err
	}
	out := make([]ledger.Record, len(changes))
	for i := range changes {
		c := &changes[i]
		out[i].Key = c.Key
		if r := t.change(c, now); r != nil {
			out[i].Log, out[i].Closed = append([]byte{}, r.log...), r.closed
		}
	}
	return out, nil
}

// makeRoom returns an error if the changes would make more records than there may be.
func (t *table) makeRoom(changes []ledger.Change, most int, now time.Time) error {
	if len(t.records)+len(changes) <= most {
		return nil
	}
	missing := 0
	for i := range changes {
		if changes[i].Replace == nil && t.find(changes[i].Key, now) == nil {
			missing++
		}
	}
	if missing == 0 {
		return nil
	}
	for len(t.records)+missing > most {
		if t.purge(now) == 0 {
			return fmt.Errorf("%d of %d records exist, and %d more are needed: %w", len(t.records), most, missing, ErrFull)
		}
	}
	return nil
}

// find returns the record, or nil. A closed record whose retention is over is removed.
func (t *table) find(key ledger.Key, now time.Time) *record {
	r := t.records[key]
	if r != nil && r.closed && r.when <= floor(now) {
		t.remove(r)
		return nil
	}
	return r
}

// change makes the change and returns the record after it, or nil for none.
func (t *table) change(c *ledger.Change, now time.Time) *record {
	r := t.find(c.Key, now)
	switch {
	case c.Replace == nil && r == nil:
		if t.records == nil {
			t.records = map[ledger.Key]*record{}
		}
		r = &record{key: c.Key, at: notQueued}
		t.records[c.Key] = r
		t.add(r, c, now)
	case r == nil || r.closed:
	case c.Replace == nil:
		t.add(r, c, now)
	case bytes.Equal(r.log, c.If):
		t.replace(r, c, now)
	}
	return r
}

func (t *table) add(r *record, c *ledger.Change, now time.Time) {
	r.log = append(r.log, c.Append...)
	if due, ok := dueOf(c, now); ok && (r.at == notQueued || due < r.when) {
		t.due.put(r, due)
	}
	t.name(r, c.Customer)
}

func (t *table) replace(r *record, c *ledger.Change, now time.Time) {
	r.log = bytes.Clone(c.Replace)
	if c.Close {
		t.close(r, c.Keep, now)
		return
	}
	if due, ok := dueOf(c, now); ok {
		t.due.put(r, due)
	} else {
		t.due.drop(r)
	}
	t.move(r, c.Place)
	t.name(r, c.Customer)
}

// close closes the record, whose log is its last one.
func (t *table) close(r *record, keep time.Duration, now time.Time) {
	t.due.drop(r)
	t.move(r, ledger.Place{})
	t.unname(r)
	r.closed = true
	t.gone.put(r, ceil(now.Add(max(0, keep))))
}

// remove removes a closed record.
func (t *table) remove(r *record) {
	t.gone.drop(r)
	delete(t.records, r.key)
}

// purge removes closed records whose retention is over, a bounded number of them, and returns how many.
func (t *table) purge(now time.Time) int {
	for n := range maxPurged {
		if len(t.gone) == 0 || t.gone[0].when > floor(now) {
			return n
		}
		t.remove(t.gone[0])
	}
	return maxPurged
}

// claim returns up to limit records that are due, the longest due first, and makes them due again in lease.
func (t *table) claim(limit int, lease time.Duration) (time.Time, []ledger.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.purge(now)
	var claimed []*record
	for len(claimed) < limit && len(t.due) > 0 && t.due[0].when <= floor(now) {
		r := t.due[0]
		t.due.drop(r) // and puts it back below, so that a lease of 0 gives it once
		claimed = append(claimed, r)
	}
	again, due := ceil(now.Add(lease)), make([]ledger.Record, len(claimed))
	for i, r := range claimed {
		t.due.put(r, again)
		due[i] = ledger.Record{Key: r.key, Log: append([]byte{}, r.log...)}
	}
	return now, due
}

// queue is a heap of records, the earliest first. Its methods put and drop are for the table, the others for container/heap.
type queue []*record

// put puts the record into the queue, or moves it there.
func (q *queue) put(r *record, when int64) {
	r.when = when
	if r.at == notQueued {
		heap.Push(q, r)
		return
	}
	heap.Fix(q, int(r.at))
}

// drop takes the record out of the queue, if it is in there.
func (q *queue) drop(r *record) {
	if r.at != notQueued {
		heap.Remove(q, int(r.at))
	}
}

// Len implements [heap.Interface].
func (q *queue) Len() int { return len(*q) }

// Less implements [heap.Interface].
func (q *queue) Less(i, j int) bool { return (*q)[i].when < (*q)[j].when }

// Swap implements [heap.Interface].
func (q *queue) Swap(i, j int) {
	all := *q
	all[i], all[j] = all[j], all[i]
	all[i].at, all[j].at = int32(i), int32(j) //nolint:gosec // WithMaxRecords bounds the length to 31 bits
}

// Push implements [heap.Interface].
func (q *queue) Push(x any) {
	r, _ := x.(*record)
	r.at = int32(len(*q)) //nolint:gosec // as in Swap
	*q = append(*q, r)
}

// Pop implements [heap.Interface].
func (q *queue) Pop() any {
	last := len(*q) - 1
	r := (*q)[last]
	(*q)[last] = nil // the record must not stay in memory
	*q, r.at = (*q)[:last], notQueued
	return r
}
