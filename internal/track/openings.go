package track

import (
	"encoding/binary"
	"slices"
	"sort"
	"time"

	"cairncx.dev/cairn/cx/calendar"
)

// openings are spans of opened time, in seconds since 1970: the beginning of the first one, its end, and so on, in their order
// and without touching each other. They say as much of the calendar of a promise as its clock needs to stop and go on, so that
// the state of a run means the same to every instance, whatever its definitions are. What lies after the last span counts as
// opened. No openings are a clock that always runs.
type openings []int64

const (
	// maxOpenings bounds the spans that an op says: half a year of business days.
	maxOpenings = 128
	// maxSpans bounds those that the promises of a run keep together, so that a run fits into a block of the memory.
	maxSpans = 4 * maxOpenings

	perSecond = int64(time.Second)
)

// openingsOf returns the spans that the hours have from a moment on until so much opened time has passed. No spans are hours
// that do not close.
func openingsOf(h *calendar.Hours, from time.Time, opened time.Duration) (list openings) {
	for len(list) < 2*maxOpenings && opened > 0 {
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

// merge returns the spans of both, or the first ones if there are more than most.
func (o openings) merge(more openings, most int) openings {
	if len(more) == 0 {
		return o
	}
	if slices.Equal(o, more) {
		return o
	}
	all := make([][2]int64, 0, (len(o)+len(more))/2)
	for _, list := range []openings{o, more} {
		for i := 0; i < len(list); i += 2 {
			all = append(all, [2]int64{list[i], list[i+1]})
		}
	}
	sort.Slice(all, func(i, k int) bool { return all[i][0] < all[k][0] })
	out := make(openings, 0, 2*len(all))
	for _, s := range all {
		if n := len(out); n > 0 && s[0] <= out[n-1] {
			out[n-1] = max(out[n-1], s[1])
			continue
		}
		out = append(out, s[0], s[1])
	}
	return out[:min(len(out), 2*most)]
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
