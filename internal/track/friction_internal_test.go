package track //nolint:testpackage // a run's log and its packed form are nobody else's to read

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	cmpdiff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

// hardships draws what happens to a run, in any order: touchpoints that overlap and some that are over at the same time, of few names or of
// more than are remembered. No two ops begin at one time.
func hardships(t *rapid.T) []op {
	names := rapid.SampledFrom([]int{1, 2, 4, maxTried + 8}).Draw(t, "names")
	stages, few := []string{"", "", "cart", "payment", "address"}, 0
	if names > maxTried { // more ops than a run keeps facts of stages, which are exact only as far as they are kept
		stages, few = stages[:1], 100
	}
	ops := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) op {
		o := op{
			kind: rapid.SampledFrom([]opKind{opTouch, opTouch, opTouch, opTouch, opSign, opRespond}).Draw(t, "kind"),
			at:   rapid.Int64Range(100, 400).Draw(t, "at"), stage: rapid.SampledFrom(stages).Draw(t, "stage"),
			outcome: rapid.SampledFrom([]event.Outcome{event.OK, event.OK, event.Degraded, event.Failed, event.Cancelled, event.Abandoned}).Draw(t, "outcome"),
			channel: rapid.SampledFrom([]event.Channel{0, event.Web, event.Web, event.Phone, event.Chat}).Draw(t, "channel"),
		}
		if o.until = o.at; rapid.Bool().Draw(t, "lasts") {
			o.until = rapid.SampledFrom([]int64{o.at + 1, o.at + 30, 410, 420}).Draw(t, "until")
		}
		if o.kind == opTouch {
			o.touchpoint = "t" + strconv.Itoa(int(o.at)%names)
		}
		return o
	}), few, 60+few, func(o op) int64 { return o.at }).Draw(t, "ops")
	return rapid.Permutation(ops).Draw(t, "order")
}

// wantFriction says it in the words of the documentation, from all that happened at once.
func wantFriction(ops []op) (want event.Friction) {
	byName, channels := map[string][]op{}, map[event.Channel]bool{}
	for _, o := range ops {
		if o.kind == opTouch {
			byName[o.touchpoint] = append(byName[o.touchpoint], o)
			if o.channel != 0 {
				channels[o.channel] = true
			}
		}
	}
	want.ChannelSwitches = max(0, len(channels)-1)
	var names []string
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	good := func(o op) bool { return o.outcome == event.OK || o.outcome == event.Degraded }
	for _, name := range names[:min(len(names), 32)] {
		its := byName[name]
		slices.SortStableFunc(its, func(a, b op) int { // an unsuccessful one comes before a successful one
			rank := map[bool]int{false: 0, true: 1}
			return cmp.Or(cmp.Compare(a.until, b.until), rank[good(a)]-rank[good(b)])
		})
		for k, o := range its {
			if !good(o) && k+1 < len(its) {
				want.Repeats++
			}
			if o.outcome == event.Failed && good(its[len(its)-1]) {
				want.FailuresBeforeSuccess++
			}
		}
	}
	want.Loops = wantLoops(ops)
	return want
}

func wantLoops(ops []op) (loops int) {
	ops = slices.Clone(ops)
	slices.SortFunc(ops, func(a, b op) int { return cmp.Compare(a.at, b.at) })
	here, been := "", map[string]bool{}
	for _, o := range ops {
		if o.stage == "" || o.stage == here {
			continue
		}
		if been[o.stage] {
			loops++
		}
		here, been[o.stage] = o.stage, true
	}
	return loops
}

// frictionOf returns what the end among the effects says.
func frictionOf(t interface {
	Helper()
	Fatal(args ...any)
}, effects []effect,
) event.Friction {
	t.Helper()
	for _, f := range effects {
		if f.kind == event.JourneyEnded {
			if f.left.Friction == nil {
				t.Fatal("the end says nothing of friction")
			}
			return *f.left.Friction
		}
	}
	t.Fatal("the run has not ended")
	return event.Friction{}
}

// inMemoryEnd returns the effects of the last op on a run in memory.
func inMemoryEnd(ops []op, id ledger.Key) []effect {
	m := newMemory()
	var v view
	for i := range ops {
		v = view{}
		m.apply(id, &ops[i], 1, nil, &v)
	}
	return v.effects()
}

// inLogEnd returns the effects of the end in the log of a store, which is folded behind the ops for which fold returns true.
func inLogEnd(t interface {
	Helper()
	Fatal(args ...any)
}, ops []op, fold func() bool,
) []effect {
	t.Helper()
	var log []byte
	for i := range ops {
		o := ops[i]
		o.id, o.key = uint64(i+1), uint64(i+1) //nolint:gosec // small
		log = o.append(log)
		if !fold() {
			continue
		}
		run, since, err := readLog(log)
		if err != nil {
			t.Fatal(err)
		}
		if !run.undecided() {
			log = foldLog(log, len(since)).log()
		}
	}
	log = (&op{kind: opPass, id: 9999, key: 9999, at: 20_000, last: 20_000}).append(log)
	_, since, err := readLog(log)
	if err != nil {
		t.Fatal(err)
	}
	return since[len(since)-1].Done.effects()
}

// TestFrictionInAnyOrder: in memory, where most is done to the packed run, and by the log of a store, folded anywhere and with the start
// anywhere, the end counts what the documentation says, whatever the order in which it was heard of.
func TestFrictionInAnyOrder(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		ops := hardships(t)
		who := &identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: strconv.Itoa(runs)}, patience: time.Hour}
		start, end := op{kind: opStart, at: 50, who: who, begin: true}, op{kind: opEnd, at: 1000, outcome: event.Completed}
		want := wantFriction(ops)
		all := append(append([]op{start}, ops...), end)
		if diff := cmpdiff.Diff(want, frictionOf(t, inMemoryEnd(all, ledger.Key(who.journey.TraceID())))); diff != "" {
			t.Fatalf("in memory (-want +got):\n%s", diff)
		}
		later := rapid.IntRange(0, len(ops)).Draw(t, "the start")
		all = append(slices.Insert(slices.Clone(ops), later, start), end)
		fold := func() bool { return rapid.IntRange(0, 9).Draw(t, "fold") == 0 }
		if diff := cmpdiff.Diff(want, frictionOf(t, inLogEnd(t, all, fold))); diff != "" {
			t.Fatalf("by the log (-want +got):\n%s", diff)
		}
	})
}

// TestFrictionCases: cases by hand, in memory and by a log.
func TestFrictionCases(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	touch := func(at int64, name string, o event.Outcome, c event.Channel) op {
		return op{kind: opTouch, at: at * second, until: at * second, touchpoint: name, outcome: o, channel: c}
	}
	enter := func(at int64, stage string) op { return op{kind: opEnter, at: at * second, stage: stage} }
	promised := func(at, due int64, kind pactKind) op {
		o := op{kind: opSign, at: at * second, pacts: []pact{{name: "answer", kind: kind, due: due * second}}}
		if kind == pactKeep {
			o.pacts[0].due = 0
		}
		return o
	}
	var dance []op
	for k := range int64(200) {
		dance = append(dance, enter(10+k, []string{"a", "b"}[k%2]))
	}
	for _, c := range []struct {
		name, reason string
		ops          []op
		want         event.Friction
	}{
		{"nothing", "a smooth run says so", []op{touch(1, "pay", event.OK, event.Web), enter(2, "a"), enter(3, "b")}, event.Friction{}},
		{"failed, then worked", "one repeat, and it worked in the end", []op{touch(1, "pay", event.Failed, event.Web), touch(2, "pay", event.OK, event.Web)}, event.Friction{Repeats: 1, FailuresBeforeSuccess: 1}},
		{"failed three times", "the last one was not tried again", []op{touch(1, "pay", event.Failed, 0), touch(2, "pay", event.Failed, 0), touch(3, "pay", event.Failed, 0)}, event.Friction{Repeats: 2}},
		{"worked, then failed", "nothing was tried again", []op{touch(1, "pay", event.OK, 0), touch(2, "pay", event.Failed, 0)}, event.Friction{}},
		{"cancelled, then worked", "a cancelled one is a repeat, and no failure", []op{touch(1, "pay", event.Cancelled, 0), touch(2, "pay", event.Degraded, 0)}, event.Friction{Repeats: 1}},
		{"another touchpoint", "names are apart", []op{touch(1, "pay", event.Failed, 0), touch(2, "look", event.OK, 0)}, event.Friction{}},
		{"both at one time", "the failed one comes first", []op{touch(2, "pay", event.OK, 0), touch(2, "pay", event.Failed, 0)}, event.Friction{Repeats: 1, FailuresBeforeSuccess: 1}},
		{"both at one time, another one last", "as above, whose name is not the last one", []op{touch(2, "pay", event.Failed, 0), touch(3, "look", event.OK, 0), touch(2, "pay", event.OK, 0)}, event.Friction{Repeats: 1, FailuresBeforeSuccess: 1}},
		{"three channels", "a return is no further channel", []op{touch(1, "a", event.OK, event.Web), touch(2, "a", event.OK, event.Phone), touch(3, "a", event.OK, event.Web), touch(4, "a", event.OK, event.Chat)}, event.Friction{ChannelSwitches: 2}},
		{"a survey by mail", "only touchpoints change the channel", []op{touch(1, "a", event.OK, event.Web), {kind: opRespond, at: 2 * second, channel: event.Email}}, event.Friction{}},
		{"back to the cart", "", []op{enter(1, "cart"), enter(2, "payment"), enter(3, "cart"), enter(4, "payment")}, event.Friction{Loops: 2}},
		{"the same stage again", "it is one visit", []op{enter(1, "cart"), enter(2, "cart")}, event.Friction{}},
		{"a long dance", "visits that are folded count", dance, event.Friction{Loops: 198}},
		{"kept in time", "", []op{promised(1, 10, pactMake), promised(10, 0, pactKeep)}, event.Friction{}},
		{"kept late", "it was overdue once", []op{promised(1, 10, pactMake), promised(11, 0, pactKeep)}, event.Friction{Overdue: 1}},
		{"never kept", "", []op{promised(1, 10, pactMake), touch(20, "a", event.OK, 0)}, event.Friction{Overdue: 1}},
		{"broken by the end", "the due time has not passed", []op{promised(1, 5000, pactMake)}, event.Friction{}},
		{"overdue twice", "a promise made anew is another one", []op{promised(1, 10, pactMake), promised(11, 0, pactKeep), promised(12, 20, pactMake), promised(30, 0, pactKeep)}, event.Friction{Overdue: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			who := &identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: c.name}}
			all := append([]op{{kind: opStart, at: 0, who: who, begin: true}}, c.ops...)
			all = append(all, op{kind: opEnd, at: 1000 * second, outcome: event.Failed})
			if got := frictionOf(t, inMemoryEnd(all, ledger.Key(who.journey.TraceID()))); got != c.want {
				t.Errorf("in memory %+v, want %+v: %s", got, c.want, c.reason)
			}
			var log []byte
			for i := range all {
				o := all[i]
				o.id, o.key = uint64(i+1), uint64(i+1) //nolint:gosec // small
				log = o.append(log)
			}
			log = (&op{kind: opPass, id: 9999, key: 9999, at: 2000 * second, last: 2000 * second}).append(log)
			_, since, err := readLog(log)
			if err != nil {
				t.Fatal(err)
			}
			if got := frictionOf(t, since[len(since)-1].Done.effects()); got != c.want {
				t.Errorf("by the log %+v, want %+v: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestFrictionInALog: what an older release has written is read, and goes on; a state that says what friction follows from needs the
// version; a damaged one is refused.
func TestFrictionInALog(t *testing.T) {
	t.Parallel()
	r := newLogged()
	who := &identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: "1"}}
	r.apply(&op{kind: opStart, id: 1, at: 5, who: who, begin: true}, &done{})
	before := r.log()
	if !slices.Equal(unversioned(before), before) {
		t.Error("a state without touchpoints needs a version")
	}
	r.apply(&op{kind: opTouch, id: 2, at: 9, touchpoint: "pay", outcome: event.Failed, channel: event.Web}, &done{})
	r.apply(&op{kind: opTouch, id: 3, at: 8, touchpoint: "look", channel: event.Phone}, &done{})
	log := r.log()
	in := reader{b: log}
	if body := in.bytes(); body[0] != entryVersion || body[1] != frictionVersion {
		t.Errorf("the state begins with %x", body)
	}
	got, _, err := readLog(log)
	if err != nil || !cmpdiff.Equal(r.touched, got.touched, same()...) {
		t.Errorf("it is read as %+v, %v, want %+v", got.touched, err, r.touched)
	}
	pay := []byte("\x03pay\x08\x01\x01\x01") // over 4 after the start, one miss, one failure, the last one missed
	at := len(log) - len(pay)
	if string(log[at:]) != string(pay) {
		t.Fatalf("the state ends with %q", log[at:])
	}
	for name, bad := range map[string]string{
		"a flag that is none": "\x03pay\x08\x01\x01\x02", "more failures than misses": "\x03pay\x08\x01\x02\x01", "names out of order": "\x03aay\x08\x01\x01\x01",
	} {
		if _, _, err := readLog(append(slices.Clone(log[:at]), bad...)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestManyNamesStaySmall: a run with more names than are remembered stays bounded in memory, and each further name takes ten bytes.
func TestManyNamesStaySmall(t *testing.T) {
	t.Parallel()
	m := newMemory()
	who := &identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: "1"}}
	id := ledger.Key(who.journey.TraceID())
	size := func() int {
		s := m.shard(id)
		n, _, _ := s.find(id)
		return int(s.slot(n).size)
	}
	var v view
	m.apply(id, &op{kind: opStart, at: 1, who: who}, 1, nil, &v)
	empty := size()
	for k := range 200 {
		m.apply(id, &op{kind: opTouch, at: int64(k + 2), until: int64(k + 2), touchpoint: fmt.Sprintf("t%03d", k)}, 1, nil, &v)
		if want := empty + triedSize*min(k, maxTried); size() != want {
			t.Fatalf("after %d names it takes %d bytes, want %d", k+1, size(), want)
		}
	}
}
