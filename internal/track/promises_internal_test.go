package track //nolint:testpackage // the machine is compared with a model, without a store around it

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	cmpdiff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// deedOf is one thing that is said of a promise, in ticks.
type deedOf struct {
	at     int64
	what   pactKind
	due    int64 // of a make
	within int64 // of an offer, in opened ticks
}

// told is how a promise was settled.
func toldOf(e effect) string {
	late := ""
	if e.late {
		late = " late"
	}
	return fmt.Sprintf("%s %d %s at %d of %d until %d%s", e.promise.Name, e.promise.Number, e.kind, e.at/tick, e.promise.Made.UnixNano()/tick, e.promise.Due.UnixNano()/tick, late)
}

const tick = int64(10 * time.Minute)

// day says which ticks of every day are opened.
type day [144]bool

// after returns the tick at which so many opened ticks have passed since that one.
func (d *day) after(from, ticks int64) int64 {
	for ; ticks > 0; from++ {
		if d[from%144] {
			ticks--
		}
	}
	return from
}

// between counts the opened ticks.
func (d *day) between(from, to int64) (n int64) {
	for ; from < to; from++ {
		if d[from%144] {
			n++
		}
	}
	return n
}

// drawDay draws up to four openings, or none for a day that is always opened.
func drawDay(rt *rapid.T) (*day, *calendar.Hours) {
	var d day
	cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, 144), 0, 8, rapid.ID).Draw(rt, "openings")
	slices.Sort(cuts)
	if len(cuts) < 2 {
		for i := range d {
			d[i] = true
		}
		return &d, nil
	}
	var texts []string
	for ; len(cuts) >= 2; cuts = cuts[2:] {
		from, to := cuts[0], cuts[1]
		texts = append(texts, fmt.Sprintf("%02d:%02d-%02d:%02d", from/6, from%6*10, to/6, to%6*10))
		for i := from; i < to; i++ {
			d[i] = true
		}
	}
	h := calendar.Define("h", calendar.Zone("UTC"), calendar.Open("daily", texts...))
	if err := h.Validate(); err != nil {
		rt.Fatal(err)
	}
	return &d, h
}

// modelled says how the promises of one name are settled, by going through what happened tick by tick.
func modelled(opened *day, deeds []deedOf, end int64, outcome event.Outcome) (out []string) {
	var made, due, paused int64
	isOpen, broke, number := false, false, 0
	say := func(kind event.Kind, at int64, late bool) {
		out = append(out, toldOf(effect{kind: kind, at: at * tick, late: late, promise: &event.Promise{
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
		slices.SortFunc(these, func(a, b deedOf) int {
			return cmp.Or(cmp.Compare(a.what, b.what), cmp.Compare(a.due, b.due), cmp.Compare(opened.after(now, a.within), opened.after(now, b.within)))
		})
		for _, d := range these {
			switch d.what {
			case pactPause:
				if paused == 0 {
					paused = now
				}
			case pactResume:
				if isOpen && paused != 0 {
					due = opened.after(now, opened.between(max(paused, made), due))
				}
				paused = 0
			case pactOffer:
				if !isOpen {
					number++
					isOpen, broke, made, due = true, false, now, opened.after(now, d.within)
				}
			case pactMake:
				if !isOpen {
					number++
					isOpen, broke, made = true, false, now
				}
				due = d.due
				if paused != 0 {
					paused = now // what is left of the new due time counts from now
				}
			case pactMove:
				if !isOpen {
					break
				}
				if due = d.due; paused != 0 {
					paused = now
				}
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
			say(event.PromiseBroken, now, false) // one that is made for the past, or moved there, is broken at once
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

func timeOf(ticks int64) time.Time { return at(ticks * tick) }

// packed returns the promises of the run as memory keeps them.
func packed(r *run) []promise {
	n := newNames()
	who := r.identity
	number, _ := n.journeyOf(&who)
	b := r.packPromises(nil, n, func(s uint16) uint16 { return n.stageOf(number, r.been[s].name, r.been[s].expect) })
	again := run{start: r.start, been: slices.Clone(r.been)}
	again.unpackPromises(&reader{b: b}, n.tab.Load())
	return again.promises
}

// TestPromisesInAnyOrder: whatever the order within the grace in which an instance hears of facts, and however often, the promises
// are settled as a model says that looks at all of them.
func TestPromisesInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		opened, hours := drawDay(rt)
		ruleOf := func(ticks int64) *rule {
			return &rule{Promised: journey.Promised{Within: time.Duration(ticks * tick), Hours: hours, Pauses: []string{"waiting"}}}
		}
		deeds := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) deedOf {
			d := deedOf{at: rapid.Int64Range(1, 60).Draw(rt, "at"), what: rapid.SampledFrom([]pactKind{pactResume, pactPause, pactOffer, pactMake, pactMove, pactKeep, pactKeep}).Draw(rt, "what")}
			switch d.what {
			case pactOffer:
				d.within = rapid.Int64Range(1, 40).Draw(rt, "within")
			case pactMake, pactMove:
				d.due = d.at + rapid.Int64Range(-10, 40).Draw(rt, "later") // also in the past
			default:
			}
			return d
		}), 1, 10).Draw(rt, "deeds")
		end, outcome := int64(2000), event.Outcome(0)
		if rapid.Bool().Draw(rt, "ends") {
			end = rapid.Int64Range(30, 110).Draw(rt, "end")
			outcome = rapid.SampledFrom([]event.Outcome{event.Completed, event.Failed, event.Cancelled}).Draw(rt, "outcome")
			deeds = slices.DeleteFunc(deeds, func(d deedOf) bool { return d.at >= end })
		}
		want := modelled(opened, deeds, end, outcome)
		type saying struct {
			o    op
			sent int64
		}
		passing := func(now int64) saying {
			return saying{op{kind: opPass, at: now - 10e9, last: now - 2e9}, now}
		}
		var said []saying
		for i, d := range deeds {
			for range rapid.IntRange(1, 2).Draw(rt, "times") {
				x := pact{name: "p", kind: d.what, due: d.due * tick}
				switch d.what {
				case pactOffer:
					x.rule = ruleOf(d.within)
				case pactMake, pactMove, pactResume:
					x.rule = ruleOf(40)
				default:
				}
				o := op{kind: opSign, at: d.at * tick, pacts: []pact{x}}
				o.workOut(nil)
				o.id = uint64(i + 1)
				said = append(said, saying{o, o.at + rapid.Int64Range(0, 1900).Draw(rt, "delay")*1e6})
			}
		}
		if outcome != 0 {
			said = append(said, saying{op{kind: opEnd, id: 999, at: end * tick, outcome: outcome}, end*tick + rapid.Int64Range(0, 1900).Draw(rt, "delay")*1e6})
		}
		for range rapid.IntRange(0, 10).Draw(rt, "passes") {
			said = append(said, passing(rapid.Int64Range(0, 200).Draw(rt, "pass")*tick+rapid.Int64Range(0, 20).Draw(rt, "seconds")*1e9))
		}
		said = append(said, passing(2001*tick), passing(2001*tick+1e9))
		slices.SortStableFunc(said, func(a, b saying) int { return cmp.Compare(a.sent, b.sent) })
		r := newLogged()
		start := op{kind: opStart, id: 1000, at: 0, begin: true, who: &identity{}}
		var got []string
		made, over := map[int]int{}, map[int]int{}
		take := func(o *op, sent int64) {
			o.sent = sent
			d := &done{}
			r.apply(o, d)
			for _, e := range d.effects() {
				switch {
				case e.kind == event.PromiseMade && e.promise.Made.UnixNano() == e.at:
					made[e.promise.Number]++
				case e.kind.IsPromise() && e.kind != event.PromiseMade:
					if got = append(got, toldOf(e)); !e.late {
						over[e.promise.Number]++
					}
				}
			}
			if !r.undecided() { // what is settled is written and read again
				log := r.log()
				again, _, err := readLog(log)
				if err != nil || string(again.log()) != string(log) {
					rt.Fatalf("the state reads back as %v, %v", again, err)
				}
				*r = *again
				if d := cmpdiff.Diff(r.promises, packed(r), same()...); d != "" {
					rt.Fatalf("memory keeps other promises (-state +memory):\n%s", d)
				}
			}
		}
		take(&start, 0)
		for i := range said {
			o := said[i].o
			take(&o, said[i].sent)
		}
		for n := range made {
			if over[n] > 1 {
				rt.Fatalf("promise %d was made %d times and settled %d times", n, made[n], over[n])
			}
		}
		for n := range over {
			if made[n] == 0 {
				rt.Fatalf("promise %d was settled, and never made", n)
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("settled %q\nwant    %q", got, want)
		}
	})
}
