package track //nolint:testpackage // what is compared is a log's op with the one that was written

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// same compares what was read with what was written. The empty event is none.
func same() cmp.Options {
	return cmp.Options{
		cmp.AllowUnexported(op{}, identity{}, run{}, fact{}, stage{}, span{}, visitKey{}, touched{}, tried{}, pact{}, promise{}, promiseFact{}, open{}, known{}, answers{}, said{}),
		cmpopts.EquateEmpty(), cmpopts.IgnoreTypes((*pending)(nil), []pending(nil), decides(0)),
	}
}

// writable draws an op in which each field that has a meaning is set.
func writable(t *rapid.T) op {
	nanos := rapid.Int64Range(-1<<60, 1<<60)
	name := rapid.StringMatching(`[a-z]{1,12}`)
	o := op{
		kind: opKind(rapid.IntRange(1, int(numOps)-1).Draw(t, "kind")),
		id:   rapid.Uint64().Draw(t, "id"), key: rapid.Uint64().Draw(t, "key"),
		sent: nanos.Draw(t, "sent"), at: nanos.Draw(t, "at"),
		channel: event.Channel(rapid.IntRange(0, flight.NumChannels-1).Draw(t, "channel")),
		outcome: event.Outcome(rapid.IntRange(0, 4).Draw(t, "outcome")),
		begin:   rapid.Bool().Draw(t, "begin"), settled: rapid.Bool().Draw(t, "told"),
		event: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "event"),
	}
	o.until = o.at + rapid.Int64Range(0, 1<<50).Draw(t, "took")
	if rapid.Bool().Draw(t, "in a stage") {
		o.stage = name.Draw(t, "stage")
		o.expect = time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "expect"))
		o.visit = rapid.IntRange(0, 1<<20).Draw(t, "visit")
	}
	if o.kind == opAbandon || o.kind == opPass {
		o.last = nanos.Draw(t, "last")
	}
	if rapid.Bool().Draw(t, "worth") {
		o.worth = &event.Money{Currency: "JPY", Amount: nanos.Draw(t, "what it is worth")}
	}
	if rapid.Bool().Draw(t, "who") {
		o.who = &identity{
			journey: event.Run{
				Namespace: name.Draw(t, "namespace"), Name: name.Draw(t, "journey"), ID: name.Draw(t, "ID"), Version: name.Draw(t, "version"),
			},
			customer: event.Customer{
				Hash: name.Draw(t, "hash"), Segment: name.Draw(t, "segment"), Account: rapid.StringMatching(`[a-z]{0,12}`).Draw(t, "account"),
			},
			channel: event.Web, actor: event.ActorEmployee,
			patience: time.Duration(rapid.Int64Range(0, 1<<55).Draw(t, "patience")),
		}
		if rapid.Bool().Draw(t, "folded") {
			run := event.Run{Name: o.who.journey.Name, ID: o.who.journey.ID}
			o.who.journey.Root = event.SpanRef{TraceID: run.TraceID(), SpanID: run.RootSpan().SpanID()}
		}
		if rapid.Bool().Draw(t, "value") {
			o.who.journey.Value = &event.Money{Currency: "EUR", Amount: nanos.Draw(t, "amount")}
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "promises") {
		x := pact{
			name: name.Draw(t, "promise"), kind: pactKind(rapid.IntRange(1, int(numPacts)-1).Draw(t, "what")), due: nanos.Draw(t, "due"),
			untilEnd: rapid.Bool().Draw(t, "until the end"), byVisit: rapid.Bool().Draw(t, "by the visit"),
			byStart: rapid.Bool().Draw(t, "by the start"),
		}
		if rapid.Bool().Draw(t, "warns") {
			x.warn = nanos.Draw(t, "warning")
		}
		last := rapid.Int64Range(-1<<30, 1<<33).Draw(t, "opens")
		for range 2 * rapid.IntRange(0, 4).Draw(t, "openings") {
			x.open = append(x.open, last)
			last += rapid.Int64Range(1, 1<<20).Draw(t, "lasts")
		}
		o.pacts = append(o.pacts, x)
	}
	return o
}

// TestOpIsRead: an op that is read from a log is the one that was written, in every field.
func TestOpIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := writable(t)
		in := reader{b: want.append(nil)}
		if want.versioned() { // the version that a reader needs stands before it
			in.bytes()
		}
		in = reader{b: in.bytes()}
		var got op
		got.read(in.byte(), &in)
		if d := cmp.Diff(want, got, same()...); d != "" || in.fail || len(in.b) > 0 {
			t.Errorf("read (-written +read), %d bytes are left:\n%s", len(in.b), d)
		}
	})
}

// TestIdentityIsRead: an identity that is read is the one that was written. In memory, its slot has the journey's name, and
// the identity has when its value was said instead.
func TestIdentityIsRead(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		for _, value := range []*event.Money{nil, {Currency: "EUR", Amount: 4999}} {
			want := identity{
				journey:  event.Run{ID: "cart-42", Value: value},
				customer: event.Customer{Hash: "hash", Segment: "new"}, channel: event.Web, actor: event.ActorEmployee,
			}
			switch {
			case whole:
				want.journey.Namespace, want.journey.Name, want.journey.Version = "shop", "checkout", "7"
				want.patience = time.Hour
			case value != nil:
				want.worthAt = int64(time.Minute)
			}
			in := reader{b: want.appendTo(nil, whole)}
			var got identity
			got.read(&in, whole)
			if d := cmp.Diff(want, got, same()...); d != "" || in.fail || len(in.b) > 0 {
				t.Errorf("whole %v, value %v: read (-written +read), %d bytes are left:\n%s", whole, value, len(in.b), d)
			}
		}
	}
}

// TestStateIsRead: a state that is read from a log is the one that was written, in every field.
func TestStateIsRead(t *testing.T) {
	t.Parallel()
	minute := int64(time.Minute)
	who := &identity{
		journey:  event.Run{Namespace: "n", Name: "checkout", ID: "1", Version: "2", Value: &event.Money{Currency: "EUR", Amount: -7}},
		customer: event.Customer{Hash: "h", Segment: "s"}, channel: event.Phone, actor: event.ActorDelegate, patience: time.Hour,
	}
	begun := []op{
		{kind: opStart, id: 1, at: 3 * minute, until: 3 * minute, channel: event.Phone, who: who, worth: who.journey.Value},
		{kind: opTouch, id: 2, at: 4 * minute, until: 5 * minute, stage: "cart", expect: time.Minute, channel: event.Web},
		{kind: opEnter, id: 3, at: 9 * minute, until: 9 * minute, stage: "payment", expect: 2 * time.Minute},
		{kind: opRespond, id: 4, at: 10 * minute, until: 10 * minute, channel: event.Email},
		{kind: opEnter, id: 5, at: 20 * minute, until: 20 * minute, stage: "cart", expect: time.Minute},
		{kind: opPass, id: 6, at: 25 * minute, last: 25 * minute},
	}
	other := *who // its journey's name was folded, and it is worth nothing that is known
	root := other.journey.RootSpan()
	other.journey.Name, other.journey.Root, other.journey.Value = event.Other, event.SpanRef{TraceID: root.TraceID(), SpanID: root.SpanID()}, nil
	rooted := append([]op{}, begun...)
	rooted[0].who, rooted[0].worth = &other, nil
	worth := append([]op{}, rooted...)
	worth[0].worth = who.journey.Value
	company := other
	company.customer.Account = "a"
	ofAccount := append([]op{}, begun...)
	ofAccount[0].who = &company
	touched := []op{
		{kind: opTouch, id: 8, at: 21 * minute, until: 22 * minute, touchpoint: "pay", outcome: event.Failed, cause: "declined"},
		{kind: opTouch, id: 9, at: 23 * minute, until: 24 * minute, touchpoint: "browse", outcome: event.OK},
	}
	folded := []op{begun[0]}
	for i := range 2 * maxFacts { // more than a run remembers exactly
		at := int64(4+i) * minute
		folded = append(folded, op{kind: opEnter, id: uint64(100 + i), at: at, until: at, stage: []string{"cart", "payment"}[i%2], expect: time.Minute})
	}
	hours := openings{21 * 60, 22 * 60, 30 * 60, 90 * 60}
	promised := []op{
		{kind: opSign, id: 10, at: 21 * minute, sent: 21 * minute, pacts: []pact{
			{name: "open", kind: pactOffer, due: 80 * minute, warn: 70 * minute, untilEnd: true, open: hours},
			{name: "paused", kind: pactOffer, due: 80 * minute, open: hours},
			{name: "broken", kind: pactMake, due: 22 * minute},
			{name: "moved", kind: pactMake, due: 22 * minute},
			{name: "warned", kind: pactMake, due: 70 * minute, warn: 22 * minute},
		}},
		{kind: opEnter, id: 11, at: 22 * minute, sent: 22 * minute, stage: "waiting", pacts: []pact{
			{name: "paused", kind: pactPause, byVisit: true},
			{name: "visited", kind: pactOffer, byVisit: true, due: 90 * minute},
			{name: "moved", kind: pactMake, due: 60 * minute},
		}},
		{kind: opPass, at: 24 * minute, last: 24 * minute},
	}
	answers := []op{
		{kind: opEnter, id: 20, at: 23 * minute, sent: 23 * minute, stage: "told", expect: time.Hour, pacts: []pact{
			{name: "high", kind: pactAnswer}, {name: "late", kind: pactMake, due: 80 * minute, only: flight.OnlyOther("high", "low")},
		}},
		{kind: opPass, at: 24 * minute, last: 24 * minute},
	}
	for i := range maxFacts {
		at := int64(25+i) * minute
		answers = append(answers, op{kind: opEnter, id: uint64(200 + i), at: at, stage: []string{"cart", "payment"}[i%2], pacts: []pact{{kind: pactAnswer}}})
	}
	for _, c := range []struct {
		name string
		ops  []op
	}{
		{"a follow-up that was told", append(append([]op{}, begun...), answers[:2]...)},
		{"a follow-up, folded since it was told", append(append([]op{}, begun...), answers...)},
		{"touched", append(append([]op{}, begun...), touched...)},
		{"folded", folded},
		{"promised", append(append([]op{}, begun...), promised...)},
		{"a name folded", rooted},
		{"of an account", ofAccount},
		{"of an account, promised", append(append([]op{}, ofAccount...), promised...)},
		{"a name folded, with a value", worth},
		{"not begun", []op{
			{kind: opTouch, id: 1, at: minute, until: 2 * minute, channel: event.Web, who: who},
			{kind: opTouch, id: 2, at: 3 * minute, until: 3 * minute, stage: "cart"},
		}},
		{"begun", begun},
		{"ended", append(append([]op{}, begun...),
			op{kind: opEnd, id: 7, at: 26 * minute, until: 26 * minute, sent: 30 * minute, outcome: event.Failed},
			op{kind: opPass, id: 8, at: 31 * minute, last: 31 * minute})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := newLogged()
			for i := range c.ops {
				want.apply(&c.ops[i], &done{})
			}
			if want.undecided() {
				t.Fatal("what is undecided has no state")
			}
			if c.name == "folded" && (want.floor == 0 || len(want.been) == 0 || want.been[0].folded == 0) {
				t.Fatal("nothing is folded")
			}
			if c.name == "a follow-up, folded since it was told" && (want.answers.told != 1 || want.answered(math.MaxInt64) != 1) {
				t.Fatalf("it knows %+v", want.answers)
			}
			if c.name == "promised" && (len(want.promises) != 6 || want.promises[2].settled != 1 || want.promises[4].warned == 0) {
				t.Fatalf("the promises are %+v", want.promises)
			}
			got, since, err := readLog(want.log())
			if err != nil || len(since) > 0 {
				t.Fatal(err, since)
			}
			if d := cmp.Diff(want, got, same()...); d != "" {
				t.Errorf("the state (-written +read):\n%s", d)
			}
		})
	}
}

// TestEntryIsWhole: an entry with a byte too many, or one too few, is not read: neither an op nor a state. A log that is
// half understood must not be taken for a whole one.
func TestEntryIsWhole(t *testing.T) {
	t.Parallel()
	o := op{kind: opStart, id: 1, key: 1, at: 100, until: 100, who: &identity{journey: event.Run{Name: "checkout", ID: "1"}}}
	r := newLogged()
	r.apply(&o, &done{})
	span := o.who.journey.RootSpan()
	root := event.SpanRef{TraceID: span.TraceID(), SpanID: span.SpanID()}
	rooted := op{kind: opStart, id: 1, key: 1, at: 100, until: 100, who: &identity{journey: event.Run{Name: event.Other, ID: "1", Root: root}}}
	other := newLogged()
	other.apply(&rooted, &done{})
	company := op{kind: opStart, id: 1, key: 1, at: 100, until: 100, who: &identity{
		journey: event.Run{Name: "checkout", ID: "1"}, customer: event.Customer{Account: "acme"},
	}}
	account := newLogged()
	account.apply(&company, &done{})
	for name, whole := range map[string][]byte{
		"an op": o.append(nil), "a state": r.log(), "an op with a root": rooted.append(nil), "a state with a root": other.log(),
		"an op with an account": unversioned(company.append(nil)), "a state with an account": unversioned(account.log()),
	} {
		if _, _, err := readLog(whole); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		in := reader{b: whole}
		body := in.bytes()
		for what, torn := range map[string][]byte{
			"a byte too many": append(bytes.Clone(body), 0), "two bytes too many": append(bytes.Clone(body), 0, 0), "a byte too few": body[:len(body)-1],
		} {
			log := appendEntry(nil, torn[0], func(b []byte) []byte { return append(b, torn[1:]...) })
			if _, _, err := readLog(log); !errors.Is(err, errLog) {
				t.Errorf("%s with %s: %v, want errLog", name, what, err)
			}
			if _, _, err := readLog(append(bytes.Clone(whole), log...)); !errors.Is(err, errLog) {
				t.Errorf("%s with %s behind a whole one: %v, want errLog", name, what, err)
			}
		}
	}
}

// TestLearnt: what a log says later of who the run is, fills in what was not known, and replaces nothing, unless an
// earlier start says it.
func TestLearnt(t *testing.T) {
	t.Parallel()
	who := func(hash, segment, version string, patience time.Duration) *identity {
		return &identity{
			journey:  event.Run{Namespace: "n", Name: "checkout", ID: "1", Version: version},
			customer: event.Customer{Hash: hash, Segment: segment}, channel: event.Web, patience: patience,
		}
	}
	start := op{kind: opStart, id: 1, at: 100, until: 100, who: who("", "", "", 0)}
	for _, c := range []struct {
		name, reason string
		ops          []op
		want         *identity
	}{
		{"a customer, by what is no sign of life", "it says whose the run is", []op{start, {kind: opKnow, at: 200, who: who("h", "s", "", 0)}}, who("h", "s", "", 0)},
		{"a customer, by a touchpoint", "as above", []op{start, {kind: opTouch, id: 2, at: 200, until: 200, who: who("h", "s", "", 0)}}, who("h", "s", "", 0)},
		{"a patience", "a definition has become known", []op{start, {kind: opKnow, at: 200, who: who("", "", "", time.Hour)}}, who("", "", "", time.Hour)},
		{"a patience, and another", "the first one holds", []op{start, {kind: opKnow, at: 200, who: who("", "", "", time.Hour)}, {kind: opKnow, at: 300, who: who("", "", "", time.Minute)}}, who("", "", "", time.Hour)},
		{"a version", "the blueprint's", []op{start, {kind: opKnow, at: 200, who: who("", "", "3", 0)}}, who("", "", "3", 0)},
		{"another version", "the first one holds", []op{{kind: opStart, id: 1, at: 100, until: 100, who: who("", "", "2", 0)}, {kind: opKnow, at: 200, who: who("", "", "3", 0)}}, who("", "", "2", 0)},
		{"another customer", "the first one holds", []op{start, {kind: opKnow, at: 200, who: who("h", "s", "", 0)}, {kind: opKnow, at: 300, who: who("other", "other", "", 0)}}, who("h", "s", "", 0)},
		{"a segment alone", "the hash stays", []op{start, {kind: opKnow, at: 200, who: who("h", "", "", 0)}, {kind: opKnow, at: 300, who: who("", "s", "", 0)}}, who("h", "s", "", 0)},
		{"an earlier start", "what the earliest start says holds", []op{start, {kind: opKnow, at: 200, who: who("h", "s", "", 0)}, {kind: opStart, id: 2, at: 50, until: 50, who: who("first", "one", "", 0)}}, who("first", "one", "", 0)},
		{"a later start", "it is no news", []op{start, {kind: opKnow, at: 200, who: who("h", "s", "", 0)}, {kind: opStart, id: 2, at: 150, until: 150, who: who("second", "two", "", 0)}}, who("h", "s", "", 0)},
		{"behind the abandonment", "it is late", []op{{kind: opStart, id: 1, at: 100, until: 100, who: who("", "", "", time.Minute)}, {kind: opKnow, at: 100 + int64(time.Hour), who: who("h", "s", "", 0)}}, who("", "", "", time.Minute)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log []byte
			for i := range c.ops {
				c.ops[i].key = uint64(i) + 1 //nolint:gosec // a few
				log = c.ops[i].append(log)
			}
			got, _, err := readLog(log)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(*c.want, got.identity, same()...); d != "" || got.undecided() {
				t.Errorf("the run, undecided: %v (-want +got): %s\n%s", got.undecided(), c.reason, d)
			}
		})
	}
}

// TestAttend: when another instance has to look at a run that was written to: in half a minute, where what was
// written may be a transition that is to be told; ten seconds after time does something to it; and where it
// was never started, when it is to be forgotten.
func TestAttend(t *testing.T) {
	t.Parallel()
	const day, patience, expect = 24 * time.Hour, 20 * time.Minute, 5 * time.Minute
	noon := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	who := func(p time.Duration) *identity {
		return &identity{customer: event.Customer{Hash: "h"}, patience: p}
	}
	for _, c := range []struct {
		name     string
		o        op
		remember time.Duration
		lease    time.Duration
		due      time.Duration // after noon; 0 is none
		customer string
	}{
		{"a start", op{kind: opStart, who: who(0)}, 30 * day, 30 * time.Second, 0, "h"},
		{"a start of a run that is abandoned", op{kind: opStart, who: who(patience)}, 30 * day, 30 * time.Second, patience + 10*time.Second, "h"},
		{"a stage", op{kind: opEnter, stage: "cart"}, 30 * day, 30 * time.Second, 0, ""},
		{"a stage with an expectation", op{kind: opEnter, stage: "cart", expect: expect}, 30 * day, 30 * time.Second, expect + 10*time.Second, ""},
		{"a stage that stalls before the run is abandoned", op{kind: opEnter, stage: "cart", expect: expect, who: who(patience)}, 30 * day, 30 * time.Second, expect + 10*time.Second, "h"},
		{"a run that is abandoned before its stage stalls", op{kind: opEnter, stage: "cart", expect: day, who: who(patience)}, 30 * day, 30 * time.Second, patience + 10*time.Second, "h"},
		{"a touchpoint in a stage", op{kind: opTouch, stage: "cart"}, 30 * day, 30 * time.Second, 0, ""},
		{"an end", op{kind: opEnd}, 30 * day, 30 * time.Second, 0, ""},
		{"a sign of life", op{kind: opSign}, 30 * day, 30 * time.Second, 0, ""},
		{"a touchpoint of a run that is known", op{kind: opTouch}, 30 * day, 0, 30 * day, ""},
		{"feedback", op{kind: opRespond}, 3 * day, 0, 3 * day, ""},
		{"a touchpoint that may be the first", op{kind: opTouch, who: who(0)}, 30 * day, time.Hour, 0, "h"},
		{"the same, where little is remembered", op{kind: opTouch, who: who(0)}, 10 * time.Minute, 10 * time.Minute, 0, "h"},
		{"a customer", op{kind: opKnow, who: who(patience)}, 30 * day, time.Hour, patience + 10*time.Second, "h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := machine{remember: c.remember}
			c.o.at = noon.UnixNano()
			var got ledger.Change
			m.Attend(&got, &c.o)
			want := ledger.Change{Lease: c.lease, Customer: c.customer}
			if c.due > 0 {
				want.Due = noon.Add(c.due)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("the change (-want +got):\n%s", d)
			}
		})
	}
	t.Run("of several the first", func(t *testing.T) {
		t.Parallel()
		m := machine{remember: 30 * day}
		var got ledger.Change
		for i, expects := range []time.Duration{time.Hour, 5 * time.Minute, 2 * time.Hour} {
			m.Attend(&got, &op{kind: opEnter, at: noon.UnixNano(), stage: "cart", expect: expects, who: &identity{customer: event.Customer{Hash: []string{"", "a", "b"}[i]}}})
		}
		if want := noon.Add(5*time.Minute + 10*time.Second); !got.Due.Equal(want) || got.Lease != 30*time.Second || got.Customer != "a" {
			t.Errorf("it is due at %v, in %v, of %q", got.Due, got.Lease, got.Customer)
		}
	})
}

// TestCacheForgets: a copy of a store's run is kept for an hour after something last happened to it, and not longer.
func TestCacheForgets(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.beCache()
	minute := int64(time.Minute)
	who := &identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: "1"}, patience: time.Minute}
	id := ledger.Key(who.journey.TraceID())
	touch := func(kind opKind, at int64) {
		var v view
		m.apply(id, &op{kind: kind, at: at, until: at, who: who}, 1, nil, &v)
	}
	touch(opStart, 1)
	touch(opTouch, 50*minute)
	for _, c := range []struct {
		at   int64
		kept bool
	}{{59 * minute, true}, {61 * minute, true}, {110*minute - 1, true}, {110 * minute, false}} {
		if out := m.sweep(c.at, 1); len(out) > 0 {
			t.Errorf("at %v time has done %+v to a copy", time.Duration(c.at), out)
		}
		if v := m.where(id, nil); v.absent == c.kept || (m.known.Load() == 1) != c.kept {
			t.Errorf("after %v it is kept: %v, and %d are known; want %v", time.Duration(c.at), !v.absent, m.known.Load(), c.kept)
		}
	}
}
