package track

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/journey"
)

// openings are spans of opened time, in seconds since 1970: the beginning of the first one, its end, and so on, in their order
// and without touching each other. They say as much of the calendar of a promise as its clock needs to stop and go on, so that
// the state of a run means the same to every instance, whatever its definitions are. What lies after the last span counts as
// opened. No openings are a clock that always runs.
type openings []int64

const (
	// maxOpenings bounds the spans that an op says.
	maxOpenings = journey.MaxOpenings
	// maxSpans bounds those that the promises of a run keep together, so that a run fits into a block of the memory.
	// Each promise may have a gap among them.
	maxSpans = journey.MaxRunOpenings + maxPromises

	perSecond = int64(time.Second)
)

// openingsOf returns the spans that the hours have from a moment on until so much opened time has passed, at least one and at most
// maxOpenings. No spans are hours that do not close.
func openingsOf(h *calendar.Hours, from time.Time, opened time.Duration) (list openings) {
	for len(list) < 2*maxOpenings && (opened > 0 || len(list) == 0) {
		begin, err := h.Next(from)
		if err != nil {
			return list
		}
		end, _ := h.Closes(begin)
		opened -= end.Sub(begin)
		list = append(list, begin.Unix(), end.Unix())
		from = end
	}
	if len(list) == 2 && list[1]-list[0] >= int64(calendar.MaxSearch/time.Second) {
		return nil
	}
	return list
}

// between returns the opened time from a to b, which are in Unix nanoseconds.
func (o openings) between(a, b int64) (sum int64) {
	if len(o) == 0 {
		return max(0, b-a)
	}
	for i := 0; i < len(o); i += 2 {
		sum += max(0, min(b, o[i+1]*perSecond)-max(a, o[i]*perSecond))
	}
	return sum + max(0, b-max(a, o[len(o)-1]*perSecond))
}

// add returns when so much opened time has passed since t.
func (o openings) add(t, opened int64) int64 {
	for i := 0; i < len(o) && opened > 0; i += 2 {
		begin, end := max(t, o[i]*perSecond), o[i+1]*perSecond
		if end <= begin {
			continue
		}
		if t = begin; end-begin >= opened {
			return t + opened
		}
		opened -= end - begin
		t = end
	}
	return saturated(t, opened)
}

// within returns the parts of the spans that lie between both times, which are in seconds.
func (o openings) within(from, to int64) (out openings) {
	for i := 0; i < len(o); i += 2 {
		if begin, end := max(o[i], from), min(o[i+1], to); begin < end {
			out = append(out, begin, end)
		}
	}
	return out
}

// then appends spans that begin at the end of the last one or later.
func (o openings) then(more openings) openings {
	if len(o) > 0 && len(more) > 0 && more[0] == o[len(o)-1] {
		o[len(o)-1] = more[1]
		more = more[2:]
	}
	return append(o, more...)
}

// last returns the end of the last span in Unix nanoseconds, or 0 without any.
func (o openings) last() int64 {
	if len(o) == 0 {
		return 0
	}
	return o[len(o)-1] * perSecond
}

// known is what a promise knows of its hours. What it knows holds: a later op may come from an instance whose definition has other
// hours, and customers have been told when the promise is due. Such an op adds spans only where the promise knows nothing.
type known struct {
	spans openings
	// gaps are the times between the first and the last span of which no op has said anything, because the clock stood for longer
	// than the ops from before said.
	gaps openings
}

// size returns how many spans it takes.
func (k *known) size() int { return (len(k.spans) + len(k.gaps)) / 2 }

// with returns what is known with the spans of an op. It shares nothing with k.
func (k *known) with(more openings) known {
	if len(more) == 0 || slices.Equal(k.spans, more) {
		return *k
	}
	begin, end := more[0], more[len(more)-1]
	if len(k.spans) == 0 {
		return known{spans: more}
	}
	first, last := k.spans[0], k.spans[len(k.spans)-1]
	var out known
	// fill adds what the op says of a gap, and what it leaves of it.
	fill := func(from, to int64) {
		out.spans = out.spans.then(more.within(from, to))
		for _, left := range [...][2]int64{{from, min(begin, to)}, {max(end, from), to}} {
			if left[0] < left[1] && left[0] >= min(begin, first) && left[1] <= max(end, last) {
				out.gaps = append(out.gaps, left[0], left[1])
			}
		}
	}
	fill(math.MinInt64, first)
	from := first
	for i := 0; i < len(k.gaps); i += 2 {
		out.spans = out.spans.then(k.spans.within(from, k.gaps[i]))
		fill(k.gaps[i], k.gaps[i+1])
		from = k.gaps[i+1]
	}
	out.spans = out.spans.then(k.spans.within(from, last))
	fill(last, math.MaxInt64)
	return out
}

// forget makes a gap of the time between both, which are in seconds and lie among the spans.
func (k *known) forget(from, to int64) {
	before, after := k.spans.within(math.MinInt64, from), k.spans.within(to, math.MaxInt64)
	if len(before) == 0 || len(after) == 0 || from >= to {
		return
	}
	from, to = before[len(before)-1], after[0]
	k.gaps = slices.Concat(k.gaps.within(math.MinInt64, from), openings{from, to}, k.gaps.within(to, math.MaxInt64))
	k.spans = slices.Concat(before, after)
}

// cut leaves the first spans, so that there are at most so many.
func (k *known) cut(most int) {
	for k.size() > most && len(k.spans) > 0 {
		k.spans = k.spans[:len(k.spans)-2]
		for n := len(k.gaps); n > 0 && (len(k.spans) == 0 || k.gaps[n-1] > k.spans[len(k.spans)-1]); n = len(k.gaps) {
			k.gaps = k.gaps[:n-2]
		}
	}
}

// since returns what is known of the time after t, which is in Unix nanoseconds.
func (k *known) since(t int64) known {
	out := known{k.spans.since(t), k.gaps.since(t)}
	for len(out.gaps) > 0 && (len(out.spans) == 0 || out.gaps[0] < out.spans[0]) {
		out.gaps = out.gaps[2:]
	}
	return out
}

// since returns the spans that end after t, which is in Unix nanoseconds.
func (o openings) since(t int64) openings {
	for len(o) > 0 && o[1]*perSecond <= t {
		o = o[2:]
	}
	return o
}

// append appends the spans. Times count from that moment, which is in Unix nanoseconds.
func (o openings) append(b []byte, from int64) []byte {
	b = appendUint(b, len(o)/2)
	last := from / perSecond
	for i, t := range o {
		if i == 0 {
			b = binary.AppendVarint(b, t-last)
		} else {
			b = binary.AppendUvarint(b, uint64(t-last))
		}
		last = t
	}
	return b
}

// readOpenings reads what append wrote. A list that is not in order fails.
func readOpenings(in *reader, from int64) (o openings) {
	n := in.count(2)
	last := from / perSecond
	in.fail = in.fail || n > maxSpans
	for i := 0; i < 2*min(n, maxSpans) && !in.fail; i++ {
		t := last
		if i == 0 {
			t += in.int()
		} else {
			d := in.uint()
			in.fail = in.fail || d == 0 || int64(d) < 0 || last+int64(d) < last
			t += int64(d)
		}
		o = append(o, t)
		last = t
	}
	return o
}
