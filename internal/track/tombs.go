package track

import (
	"encoding/binary"
	"math/bits"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// tombs remembers which runs have ended, in eight bytes each: 54 bits of the run's ID and ten bits of the day, counted from the
// table's base. A run's ID is as good as random, so that with a million runs remembered another run is taken for one of them
// with a chance of one in 10^10.
type tombs struct {
	table []uint64
	n     int
	base  uint64 // the day that is 0 in the table
	day   uint64 // when it was last looked through
}

const (
	dayBits  = 10
	dayMask  = 1<<dayBits - 1
	tombLoad = 0.85
	// forEver is a number of days after which nothing is forgotten.
	forEver = dayMask
)

// dayOf returns the day since 1970, from 1 on: 0 is noDay.
func dayOf(now time.Time) uint64 {
	return uint64(max(1, now.Unix()/(24*60*60)))
}

// daysOf returns for how many days after the day of its end a run is remembered, so that it is known for at least d. It is
// forEver for more days than a tomb can hold.
func daysOf(d time.Duration) uint64 {
	const day = 24 * time.Hour
	days := d / day
	if d%day > 0 {
		days++
	}
	if days > rememberMost {
		return forEver
	}
	return uint64(max(0, days))
}

func fingerprint(id ledger.Key) uint64 {
	f := binary.BigEndian.Uint64(id[:8]) &^ dayMask
	if f == 0 {
		f = 1 << dayBits
	}
	return f
}

// find returns where the run is, or where it would be. The table is not empty.
func (t *tombs) find(f uint64) int {
	at, _ := bits.Mul64(f, uint64(len(t.table)))
	for i := int(at); ; i++ {
		if i == len(t.table) {
			i = 0
		}
		if e := t.table[i]; e == 0 || e&^dayMask == f {
			return i
		}
	}
}

func (t *tombs) has(id ledger.Key) bool {
	return t.n > 0 && t.table[t.find(fingerprint(id))] != 0
}

// add remembers the run as ended on the day. When limit runs are remembered it forgets those of the oldest day.
func (t *tombs) add(id ledger.Key, day uint64, limit int) {
	if day == noDay {
		day = max(t.day, t.base)
	}
	if t.n == 0 {
		t.base = baseFor(day)
	}
	if t.n >= limit {
		t.forgetOldest()
	}
	if day > t.base+dayMask {
		t.rebase(baseFor(day))
	}
	if float64(t.n+1) > tombLoad*float64(len(t.table)) {
		t.grow(max(16, len(t.table)+len(t.table)/4))
	}
	f := fingerprint(id)
	i := t.find(f)
	if t.table[i] == 0 {
		t.n++
	}
	t.table[i] = f | (max(day, t.base) - t.base) // before the base: the clock was set back by years
}

// baseFor returns the first day of a table in which this day is one of the last: the days before it are
// all that can be asked for, also by a clock that is set back.
func baseFor(day uint64) uint64 { return day - min(day, rememberMost) }

// rebase moves the table on to a later first day. An older run counts as of that day: at the next day
// it is forgotten, unless it is kept for ever.
func (t *tombs) rebase(base uint64) {
	by := base - t.base
	t.base = base
	for i, e := range t.table {
		if e != 0 {
			t.table[i] = e - min(e&dayMask, by)
		}
	}
}

func (t *tombs) grow(size int) {
	old := t.table
	t.table = make([]uint64, size)
	for _, e := range old {
		if e != 0 {
			t.table[t.find(e&^dayMask)] = e
		}
	}
}

// prune forgets what ended more than keep days before the day, once a day. It returns how many those
// were. A run that ended on a day to come, because the clock was set back, stays until its own time.
func (t *tombs) prune(day, keep uint64) int {
	same := t.day == day
	t.day = day
	if t.n == 0 || same || keep >= forEver {
		return 0
	}
	return t.keep(func(e uint64) bool { return t.base+e&dayMask+keep >= day })
}

func (t *tombs) forgetOldest() {
	oldest, newest := uint64(dayMask), uint64(0)
	for _, e := range t.table {
		if e != 0 {
			oldest, newest = min(oldest, e&dayMask), max(newest, e&dayMask)
		}
	}
	if oldest == newest { // all of one day: half of them
		odd := false
		t.keep(func(uint64) bool { odd = !odd; return odd })
		return
	}
	t.keep(func(e uint64) bool { return e&dayMask > oldest })
}

// keep forgets the runs that do not stay and returns how many those were.
func (t *tombs) keep(stays func(e uint64) bool) (gone int) {
	kept := make([]uint64, 0, t.n)
	for _, e := range t.table {
		if e != 0 && stays(e) {
			kept = append(kept, e)
		}
	}
	gone = t.n - len(kept)
	if gone == 0 {
		return 0
	}
	t.table = make([]uint64, max(16, int(float64(len(kept))/tombLoad)+1))
	t.n = len(kept)
	for _, e := range kept {
		t.table[t.find(e&^dayMask)] = e
	}
	return gone
}
