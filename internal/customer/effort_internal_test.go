package customer

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// effortSpecimens are entries of version 2.
func effortSpecimens() []entry {
	return []entry{
		{kind: opMet, at: 9, id: event.ID{1, 15: 2}, purpose: "bill", when: 1, end: 3, life: 50, asked: 5, channel: event.Phone, answered: true, claimed: event.Yes, ref: "hash"},
		{kind: opStumbled, at: 10, purpose: "bill", when: -1, life: 50, asked: 5, text: "pay"},
	}
}

// The bytes of the specimens of version 2, and of the state after them.
const (
	entriesV2 = "023f02230c120462696c6c02640a01000000000000000000000000000002060501010468617368023f020e0d140462696c6c01640a03706179"
	stateV2   = "084014000000000000023f0233410468617368010462696c6c00640a0001010000000000000000000000000000020206050101010462696c6c0370617901640a"
)

// TestEffortFormat: the bytes of a log with efforts are read as they were meant. They never change.
func TestEffortFormat(t *testing.T) {
	t.Parallel()
	var log []byte
	for _, e := range effortSpecimens() {
		log = e.appendTo(log)
	}
	if got := hex.EncodeToString(log); got != entriesV2 {
		t.Errorf("the log is\n%s, want\n%s", got, entriesV2)
	}
	r, _, _, n, err := readLog(log)
	if err != nil || n != 2 {
		t.Fatalf("%d entries and the error %v", n, err)
	}
	if got := hex.EncodeToString(r.whole()); got != stateV2 {
		t.Errorf("the state is\n%s, want\n%s", got, stateV2)
	}
}

// happening is a contact or a step, as the test knows it.
type happening struct {
	entry

	recorded int64
}

// drawHappenings returns contacts and steps of one customer in the order in which they are recorded. Each is recorded within the grace
// of its beginning.
func drawHappenings(t *rapid.T) (all []happening) {
	const window, grace = int64(1000), int64(200)
	n := rapid.IntRange(1, 14).Draw(t, "number")
	for i := range n {
		start := rapid.Int64Range(0, 6000).Draw(t, "start")
		h := happening{entry: entry{
			kind: opMet, id: event.ID{byte(i + 1)}, purpose: rapid.SampledFrom([]string{"bill", "move"}).Draw(t, "intent"), when: start, life: window, asked: grace,
			channel:  rapid.SampledFrom([]event.Channel{0, event.Phone, event.Email, event.Chat}).Draw(t, "channel"),
			answered: rapid.Bool().Draw(t, "answered"), claimed: event.YesNo(rapid.IntRange(0, 2).Draw(t, "claimed")), ref: "hash",
		}}
		h.end = start + rapid.Int64Range(0, grace).Draw(t, "took")
		h.recorded = rapid.Int64Range(h.end, start+grace).Draw(t, "recorded")
		if rapid.IntRange(0, 3).Draw(t, "step") == 0 {
			h.kind, h.text = opStumbled, rapid.SampledFrom([]string{"pay", "login"}).Draw(t, "touchpoint")
			h.id, h.ref, h.end, h.answered, h.channel, h.claimed = event.ID{}, "", 0, false, 0, 0
		}
		h.at = h.recorded
		all = append(all, h)
	}
	slices.SortStableFunc(all, func(a, b happening) int { return cmp.Compare(a.recorded, b.recorded) })
	return all
}

// naive returns the efforts from the definition: contacts with one intent, each within the window of those before, in the order of
// their beginnings.
func naive(all []happening) (efforts []Effort) {
	byStart := slices.Clone(all)
	slices.SortStableFunc(byStart, func(a, b happening) int {
		return cmp.Or(cmp.Compare(a.when, b.when), cmp.Compare(boolByte(a.answered), boolByte(b.answered)), cmp.Compare(a.end, b.end),
			cmp.Compare(a.channel, b.channel), cmp.Compare(a.claimed, b.claimed), cmp.Compare(a.text, b.text))
	})
	for _, intent := range []string{"bill", "move"} {
		var of *Effort
		ended := int64(0)
		for _, h := range byStart {
			if h.kind != opMet || h.purpose != intent {
				continue
			}
			if of == nil || h.when-ended > h.life {
				efforts = append(efforts, Effort{Customer: "hash", Intent: intent, Channel: h.channel, Effort: event.Effort{Began: instant(h.when), Window: event.Seconds(h.life)}})
				of, ended = &efforts[len(efforts)-1], h.end
				for _, s := range byStart {
					if s.kind == opStumbled && s.purpose == intent && s.when <= h.when && h.when-s.when <= h.life {
						of.From = s.text
					}
				}
			}
			if h.channel != 0 {
				if of.Channel != 0 && of.Channel != h.channel {
					of.Switches++
				}
				of.Channel = h.channel
			}
			of.Contacts++
			if h.answered {
				of.Answered++
				of.Claimed = h.claimed
			}
			ended = max(ended, h.end)
			of.Ended = instant(ended)
			of.FirstContact = of.Answered == 1 && h.answered // and none came after it
		}
	}
	return efforts
}

// TestEffortsFollowTheDefinition: whatever the order in which contacts are recorded, and whenever the log is folded and efforts are
// told, each effort is told once, with what the definition says.
func TestEffortsFollowTheDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := drawHappenings(t)
		r := &record{}
		var told []Effort
		tell := func(at int64) {
			r.pass(at)
			log := r.whole()
			over := r.freeze()
			if rapid.Bool().Draw(t, "again") { // the process dies after the mark, and another one tells
				marked, _, _, _, err := readLog(r.whole())
				if err != nil {
					t.Fatal(err)
				}
				if again := marked.freeze(); len(over)+len(again) > 0 && !gocmp.Equal(over, again, cmpopts.IgnoreFields(Effort{}, "Again")) {
					t.Fatalf("it is told as %+v, and again as %+v", over, again)
				}
				r = marked
			}
			r.settle(over)
			told = append(told, over...)
			if back, _, _, _, err := readLog(log); err != nil || string(back.whole()) != string(log) {
				t.Fatalf("the state is read as another one, or with the error %v", err)
			}
		}
		for i := range all {
			if rapid.IntRange(0, 2).Draw(t, "fold") == 0 {
				tell(all[i].recorded)
			}
			for range rapid.IntRange(1, 2).Draw(t, "times") { // an entry may be in the log twice
				if did := r.apply(&all[i].entry); did.problem != noProblem || (did.effort == nil) != (all[i].kind == opStumbled) {
					t.Fatalf("the contact is problem %d, and its effort is %+v", did.problem, did.effort)
				}
			}
		}
		tell(1 << 40)
		want := naive(all)
		order := func(a, b Effort) int { return cmp.Or(cmp.Compare(a.Intent, b.Intent), a.Began.Compare(b.Began)) }
		slices.SortFunc(told, order)
		slices.SortFunc(want, order)
		if d := gocmp.Diff(want, told, cmpopts.IgnoreFields(Effort{}, "ID", "Again"), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("told efforts (-want +got):\n%s", d)
		}
		ids := map[event.ID]bool{}
		for _, e := range told {
			if ids[e.ID] {
				t.Fatalf("two efforts have the ID %v", e.ID)
			}
			ids[e.ID] = true
		}
		if !r.empty() {
			t.Fatalf("the record still has %+v", r)
		}
	})
}

// contactAt returns an entry.
func contactAt(id byte, intent string, at int64) *entry {
	return &entry{kind: opMet, at: at, id: event.ID{id}, purpose: intent, when: at, end: at, life: 100, asked: 10, channel: event.Phone, answered: true, ref: "hash"}
}

// TestEffortsAreBounded: contacts beyond those that are told apart are counted, and an effort beyond the bound is refused.
func TestEffortsAreBounded(t *testing.T) {
	t.Parallel()
	r := &record{}
	for i := range byte(3 * maxKnown) {
		e := contactAt(i+1, "bill", int64(i))
		if i%3 == 0 {
			e.channel, e.answered = event.Email, false
		}
		r.apply(e)
	}
	r.pass(1000)
	over := r.freeze()
	if len(over) != 1 || over[0].Contacts != 48 || over[0].Answered != 32 || over[0].Switches != 31 || over[0].Began != instant(0) || over[0].Ended != instant(47) {
		t.Errorf("48 contacts are %+v", over)
	}
	id := over[0].ID
	back, _, _, _, err := readLog(r.whole())
	if err != nil || len(back.freeze()) != 1 || back.freeze()[0].ID != id || back.freeze()[0].Switches != 31 {
		t.Errorf("they are read back as %+v, with the error %v", back, err)
	}
	r = &record{}
	for i := range byte(maxEfforts) {
		if did := r.apply(contactAt(i+1, fmt.Sprint(i), 1)); did.problem != noProblem {
			t.Fatalf("effort %d is problem %d", i, did.problem)
		}
	}
	if did := r.apply(contactAt(99, "more", 1)); did.problem != full || did.effort != nil {
		t.Errorf("one more effort is problem %d", did.problem)
	}
	if did := r.apply(contactAt(99, "3", 2)); did.problem != noProblem || did.effort.Contacts != 2 {
		t.Errorf("a contact of an open effort is problem %d", did.problem)
	}
	for i := range int64(2 * maxSteps) {
		r.apply(&entry{kind: opStumbled, at: 2, purpose: "x", text: "pay", when: i, life: 100})
	}
	if len(r.steps) != maxSteps || r.steps[0].at != maxSteps {
		t.Errorf("%d steps are kept, from %d on", len(r.steps), r.steps[0].at)
	}
	r = &record{}
	r.apply(&entry{kind: opStumbled, at: 2, purpose: "bill", text: "login", when: 1, life: 100})
	r.apply(contactAt(1, "bill", 2))
	for i := range int64(2 * maxSteps) { // the customer tries it again and again
		r.apply(&entry{kind: opStumbled, at: 3, purpose: "bill", text: "pay", when: 3 + i, life: 100})
	}
	r.pass(1000)
	if over := r.freeze(); len(over) != 1 || over[0].From != "login" {
		t.Errorf("an effort after which many steps failed is told as %+v", over)
	}
}

// TestLateContacts: a contact that is recorded when its effort would be over begins none, because the effort may have been told.
func TestLateContacts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, reason string
		at           int64
		want         problem
	}{
		{"in the grace", "its effort is told after the grace", 110, noProblem},
		{"after it", "an instance may have told the effort", 111, late},
	} {
		r := &record{}
		e := contactAt(1, "bill", 0)
		e.at = test.at
		if did := r.apply(e); did.problem != test.want {
			t.Errorf("%s: it is problem %d, want %d, because %s", test.name, did.problem, test.want, test.reason)
		}
	}
}

// TestForgottenEfforts: nothing of an effort is left in the record of a forgotten customer.
func TestForgottenEfforts(t *testing.T) {
	t.Parallel()
	r := &record{}
	r.apply(contactAt(1, "bill", 0))
	r.apply(&entry{kind: opStumbled, at: 2, purpose: "bill", text: "pay", when: 0, life: 100, asked: 10})
	if kept := r.forgotten(); !kept.empty() || kept.customer != "" {
		t.Errorf("it has %+v", kept)
	}
}

// TestEffortsThatBeginTogether: no number of an effort follows from the IDs of contacts, which are random.
func TestEffortsThatBeginTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list []entry
		for range rapid.IntRange(2, 5).Draw(t, "number") {
			start := rapid.Int64Range(0, 1).Draw(t, "start")
			list = append(list, entry{
				kind: opMet, purpose: "bill", when: start, end: start + rapid.Int64Range(0, 2).Draw(t, "took"), life: 10, asked: 10, ref: "hash",
				channel:  rapid.SampledFrom([]event.Channel{0, event.Phone, event.Email}).Draw(t, "channel"),
				answered: rapid.Bool().Draw(t, "answered"), claimed: event.YesNo(rapid.IntRange(0, 2).Draw(t, "claimed")),
			})
		}
		ids := make([]byte, len(list))
		for i := range ids {
			ids[i] = byte(i + 1)
		}
		told := func(ids []byte) Effort {
			r := &record{}
			for i := range list {
				e := list[i]
				e.id = event.ID{ids[i]}
				r.apply(&e)
			}
			r.pass(1000)
			over := r.freeze()
			if len(over) != 1 {
				t.Fatalf("%d efforts are over, want one", len(over))
			}
			over[0].ID = event.ID{}
			return over[0]
		}
		if a, b := told(ids), told(rapid.Permutation(ids).Draw(t, "other IDs")); a != b {
			t.Errorf("with other IDs the effort is\n%+v\nwant\n%+v", b, a)
		}
	})
}
