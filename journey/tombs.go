package journey

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// tombs remembers which runs have ended: eight bytes each, of which 54 bits are the run's and ten
// the day. A run's ID is
// as good as random, so with a million remembered another run is taken for one of them with a chance
// of one in 10^10.
type tombs struct {
	table []uint64
	n     int
	day   uint64 // when it was last looked through
}

const (
	dayBits  = 10
	dayMask  = 1<<dayBits - 1
	tombLoad = 0.85
)

func dayOf(now time.Time) uint64 { return uint64(now.Unix()/(24*60*60)) & dayMask } //nolint:gosec // the bits count

func fingerprint(id RunID) uint64 {
	f := binary.BigEndian.Uint64(id[:8]) &^ dayMask
	if f == 0 {
		f = 1 << dayBits
	}
	return f
}

// find returns where the run is, or where it would be. The table is not empty.
func (t *tombs) find(f uint64) int {
	at, _ := bits.Mul64(f, uint64(len(t.table)))
	for i := int(at); ; i++ { //nolint:gosec // below the table's length
		if i == len(t.table) {
			i = 0
		}
		if e := t.table[i]; e == 0 || e&^dayMask == f {
			return i
		}
	}
}

func (t *tombs) has(id RunID) bool {
	return t.n > 0 && t.table[t.find(fingerprint(id))] != 0
}

// add remembers the run as ended on the day. When limit are remembered those of the oldest
// day are forgotten.
func (t *tombs) add(id RunID, day uint64, limit int) {
	if t.n >= limit {
		t.forgetOldest(day)
	}
	if float64(t.n+1) > tombLoad*float64(len(t.table)) {
		t.grow(max(16, len(t.table)+len(t.table)/4))
	}
	f := fingerprint(id)
	i := t.find(f)
	if t.table[i] == 0 {
		t.n++
	}
	t.table[i] = f | day
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

// prune forgets what is older than keep days, once a day. It returns how many those were.
func (t *tombs) prune(day uint64, keep uint64) int {
	same := t.day == day
	t.day = day
	if t.n == 0 || same || keep >= dayMask { // for ever
		return 0
	}
	return t.keep(func(e uint64) bool {
		age := (day - e) & dayMask
		return age <= keep || age > dayMask/2 // of a day to come: the clock was set back
	})
}

func (t *tombs) forgetOldest(day uint64) {
	oldest := uint64(0)
	for _, e := range t.table {
		if e != 0 {
			oldest = max(oldest, (day-e)&dayMask)
		}
	}
	if oldest == 0 { // all of today: half of them
		odd := false
		t.keep(func(uint64) bool { odd = !odd; return odd })
		return
	}
	t.keep(func(e uint64) bool { return (day-e)&dayMask < oldest })
}

// keep forgets what does not stay and returns how many those were.
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
