package telemetry

import (
	"math"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Most spans of a journey are emitted before their parent: a touchpoint's when it ends, a stage's when the
// customer leaves it, the root at the end. extents remembers the times of the most recent parents and their spans,
// so that each span lies within its parent, as backends expect. If a span is emitted after its parent, extents
// cuts it to the parent's times. If a parent is emitted after its spans, as when the application reports events
// late, the parent covers them.
//
// The memory is per process and bounded. A parent that was forgotten, or that another process emits, does not
// bound its spans.
type extents struct {
	shards [16]extentShard
}

type extentShard struct {
	mu       sync.Mutex
	now, old map[trace.SpanID]*extent
}

// extentsKept is the number of parents in a generation of a shard.
const extentsKept = 1024

// extent has the known times of one parent, in Unix nanoseconds. 0 means unknown.
type extent struct {
	start int64 // the start
	soon  int64 // the end that the application has reported and that is not yet decided
	end   int64 // the end of the emitted span
	over  int64 // the true end at that moment: the span may be longer, to cover its own spans

	first  int64 // the start of its earliest span
	kids   [4]interval
	n      uint8
	beyond int64 // the latest end of the spans that kids had to drop
}

type interval struct{ start, end int64 }

// change runs f on the parent's extent. Only the first change of a parent allocates.
func (x *extents) change(parent trace.SpanID, f func(*extent)) {
	s := &x.shards[parent[0]%16]
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.now[parent]
	if v == nil {
		if len(s.now) >= extentsKept {
			s.old, s.now = s.now, nil
		}
		if s.now == nil {
			s.now = make(map[trace.SpanID]*extent)
		}
		if v = s.old[parent]; v == nil {
			v = new(extent)
		}
		s.now[parent] = v
	}
	f(v)
}

// look returns the parent's extent.
func (x *extents) look(parent trace.SpanID) extent {
	s := &x.shards[parent[0]%16]
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.now[parent]
	if v == nil {
		v = s.old[parent]
	}
	if v == nil {
		return extent{}
	}
	return *v
}

// begin notes the start of the parent.
func (x *extents) begin(parent trace.SpanID, at time.Time) {
	x.change(parent, func(v *extent) {
		if n := at.UnixNano(); v.start == 0 || n < v.start {
			v.start = n
		}
	})
}

// expect notes the expected end of the parent, which a decision may change.
func (x *extents) expect(parent trace.SpanID, at time.Time) {
	x.change(parent, func(v *extent) {
		if n := at.UnixNano(); v.soon == 0 || n < v.soon {
			v.soon = n
		}
	})
}

// endOf returns the end of the parent, or the largest time if the end is unknown.
func (x *extents) endOf(parent trace.SpanID) int64 {
	v := x.look(parent)
	if end := v.ends(); end != 0 {
		return end
	}
	return math.MaxInt64
}

// close notes that the parent is emitted and returns the times of its span. The span covers those of its spans
// that have been emitted and began at or before until.
func (x *extents) close(parent trace.SpanID, i interval, until int64) (span interval) {
	over := i.end
	if over == i.start+1 { // later has added a nanosecond to a duration of 0
		over = i.start
	}
	x.change(parent, func(v *extent) {
		i.end = max(i.end, v.latest(max(i.end, until)))
		if v.first != 0 {
			i.start = min(i.start, v.first)
		}
		if v.end == 0 { // the first of two reports wins
			v.start, v.end, v.over = i.start, i.end, over
		}
	})
	return i
}

// cover notes a span of the parent that is already emitted and can no longer be cut.
func (x *extents) cover(parent trace.SpanID, i interval) {
	x.change(parent, func(v *extent) {
		if v.end == 0 {
			v.add(i)
		}
	})
}

// latest returns the latest end among the spans that began at or before until.
func (v *extent) latest(until int64) (end int64) {
	end = v.beyond
	for _, k := range v.kids[:v.n] {
		if k.start <= until {
			end = k.end // kids are in the order of both their starts and their ends
		}
	}
	return end
}

// known reports whether the start or the end of the parent is known.
func (x *extents) known(parent trace.SpanID) bool {
	v := x.look(parent)
	return v.start != 0 || v.end != 0
}

// over reports whether the span lies after the parent's end.
func (x *extents) over(parent trace.SpanID, span interval, late bool) bool {
	v := x.look(parent)
	return v.after(span, late)
}

// reached reports whether the span begins at or after the parent's end. If this process does not know the end,
// because another one emits the parent, the event's own mark decides.
func (x *extents) reached(parent trace.SpanID, span interval, late bool) bool {
	v := x.look(parent)
	return v.after(span, late || v.ends() != 0)
}

// ends returns the end of the parent, or 0 if it is unknown.
func (v *extent) ends() int64 {
	if v.over != 0 {
		return v.over
	}
	return v.soon
}

// after reports whether the span lies after the end.
func (v *extent) after(i interval, late bool) bool {
	end := v.ends()
	if end == 0 {
		return late
	}
	return i.start > end || late && i.start >= end
}

// A verdict is the relation of a span to its parent.
type verdict uint8

const (
	inside verdict = iota
	before         // it ended before the parent began
	after          // it began after the parent's end
)

// fit cuts a span to its parent. If the parent's start is unknown and began is not 0, began is the start. fit does
// not change a span that lies outside its parent.
func (x *extents) fit(parent trace.SpanID, began int64, span interval, late bool) (fitted interval, how verdict) {
	x.change(parent, func(v *extent) {
		start := v.start
		if start == 0 {
			start = began
		}
		fitted, how = v.fit(start, span, late)
		if how == inside && v.end == 0 {
			v.add(fitted)
		}
	})
	return fitted, how
}

func (v *extent) fit(start int64, i interval, late bool) (interval, verdict) {
	end := v.end
	if end == 0 {
		end = v.soon
	}
	switch {
	case v.after(i, late):
		return i, after
	case start != 0 && i.end <= start:
		return i, before
	}
	if start != 0 {
		i.start = max(i.start, start)
	}
	if end != 0 && i.end > end {
		i.end = end
		if i.start >= i.end { // it began at the parent's end: leave it one nanosecond
			i.start = max(start, i.end-1)
		}
		i.end = max(i.end, i.start+1)
	}
	return i, inside
}

// add notes a span of the parent. It keeps only spans that matter for latest: a span is dropped if a kept one
// begins no later and ends no earlier.
func (v *extent) add(i interval) {
	if v.first == 0 || i.start < v.first {
		v.first = i.start
	}
	kids := v.kids[:v.n]
	if slices.ContainsFunc(kids, func(k interval) bool { return k.start <= i.start && k.end >= i.end }) || i.end <= v.beyond {
		return
	}
	n := 0
	at := 0
	for _, k := range kids {
		if k.start >= i.start && k.end <= i.end {
			continue
		}
		kids[n] = k
		n++
		if k.start < i.start {
			at = n
		}
	}
	if n == len(v.kids) {
		if at == 0 {
			v.beyond = max(v.beyond, i.end)
			return
		}
		v.beyond = max(v.beyond, v.kids[0].end)
		copy(v.kids[:], v.kids[1:n])
		n--
		at--
	}
	copy(v.kids[at+1:n+1], v.kids[at:n])
	v.kids[at] = i
	v.n = uint8(n + 1)
}
