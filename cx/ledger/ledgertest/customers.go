package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/flight"
)

// customers are the clauses about customers' records, which are on a shelf.
var customers = []contract{
	{"customers: the last permitted contact", "of several instances that ask at once exactly as many as the cap allows may contact the customer", lastContact},
	{"customers: a question is one call", "asking makes the caller wait, so that it must not take two round trips", oneCall},
	{"customers: a question without an answer", "the asker does not know of the grant, and it must not keep others from contacting the customer", lostQuestion},
	{"customers: two records in one call", "the letter to a person who has died must not be sent on another one's account", addressees},
	{"customers: forgotten", "an import after the erasure must not contact the customer again", forgottenRecord},
}

// asked is how long a question may wait in a test: far longer than it takes.
const asked = 30 * time.Second

// book returns an instance that asks the records on a handle of the store.
func (s *suite) book(store ledger.Store) *customer.Book {
	s.Helper()
	b := customer.New(customer.Config{Store: store, Now: time.Now, Namespace: "test", Failed: func(error) {}})
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), asked)
		defer cancel()
		_ = b.Close(ctx)
	})
	return b
}

// contact is the question whether the customer may be contacted, who may be so often.
func contact(who string, most int) *customer.Asking {
	caps := []flight.Cap{{Most: most, Within: time.Hour, Purposes: []string{"offer"}}}
	return &customer.Asking{
		Customer: who, Purpose: "offer", Channel: event.Email, Terms: &flight.Terms{Caps: caps, Keep: time.Hour, Life: 10 * time.Minute},
	}
}

// answered asks and returns the rule that has decided.
func (s *suite) answered(how func(context.Context, *customer.Asking) (flight.Answer, error), a *customer.Asking) string {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), asked)
	defer cancel()
	answer, err := how(ctx, a)
	if err != nil {
		s.fail("the record of %s does not answer: %v", a.Customer, err)
	}
	return answer.Rule
}

// lastContact: several instances ask for the same customers at once. Each customer may be contacted once or three times.
func lastContact(s *suite) {
	const askers, people = 12, 20
	var granted [people]atomic.Int32
	most := func(n int) int { return 1 + n%2*2 }
	s.together(askers, func(ctx context.Context, i int, store ledger.Store) error {
		b := customer.New(customer.Config{Store: store, Now: time.Now, Namespace: "test"})
		ctx, cancel := context.WithTimeout(ctx, asked)
		defer cancel()
		for k := range people {
			n := (k + i) % people
			answer, err := b.Ask(ctx, contact(fmt.Sprint("customer ", n), most(n)))
			switch {
			case err != nil:
				return err
			case answer.OK():
				granted[n].Add(1)
			case answer.Rule != event.RuleCap:
				return fmt.Errorf("customer %d is refused as %q", n, answer.Rule)
			}
		}
		return b.Close(ctx)
	})
	for n := range people {
		if got := int(granted[n].Load()); got != most(n) {
			s.fail("customer %d was granted to %d of %d askers, want %d", n, got, askers, most(n))
		}
	}
}

// counted is a store that counts its calls. While lost is set it makes the first change and loses the answer, and then is down.
type counted struct {
	ledger.Store

	writes, claims atomic.Int32
	lost, down     atomic.Bool
}

var errLostAnswer = errors.New("the answer is lost")

// Write implements [ledger.Store].
func (c *counted) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	c.writes.Add(1)
	if c.lost.Load() && c.down.Swap(true) {
		return nil, errLostAnswer
	}
	records, err := c.Store.Write(ctx, changes)
	if c.lost.Load() {
		return nil, errors.Join(errLostAnswer, err)
	}
	return records, err
}

// Claim implements [ledger.Store].
func (c *counted) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	c.claims.Add(1)
	return c.Store.Claim(ctx, limit, lease)
}

func oneCall(s *suite) {
	store := &counted{Store: s.on("customers").store}
	b := s.book(store)
	s.answered(b.May, contact("first", 1)) // which asks the clock
	a := contact("alice", 1)
	other := contact("alice", 3)
	other.Addressee = "bob"
	for _, q := range []struct {
		name string
		how  func(context.Context, *customer.Asking) (flight.Answer, error)
		a    *customer.Asking
		want string
	}{
		{"Ask", b.Ask, a, event.RuleGranted},
		{"Ask that is refused", b.Ask, contact("alice", 1), event.RuleCap},
		{"Use", b.Use, a, event.RuleGranted},
		{"May", b.May, contact("alice", 2), event.RuleGranted},
		{"Ask with an addressee", b.Ask, other, event.RuleGranted},
		{"Use with an addressee", b.Use, other, event.RuleGranted},
	} {
		writes, claims := store.writes.Load(), store.claims.Load()
		if got := s.answered(q.how, q.a); got != q.want {
			s.fail("%s is answered %q, want %q", q.name, got, q.want)
		}
		if w, c := store.writes.Load()-writes, store.claims.Load()-claims; w != 1 || c != 0 {
			s.fail("%s made %d calls of Write and %d of Claim, want 1 and 0", q.name, w, c)
		}
	}
}

// lostQuestion: the store makes the change of an Ask, and of a Use, and its answer is lost.
func lostQuestion(s *suite) {
	on := s.on("customers")
	store := &counted{Store: on.store}
	b, other := s.book(store), s.book(on.connect())
	s.answered(b.May, contact("first", 1))
	lose := func(who string, how func(context.Context, *customer.Asking) (flight.Answer, error), a *customer.Asking) {
		s.Helper()
		store.down.Store(false)
		store.lost.Store(true)
		ctx, cancel := context.WithTimeout(s.Context(), asked)
		defer cancel()
		if answer, err := how(ctx, a); answer.Rule != event.RuleUnknown || !errors.Is(err, errLostAnswer) {
			s.fail("without an answer %s is answered %q and %v, want %q and the error of the store", who, answer.Rule, err, event.RuleUnknown)
		}
		if got := s.answered(other.May, contact(who, 1)); got != event.RuleCap {
			s.fail("the change for %s was made, and another instance is answered %q, want %q: a contact that may be made counts", who, got, event.RuleCap)
		}
		store.lost.Store(false)
		s.eventually("the contact is free", func() bool { return s.answered(other.May, contact(who, 1)) == event.RuleGranted })
	}
	lose("alice", b.Ask, contact("alice", 1))
	a := contact("bob", 1)
	if got := s.answered(b.Ask, a); got != event.RuleGranted {
		s.fail("Ask is answered %q", got)
	}
	lose("bob", b.Use, a)
}

func addressees(s *suite) {
	on := s.on("customers")
	b, other := s.book(on.store), s.book(on.connect())
	amend := func(who string, m flight.Amendment) {
		s.Helper()
		if err := other.Amend(s.Context(), who, m); err != nil {
			s.fail("%v", err)
		}
	}
	to := func(who, whom string) *customer.Asking {
		a := contact(who, 1)
		a.Addressee = whom
		return a
	}
	amend("husband", flight.Amendment{Kind: flight.Suppressed, Reason: "deceased"})
	if got := s.answered(b.Ask, to("wife", "husband")); got != event.RuleSuppressed {
		s.fail("a letter to a person who is suppressed is answered %q, want %q", got, event.RuleSuppressed)
	}
	s.eventually("the refused letter does not count", func() bool { return s.answered(b.May, to("wife", "wife")) == event.RuleGranted })
	a := to("wife", "son")
	if got := s.answered(b.Ask, a); got != event.RuleGranted {
		s.fail("a letter to another person is answered %q, want %q", got, event.RuleGranted)
	}
	amend("son", flight.Amendment{Kind: flight.Suppressed, Reason: "moved", Channel: event.Email})
	if got := s.answered(b.Use, a); got != event.RuleSuppressed {
		s.fail("Use is answered %q after the addressee was suppressed, want %q", got, event.RuleSuppressed)
	}
}

func forgottenRecord(s *suite) {
	on := s.on("customers")
	b := s.book(on.store)
	for _, m := range []flight.Amendment{
		{Kind: flight.Suppressed, Reason: "opted_out", Channel: event.Phone, Source: "letter"},
		{Kind: flight.HoldOpened, Name: "complaint", Ref: "1"},
	} {
		if err := b.Amend(s.Context(), "alice", m); err != nil {
			s.fail("%v", err)
		}
	}
	if got := s.answered(b.Ask, contact("alice", 1)); got != event.RuleGranted {
		s.fail("Ask is answered %q", got)
	}
	if f, ok := on.store.(ledger.Forgetter); ok {
		on.forget(f, "alice", long, 0)
	}
	for range 2 {
		if err := b.Forget(s.Context(), "alice"); err != nil {
			s.fail("%v", err)
		}
	}
	onPhone, held := contact("alice", 1), contact("alice", 1)
	onPhone.Channel = event.Phone
	held.Terms.Stops = []string{"complaint"}
	if got := s.answered(b.May, onPhone); got != event.RuleSuppressed {
		s.fail("a forgotten customer's suppression is answered %q, want %q", got, event.RuleSuppressed)
	}
	if got := s.answered(b.Ask, held); got != event.RuleGranted {
		s.fail("after Forget a contact is answered %q, want %q: neither the hold nor the contact is kept", got, event.RuleGranted)
	}
	if err := b.Forget(s.Context(), "nobody"); err != nil {
		s.fail("a customer without a record: %v", err)
	}
}
