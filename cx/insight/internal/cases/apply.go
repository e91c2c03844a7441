package cases

import "math"

// The bits of tailed.row beside the number of the row.
const (
	unsure  = 1 << 15 // the event may be a repetition
	rowMask = Rows - 1
)

// longTail is the length from which on a chunk is folded in the middle of a load: a quarter of its words, and this.
const longTail = 8192

// apply moves the batch into the chunks.
func (t *Table) apply() {
	for i := range t.batch.records {
		r := &t.batch.records[i]
		c, row := t.row(r.journey, r.id)
		c.take(row, r, t)
		c.takeFirsts(row, t.batch.firsts[i*t.batch.stride:(i+1)*t.batch.stride], r.at, t)
		t.newest = max(t.newest, r.at)
		if len(c.tail) > longTail && len(c.tail) > len(c.words)/4 {
			t.fold(c)
		}
	}
	t.newest = max(t.newest, t.batch.newest)
	t.counts.add(t.batch.counts)
	t.batch.reset(len(t.dicts))
}

func (c *Counts) add(d Counts) {
	c.Events += d.Events
	c.Repeated += d.Repeated
	c.Outside += d.Outside
	c.NoRun += d.NoRun
}

// take adds the record to the row, but for the first values.
func (c *Chunk) take(row int, r *record, t *Table) {
	if c.Flags[row]&(Folded|dirty) == 0 { // the first event of the row
		c.lead[row] = second(r.at)
	}
	c.Flags[row] |= dirty
	c.Last[row] = max(c.Last[row], r.until)
	if r.begun != 0 && (c.Flags[row]&(Folded|Begun) != Folded|Begun || r.begun < c.Base[row]) {
		c.append(row, r.begun, 0, 0, false)
	}
	if r.code != 0 {
		c.append(row, r.at, r.code, r.wait, r.unsure)
	}
	if r.dueCode != 0 {
		c.append(row, r.due, r.dueCode, 0, false)
	}
	if r.madeCode != 0 {
		c.append(row, r.made, r.madeCode, 0, false)
	}
	if r.synthetic {
		c.Flags[row] |= Synthetic
		c.plain = 0
	}
	if r.customer != 0 {
		if old := get(c.Customer, row); old == 0 || r.customer < old { // of two customers of one run the same one in any order
			set(&c.Customer, c.was.Customer, row, r.customer)
		}
	}
	if r.currency != 0 {
		c.takeValue(row, r)
	}
	if r.ended {
		c.takeEnd(row, r, t)
	}
}

func (c *Chunk) append(row int, at int64, code uint16, wait uint32, repeats bool) {
	e := tailed{at: at, wait: wait, row: uint16(row), code: code} //nolint:gosec // below Rows
	if repeats {
		e.row |= unsure
	}
	c.tail = append(c.tail, e)
}

// takeEnd takes an end that is earlier than the one that is known. If two are at one time, it takes the lower outcome. If there are two reports of one end, it takes the
// stage and the cause that are known, and of two the first one in the order of bytes.
func (c *Chunk) takeEnd(row int, r *record, t *Table) {
	c.Failures[row] = max(c.Failures[row], r.failures)
	at, old := max(r.at, 1), c.Ended[row]
	switch {
	case old != 0 && (old < at || old == at && c.Outcome[row] < uint8(r.outcome)):
		return
	case old != at || c.Outcome[row] != uint8(r.outcome):
		c.Ended[row], c.Outcome[row] = at, uint8(r.outcome)
		c.Flags[row] &^= endStage | endCause
	}
	c.takeEndText(row, &c.Stage, c.was.Stage, r.stage, endStage, t.stages)
	c.takeEndText(row, &c.Cause, c.was.Cause, r.cause, endCause, t.causes)
}

func (c *Chunk) takeEndText(row int, array **[Rows]uint16, published *[Rows]uint16, code uint16, known Flag, d *dict) {
	if code == 0 || c.Flags[row]&known != 0 && d.text(uint32((*array)[row])) <= d.text(uint32(code)) {
		return
	}
	set(array, published, row, code)
	c.Flags[row] |= known
}

// takeValue takes a value at stake that is later than the one that is known.
func (c *Chunk) takeValue(row int, r *record) {
	if c.Amount == nil {
		c.Amount, c.Currency, c.amountAt = new([Rows]int64), new([Rows]uint16), new([Rows]uint32)
	}
	at := second(r.at)
	switch old := c.amountAt[row]; {
	case c.Currency[row] == 0, at > old, at == old && (r.amount > c.Amount[row] || r.amount == c.Amount[row] && r.currency < c.Currency[row]):
		own(&c.Amount, c.was.Amount)
		own(&c.Currency, c.was.Currency)
		own(&c.amountAt, c.was.amountAt)
		c.Amount[row], c.Currency[row], c.amountAt[row] = r.amount, r.currency, at
	}
}

// second returns the whole seconds of microseconds since 1970, within 32 bits: up to 2106.
func second(at int64) uint32 {
	return uint32(min(max(at/1_000_000, 0), math.MaxUint32))
}

// takeFirsts takes the values that are earlier than those that are known.
func (c *Chunk) takeFirsts(row int, codes []uint32, at int64, t *Table) {
	for n, code := range codes {
		if code == 0 {
			continue
		}
		f := &c.firsts[n]
		old, now, since := f.at(row), second(at), c.lead[row]
		if f.since != nil {
			since = f.since[row]
		}
		switch {
		case old == 0:
		case now > since || old == code && now == since:
			continue
		case now == since && t.dicts[n].text(old) <= t.dicts[n].text(code):
			continue
		}
		f.set(row, code, Column(n) == Account)
		own(&f.since, f.was.since)
		if f.since == nil && now != c.lead[row] {
			f.since = new([Rows]uint32)
			copy(f.since[:c.N], c.lead[:c.N])
		}
		if f.since != nil {
			f.since[row] = now
		}
	}
}
