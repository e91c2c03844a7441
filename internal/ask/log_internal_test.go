package ask //nolint:testpackage // what a log means no store can see

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/engine"
)

// drawn returns an op of a few that matter to each other.
func drawn(t *rapid.T) *op {
	o := &op{
		kind: opKind(rapid.IntRange(int(opAsked), int(endOfOps)-1).Draw(t, "kind")),
		key:  rapid.Uint64Range(1, 6).Draw(t, "key"), // some are in the log twice
		sent: rapid.Int64Range(0, 10).Draw(t, "sent"),
	}
	if o.kind == opAlive {
		o.id = 7
		return o
	}
	o.at = rapid.Int64Range(0, 10).Draw(t, "at")
	o.worded = rapid.Bool().Draw(t, "worded")
	o.settled = rapid.Bool().Draw(t, "settled")
	o.who = rapid.SampledFrom([]string{"", "alice", "alice", "bob"}).Draw(t, "who")
	if o.kind != opPass {
		o.topic = rapid.SampledFrom([]topic{{}, {1, 2}, {1, 2}, {3, 2}, {0, 4}}).Draw(t, "topic")
	}
	if o.kind != opPass {
		o.expires = rapid.Int64Range(0, 10).Draw(t, "expires by the ID")
	}
	switch o.kind { //nolint:exhaustive // the rest have no more
	case opAsked:
		o.expires, o.event = rapid.Int64Range(1, 10).Draw(t, "expires"), []byte("asked")
	case opAnswered:
		o.score, o.words = rapid.Int64Range(0, 2).Draw(t, "score"), rapid.Uint64Range(0, 2).Draw(t, "words")
	case opClosed:
		o.end = event.SurveyEnd(rapid.IntRange(int(event.SurveyDismissed), int(event.SurveyExpired)).Draw(t, "end"))
	}
	return o
}

// TestFoldedLogsMeanTheSame: wherever a log is replaced by its state, the ops behind it do the same.
func TestFoldedLogsMeanTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var log []byte
		for _, o := range rapid.SliceOfN(rapid.Custom(drawn), 1, 12).Draw(t, "ops") {
			log = o.Append(log)
		}
		r, since, err := readLog(log)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(0, len(since)).Draw(t, "folded")
		folded := foldLog(log, n).whole()
		left := map[uint64]bool{} // an op that is in the log twice counts once as long as it is not folded
		for _, e := range since[:n] {
			left[e.Op.key] = left[e.Op.key] || !e.Op.IsAlive()
		}
		for _, e := range since[n:] {
			if left[e.Op.key] && !e.Op.IsAlive() {
				return
			}
			folded = append(folded, e.Raw...)
		}
		again, behind, err := readLog(folded)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again, cmp.AllowUnexported(request{}, topic{})); diff != "" {
			t.Errorf("the state differs: %s", diff)
		}
		for i := range behind {
			if diff := cmp.Diff(since[n+i].Done, behind[i].Done, cmp.AllowUnexported(done{})); diff != "" {
				t.Errorf("op %d does something else: %s", n+i, diff)
			}
		}
	})
}

// TestWhatIsTold: by the loops below, which know nothing of the fold, a request is told as asked once, shown once, answered or closed once.
func TestWhatIsTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var log []byte
		for _, o := range rapid.SliceOfN(rapid.Custom(drawn), 1, 30).Draw(t, "ops") {
			log = o.Append(log)
		}
		_, since, err := readLog(log)
		if err != nil {
			t.Fatal(err)
		}
		told := map[event.Kind]int{}
		for _, e := range since {
			told[e.Done.tells]++
			if e.Done.tells == event.FeedbackAmended && told[event.FeedbackReceived] == 0 {
				t.Error("an answer is changed before there is one")
			}
			if e.Done.tells == event.SurveyClosed && e.Done.end == event.SurveyExpired && e.Op.kind == opPass && told[event.SurveyRequested] == 0 {
				t.Error("a request expires that is not known")
			}
		}
		if told[event.SurveyRequested] > 1 || told[event.SurveyShown] > 1 || told[event.FeedbackReceived]+told[event.SurveyClosed] > 1 || told[event.FeedbackAmended] > maxAmendments {
			t.Errorf("told %v", told)
		}
	})
}

// TestLogsOfThisRelease: the bytes of a log never change.
func TestLogsOfThisRelease(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, want, got string }{
		{"asked", "1701010000000000000004060a1403617364" + "05616c696365", hex((&op{kind: opAsked, key: 1, sent: 2, at: 5, expires: 10, event: []byte("asd"), who: "alice"}).Append(nil))},
		{"answered", "1603010000000000000004010a14060900000000000000", hex((&op{kind: opAnswered, key: 1, sent: 2, at: 5, settled: true, score: 3, words: 9, expires: 10}).Append(nil))},
		{"closed", "0e04010000000000000004000a0002", hex((&op{kind: opClosed, key: 1, sent: 2, at: 5, end: event.SurveyDismissed}).Append(nil))},
		{"shown", "16" + "02010000000000000004" + "080a14" + "0900000000000000" + "03", hex((&op{kind: opShown, key: 1, sent: 2, at: 5, expires: 10, topic: topic{9, event.CES}}).Append(nil))},
		{"alive", "1206010000000000000004" + "0700000000000000", hex((&op{kind: opAlive, key: 1, sent: 2, id: 7}).Append(nil))},
		{"state", "234003617364" + "1405616c696365" + "010100" + "06090000000000000002" + "04" + "090000000000000003", hex((&request{
			asked: []byte("asd"), expires: 10, who: "alice", shown: true, end: event.SurveyAnswered, score: 3, words: 9, amended: 1, last: 2, topic: topic{9, event.CES},
		}).whole())},
	} {
		if test.got != test.want {
			t.Errorf("%s is %s, want %s", test.name, test.got, test.want)
		}
	}
}

func hex(b []byte) string { return fmt.Sprintf("%x", b) }

// TestLogsThatCannotBeRead: a log of a newer release and a damaged one are left alone.
func TestLogsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	whole := (&op{kind: opAsked, key: 1, event: []byte("asd")}).Append(nil)
	for _, test := range []struct {
		name string
		log  []byte
		want error
	}{
		{"a newer version", appendEntry(nil, entryVersion, func(b []byte) []byte { return append(b, logVersion+1) }), errNewer},
		{"a newer op", appendEntry(nil, byte(endOfOps), func(b []byte) []byte { return b }), errNewer},
		{"cut", whole[:len(whole)-1], errLog},
		{"longer than it is", append(bytes.Clone(whole), 9), errLog},
		{"an entry without a kind", []byte{0}, errLog},
		{"no kind", []byte{1, 0}, errLog},
		{"no end", appendEntry(nil, byte(opClosed), func(b []byte) []byte {
			return append((&op{kind: opClosed, key: 1}).append(b)[:13], 99)
		}), errLog},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := readLog(test.log); !errors.Is(err, test.want) || !errors.Is(err, engine.ErrLog) {
				t.Errorf("the error is %v, want %v", err, test.want)
			}
		})
	}
}

func FuzzLog(f *testing.F) {
	f.Add((&op{kind: opAsked, key: 1, expires: 10, event: []byte("asd"), who: "alice"}).Append((&request{shown: true, asked: []byte("a")}).whole()))
	f.Add((&op{kind: opAnswered, key: 1, score: 3}).Append((&op{kind: opShown, key: 2}).Append(nil)))
	f.Fuzz(func(t *testing.T, log []byte) {
		r, since, err := readLog(log)
		if err != nil {
			return
		}
		again, _, err := readLog(r.whole())
		if err != nil {
			t.Fatalf("the state of a log cannot be read: %v", err)
		}
		if diff := cmp.Diff(r, again, cmp.AllowUnexported(request{}, topic{})); diff != "" {
			t.Errorf("the state is read as another one: %s", diff)
		}
		for n := range since {
			_ = foldLog(log, n)
		}
		_ = r.passes(time.Unix(0, 0))
		_ = r.requested()
	})
}
