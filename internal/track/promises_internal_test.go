package track //nolint:testpackage // the machine is compared with a model, without a store around it

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// deedOf is one thing that is said of a promise, in seconds.
type deedOf struct {
	at   int64
	what pactKind
	due  int64
}

// told is how a promise was settled.
func toldOf(e effect) string {
	late := ""
	if e.late {
		late = " late"
	}
	return fmt.Sprintf("%s %d %s at %d of %d until %d%s", e.promise.Name, e.promise.Number, e.kind, e.at/sec, e.promise.Made.UnixNano()/sec, e.promise.Due.UnixNano()/sec, late)
}

const sec = int64(time.Second)

// modelled says how the promises of one name are settled, by going through what happened second by second.
func modelled(deeds []deedOf, end int64, outcome event.Outcome) (out []string) {
	var made, due, paused int64
	isOpen, broke, number := false, false, 0
	say := func(kind event.Kind, at int64, late bool) {
		out = append(out, toldOf(effect{kind: kind, at: at * sec, late: late, promise: &event.Promise{
			Name: "p", Number: number, Made: timeOf(made), Due: timeOf(due),
		}}))
	}
	for now := int64(0); now <= end; now++ {
		var these []deedOf
		for _, d := range deeds {
			if d.at == now {
				these = append(these, d)
			}
		}
		slices.SortFunc(these, func(a, b deedOf) int { return cmp.Or(cmp.Compare(a.what, b.what), cmp.Compare(a.due, b.due)) })
		for _, d := range these {
			switch d.what {
			case pactPause:
				if paused == 0 {
					paused = now
				}
			case pactResume:
				if isOpen && paused != 0 {
					due += now - max(paused, made)
				}
				paused = 0
			case pactOffer:
				if !isOpen {
					number++
					isOpen, broke, made, due = true, false, now, d.due
				}
			case pactMake:
				if !isOpen {
					number++
					isOpen, broke, made = true, false, now
				}
				due = d.due
			case pactKeep:
				if isOpen {
					isOpen = false
					say(event.PromiseKept, now, false)
				} else if broke {
					broke = false
					say(event.PromiseKept, now, true)
				}
			}
		}
		if isOpen && paused == 0 && due <= now && (now < end || outcome == 0) {
			isOpen, broke = false, true
			at := max(due, made) // one that is made for the past is broken at once
			say(event.PromiseBroken, at, false)
		}
	}
	if isOpen && outcome != 0 {
		kind := event.PromiseBroken
		if outcome == event.Completed || outcome == event.Cancelled {
			kind = event.PromiseWithdrawn
		}
		say(kind, end, false)
	}
	return out
}

func timeOf(seconds int64) time.Time { return at(seconds * sec) }

// TestPromisesInAnyOrder: whatever the order within the grace in which an instance hears of facts, and however often, the promises
// are settled as a model says that looks at all of them.
func TestPromisesInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		deeds := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) deedOf {
			d := deedOf{at: rapid.Int64Range(1, 60).Draw(rt, "at"), what: rapid.SampledFrom([]pactKind{pactResume, pactPause, pactOffer, pactMake, pactKeep, pactKeep}).Draw(rt, "what")}
			if d.what == pactOffer || d.what == pactMake {
				d.due = d.at + rapid.Int64Range(1, 40).Draw(rt, "within")
			}
			return d
		}), 1, 10).Draw(rt, "deeds")
		end, outcome := int64(300), event.Outcome(0)
		if rapid.Bool().Draw(rt, "ends") {
			end = rapid.Int64Range(30, 110).Draw(rt, "end")
			outcome = rapid.SampledFrom([]event.Outcome{event.Completed, event.Failed, event.Cancelled}).Draw(rt, "outcome")
			deeds = slices.DeleteFunc(deeds, func(d deedOf) bool { return d.at >= end })
		}
		want := modelled(deeds, end, outcome)
		type saying struct {
			o    op
			sent int64
		}
		var said []saying
		for i, d := range deeds {
			for range rapid.IntRange(1, 2).Draw(rt, "times") {
				o := op{kind: opSign, at: d.at * sec, pacts: []pact{{name: "p", kind: d.what, due: d.due * sec}}}
				o.id = uint64(i + 1)
				said = append(said, saying{o, o.at + rapid.Int64Range(0, 1900).Draw(rt, "later")*sec/1000})
			}
		}
		if outcome != 0 {
			said = append(said, saying{op{kind: opEnd, id: 999, at: end * sec, outcome: outcome}, end*sec + rapid.Int64Range(0, 1900).Draw(rt, "later")*sec/1000})
		}
		for range rapid.IntRange(0, 10).Draw(rt, "passes") {
			now := rapid.Int64Range(0, 200).Draw(rt, "pass") * sec
			said = append(said, saying{op{kind: opPass, at: now - 10*sec, last: now - 2*sec}, now})
		}
		said = append(said, saying{op{kind: opPass, at: 400 * sec, last: 408 * sec}, 410 * sec}, saying{op{kind: opPass, at: 400 * sec, last: 408 * sec}, 411 * sec})
		slices.SortStableFunc(said, func(a, b saying) int { return cmp.Compare(a.sent, b.sent) })
		r := newLogged()
		start := op{kind: opStart, id: 1000, at: 0, begin: true, who: &identity{}}
		var got []string
		take := func(o *op, sent int64) {
			o.sent = sent
			d := &done{}
			r.apply(o, d)
			for _, e := range d.effects() {
				if e.kind.IsPromise() && e.kind != event.PromiseMade {
					got = append(got, toldOf(e))
				}
			}
			if !r.undecided() { // what is settled is written and read again
				log := r.log()
				again, _, err := readLog(log)
				if err != nil || string(again.log()) != string(log) {
					rt.Fatalf("the state reads back as %v, %v", again, err)
				}
				*r = *again
			}
		}
		take(&start, 0)
		for i := range said {
			o := said[i].o
			take(&o, said[i].sent)
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("settled %q\nwant    %q", got, want)
		}
	})
}
