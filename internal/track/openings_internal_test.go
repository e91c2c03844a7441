package track //nolint:testpackage // what the log of a run knows of a calendar is compared with the calendar

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/journey"
)

// drawHours draws the hours of a week with a holiday, in a zone that changes its clocks.
func drawHours(t *rapid.T) *calendar.Hours {
	var opts []calendar.Option
	for _, day := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}), 1, 7, rapid.ID).Draw(t, "days") {
		cuts := rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, 48), func(n int) int { return 30 * n }), 2, 4, rapid.ID).Draw(t, "openings")
		slices.Sort(cuts)
		var texts []string
		for ; len(cuts) >= 2; cuts = cuts[2:] {
			texts = append(texts, fmt.Sprintf("%02d:%02d-%02d:%02d", cuts[0]/60, cuts[0]%60, cuts[1]/60, cuts[1]%60))
		}
		opts = append(opts, calendar.Open(day, texts...))
	}
	h := calendar.Define("h", append(opts, calendar.Zone("Europe/London"), calendar.Closed("2026-10-23"))...)
	if err := h.Validate(); err != nil {
		t.Fatal(err)
	}
	return h
}

// both returns what a promise knows that has heard of both lists in this order.
func both(a, b openings) known {
	k := (&known{}).with(a)
	return k.with(b)
}

// TestKnownOfEqualHours: lists of equal hours give the same, in whatever order they are heard: the opened time that some list says.
func TestKnownOfEqualHours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHours(t)
		base := time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)
		lists := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) openings {
			from := base.Add(time.Duration(rapid.Int64Range(0, int64(40*24*time.Hour)/int64(time.Minute)).Draw(t, "from")) * time.Minute)
			return openingsOf(h, from, time.Duration(rapid.IntRange(0, 40).Draw(t, "opened"))*time.Hour)
		}), 1, 5).Draw(t, "lists")
		var want openings
		cuts := slices.Concat(lists...)
		slices.Sort(cuts)
		for i, s := range cuts[:len(cuts)-1] { // between two cuts a list is opened throughout, or not at all
			opened := func(o openings) bool {
				n, _ := slices.BinarySearch(o, s+1)
				return n%2 == 1
			}
			switch end := cuts[i+1]; {
			case s == end || !slices.ContainsFunc(lists, opened):
			case len(want) > 0 && want[len(want)-1] == s:
				want[len(want)-1] = end
			default:
				want = append(want, s, end)
			}
		}
		var k known
		for _, i := range rapid.Permutation([]int{0, 1, 2, 3, 4}).Draw(t, "order") {
			if i < len(lists) {
				k = k.with(lists[i])
			}
		}
		if !slices.Equal(k.spans, want) {
			t.Fatalf("%v are known, want %v of %v", k.spans, want, lists)
		}
		for i := 0; i < len(k.gaps); i += 2 {
			if slices.ContainsFunc(lists, func(o openings) bool { return len(o.within(k.gaps[i], k.gaps[i+1])) > 0 }) || !slices.Contains(k.spans, k.gaps[i]) || !slices.Contains(k.spans, k.gaps[i+1]) {
				t.Fatalf("from %d to %d nothing is known, of %v", k.gaps[i], k.gaps[i+1], lists)
			}
		}
		most := rapid.IntRange(0, 10).Draw(t, "most")
		if k.cut(most); k.size() > most || !slices.Equal(k.spans, want[:len(k.spans)]) {
			t.Fatalf("%d remain, want %d of %v", k.size(), most, want)
		}
	})
}

// TestKnownHolds: a list of other hours adds only what lies where nothing is known.
func TestKnownHolds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		lists      []openings
		want, gaps openings
	}{
		{"inside", []openings{{10, 12, 20, 22}, {11, 15, 17, 21}}, openings{10, 12, 20, 22}, nil},
		{"before and after", []openings{{10, 12, 20, 22}, {3, 4, 8, 11, 13, 14, 21, 25}}, openings{3, 4, 8, 12, 20, 25}, nil},
		{"much later", []openings{{10, 12}, {30, 32}}, openings{10, 12, 30, 32}, openings{12, 30}},
		{"in the gap", []openings{{10, 12}, {30, 32}, {15, 16, 20, 22}}, openings{10, 12, 15, 16, 20, 22, 30, 32}, openings{12, 15, 22, 30}},
		{"over the gap", []openings{{10, 12}, {30, 32}, {5, 15, 29, 31}}, openings{5, 15, 29, 32}, nil},
		{"much earlier", []openings{{30, 32}, {10, 12}}, openings{10, 12, 30, 32}, openings{12, 30}},
		{"nothing", []openings{{10, 12}, nil}, openings{10, 12}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var k known
			for _, o := range c.lists {
				k = k.with(o)
			}
			if !slices.Equal(k.spans, c.want) || !slices.Equal(k.gaps, c.gaps) {
				t.Errorf("%v are known and %v are not, want %v and %v", k.spans, k.gaps, c.want, c.gaps)
			}
		})
	}
	k := known{openings{10, 12, 30, 32, 40, 50}, openings{12, 30, 32, 40}}
	if s := k.since(12 * perSecond); !slices.Equal(s.spans, openings{30, 32, 40, 50}) || !slices.Equal(s.gaps, openings{32, 40}) {
		t.Errorf("since then %v", s)
	}
}

// TestChangedHours: an instance with other hours ends the pause of a promise. Customers were told the due time by the hours with which
// it was made.
func TestChangedHours(t *testing.T) {
	t.Parallel()
	old := calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00"))
	day := func(d, hour int) time.Time { return time.Date(2026, 11, d, hour, 0, 0, 0, time.UTC) } // the 2nd is a Monday
	for _, c := range []struct {
		name, reason string
		made, now    *calendar.Hours
		want         time.Time
	}{
		{"the same", "six hours are left on Tuesday at nine", old, old, day(3, 15)},
		{"longer ones", "the old ones hold", old, calendar.Define("office", calendar.Zone("UTC"), calendar.Open("daily", "06:00-22:00")), day(3, 15)},
		{"shorter ones", "the old ones hold", old, calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-10:00")), day(3, 15)},
		{"none", "the old ones hold", old, nil, day(3, 15)},
		{"from none", "each hour counts, as when it was made: eight hours less two", nil, old, day(3, 15)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			says := func(r *run, id uint64, when time.Time, kind pactKind, h *calendar.Hours) {
				x := pact{name: "p", kind: kind, rule: &rule{Promised: journey.Promised{Within: 8 * time.Hour, Hours: h, Pauses: []string{"waiting"}}}}
				o := op{kind: opSign, id: id, at: when.UnixNano(), sent: when.UnixNano(), pacts: []pact{x}}
				if kind == pactPause {
					o.pacts[0].rule = nil
				}
				o.workOut(nil)
				r.apply(&o, &done{})
			}
			r := newLogged()
			r.apply(&op{kind: opStart, id: 1, at: day(2, 0).UnixNano(), begin: true, who: &identity{}}, &done{})
			says(r, 2, day(2, 9), pactOffer, c.made)
			says(r, 3, day(2, 11), pactPause, nil)
			says(r, 4, day(3, 9), pactResume, c.now)
			if got := at(r.promiseDue() - 1); !got.Equal(c.want) {
				t.Errorf("it is due at %v, want %v: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestOpeningsAreTheCalendars: the openings that an op says give a clock that stops and goes on the same times as the calendar,
// also when those of two ops are kept in one list.
func TestOpeningsAreTheCalendars(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHours(t)
		base := time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)
		from := base.Add(time.Duration(rapid.Int64Range(0, int64(9*24*time.Hour)).Draw(t, "made")))
		within := time.Duration(rapid.Int64Range(1, int64(20*time.Hour)).Draw(t, "within"))
		r := rule{}
		r.Hours, r.Within, r.Pauses = h, within, []string{"waiting"}
		due := r.Due(from)
		kept := r.openings(from, due)
		if len(kept) == 2*maxOpenings {
			t.Skip("the op says as much as it can")
		}
		stopped := from.Add(time.Duration(rapid.Int64Range(0, int64(due.Sub(from))).Draw(t, "stops after")))
		goesOn := stopped.Add(time.Duration(rapid.Int64Range(0, int64(30*24*time.Hour)).Draw(t, "stands for")))
		left := h.Between(stopped, due)
		if got := kept.between(stopped.UnixNano(), due.UnixNano()); got != int64(left) {
			t.Fatalf("from %v to %v %v are opened, want %v", stopped, due, time.Duration(got), left)
		}
		want, err := h.Add(goesOn, left)
		if err != nil {
			t.Fatal(err)
		}
		more := r.openings(goesOn, r.Due(goesOn))
		if len(more) == 2*maxOpenings {
			t.Skip("the op says as much as it can")
		}
		for name, o := range map[string]openings{"more": more, "both": both(kept, more).spans, "the other way round": both(more, kept).spans, "since": both(kept, more).spans.since(stopped.UnixNano())} {
			if got := o.add(goesOn.UnixNano(), int64(left)); !at(got).Equal(want) {
				t.Fatalf("%s: %v after %v is %v, want %v", name, left, goesOn, at(got), want)
			}
			if !slices.IsSorted(o) || len(o)%2 != 0 {
				t.Fatalf("%s: %v is out of order", name, o)
			}
		}
		if got := both(kept, more).spans.between(stopped.UnixNano(), due.UnixNano()); got != int64(left) {
			t.Fatalf("merged, from %v to %v %v are opened, want %v", stopped, due, time.Duration(got), left)
		}
	})
}

// TestBusinessDaysOutliveAPause: what is left of business days may be longer than as many days from later on.
func TestBusinessDaysOutliveAPause(t *testing.T) {
	t.Parallel()
	r := rule{}
	r.Hours = calendar.Define("h", calendar.Zone("UTC"), calendar.Open("mon-thu", "09:00-17:00"), calendar.Open("fri", "09:00-12:00"))
	r.Days, r.Pauses = 2, []string{"waiting"}
	made := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) // a Monday: due on Wednesday at 17:00, 24 opened hours later
	goesOn := time.Date(2026, 11, 5, 16, 0, 0, 0, time.UTC)
	o := both(r.openings(made, r.Due(made)), r.openings(goesOn, r.Due(goesOn))).spans
	left := o.between(made.UnixNano(), r.Due(made).UnixNano())
	if left != int64(24*time.Hour) {
		t.Fatalf("%v are left", time.Duration(left))
	}
	// Thursday 1 h, Friday 3 h, Monday 8 h, Tuesday 8 h, Wednesday 4 h.
	if got, want := at(o.add(goesOn.UnixNano(), left)), time.Date(2026, 11, 11, 13, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("it is due at %v, want %v", got, want)
	}
}

// TestFullRunFitsIntoABlock: a run that has as many promises, facts and openings as it can have is kept in memory as it is.
func TestFullRunFitsIntoABlock(t *testing.T) {
	t.Parallel()
	m := newMemory()
	var v view
	id := ledger.Key{1}
	name := func(n int) string { return fmt.Sprintf("%064d", n) }
	far := int64(1) << 61
	who := &identity{
		journey:  event.Run{Namespace: name(1), Name: name(2), ID: strings.Repeat("i", 128), Value: &event.Money{Currency: "EUR", Amount: 1 << 50}},
		customer: event.Customer{Hash: name(3), Segment: name(4)},
	}
	m.apply(id, &op{kind: opStart, id: 1, at: 1, who: who}, noDay, nil, &v)
	for n := range uint64(2 * maxSeen) {
		x := op{kind: opTouch, id: n + 2, at: far + int64(n)*7919_000_000, stage: name(int(n) % 40), touchpoint: name(int(n)), cause: name(5), outcome: event.Failed}
		for p := range maxPromises + 1 {
			var hours openings
			for s := range int64(2 * (maxSpans / maxPromises)) {
				hours = append(hours, far/perSecond+(s+int64(p)+1)*(1<<22))
			}
			x.pacts = append(x.pacts, pact{name: name(100 + p), kind: pactMake, due: math.MaxInt64 - int64(n), warn: math.MaxInt64 - 1, open: hours, byVisit: n%2 == 0})
		}
		m.apply(id, &x, noDay, nil, &v)
	}
	s := m.shard(id)
	n, _, _ := s.find(id)
	r := s.unpack(m.names.tab.Load(), s.slot(n), true)
	spans := 0
	for i := range r.promises {
		spans += r.promises[i].hours.size()
		if got := len(r.promises[i].facts); got != maxPacts {
			t.Errorf("the promise %d has %d facts", i, got)
		}
	}
	if len(r.promises) != maxPromises || spans < maxSpans-maxPromises || r.journey.ID != who.journey.ID {
		t.Errorf("the run has %d promises with %d spans", len(r.promises), spans)
	}
	if size := int(s.slot(n).size); size < 4<<10 || size > arenaChunk {
		t.Errorf("the run takes %d bytes, and a block has %d", size, arenaChunk)
	} else {
		t.Logf("the run takes %d bytes", size)
	}
}

// TestTooManyOpenings: where a run has no room for what an op says of hours, its oldest facts are folded, and the promise that still has
// too little is told.
func TestTooManyOpenings(t *testing.T) {
	t.Parallel()
	hour := int64(time.Hour)
	list := func(from, n int64) (o openings) { // an opened hour every two hours
		for i := range n {
			o = append(o, (from+2*i)*3600, (from+2*i+1)*3600)
		}
		return o
	}
	r := newLogged()
	r.apply(&op{kind: opStart, id: 1, begin: true, who: &identity{}}, &done{})
	says := func(id uint64, hours int64, x pact) *done {
		d := &done{}
		r.apply(&op{kind: opSign, id: id, at: hours * hour, sent: hours * hour, pacts: []pact{x}}, d)
		return d
	}
	if d := says(2, 0, pact{name: "a", kind: pactMake, due: (maxOpenings - 1) * hour, open: list(0, maxOpenings)}); d.short {
		t.Error("it is due among its openings")
	}
	says(3, 1, pact{name: "a", kind: pactPause})
	if d := says(4, 900, pact{name: "a", kind: pactResume, open: list(900, maxOpenings)}); d.short {
		t.Error("it is due among its openings after the pause")
	}
	p := &r.promises[0]
	if n := r.spans(); n > maxSpans || len(p.facts) != 3 || p.hours.spans.last() != (900+2*maxOpenings-1)*hour {
		t.Errorf("it has %d facts and %d spans until %v", len(p.facts), n, at(p.hours.spans.last()))
	}
	// Half of the opened hours less one were left after the first hour. They take twice the time, without the closed one at the end.
	if got, want := r.promiseDue()-1, (900+2*(maxOpenings/2-1)-1)*hour; got != want {
		t.Errorf("it is due after %v, want %v", time.Duration(got), time.Duration(want))
	}
	if d := says(5, 901, pact{name: "a", kind: pactMake, due: 9000 * hour, open: list(902, maxOpenings)}); !d.short {
		t.Error("nothing tells that it is due after its openings")
	}
	if d := says(6, 902, pact{name: "b", kind: pactMake, due: 1700 * hour, open: list(902, maxOpenings)}); !d.short || r.spans() != maxSpans {
		t.Errorf("another one has %d spans of %d, and nothing tells that these are too few", r.promises[1].hours.size(), r.spans())
	}
	again, _, err := readLog(r.log())
	if err != nil || string(again.log()) != string(r.log()) {
		t.Errorf("the run reads back as %v, %v", again, err)
	}
}

// TestLargeRunOfAStore: a run that a store has and that is larger than a block has no copy, and a copy has no promises.
func TestLargeRunOfAStore(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.beCache()
	sync := func(n byte, id string) view {
		r := newLogged()
		r.apply(&op{kind: opStart, id: 1, at: 1, who: &identity{journey: event.Run{Namespace: "n", Name: "claim", ID: id}}, pacts: []pact{{name: "p", kind: pactMake, due: 9}}}, &done{})
		m.sync(ledger.Key{n}, r, noDay)
		if len(r.promises) != 1 || len(r.seen) != 1 {
			t.Errorf("the run of the store has %d promises and %d IDs", len(r.promises), len(r.seen))
		}
		return m.where(ledger.Key{n}, nil)
	}
	if v := sync(1, strings.Repeat("i", 70_000)); !v.absent {
		t.Error("there is a copy of a run that is too large")
	}
	v := sync(2, "2")
	if v.absent || !v.synced || !v.begun || m.known.Load() != 1 {
		t.Errorf("the copy is %+v, and %d runs are known", v, m.known.Load())
	}
	m.ask(ledger.Key{2}, func(r *run) {
		if len(r.promises) != 0 {
			t.Errorf("the copy has %d promises", len(r.promises))
		}
	})
}

// TestPromiseIsSmall: a promise that is open takes at most 24 bytes of memory more, rounded up to blocks as memory is, over IDs of
// every length.
func TestPromiseIsSmall(t *testing.T) {
	t.Parallel()
	taken := func(pacts ...pact) (sum int) {
		m := newMemory()
		start := time.Date(2026, 11, 3, 10, 11, 12, 131415, time.UTC).UnixNano()
		for i := range 1000 {
			id := ledger.Key{byte(i), byte(i >> 8), 15: byte(i)}
			who := &identity{journey: event.Run{Namespace: "n", Name: "order", ID: strings.Repeat("i", 1+i%64)}, customer: event.Customer{Hash: strings.Repeat("h", 32)}, patience: 48 * time.Hour}
			var v view
			m.apply(id, &op{kind: opStart, at: start, who: who, pacts: pacts}, noDay, nil, &v)
			m.apply(id, &op{kind: opEnter, at: start + 5e9, stage: "payment"}, noDay, nil, &v)
			s := m.shard(id)
			n, _, _ := s.find(id)
			sum += sizeClass(int(s.slot(n).size)) * arenaUnit
		}
		return sum
	}
	start := time.Date(2026, 11, 3, 10, 11, 12, 131415, time.UTC).UnixNano()
	more := float64(taken(pact{name: "confirmed", kind: pactOffer, due: start + int64(24*time.Hour), untilEnd: true, byStart: true})-taken()) / 1000
	if t.Logf("%.1f bytes more", more); more > 24 || more <= 0 {
		t.Errorf("a promise takes %.1f bytes", more)
	}
}
