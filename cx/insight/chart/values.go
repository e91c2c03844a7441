package chart

import (
	"math"

	"cairncx.dev/cairn/cx/insight/number"
)

// columns is the cells of a value in a table: the value, its interval, and n. There is no column that all rows leave empty.
type columns struct {
	unit   Unit
	values []Value
}

func (c columns) intervals() bool {
	for _, v := range c.values {
		if v.Interval.known() {
			return true
		}
	}
	return false
}

// counts reports whether there is a column for n. A count that is its own n needs none.
func (c columns) counts() bool {
	for _, v := range c.values {
		if v.N > 0 && (c.unit != Count || v.Value != float64(v.N)) {
			return true
		}
	}
	return false
}

// head returns the names of the columns, each after a word such as "Before".
func (c columns) head(word string) []string {
	names := []string{"Count", "Share", "Duration", "Value"}[min(c.unit, Number)]
	out := []string{title(word, names)}
	if c.intervals() {
		out = append(out, title(word, "95% interval"))
	}
	if c.counts() {
		out = append(out, title(word, "n"))
	}
	return out
}

func title(word, name string) string {
	if word == "" {
		return name
	}
	return word + ": " + name
}

// cells returns the cells of a value.
func (c columns) cells(v Value, ok, isFew bool, least int64) []string {
	value, n := number.None, ""
	switch {
	case ok:
		value = c.unit.Write(v.Value)
		n = number.Count(v.N)
	case isFew:
		value, n = number.None, few(least)
	}
	out := []string{value}
	if c.intervals() {
		cell := ""
		if ok {
			cell = c.unit.interval(v.Interval)
		}
		out = append(out, cell)
	}
	if c.counts() {
		out = append(out, n)
	} else if isFew {
		out[0] = n
	}
	return out
}

// whole is the extent of a unit before its values: all of a share.
func whole(u Unit) (e extent) {
	if u == Share {
		e.add(1)
	}
	return e
}

// barOf is the bar of a value in a table of an e-mail, as long as its share of the largest.
func barOf(v float64, e extent, ok bool, tone Tone) []part {
	largest := max(e.high, -e.low)
	if !ok || largest <= 0 {
		return nil
	}
	return []part{{share: math.Abs(v) / largest, tone: tone}}
}
