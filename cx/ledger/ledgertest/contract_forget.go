package ledgertest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

var forgetting = []contract{
	{"forget erases a customer's runs", "a customer may demand erasure", forgetErases},
	{"forget concerns one customer", "other customers' runs must not end", forgetOne},
	{"the first customer is kept", "a run has one customer, whatever later changes say", forgetFirst},
	{"closed records have no customer", "a closed record no longer belongs to a customer", forgetClosed},
	{"a forgotten record is removed after its keep", "a run is forgotten when it is due to be", forgetKeep},
	{"forget many runs", "a customer of many years has many runs", forgetMany},
	{"forget while events arrive", "a concurrent write must not bring a forgotten run back", forgetRace},
}

func (s *suite) forgetter() ledger.Forgetter {
	s.Helper()
	f, ok := s.store.(ledger.Forgetter)
	if !ok {
		s.Skip("the store does not implement ledger.Forgetter, which is optional")
	}
	return f
}

func (s *suite) forget(f ledger.Forgetter, customer string, keep time.Duration, want int) {
	s.Helper()
	if n, err := f.Forget(s.Context(), customer, keep); n != want || err != nil {
		s.fail("Forget(%q) returned %d and %v, want %d", customer, n, err, want)
	}
}

// of returns a change that makes a record of the customer.
func of(id ledger.Key, customer string) ledger.Change {
	return ledger.Change{Key: id, Append: []byte("a"), Due: past(), Customer: customer}
}

func forgetErases(s *suite) {
	f := s.forgetter()
	at := ledger.Place{Group: "checkout"}
	s.write(of(run(1), "alice"), of(run(2), "alice"), of(run(3), "bob"))
	s.one(ledger.Change{Key: run(1), If: []byte("a"), Replace: []byte("b"), Due: past(), Place: at})
	s.forget(f, "alice", long, 2)
	for _, id := range []ledger.Key{run(1), run(2)} {
		s.wantClosed("forgotten", s.peek(id), id, "")
		s.wantClosed("append to a forgotten run", s.one(of(id, "alice")), id, "")
		s.wantClosed("Replace of a forgotten run", s.one(swapping(id, "", "b")), id, "")
	}
	s.forget(f, "alice", long, 0)
	_, due := s.claim(all, long)
	if len(due) != 1 || due[0].Key != run(3) {
		s.fail("Claim returned %d records, want the one that was not forgotten", len(due))
	}
	s.want("the run of another customer", s.peek(run(3)), run(3), "a")
	if c, ok := s.store.(ledger.Counter); ok {
		s.counted(c, nil)
	}
	s.one(of(run(4), "alice"))
	s.forget(f, "alice", long, 1)
}

func forgetOne(s *suite) {
	f := s.forgetter()
	customers := []string{
		"", "alice", "Alice", "alice ", "alic", "alice1", "%", "a_ice", "*", "{alice}", "é", "e\u0301", "'", strings.Repeat("x", 128), strings.Repeat("x", 127) + "y",
	}
	for i, c := range customers {
		s.one(of(run(i), c))
	}
	s.forget(f, "", long, 0)
	s.forget(f, "unknown", long, 0)
	for i, c := range customers {
		s.want("before it is forgotten", s.peek(run(i)), run(i), "a")
		if c != "" {
			s.forget(f, c, long, 1)
		}
	}
	s.want("the run without a customer", s.peek(run(0)), run(0), "a")
}

func forgetFirst(s *suite) {
	f := s.forgetter()
	named := func(c ledger.Change, customer string) ledger.Change {
		c.Customer = customer
		return c
	}
	s.write(adding(run(1), "a"), of(run(2), "alice"), adding(run(3), "a"))
	s.write(named(adding(run(1), "a"), "alice"), named(adding(run(2), "a"), "bob"), named(swapping(run(3), "stale", "a"), "bob"))
	s.write(named(swapping(run(1), "aa", "a"), "bob"), adding(run(2), "a"), named(swapping(run(3), "a", "b"), "alice"))
	s.write(swapping(run(1), "a", "b"), swapping(run(2), "aaa", "b"), named(adding(run(3), "c"), "bob"))
	s.forget(f, "bob", long, 0)
	s.forget(f, "alice", long, 3)
}

func forgetClosed(s *suite) {
	f := s.forgetter()
	s.write(of(run(1), "alice"), of(run(2), "alice"))
	last := ending(run(1), "a", "end", long)
	last.Customer = "alice"
	s.one(last)
	s.one(of(run(1), "alice"))
	s.forget(f, "alice", long, 1)
	s.wantClosed("closed before Forget", s.peek(run(1)), run(1), "end")
	s.wantClosed("forgotten", s.peek(run(2)), run(2), "")
}

func forgetKeep(s *suite) {
	f := s.forgetter()
	s.write(of(run(1), "alice"), of(run(2), "bob"), of(run(3), "carol"), of(run(4), "dave"))
	s.forget(f, "alice", time.Millisecond, 1)
	s.forget(f, "bob", 0, 1)
	s.forget(f, "dave", -long, 1)
	s.forget(f, "carol", long, 1)
	s.gone(run(1))
	s.gone(run(2))
	s.gone(run(4))
	s.wantClosed("kept", s.peek(run(3)), run(3), "")
	s.want("a new record", s.one(adding(run(1), "new")), run(1), "new")
	s.forget(f, "alice", long, 0)
}

func forgetMany(s *suite) {
	f := s.forgetter()
	const runs = 2500
	changes := make([]ledger.Change, runs)
	for i := range changes {
		changes[i] = of(run(i), "alice")
	}
	s.write(changes...)
	s.one(of(run(runs), "bob"))
	s.forget(f, "alice", long, runs)
	for i := range changes {
		changes[i] = peeking(run(i))
	}
	for i, r := range s.write(changes...) {
		s.wantClosed("forgotten", r, run(i), "")
	}
	s.want("the run of another customer", s.peek(run(runs)), run(runs), "a")
}

func forgetRace(s *suite) {
	f := s.forgetter()
	const runs, writers = 5, 8
	changes := make([]ledger.Change, runs)
	for i := range changes {
		changes[i] = of(run(i), "alice")
	}
	s.write(changes...)
	over := make(chan struct{})
	var once sync.Once
	s.together(writers, func(ctx context.Context, i int, store ledger.Store) error {
		for n := 0; ; n++ {
			select {
			case <-over:
				return nil
			default:
			}
			if i == 0 && n == 10 {
				defer once.Do(func() { close(over) })
				forgotten, err := f.Forget(ctx, "alice", long)
				if err != nil || forgotten != runs {
					return fmt.Errorf("forgetting returned %d and %w, want %d", forgotten, err, runs)
				}
				return nil
			}
			if _, err := write(ctx, store, []ledger.Change{of(run(n%runs), "alice"), of(run((n+1)%runs), "bob")}); err != nil {
				once.Do(func() { close(over) })
				return err
			}
		}
	})
	for i := range runs {
		s.wantClosed("forgotten", s.peek(run(i)), run(i), "")
	}
}
