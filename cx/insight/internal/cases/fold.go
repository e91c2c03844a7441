package cases

import (
	"cmp"
	"math"
	"slices"

	"cairncx.dev/cairn/cx/event"
)

// fold sorts the tail of the chunk into its words, and works out the columns that follow from the words of the rows that have changed. The
// loader owns the chunk.
func (t *Table) fold(c *Chunk) {
	tail := c.tail
	slices.SortFunc(tail, func(a, b tailed) int {
		if x, y := a.row&rowMask, b.row&rowMask; x != y {
			return int(x) - int(y)
		}
		return t.before(a, b)
	})
	f := folder{t: t, c: c, words: make([]uint64, 0, len(c.words)+len(tail))}
	for row := range c.N {
		n := 0
		for n < len(tail) && int(tail[n].row&rowMask) == row {
			n++
		}
		from, to := c.wordAt[row], c.wordAt[row+1]
		c.wordAt[row] = uint32(len(f.words)) //nolint:gosec // see maxWords
		if c.Flags[row]&dirty == 0 {
			f.words = append(f.words, c.words[from:to]...)
		} else {
			f.merge(row, c.words[from:to], tail[:n])
			f.derive(row, f.words[c.wordAt[row]:])
			c.Flags[row] = c.Flags[row]&^dirty | Folded
		}
		tail = tail[n:]
	}
	c.wordAt[c.N] = uint32(len(f.words)) //nolint:gosec // see maxWords
	if cap(f.words) > len(f.words)+len(f.words)/64 {
		f.words = slices.Clip(slices.Clone(f.words))
	}
	c.words, c.tail = f.words, nil
	c.bound()
}

// before orders the events of a run.
func (t *Table) before(a, b tailed) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return t.compare(a.code, b.code)
}

// folder folds one chunk.
type folder struct {
	t     *Table
	c     *Chunk
	words []uint64
	row   []tailed // the events of the row that is folded
}

// merge appends the words of the row: those that it had and those of the tail, in their order and without repetitions.
func (f *folder) merge(row int, old []uint64, tail []tailed) {
	c, base := f.c, int64(math.MaxInt64)
	if c.Flags[row]&Folded != 0 {
		base = c.Base[row]
	}
	for _, w := range old {
		f.row = append(f.row, tailed{at: c.Base[row] + int64(w>>codeBits), code: CodeOf(w)})
	}
	kept := len(f.row)
	for _, e := range tail {
		base = min(base, e.at)
		switch {
		case e.code == 0:
			c.Flags[row] |= Begun
		case f.repeated(kept, e):
			if k := f.t.codes.list[e.code].Kind; k != Made && k != Due { // each event of a promise says when it was made and is due
				f.t.counts.Repeated++
			}
		default:
			f.row = append(f.row, e)
			if e.wait != 0 {
				f.wait(row, e.wait)
			}
		}
	}
	if ended := c.Ended[row]; ended != 0 {
		base = min(base, ended)
	}
	if kept > 0 && len(f.row) > kept {
		slices.SortStableFunc(f.row, f.t.before)
	}
	c.Base[row] = base
	for i, e := range f.row {
		if f.superseded(i) {
			continue
		}
		f.words = append(f.words, uint64(min(e.at-base, maxOffset))<<codeBits|uint64(e.code)) //nolint:gosec // not before the base
	}
	f.row = f.row[:0]
}

// wait adds to the time that the customer waited.
func (f *folder) wait(row int, wait uint32) {
	set(&f.c.Waits, f.c.was.Waits, row, uint32(min(uint64(get(f.c.Waits, row))+uint64(wait), math.MaxUint32)))
}

// repeated reports whether the event is one that the row has. Changes of state repeat by what they are; others only if nothing is known
// of their ID. The first of them, so many as given, were in the words; the rest are from the tail, in its order.
func (f *folder) repeated(words int, e tailed) bool {
	if e.row&unsure == 0 && !f.t.codes.list[e.code].isChange() {
		return false
	}
	if n := len(f.row); n > words && f.row[n-1].at == e.at && f.same(f.row[n-1].code, e.code) {
		return true
	}
	from, _ := slices.BinarySearchFunc(f.row[:words], e.at, func(w tailed, at int64) int { return cmp.Compare(w.at, at) })
	for _, w := range f.row[from:words] {
		if w.at != e.at {
			return false
		}
		if f.same(w.code, e.code) {
			return true
		}
	}
	return false
}

// same reports whether two codes of one time are of one event.
func (f *folder) same(a, b uint16) bool {
	x, y := &f.t.codes.list[a], &f.t.codes.list[b]
	return a == b || x.isChange() && x.Kind == y.Kind && x.Name == y.Name && x.Number == y.Number
}

func (c *Code) isChange() bool { return c.Kind != Touched && c.Kind != Answered && c.Kind != Mentioned }

// superseded reports whether other events of the row say the same of the same promise: of several times at which it was made the first one counts, and of several
// due times the first one and the last one. A pause moves the due time on, and only the event that settles the promise says to when.
func (f *folder) superseded(i int) bool {
	code := f.t.codes.list[f.row[i].code]
	switch {
	case code.Number == 0 || code.Kind != Made && code.Kind != Due:
		return false
	case code.Kind == Made:
		return f.said(f.row[:i], f.row[i].code)
	default:
		return f.said(f.row[:i], f.row[i].code) && f.said(f.row[i+1:], f.row[i].code)
	}
}

// said reports whether one of the events has the code.
func (f *folder) said(events []tailed, code uint16) bool {
	return slices.ContainsFunc(events, func(e tailed) bool { return e.code == code })
}

// derive works out the columns that follow from the words.
func (f *folder) derive(row int, words []uint64) {
	c := f.c
	var d derived
	ended := c.Ended[row]
	for _, w := range words {
		d.add(&f.t.codes.list[CodeOf(w)], ended != 0 && c.At(row, w) > ended)
	}
	c.Channels[row], c.Actors[row] = d.channels, d.actors
	if d.after {
		c.Flags[row] |= After
	}
	c.Failures[row] = max(c.Failures[row], uint8(min(d.failures, math.MaxUint8))) //nolint:gosec // clamped
	if c.Flags[row]&endStage == 0 {
		set(&c.Stage, c.was.Stage, row, d.stage)
	}
	if c.Flags[row]&endCause == 0 {
		set(&c.Cause, c.was.Cause, row, d.cause)
	}
	set(&c.Queue, c.was.Queue, row, d.queue)
	set(&c.Team, c.was.Team, row, d.team)
	set(&c.Verdict, c.was.Verdict, row, uint8(d.verdict))
	set(&c.Score, c.was.Score, row, d.score)
}

type derived struct {
	channels                  uint16
	actors                    uint8
	failures                  int
	stage, cause, queue, team uint16
	verdict                   event.Verdict
	score                     int8
	after                     bool
}

func (d *derived) add(code *Code, late bool) {
	d.after = d.after || code.Late && code.Kind == Touched
	switch code.Kind { //nolint:exhaustive // the others change no column
	case Entered:
		if !late {
			d.stage = code.Stage
		}
	case Touched:
		d.channels |= 1 << code.Channel
		d.actors |= 1 << code.Actor
		if code.Outcome == event.Failed {
			d.failures++
		}
		if code.Queue != 0 {
			d.queue = code.Queue
		}
		if code.Team != 0 {
			d.team = code.Team
		}
		if late {
			return
		}
		if code.Stage != 0 {
			d.stage = code.Stage
		}
		if code.Cause != 0 {
			d.cause = code.Cause
		}
	case Answered:
		if code.Verdict != 0 {
			d.verdict, d.score = code.Verdict, code.Score
		}
	}
}
