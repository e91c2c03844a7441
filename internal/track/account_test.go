package track_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// claim is a journey whose runs stall, break a promise and are abandoned.
var claim = journey.Define("claim", journey.Stages("form", "review"), journey.Expect("review", 10*time.Minute), journey.AbandonAfter(time.Hour),
	journey.Promise("answered", 20*time.Minute))

// claims is an instance whose clock is real, and what it delivers.
type claims struct {
	track.Tracker

	mu  sync.Mutex
	got []string // of events: the kind, with the account and the intent
}

// newClaims returns an instance. Without a store it keeps its runs in memory.
func newClaims(store ledger.Store) *claims {
	c := &claims{}
	c.Tracker = track.New(track.Config{
		Rules: func(string) *journey.Definition { return claim }, Now: time.Now, Store: store,
		Deliver: func(e *flight.Event, _ journey.State) { c.tell(e) },
	})
	return c
}

func (c *claims) tell(e *flight.Event) {
	if e.Kind == track.PromiseDue {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, fmt.Sprintf("%s %q %q", e.Kind, e.Customer.Account, e.Intent))
}

// told returns what it has told.
func (c *claims) told() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// apply applies an event of the run, whose position says nothing of its customer.
func (c *claims) apply(kind event.Kind, change func(e *flight.Event)) {
	now := time.Now()
	e := flight.Event{Event: event.Event{ID: event.NewID(now), Kind: kind, Time: now, Journey: event.Run{Namespace: "test", Name: "claim", ID: "1"}}}
	if kind.IsTransition() {
		e.ID = event.ID{}
	}
	if change != nil {
		change(&e)
	}
	if kind == event.TouchpointEnded {
		for _, before := range c.Place(&e, "").Before {
			c.tell(before)
		}
	}
	r := c.Apply(&e, track.Manner{})
	for _, before := range r.Before {
		c.tell(before)
	}
	if !r.Drop && !r.Queued {
		c.tell(&e)
	}
	for _, after := range r.After {
		c.tell(after)
	}
	synctest.Wait()
}

// pass lets time pass, and sweeps every minute.
func (c *claims) pass(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(time.Minute)
		c.Sweep(context.Background(), time.Now(), func(e *flight.Event, _ journey.State) { c.tell(e) })
		synctest.Wait()
	}
}

func ofAccount(account string) func(*flight.Event) {
	return func(e *flight.Event) { e.Customer = event.Customer{Hash: "hash", Segment: "gold", Account: account} }
}

func in(stage, intent string) func(*flight.Event) {
	return func(e *flight.Event) { e.SetPlace(stage, 0); e.Intent = intent }
}

// TestAccountIsTheRuns: every event of a run has the account that its earliest start says, in memory and in a store, and also
// after another instance has taken the run over. The intent is a fact of an event: only the transitions that the event makes
// have it.
func TestAccountIsTheRuns(t *testing.T) {
	t.Parallel()
	want := []string{
		`journey.started "acme" ""`, `promise.made "acme" ""`,
		`journey.stage.entered "acme" "complain"`,
		`touchpoint.ended "acme" ""`,
		`journey.stalled "acme" ""`, `promise.broken "acme" ""`,
		`journey.ended "acme" ""`,
	}
	slices.Sort(want)
	for _, mode := range []string{"in memory", "in a store", "taken over"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var store ledger.Store
				if mode != "in memory" {
					store = newShelf()
				}
				one := newClaims(store)
				one.apply(event.JourneyStarted, func(e *flight.Event) {
					ofAccount("acme")(e)
					e.SetValue(event.Money{Currency: "EUR", Amount: 4999}) // it is kept beside the account
				})
				time.Sleep(time.Minute)
				one.apply(event.JourneyStageEntered, in("review", "complain"))
				time.Sleep(time.Minute)
				rest := one
				if mode == "taken over" {
					if err := one.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
					rest = newClaims(store)
				}
				rest.apply(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint = "upload" })
				rest.pass(2 * time.Hour)
				if err := rest.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				got := one.told()
				if rest != one {
					got = append(got, rest.told()...)
				}
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestAccountIsLearned: an account may become known at any time, by whatever says it. What the earliest start says holds.
func TestAccountIsLearned(t *testing.T) {
	t.Parallel()
	earlier := func(account string) func(*flight.Event) {
		return func(e *flight.Event) { ofAccount(account)(e); e.Time = e.Time.Add(-time.Hour / 2) }
	}
	for _, c := range []struct {
		name, reason, want string
		say                func(c *claims)
	}{
		{"by a touchpoint", "the run did not know it", "acme", func(c *claims) {
			c.apply(event.JourneyStarted, ofAccount(""))
			c.apply(event.TouchpointEnded, ofAccount("acme"))
		}},
		{"by a resume", "it is no sign of life", "acme", func(c *claims) {
			c.apply(event.JourneyStarted, ofAccount(""))
			e := flight.Event{Event: event.Event{Time: time.Now(), Journey: event.Run{Namespace: "test", Name: "claim", ID: "1"}, Customer: event.Customer{Account: "acme"}}}
			c.Resume(&e)
			synctest.Wait()
		}},
		{"by an earlier start", "what the earliest start says holds", "first", func(c *claims) {
			c.apply(event.JourneyStarted, ofAccount("acme"))
			c.apply(event.JourneyStarted, earlier("first"))
		}},
		{"by an earlier start that does not say it", "it is known all the same", "acme", func(c *claims) {
			c.apply(event.JourneyStarted, ofAccount("acme"))
			c.apply(event.JourneyStarted, earlier(""))
		}},
		{"by a later start", "the earliest one holds", "acme", func(c *claims) {
			c.apply(event.JourneyStarted, ofAccount("acme"))
			time.Sleep(time.Minute)
			c.apply(event.JourneyStarted, ofAccount("other"))
		}},
		{"by another touchpoint", "what is known is not replaced", "acme", func(c *claims) {
			c.apply(event.JourneyStarted, ofAccount("acme"))
			c.apply(event.TouchpointEnded, ofAccount("other"))
		}},
	} {
		for mode, store := range map[string]ledger.Store{"in memory": nil, "in a store": newShelf()} {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					i := newClaims(store)
					c.say(i)
					i.pass(3 * time.Hour)
					if err := i.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
					if end := fmt.Sprintf(`journey.ended %q ""`, c.want); !slices.Contains(i.told(), end) {
						t.Errorf("it told\n%q\nwant %s: %s", i.told(), end, c.reason)
					}
				})
			})
		}
	}
}

// logged is a store that remembers which records there are.
type logged struct {
	*shelf

	mu   sync.Mutex
	keys map[ledger.Key]bool
}

func (s *logged) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	s.mu.Lock()
	for i := range changes {
		s.keys[changes[i].Key] = true
	}
	s.mu.Unlock()
	return s.shelf.Write(ctx, changes)
}

// has reports whether the text is in a record.
func (s *logged) has(t *testing.T, text string) (found bool) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.keys {
		read, err := s.Memory.Write(t.Context(), []ledger.Change{{Key: key, If: []byte("it only reads"), Replace: []byte("it only reads")}})
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(read[0].Log, []byte(text))
	}
	return found
}

// TestForgetErasesTheAccount: nothing is left of the account of a run whose customer is forgotten, and no event tells it.
func TestForgetErasesTheAccount(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"in memory", "in a store"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				records := &logged{shelf: newShelf(), keys: map[ledger.Key]bool{}}
				i := newClaims(nil)
				if mode == "in a store" {
					i = newClaims(records)
				}
				i.apply(event.JourneyStarted, ofAccount("acme"))
				i.apply(event.JourneyStageEntered, in("review", ""))
				time.Sleep(time.Minute)
				if mode == "in a store" && !records.has(t, "acme") {
					t.Error("the store does not have the account, so that the test shows nothing")
				}
				if n, err := i.Forget(t.Context(), "hash"); n != 1 || err != nil {
					t.Errorf("%d runs are forgotten, %v; want one", n, err)
				}
				if records.has(t, "acme") {
					t.Error("the account is still in the store")
				}
				told := len(i.told())
				i.apply(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint = "upload" })
				i.pass(2 * time.Hour)
				if err := i.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff([]string{`touchpoint.ended "" ""`}, i.told()[told:]); diff != "" {
					t.Errorf("after it was forgotten (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestForgetFindsWhomATouchpointNames: a run learns its customer from a touchpoint whose position did not know the customer, so
// that Forget finds the run.
func TestForgetFindsWhomATouchpointNames(t *testing.T) {
	t.Parallel()
	for mode, store := range map[string]ledger.Store{"in memory": nil, "in a store": newShelf()} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				i := newClaims(store)
				i.apply(event.JourneyStarted, nil)
				i.apply(event.TouchpointEnded, ofAccount("acme"))
				if n, err := i.Forget(t.Context(), "hash"); n != 1 || err != nil {
					t.Errorf("%d runs are forgotten, %v; want one", n, err)
				}
				if err := i.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestAccountOfAnotherStart: a start of a live run with another customer goes on as the run's customer, with the run's account.
func TestAccountOfAnotherStart(t *testing.T) {
	t.Parallel()
	for mode, store := range map[string]ledger.Store{"in memory": nil, "in a store": newShelf()} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				i := newClaims(store)
				i.apply(event.JourneyStarted, ofAccount("acme"))
				var again *flight.Event
				i.apply(event.JourneyStarted, func(e *flight.Event) {
					e.Customer = event.Customer{Hash: "another", Account: "other"}
					again = e
				})
				if want := (event.Customer{Hash: "hash", Segment: "gold", Account: "acme"}); again.Customer != want {
					t.Errorf("the second start goes on as %+v, want %+v", again.Customer, want)
				}
				if err := i.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
