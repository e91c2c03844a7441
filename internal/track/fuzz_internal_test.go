package track //nolint:testpackage // a run's log is nobody else's to read

import (
	"bytes"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// rootedSeeds are logs of a run whose journey's name was folded.
func rootedSeeds() [][]byte {
	who := &identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: "cart-1"}}
	span := who.journey.RootSpan()
	who.journey.Name, who.journey.Root = event.Other, event.SpanRef{TraceID: span.TraceID(), SpanID: span.SpanID()}
	rooted := op{kind: opStart, id: 1, key: 1, begin: true, who: who}
	state := newLogged()
	state.apply(&rooted, &done{})
	return [][]byte{rooted.append(nil), state.log()}
}

// logSeeds are logs of every kind of entry.
func logSeeds() [][]byte {
	who := &identity{
		journey:  event.Run{Namespace: "n", Name: "checkout", ID: "cart-1", Version: "2", Value: &event.Money{Amount: -1, Currency: "EUR"}},
		customer: event.Customer{Hash: "hash", Segment: "new"},
		channel:  event.Web, actor: event.ActorDelegate, patience: time.Hour,
	}
	ops := []op{
		{kind: opTouch, id: 1, key: 1, at: 500, until: 700, channel: event.Phone, stage: "cart", expect: time.Minute, who: who},
		{kind: opStart, id: 2, key: 3, sent: 9, at: 100, channel: event.Web, who: who, begin: true, event: []byte(`{"a":1}`)},
		{kind: opEnter, id: 4, key: 4, at: 800, stage: "payment", settled: true},
		{kind: opStall, id: 5, key: 5, at: 900, stage: "payment", visit: 1},
		{kind: opSign, at: 1000},
		{kind: opRespond, id: 1, key: 7, at: -5},
		{kind: opAbandon, id: 6, key: 6, at: 1, last: 1000, outcome: event.Abandoned}, // as the first release wrote it: too soon
		{kind: opEnd, id: 7, key: 7, at: 2000, outcome: event.Failed, sent: 5, event: []byte(`{"b":2}`)},
		{kind: opTouch, id: 8, key: 8, at: 1500, who: who, outcome: event.Failed, touchpoint: "pay", cause: "declined"},
		{kind: opKnow, id: 9, key: 9, at: 1600, who: who},
		{kind: opTouch, id: 10, key: 10, at: 1000 + int64(2*time.Hour), stage: "cart"}, // behind the abandonment
		{kind: opEnd, id: 11, key: 11, at: 1900, outcome: event.Completed, sent: 6},
		{kind: opPass, id: 12, key: 12, at: 5000, last: 5},
		{kind: opPass, id: 13, key: 13, at: 5000, last: 6},
	}
	var seeds [][]byte
	var log []byte
	for i := range ops {
		log = ops[i].append(log)
		seeds = append(seeds, bytes.Clone(log))
		if run, since, _ := readLog(log); !run.undecided() {
			seeds = append(seeds, foldLog(log, len(since)).log())
		}
	}
	big := op{kind: opStart, id: 1, key: 1, begin: true, who: who, event: bytes.Repeat([]byte("x"), 1<<14)}
	return append(seeds, big.append(nil), nil, []byte{0x80}, bytes.Repeat([]byte{0xff}, 40))
}

// promisedSeeds are logs of a run that has promises.
func promisedSeeds() [][]byte {
	ops := []op{
		{kind: opStart, id: 1, key: 1, begin: true, who: &identity{journey: event.Run{Namespace: "n", Name: "claim", ID: "1"}}, at: 100},
		{kind: opEnter, id: 2, key: 2, at: 950, sent: 4, stage: "received", pacts: []pact{
			{name: "answered", kind: pactOffer, byVisit: true, untilEnd: true, due: 9000, warn: 8000, open: openings{1, 5, 9, 12}},
			{name: "paid", kind: pactKeep},
			{name: "paid", kind: pactPause, byVisit: true},
		}},
		{kind: opPass, id: 3, key: 3, at: 8500, last: 5},
		{kind: opTouch, id: 4, key: 4, at: 8600, sent: 7, touchpoint: "reply", pacts: []pact{{name: "answered", kind: pactKeep}}},
		{kind: opPass, id: 5, key: 5, at: 9500, last: 8},
		{kind: opEnter, id: 6, key: 6, at: 9600, sent: 9, stage: "assessed", pacts: []pact{{name: "high", kind: pactAnswer}}},
		{kind: opSign, id: 7, key: 7, at: 9700, sent: 10, pacts: []pact{{name: "updated", kind: pactMake, due: 9900, only: flight.OnlyFor("high")}}},
	}
	var seeds [][]byte
	var log []byte
	for i := range ops {
		log = ops[i].append(log)
		seeds = append(seeds, bytes.Clone(log))
		if run, since, _ := readLog(log); !run.undecided() {
			seeds = append(seeds, foldLog(log, len(since)).log())
		}
	}
	return seeds
}

// FuzzLog: whatever is in a store, reading it ends, without a panic, and takes memory in proportion;
// what can be read is written again as it was meant, and folding its beginning changes nothing.
func FuzzLog(f *testing.F) {
	for _, s := range slices.Concat(logSeeds(), rootedSeeds(), promisedSeeds()) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		before := bytes.Clone(log)
		var m0, m1 runtime.MemStats
		if len(log) > 1<<10 { // it is slow to ask
			runtime.ReadMemStats(&m0)
		}
		run, since, err := readLog(log)
		if len(log) > 1<<10 {
			runtime.ReadMemStats(&m1)
			// An op in memory is some hundred bytes, and one in a log at least fifteen.
			if got, most := m1.TotalAlloc-m0.TotalAlloc, uint64(1<<20+200*len(log)); got > most {
				t.Errorf("a log of %d bytes takes %d bytes of memory, want %d at most", len(log), got, most)
			}
		}
		if !bytes.Equal(log, before) {
			t.Error("reading has changed the log")
		}
		if err != nil {
			return
		}
		for i := range since {
			again := since[i].Op.append(nil)
			var o op
			in := reader{b: again}
			if since[i].Op.versioned() { // the version that a reader needs stands before it
				in.bytes()
			}
			in = reader{b: in.bytes()}
			o.read(in.byte(), &in)
			if in.fail || len(in.b) > 0 || !reflect.DeepEqual(&o, since[i].Op) {
				t.Fatalf("an op written again is %+v, want %+v", &o, since[i].Op)
			}
		}
		for n := range len(since) + 1 {
			if n > 0 && since[n-1].Open {
				continue // what is undecided has no place in a state
			}
			folded := foldLog(log, n).log()
			for i := n; i < len(since); i++ {
				folded = append(folded, since[i].Raw...)
			}
			got, rest, err := readLog(folded)
			if err != nil {
				t.Fatalf("folded after %d of %d ops: %v", n, len(since), err)
			}
			if len(rest) != len(since)-n {
				t.Fatalf("folded after %d of %d ops there are %d", n, len(since), len(rest))
			}
			for i := range rest {
				if !reflect.DeepEqual(rest[i].Done, since[n+i].Done) {
					t.Fatalf("folded after %d ops, op %d does %+v, want %+v", n, n+i, rest[i].Done, since[n+i].Done)
				}
			}
			if a, b := got.log(), run.log(); !bytes.Equal(a, b) || !reflect.DeepEqual(got.state(), run.state()) {
				t.Fatalf("folded after %d of %d ops the state is\n%+v\nwant\n%+v", n, len(since), got, run)
			}
			if n > 8 {
				break // it is as with fewer
			}
		}
	})
}
