package telemetry

import (
	"math"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// A journey's spans are emitted by many calls, most of them before their parent: a touchpoint when it is over, its
// stage when that is left, the root at the end. Extents remember how far the spans of the most recent parents
// reach, so that every span lies within its parent, as backends expect. A span that comes after its parent is cut
// to it. A parent that comes after its spans, which is so where what happened is told late, covers them.
//
// They are kept by process, and bounded: a parent that was forgotten, or that another process emits, bounds nothing.
type extents struct {
	shards [16]extentShard
}

type extentShard struct {
	mu       sync.Mutex
	now, old map[trace.SpanID]*extent
}

// extentsKept is how many parents a generation of a shard remembers.
const extentsKept = 1024

// extent is what is known of one parent. Times are Unix nanoseconds, 0 is not known.
type extent struct {
	start int64 // when it begins
	soon  int64 // when it ends, as the application has said, before that is decided
	end   int64 // when its span ends, once it is emitted
	over  int64 // when it was over itself, then: its span may cover spans that reach further

	first  int64 // when the earliest of its spans begins
	kids   [4]interval
	n      uint8
	beyond int64 // the latest end of spans that are in kids no more
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

// begin notes when the parent begins.
func (x *extents) begin(parent trace.SpanID, at time.Time) {
	x.change(parent, func(v *extent) {
		if n := at.UnixNano(); v.start == 0 || n < v.start {
			v.start = n
		}
	})
}

// expect notes when the parent will end, unless it is decided otherwise.
func (x *extents) expect(parent trace.SpanID, at time.Time) {
	x.change(parent, func(v *extent) {
		if n := at.UnixNano(); v.soon == 0 || n < v.soon {
			v.soon = n
		}
	})
}

// endOf returns when the parent ends, as far as that is known, or the end of time.
func (x *extents) endOf(parent trace.SpanID) int64 {
	v := x.look(parent)
	if end := v.ends(); end != 0 {
		return end
	}
	return math.MaxInt64
}

// close emits the parent: it returns the times of its span, which covers the spans that are there already and began
// until then.
func (x *extents) close(parent trace.SpanID, i interval, until int64) (span interval) {
	over := i.end
	if over == i.start+1 { // a nanosecond is added to what took no time
		over = i.start
	}
	x.change(parent, func(v *extent) {
		i.end = max(i.end, v.latest(max(i.end, until)))
		if v.first != 0 {
			i.start = min(i.start, v.first)
		}
		if v.end == 0 { // of two that are told the first one holds
			v.start, v.end, v.over = i.start, i.end, over
		}
	})
	return i
}

// cover notes a span of the parent that cannot be cut any more.
func (x *extents) cover(parent trace.SpanID, i interval) {
	x.change(parent, func(v *extent) {
		if v.end == 0 {
			v.add(i)
		}
	})
}

// latest returns the latest end of the spans that began until then.
func (v *extent) latest(until int64) (end int64) {
	end = v.beyond
	for _, k := range v.kids[:v.n] {
		if k.start <= until {
			end = k.end // they are by start and by end alike
		}
	}
	return end
}

// known reports whether it is known when the parent begins, or ends.
func (x *extents) known(parent trace.SpanID) bool {
	v := x.look(parent)
	return v.start != 0 || v.end != 0
}

// over reports whether the span comes after the parent's end.
func (x *extents) over(parent trace.SpanID, span interval, late bool) bool {
	v := x.look(parent)
	return v.after(span, late)
}

// reached reports whether the span begins at the parent's end or after it. Where the end is not known here, as where
// another process emits the parent, it is what the event says.
func (x *extents) reached(parent trace.SpanID, span interval, late bool) bool {
	v := x.look(parent)
	return v.after(span, late || v.ends() != 0)
}

// ends returns when the parent ends, 0 where that is not known.
func (v *extent) ends() int64 {
	if v.over != 0 {
		return v.over
	}
	return v.soon
}

// after reports whether a span comes after the end.
func (v *extent) after(i interval, late bool) bool {
	end := v.ends()
	if end == 0 {
		return late
	}
	return i.start > end || late && i.start >= end
}

// A verdict is how a span stands to its parent.
type verdict uint8

const (
	inside verdict = iota
	before         // it was over before the parent began
	after          // it began after the parent's end
)

// fit cuts a span to its parent, which does not begin before began, where that is not 0. One that is outside is left
// as it is.
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
		if i.start >= i.end { // it began at the very end: there is room for an instant
			i.start = max(start, i.end-1)
		}
		i.end = max(i.end, i.start+1)
	}
	return i, inside
}

// add notes a span of the parent: of those that matter, since none reaches further that began earlier.
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
