package track //nolint:testpackage // a run's log and its packed form are nobody else's to read

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

// touchpoints draws what happens to a run: touchpoints that overlap, in any order, some at the same time.
func touchpoints(t *rapid.T) []op {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) op {
		o := op{
			kind: rapid.SampledFrom([]opKind{opTouch, opTouch, opTouch, opSign, opRespond}).Draw(t, "kind"),
			at:   rapid.Int64Range(100, 140).Draw(t, "at"), stage: rapid.SampledFrom([]string{"", "cart", "payment"}).Draw(t, "stage"),
			outcome: rapid.SampledFrom([]event.Outcome{event.OK, event.Degraded, event.Failed}).Draw(t, "outcome"), channel: event.Web,
		}
		if rapid.Bool().Draw(t, "lasts") {
			o.until = o.at + rapid.Int64Range(1, 40).Draw(t, "took")
		}
		if o.kind == opTouch {
			o.touchpoint = rapid.SampledFrom([]string{"view-cart", "pay", "charge", "confirm"}).Draw(t, "touchpoint")
			o.cause = rapid.SampledFrom([]string{"", "", "declined", "timeout"}).Draw(t, "cause")
		}
		return o
	}), 0, 60).Draw(t, "ops")
}

// wantTouched says how the touchpoints went, in the words of the documentation.
func wantTouched(ops []op) (want event.Transition) {
	last, cause := int64(-1), int64(-1)
	for _, o := range ops {
		if o.kind != opTouch {
			continue
		}
		if o.outcome == event.Failed {
			want.Failures++
		}
		over := max(o.at, o.until)
		if over >= last {
			want.LastTouchpoint, last = o.touchpoint, over
		}
		if o.cause != "" && over >= cause {
			want.LastCause, cause = o.cause, over
		}
	}
	return want
}

// touchedOf returns what the end among the effects says of touchpoints.
func touchedOf(t *rapid.T, effects []effect) event.Transition {
	for _, f := range effects {
		if f.kind == event.JourneyEnded {
			return event.Transition{Failures: f.left.Failures, LastCause: f.left.LastCause, LastTouchpoint: f.left.LastTouchpoint}
		}
	}
	t.Fatal("the run has not ended")
	return event.Transition{}
}

// TestEndSaysHowTouchpointsWent: in memory, where most is done to the packed run, and by the log of a store, folded
// anywhere, the end says how many touchpoints failed, which was over last and what the last cause was.
func TestEndSaysHowTouchpointsWent(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		ops := touchpoints(t)
		who := &identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: strconv.Itoa(runs)}, patience: time.Hour}
		id := ledger.Key(who.journey.TraceID())
		all := []op{{kind: opStart, at: 50, who: who, begin: true}}
		all = append(all, ops...)
		all = append(all, op{kind: opEnd, at: 1000, outcome: event.Failed})
		want := wantTouched(ops)

		m := newMemory()
		var v view
		for i := range all {
			m.apply(id, &all[i], 1, nil, &v)
		}
		if diff := cmp.Diff(want, touchedOf(t, v.effects())); diff != "" {
			t.Fatalf("in memory the end says (-want +got):\n%s", diff)
		}

		var log []byte
		for i := range all {
			o := all[i]
			o.id, o.key = uint64(i+1), uint64(i+1) //nolint:gosec // small
			log = o.append(log)
			if rapid.IntRange(0, 9).Draw(t, "fold") == 0 {
				run, since, err := readLog(log)
				if err != nil {
					t.Fatal(err)
				}
				if !run.undecided() {
					log = foldLog(log, len(since)).log()
				}
			}
		}
		log = (&op{kind: opPass, id: 999, key: 999, at: 2000, last: 2000}).append(log)
		_, since, err := readLog(log)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, touchedOf(t, since[len(since)-1].Done.effects())); diff != "" {
			t.Fatalf("by the store's log the end says (-want +got):\n%s", diff)
		}
	})
}

// TestOldStates: a state that an earlier release wrote, which knows nothing of touchpoints' names, is read.
func TestOldStates(t *testing.T) {
	t.Parallel()
	r := &run{cur: -1, decides: decideByEntry, identity: identity{journey: event.Run{Namespace: "n", Name: "checkout", ID: "1"}, patience: time.Hour}}
	r.begun, r.start, r.last, r.touchpoints = true, 100, 200, 3
	r.early = []span{{1, 2}}
	whole := r.log()
	const none = 3 // no last touchpoint, no failure, no cause: a byte each
	old := appendEntry(nil, entryState2, func(b []byte) []byte { return append(b, whole[3:len(whole)-none]...) })
	got, _, err := readLog(old)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.state(), got.state()); diff != "" || got.touched.last != "" || got.rough() || len(got.early) != 1 {
		t.Errorf("it is read as %+v (-want +got):\n%s", got, diff)
	}
	after := (&op{kind: opTouch, id: 9, key: 9, at: 300, outcome: event.Failed, touchpoint: "pay", cause: "declined"}).append(old)
	got, _, err = readLog(after)
	want := touched{failures: 1, last: "pay", lastAt: 300, cause: "declined", causeAt: 300, tried: []tried{{"pay", 300, true, 1, 1}}}
	if err != nil || !cmp.Equal(got.touched, want, same()...) {
		t.Errorf("what happened since gives %+v, %v, want %+v", got.touched, err, want)
	}
}
