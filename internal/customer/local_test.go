package customer_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/flight"
)

// TestLocalAnswersAsABook: records in the memory of a process give the same answers as those in a store, whatever is asked, used,
// freed, changed and forgotten at whatever time.
func TestLocalAnswersAsABook(t *testing.T) {
	t.Parallel()
	rules := map[string]int{}
	seeds := uint64(12)
	if os.Getenv("CAIRN_WHOLE") != "" {
		seeds = 200
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { compare(t, rand.New(rand.NewPCG(seed, 13)), rules) })
	}
	for _, rule := range []string{granted, capped, event.RuleSuppressed, event.RuleHold, event.RuleConsent, event.RuleQuietHours, event.RuleLapsed} {
		if rules[rule] == 0 {
			t.Errorf("no answer was %q: %v", rule, rules)
		}
	}
}

// pair is one question, as the book and as the local records know it.
type pair struct{ book, local customer.Asking }

func compare(t *testing.T, random *rand.Rand, rules map[string]int) {
	t.Helper()
	book, local := open(t, newShelf(), 0), customer.NewLocal(time.Now, nil)
	people := []string{"alice", "bob", "address"}
	one := func(list []string) string { return list[random.IntN(len(list))] }
	terms := []*flight.Terms{
		{Caps: []flight.Cap{{Most: 2, Within: 24 * time.Hour, Purposes: []string{"offer"}}}, Keep: 24 * time.Hour, Life: 10 * time.Minute, Stops: []string{"complaint"}},
		{Caps: []flight.Cap{{Most: 1, Within: 2 * time.Hour, Purposes: []string{"offer", "survey"}, Channels: 1 << event.Email}}, Keep: 2 * time.Hour, Life: 40 * time.Minute},
		{Life: 20 * time.Minute, Stops: []string{"complaint"}, Consent: true},
	}
	evening := func(at time.Time) bool { return at.Hour()%6 == 5 }
	var asked []*pair
	for range 150 {
		time.Sleep(time.Duration(random.IntN(15)) * time.Minute)
		if len(asked) == 0 || random.IntN(2) == 0 {
			a := customer.Asking{Customer: one(people), Purpose: one([]string{"offer", "survey"}), Channel: []event.Channel{event.Email, event.Post}[random.IntN(2)], Terms: terms[random.IntN(len(terms))]}
			if random.IntN(3) == 0 {
				a.Addressee = one(people)
			}
			if random.IntN(2) == 0 {
				a.Quiet = evening
			}
			asked = append(asked, &pair{a, a})
		}
		p := asked[random.IntN(len(asked))]
		var fromBook, fromLocal flight.Answer
		switch n := random.IntN(14); n {
		case 0, 1, 2, 3:
			if p.book.ID.IsZero() {
				fromBook, _ = book.Ask(t.Context(), &p.book)
				fromLocal, _ = local.Ask(t.Context(), &p.local)
				if p.book.ID.IsZero() != p.local.ID.IsZero() {
					t.Fatalf("the grants are %v and %v", p.book.ID, p.local.ID)
				}
			}
		case 4, 5:
			fromBook, _ = book.May(t.Context(), &p.book)
			fromLocal, _ = local.May(t.Context(), &p.local)
		case 6, 7:
			if !p.book.ID.IsZero() {
				fromBook, _ = book.Use(t.Context(), &p.book)
				fromLocal, _ = local.Use(t.Context(), &p.local)
			}
		case 8:
			book.Free(t.Context(), &p.book)
			local.Free(t.Context(), &p.local)
		case 9:
			who := one(people)
			if a, b := book.Forget(t.Context(), who), local.Forget(t.Context(), who); a != nil || b != nil {
				t.Fatal(a, b)
			}
		case 10, 11:
			sameRegistry(t, random, book, local, one(people))
		default:
			m := flight.Amendment{Kind: flight.AmendmentKind(1 + random.IntN(6)), Purpose: one([]string{"", "offer"}), Reason: "moved", By: "e", Name: "complaint", Ref: one([]string{"1", "2"})}
			if random.IntN(4) == 0 {
				m.At = time.Now().Add(-time.Duration(random.IntN(5)) * time.Hour)
			}
			who := one(people)
			if a, b := book.Amend(t.Context(), who, m), local.Amend(t.Context(), who, m); (a == nil) != (b == nil) {
				t.Fatalf("the book says %v, the local records %v", a, b)
			}
		}
		synctest.Wait() // the book releases and keeps in the background
		if fromBook.Rule != fromLocal.Rule || fromBook.Cause != fromLocal.Cause {
			t.Fatalf("the book answers %q (%s), the local records %q (%s)", fromBook.Rule, fromBook.Cause, fromLocal.Rule, fromLocal.Cause)
		}
		rules[fromBook.Rule]++
	}
}

// sameRegistry enters a list in both, or says what it would change, and compares the outcomes and the record of one person.
func sameRegistry(t *testing.T, random *rand.Rand, book *desk, local *customer.Local, who string) {
	t.Helper()
	dry := random.IntN(2) == 0
	var lists [2][]flight.Listed
	for range 3 {
		l := flight.Listed{Subject: []string{who, "address"}[random.IntN(2)], Amendment: flight.Amendment{
			Reason: []string{"moved", "minor"}[random.IntN(2)], At: time.Now().Add(-time.Duration(random.IntN(5)) * time.Hour),
		}}
		lists[0], lists[1] = append(lists[0], l), append(lists[1], l)
	}
	if a, b := book.Enter(t.Context(), lists[0], dry), local.Enter(t.Context(), lists[1], dry); a != nil || b != nil {
		t.Fatal(a, b)
	}
	if diff := cmp.Diff(lists[0], lists[1]); diff != "" {
		t.Fatalf("the outcomes of a list differ (-book +local):\n%s", diff)
	}
	synctest.Wait()
	a, okA, errA := book.Look(t.Context(), who)
	b, okB, errB := local.Look(t.Context(), who)
	if okA != okB || errA != nil || errB != nil {
		t.Fatalf("the book has a record: %v, %v, the local records: %v, %v", okA, errA, okB, errB)
	}
	byDrawing := cmpopts.IgnoreFields(flight.RecordedContact{}, "Grant") // each draws an ID of its own
	if diff := cmp.Diff(a, b, cmpopts.EquateEmpty(), byDrawing); diff != "" {
		t.Fatalf("the records differ (-book +local):\n%s", diff)
	}
}

// TestLocalErrors: a change that a record refuses is the error that a book returns.
func TestLocalErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book, local := open(t, newShelf(), 0), customer.NewLocal(time.Now, nil)
		for _, m := range []flight.Amendment{
			{},
			{Kind: 99},
			{Kind: flight.Lifted, Reason: "moved", By: "e"},
			{Kind: flight.HoldClosed, Name: "complaint", Ref: "1"},
			{Kind: flight.Consented, Purpose: "offer", At: time.Now().Add(event.MaxAhead + 1)},
		} {
			a, b := book.Amend(t.Context(), "alice", m), local.Amend(t.Context(), "alice", m)
			if a == nil || b == nil || a.Error() != b.Error() {
				t.Errorf("%+v: the book says %v, the local records %v", m, a, b)
			}
		}
	})
}

// TestLocalQuestionsChangeNothing: the key of a Local is new until it has a record, and neither a dry run nor a question about an effort
// makes or changes one.
func TestLocalQuestionsChangeNothing(t *testing.T) {
	t.Parallel()
	ctx, noon := t.Context(), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	local := customer.NewLocal(func() time.Time { return noon }, nil)
	key := func(step string, want flight.KeyState) {
		t.Helper()
		if _, got, err := local.Ready(ctx); got != want || err != nil {
			t.Fatalf("%s: the key is %v and the error %v, want %v", step, got, err, want)
		}
	}
	contact := func(id byte, after time.Duration) *customer.Joining {
		at := noon.Add(after)
		return &customer.Joining{Customer: "alice", Intent: "bill", Window: time.Hour, Grace: time.Hour, ID: event.ID{id}, Start: at, End: at, Channel: event.Phone}
	}
	list := func() []flight.Listed {
		return []flight.Listed{{Subject: "alice", Amendment: flight.Amendment{Kind: flight.Suppressed, Purpose: "offer", Reason: event.RuleSuppressed}}}
	}
	key("without records", flight.KeyNew)
	if err := local.Enter(ctx, list(), true); err != nil {
		t.Fatal(err)
	}
	if so := local.SoFar(contact(1, 0)); so == nil || so.Contacts != 1 {
		t.Errorf("the first contact is in the effort %+v", so)
	}
	key("after questions", flight.KeyNew)

	for id := range byte(3) {
		local.Join(contact(id+1, time.Duration(id)*time.Minute))
	}
	key("with a record", flight.KeySame)
	for range 2 {
		if so := local.SoFar(contact(9, -time.Minute)); so == nil || so.Contacts != 1 || so.Began != noon.Add(-time.Minute) {
			t.Errorf("an earlier contact is in the effort %+v", so)
		}
	}
	if err := local.Enter(ctx, list(), true); err != nil {
		t.Fatal(err)
	}
	r, ok, err := local.Look(ctx, "alice")
	if err != nil || !ok || len(r.Suppressions) != 0 || len(r.Efforts) != 1 || r.Efforts[0].Contacts != 3 || !r.Efforts[0].Began.Equal(noon) {
		t.Errorf("the record is %+v, %v and the error %v: want one effort with three contacts from noon on", r, ok, err)
	}
}
