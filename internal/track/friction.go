package track

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// This file counts what made a run harder for the customer. Each count of [event.Friction] is chosen such that it follows from what happened
// and not from the order in which the tracker learned of it, with a state that is bounded:
//
//	Repeats                 of each name the unsuccessful touchpoints, less one if the last one is among them
//	FailuresBeforeSuccess   of each name the failed touchpoints, unless the last one was unsuccessful
//	Loops                   visits less stages, of the facts that visits.go keeps anyway
//	ChannelSwitches         a set of channels
//	Overdue                 promises that promisesettle.go has found broken
//
// Counting the changes of channel from one touchpoint to the next is not among them: it would need the time of each touchpoint, because a
// touchpoint between any two may still be heard of.

// tried is what a run remembers of the touchpoints of one name. It needs no order: the counts are sums, and the last one is the one with
// the greatest time.
type tried struct {
	name     string
	at       int64  // when the last one was over
	missed   bool   // the last one was unsuccessful; of several at that time, all were
	misses   uint32 // how many were unsuccessful
	failures uint32 // how many of those failed
}

// maxTried bounds the names that are remembered. The least ones by their bytes are kept: which ones are does not depend on the order in
// which they are heard of, and a name that is kept in the end was never dropped.
const maxTried = event.MaxFrictionNames

// unsuccessful reports whether a touchpoint with this outcome has not given the customer what they wanted.
func unsuccessful(o event.Outcome) bool {
	return o == event.Failed || o == event.Cancelled || o == event.Abandoned
}

// try takes a touchpoint, which was over at that time.
func (t *touched) try(o *op, over int64) {
	if o.channel != 0 {
		t.channels |= 1 << o.channel
	}
	if o.touchpoint == "" {
		return
	}
	x := tried{name: o.touchpoint, at: over, missed: unsuccessful(o.outcome)}
	if x.missed {
		x.misses = 1
	}
	if o.outcome == event.Failed {
		x.failures = 1
	}
	t.addTried(x)
}

// addTried adds what is known of touchpoints of a name.
func (t *touched) addTried(x tried) {
	k, found := slices.BinarySearchFunc(t.tried, x.name, func(t tried, name string) int { return strings.Compare(t.name, name) })
	if !found {
		if k < maxTried {
			t.tried = slices.Insert(t.tried, k, x)
			t.tried = t.tried[:min(len(t.tried), maxTried)]
		}
		return
	}
	is := &t.tried[k]
	is.misses, is.failures = is.misses+x.misses, is.failures+x.failures
	switch {
	case x.at > is.at:
		is.at, is.missed = x.at, x.missed
	case x.at == is.at:
		is.missed = is.missed && x.missed
	}
}

// friction returns the counts as they are now.
func (r *run) friction() *event.Friction {
	f := &event.Friction{ChannelSwitches: switches(r.touched.channels), Overdue: int(r.overdue)}
	for i := range r.touched.tried {
		x := &r.touched.tried[i]
		if f.Repeats += int(x.misses); x.missed {
			f.Repeats--
		} else {
			f.FailuresBeforeSuccess += int(x.failures)
		}
	}
	for i := range r.been {
		f.Loops += max(0, r.been[i].visits-1)
	}
	return f
}

// switches returns how many channels there are beside the first one.
func switches(channels uint16) int { return max(0, bits.OnesCount16(channels)-1) }

// rough reports whether the state has to say what friction follows from.
func (r *run) rough() bool {
	return len(r.touched.tried) > 0 || r.touched.channels != 0 || r.overdue > 0
}

// appendFriction appends what friction follows from to a state. Times count from the start of the run.
func (r *run) appendFriction(b []byte) []byte {
	b = appendUint(appendUint(b, int(r.touched.channels)), int(r.overdue))
	b = appendUint(b, len(r.touched.tried))
	for i := range r.touched.tried {
		x := &r.touched.tried[i]
		b = binary.AppendVarint(appendString(b, x.name), x.at-r.start)
		if b = appendUint(b, int(x.misses)); x.misses > 0 {
			missed := byte(0)
			if x.missed {
				missed = 1
			}
			b = append(appendUint(b, int(x.failures)), missed)
		}
	}
	return b
}

func (r *run) readFriction(in *reader) {
	r.touched.channels, r.overdue = uint16(in.uint()), uint32(in.uint())
	n := in.count(4)
	in.fail = in.fail || n > maxTried
	for range min(n, maxTried) {
		x := tried{name: in.string(), at: in.int() + r.start}
		if x.misses = uint32(in.uint()); x.misses > 0 {
			x.failures = uint32(in.uint())
			missed := in.byte()
			x.missed = missed == 1
			in.fail = in.fail || missed > 1 || x.failures > x.misses
		}
		if k := len(r.touched.tried); x.name == "" || k > 0 && x.name <= r.touched.tried[k-1].name {
			in.fail = true
			return
		}
		r.touched.tried = append(r.touched.tried, x)
	}
}
