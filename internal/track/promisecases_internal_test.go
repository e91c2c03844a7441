package track //nolint:testpackage // ops are made by hand

import (
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/engine"
)

// TestPromiseCases: cases that random lives meet rarely. Times are ticks of ten minutes.
func TestPromiseCases(t *testing.T) {
	t.Parallel()
	says := func(at int64, x pact) op {
		x.name, x.due = "p", x.due*tick
		return op{kind: opSign, at: at * tick, pacts: []pact{x}}
	}
	ends := func(at int64, plus int64, outcome event.Outcome) []op {
		return []op{
			{kind: opEnd, at: at*tick + plus, sent: at * tick, outcome: outcome},
			{kind: opPass, at: (at + 1) * tick, last: (at + 1) * tick, sent: (at + 1) * tick},
		}
	}
	many := []op{says(1, pact{kind: pactMake, due: 50})}
	for n := range int64(maxPacts + 4) {
		many = append(many, says(2+n, pact{kind: pactMake, due: 50 + n}))
	}
	for _, c := range []struct {
		name, reason string
		ops          []op
		want         []string
	}{
		{"completed at the due time", "a keep at the due time itself is not late", append([]op{
			says(1, pact{kind: pactMake, due: 5, untilEnd: true}),
		}, ends(5, 0, event.Completed)...), []string{"p 1 promise.kept at 5 of 1 until 5"}},
		{"completed after it", "the end is a late keep", append([]op{
			says(1, pact{kind: pactMake, due: 5, untilEnd: true}),
		}, ends(5, 1, event.Completed)...), []string{"p 1 promise.broken at 5 of 1 until 5", "p 1 promise.kept at 5 of 1 until 5 late"}},
		{"cancelled at the due time", "the outcome decides", append([]op{
			says(1, pact{kind: pactMake, due: 5}),
		}, ends(5, 0, event.Cancelled)...), []string{"p 1 promise.withdrawn at 5 of 1 until 5"}},
		{"moved while the clock stands", "what is left counts from the move", []op{
			says(1, pact{kind: pactMake, due: 9}), says(2, pact{kind: pactPause}), says(6, pact{kind: pactMake, due: 10}), says(20, pact{kind: pactResume}),
			{kind: opPass, at: 40 * tick, last: 40 * tick, sent: 41 * tick},
		}, []string{"p 1 promise.broken at 24 of 1 until 24"}},
		{"moved where none is open", "a move makes none", []op{
			says(1, pact{kind: pactMove, due: 9}), says(2, pact{kind: pactMake, due: 12}), says(3, pact{kind: pactKeep}), says(4, pact{kind: pactMove, due: 30}),
			{kind: opPass, at: 40 * tick, last: 40 * tick, sent: 41 * tick},
		}, []string{"p 1 promise.kept at 3 of 2 until 12"}},
		{"moved to an earlier time", "it is broken then", []op{
			says(1, pact{kind: pactMake, due: 12}), says(3, pact{kind: pactMove, due: 5}),
			{kind: opPass, at: 40 * tick, last: 40 * tick, sent: 41 * tick},
		}, []string{"p 1 promise.broken at 5 of 1 until 5"}},
		{"more facts than are kept", "the folded ones still count", append(slices.Clone(many),
			op{kind: opPass, at: 100 * tick, last: 100 * tick, sent: 101 * tick}), []string{"p 1 promise.broken at 69 of 1 until 69"}},
		{
			"a keep of the one before, after many facts", "the promise that is open was made anew: nothing is late", append(append([]op{
				says(1, pact{kind: pactMake, due: 2}), {kind: opPass, at: 3 * tick, last: 3 * tick, sent: 4 * tick},
			}, many[3:]...), says(40, pact{kind: pactKeep}), op{kind: opPass, at: 45 * tick, last: 45 * tick, sent: 46 * tick}),
			[]string{"p 1 promise.broken at 2 of 1 until 2", "p 2 promise.kept at 40 of 4 until 69"},
		},
		{"made after the end", "what was told is settled by the end", append([]op{
			says(6, pact{kind: pactMake, due: 9}),
		}, ends(5, 0, event.Completed)...), []string{"p 1 promise.withdrawn at 6 of 6 until 9"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newLogged()
			r.apply(&op{kind: opStart, id: 1, begin: true, who: &identity{}}, &done{})
			var got []string
			for i := range c.ops {
				o := c.ops[i]
				if o.kind != opPass {
					o.id = uint64(i + 2)
				}
				var d done
				r.apply(&o, &d)
				for _, e := range d.effects() {
					if e.kind.IsPromise() && e.kind != event.PromiseMade {
						got = append(got, toldOf(e))
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("settled %q\nwant    %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestNoWarningTooLate: the store's grace may lead beyond the due time of a short promise. There is nothing to warn of then, and the
// run is not due for a warning any more.
func TestNoWarningTooLate(t *testing.T) {
	t.Parallel()
	second := int64(time.Second)
	for _, c := range []struct {
		due  int64
		want int
	}{{40, 1}, {19, 0}, {18, 0}} {
		r := newLogged()
		r.apply(&op{kind: opStart, id: 1, begin: true, who: &identity{}}, &done{})
		r.apply(&op{kind: opSign, id: 2, pacts: []pact{{name: "p", kind: pactMake, due: c.due * second, warn: 8 * second}}}, &done{})
		var d done
		r.apply(&op{kind: opPass, at: 9 * second, last: 17 * second, sent: 19 * second}, &d)
		if d.n != c.want {
			t.Errorf("due after %d s: there are %d effects, want %d", c.due, d.n, c.want)
		}
		if got, want := r.promiseDue(), c.due*second+1; got != want {
			t.Errorf("due after %d s: the run is due at %v, want %v", c.due, at(got), at(want))
		}
	}
}

// TestEndsInsideATouchpoint: a touchpoint that is over after the end of its run makes and keeps no promise of it.
func TestEndsInsideATouchpoint(t *testing.T) {
	t.Parallel()
	second := int64(time.Second)
	r := newLogged()
	var all done
	r.apply(&op{kind: opStart, id: 1, begin: true, who: &identity{}}, &all)
	r.apply(&op{kind: opEnd, id: 2, at: 10 * second, sent: 10 * second, outcome: event.Completed}, &done{})
	r.apply(&op{kind: opTouch, id: 3, at: 5 * second, until: 11 * second, sent: 11 * second, pacts: []pact{{name: "p", kind: pactOffer, due: 99 * second}}}, &all)
	r.apply(&op{kind: opPass, at: 2 * second, last: 10 * second, sent: 12 * second}, &all)
	for _, e := range all.effects() {
		if e.promise != nil {
			t.Errorf("the run has %s", toldOf(e))
		}
	}
	if !r.over {
		t.Error("the run goes on")
	}
}

// TestLateVisitHasToBegin: a stage keeps a broken promise late only with the beginning of a visit.
func TestLateVisitHasToBegin(t *testing.T) {
	t.Parallel()
	hour := int64(time.Hour)
	r := newLogged()
	var all done
	enters := func(id uint64, at int64) {
		r.apply(&op{kind: opEnter, id: id, at: at, sent: at, stage: "reply", pacts: []pact{{name: "p", kind: pactEnter, byVisit: true}}}, &all)
	}
	r.apply(&op{kind: opStart, id: 1, begin: true, who: &identity{}}, &all)
	enters(2, hour)
	r.apply(&op{kind: opSign, id: 3, at: 2 * hour, pacts: []pact{{name: "p", kind: pactMake, due: 5 * hour}}}, &all)
	r.apply(&op{kind: opPass, at: 6 * hour, last: 6 * hour, sent: 7 * hour}, &all)
	enters(4, 3*hour) // in the course of the visit
	for _, e := range all.effects() {
		if e.kind == event.PromiseKept {
			t.Errorf("the run has %s", toldOf(e))
		}
	}
}

// TestPromiseStopsWithItsHours: what a stopped clock has to know of its hours outlives the facts that are folded meanwhile.
func TestPromiseStopsWithItsHours(t *testing.T) {
	t.Parallel()
	hour := int64(time.Hour)
	r := newLogged()
	r.apply(&op{kind: opStart, id: 1, begin: true, who: &identity{}}, &done{})
	id := uint64(1)
	says := func(at int64, x pact) {
		id++
		x.name = "p"
		r.apply(&op{kind: opSign, id: id, at: at, sent: at, pacts: []pact{x}}, &done{})
	}
	// Opened in hours 10 to 12, 20 to 22 and 30 to 32 and 40 to 42: made at 10, due at 31 after five hours. It stops at 11 with four left.
	open := openings{10 * 3600, 12 * 3600, 20 * 3600, 22 * 3600, 30 * 3600, 32 * 3600, 40 * 3600, 42 * 3600}
	says(10*hour, pact{kind: pactMake, due: 31 * hour, open: open})
	says(11*hour, pact{kind: pactPause})
	for n := range int64(2 * maxPacts) {
		says(11*hour+1+n, pact{kind: pactPause})
	}
	says(30*hour, pact{kind: pactResume, open: open[4:]})
	if got, want := r.promiseDue(), 42*hour+1; got != want {
		t.Errorf("it breaks at %v, want %v", at(got), at(want))
	}
}

// TestAttendPromises: the store holds the lease of an op that says something of promises, and comes by when the first of them
// is broken.
func TestAttendPromises(t *testing.T) {
	t.Parallel()
	hour := int64(time.Hour)
	var c ledger.Change
	machine{remember: 1000 * time.Hour}.Attend(&c, &op{kind: opTouch, at: hour, pacts: []pact{
		{name: "a", kind: pactOffer, due: 9 * hour}, {name: "b", kind: pactOffer, due: 5 * hour}, {name: "c", kind: pactEnter},
	}})
	if c.Lease != engine.Lease || !c.Due.Equal(at(5*hour).Add(engine.Grace)) {
		t.Errorf("the lease is %v and it is due at %v", c.Lease, c.Due)
	}
}
