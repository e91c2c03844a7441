package memory

import (
	"strings"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// name makes the record one of the customer, if it has no customer yet.
func (t *table) name(r *record, id string) {
	if id == "" || r.customer != nil {
		return
	}
	c := t.customers[id]
	if c == nil {
		if t.customers == nil {
			t.customers = map[string]*customer{}
		}
		id = strings.Clone(id) // without what the caller cut it from
		c = &customer{id: id}
		t.customers[id] = c
	}
	r.customer, r.next = c, c.first
	if c.first != nil {
		c.first.prev = r
	}
	c.first = r
}

// unname takes the record from its customer.
func (t *table) unname(r *record) {
	c := r.customer
	if c == nil {
		return
	}
	if r.next != nil {
		r.next.prev = r.prev
	}
	if r.prev != nil {
		r.prev.next = r.next
	} else if c.first = r.next; c.first == nil {
		delete(t.customers, c.id)
	}
	r.customer, r.prev, r.next = nil, nil, nil
}

// move counts the record in another place.
func (t *table) move(r *record, to ledger.Place) {
	if p := r.place; p != nil {
		if p.Place == to {
			return
		}
		if p.live--; p.live == 0 {
			delete(t.places, p.Place)
		}
		r.place = nil
	}
	if to == (ledger.Place{}) {
		return
	}
	p := t.places[to]
	if p == nil {
		if t.places == nil {
			t.places = map[ledger.Place]*place{}
		}
		to = ledger.Place{Group: strings.Clone(to.Group), Name: strings.Clone(to.Name)}
		p = &place{Place: to}
		t.places[to] = p
	}
	p.live++
	r.place = p
}

// count returns the number of live records in each place, if the holder has or gets the lease.
func (t *table) count(holder string, lease time.Duration) (map[ledger.Place]int64, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if holder != t.holder && now.Before(t.held) {
		return nil, false
	}
	t.holder, t.held = holder, now.Add(lease)
	live := make(map[ledger.Place]int64, len(t.places))
	for _, p := range t.places {
		live[p.Place] = p.live
	}
	return live, true
}

// forget closes up to most records of the customer with an empty log, and returns how many.
func (t *table) forget(id string, keep time.Duration, most int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for n := range most {
		c := t.customers[id]
		if c == nil {
			return n
		}
		r := c.first
		r.log = nil
		t.close(r, keep, now)
	}
	return most
}

// Instants are microseconds since 1970, because nanoseconds end in the year 2262.

// The years 1 to 9999 in seconds since 1970. Earlier and later times count as the ends of them.
const firstSecond, lastSecond = -62135596800, 253402300799

// floor returns the last instant that is not after t.
func floor(t time.Time) int64 {
	const microseconds = 1_000_000
	switch s := t.Unix(); {
	case s < firstSecond:
		return firstSecond * microseconds
	case s > lastSecond:
		return lastSecond * microseconds
	}
	return t.UnixMicro()
}

// ceil returns the first instant that is not before t.
func ceil(t time.Time) int64 {
	us := floor(t)
	if us < floor(t.Add(time.Microsecond-1)) {
		us++
	}
	return us
}

// dueOf returns when the change makes its record due, and whether it does.
func dueOf(c *ledger.Change, now time.Time) (int64, bool) {
	due := c.Due
	if lease := now.Add(c.Lease); c.Lease > 0 && (due.IsZero() || lease.Before(due)) {
		due = lease
	}
	return ceil(due), !due.IsZero()
}
