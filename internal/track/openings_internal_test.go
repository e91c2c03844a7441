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
		for name, o := range map[string]openings{"more": more, "both": kept.merge(more, maxSpans), "the other way round": more.merge(kept, maxSpans), "since": kept.merge(more, maxSpans).since(stopped.UnixNano())} {
			if got := o.add(goesOn.UnixNano(), int64(left)); !at(got).Equal(want) {
				t.Fatalf("%s: %v after %v is %v, want %v", name, left, goesOn, at(got), want)
			}
			if !slices.IsSorted(o) || len(o)%2 != 0 {
				t.Fatalf("%s: %v is out of order", name, o)
			}
		}
		if got := kept.merge(more, maxSpans).between(stopped.UnixNano(), due.UnixNano()); got != int64(left) {
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
	o := r.openings(made, r.Due(made)).merge(r.openings(goesOn, r.Due(goesOn)), maxSpans)
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
			for s := range int64(2 * maxOpenings) {
				hours = append(hours, far/perSecond+(s+int64(p)+int64(n)*1000)*(1<<22))
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
		spans += len(r.promises[i].hours) / 2
		if got := len(r.promises[i].facts); got != maxPacts {
			t.Errorf("the promise %d has %d facts", i, got)
		}
	}
	if len(r.promises) != maxPromises || spans != maxSpans || r.journey.ID != who.journey.ID {
		t.Errorf("the run has %d promises with %d spans", len(r.promises), spans)
	}
	if size := int(s.slot(n).size); size < 4<<10 || size > arenaChunk {
		t.Errorf("the run takes %d bytes, and a block has %d", size, arenaChunk)
	} else {
		t.Logf("the run takes %d bytes", size)
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
