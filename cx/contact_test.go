package cx_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

var (
	night  = calendar.Define("night", calendar.Zone("Europe/London"), calendar.Open("daily", "21:00-08:00"))
	policy = touchpoint.DefineContactPolicy("contacts",
		touchpoint.Purpose("survey", touchpoint.OnlyOn(event.Email, event.Phone), touchpoint.Cap(1, 30*24*time.Hour)),
		touchpoint.Purpose("offer", touchpoint.NeedsConsent(), touchpoint.StoppedBy("complaint"), touchpoint.QuietHours(night),
			touchpoint.Cap(2, 24*time.Hour), touchpoint.GrantLife(48*time.Hour)),
		touchpoint.Purpose("letter"),
		touchpoint.Purpose("fraud", touchpoint.GrantedIfUnknown()),
		touchpoint.ContactWait(time.Second))
	mail   = touchpoint.Define("mail")
	letter = touchpoint.Define("letter", touchpoint.For("letter"))
	alice  = event.Customer{ID: "alice"}
)

// contacts collects the events about contacts, and the faults, of one instance.
type contacts struct {
	client *cx.Client

	mu     sync.Mutex
	events []event.Event
	faults []fault.Report
	told   []event.Event
}

func (c *contacts) Process(_ context.Context, e *event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, *e)
}

func (*contacts) Shutdown(context.Context) error { return nil }

// newContacts returns an instance on the store.
func newContacts(t *testing.T, store ledger.Store, opts ...cx.Option) *contacts {
	t.Helper()
	c := &contacts{}
	opts = append([]cx.Option{
		cx.WithStore(store), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(policy), cx.WithProcessors(c),
		cx.WithSweepInterval(24 * time.Hour), // dated tests last for months
		cx.WithOnFault(func(_ context.Context, r fault.Report) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.faults = append(c.faults, r)
		}),
		cx.WithOnViolation(func(_ context.Context, e event.Event) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.told = append(c.told, e)
		}),
	}, opts...)
	var err error
	if c.client, err = cx.New(opts...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *contacts) ctx() context.Context { return cx.NewContext(context.Background(), c.client) }

// about returns the events of the kind in a line each.
func (c *contacts) about(kind event.Kind) (lines []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if e.Kind == kind {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", e.Contact.Purpose, e.Channel, e.Contact.Rule, e.Cause, e.Touchpoint)))
		}
	}
	return lines
}

func (c *contacts) want(t *testing.T, kind event.Kind, want ...string) {
	t.Helper()
	if got := c.about(kind); !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", kind, got, want)
	}
}

// sleepUntil waits until the time in the zone, which is after 1 January 2000, where the clock of a bubble begins.
func sleepUntil(t *testing.T, at, zone string) {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04", at, location)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(when))
}

func noErr(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// TestDatedContacts: what a policy decides on dates at which it is easy to be wrong.
func TestDatedContacts(t *testing.T) {
	t.Parallel()
	const london, york, sydney = "Europe/London", "America/New_York", "Australia/Sydney"
	consent := touchpoint.Permit{Purpose: "offer", Source: "form"}
	// ask asks and, where it is granted, uses the grant at once. It returns the rule.
	ask := func(ctx context.Context, who event.Customer, purpose string, c event.Channel, opts ...touchpoint.AskOption) string {
		g := policy.Ask(ctx, who, purpose, c, opts...)
		g.Use(ctx)
		return g.Reason()
	}
	for _, test := range []struct {
		name   string
		run    func(t *testing.T, c *contacts, ctx context.Context, want func(got, want string))
		reason string
	}{
		{"a window across the start of summer time", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			noErr(t, policy.Consent(ctx, alice, consent))
			sleepUntil(t, "2000-03-25 12:00", london) // clocks go forward at 01:00 on the 26th
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
			sleepUntil(t, "2000-03-26 12:30", london) // 23.5 hours later
			want(ask(ctx, alice, "offer", event.Email), event.RuleCap)
			sleepUntil(t, "2000-03-26 13:00", london) // 24 hours later
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
		}, "a window is a duration: the day of the change has 23 hours"},
		{"a window across the end of summer time", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			noErr(t, policy.Consent(ctx, alice, consent))
			sleepUntil(t, "2000-03-25 20:00", sydney) // clocks go back at 03:00 on the 26th; in London it is day
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
			sleepUntil(t, "2000-03-26 18:59", sydney)
			want(ask(ctx, alice, "offer", event.Email), event.RuleCap)
			sleepUntil(t, "2000-03-26 19:00", sydney) // 24 hours later
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
		}, "the day of the change has 25 hours"},
		{"quiet hours in the company's zone", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			noErr(t, policy.Consent(ctx, alice, consent))
			sleepUntil(t, "2000-01-10 07:59", london)
			want(ask(ctx, alice, "offer", event.Email), event.RuleQuietHours)
			sleepUntil(t, "2000-01-10 08:00", london)
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
			sleepUntil(t, "2000-01-10 21:00", london)
			want(ask(ctx, alice, "offer", event.Email), event.RuleQuietHours)
		}, "the zone of the customer is not known"},
		{"quiet hours in the customer's zone", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			noErr(t, policy.Consent(ctx, alice, consent))
			sleepUntil(t, "2000-01-10 12:59", london) // 07:59 in New York
			want(ask(ctx, alice, "offer", event.Email, touchpoint.InZone(york)), event.RuleQuietHours)
			sleepUntil(t, "2000-01-10 22:00", london) // 17:00 in New York
			want(ask(ctx, alice, "offer", event.Email), event.RuleQuietHours)
			want(ask(ctx, alice, "offer", event.Email, touchpoint.InZone(york)), event.RuleGranted)
			want(ask(ctx, alice, "offer", event.Email, touchpoint.InZone("Mars/Olympus")), event.RuleQuietHours)
		}, "the customer sleeps when it is night where the customer is"},
		{"quiet hours in weeks in which only one zone has summer time", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			noErr(t, policy.Consent(ctx, alice, consent))
			sleepUntil(t, "2000-03-27 13:30", london) // 07:30 in New York, which changes on 2 April
			want(ask(ctx, alice, "offer", event.Email, touchpoint.InZone(york)), event.RuleQuietHours)
			sleepUntil(t, "2000-03-27 14:00", london)
			want(ask(ctx, alice, "offer", event.Email, touchpoint.InZone(york)), event.RuleGranted)
		}, "the difference of two zones is not the same all year"},
		{"quiet hours do not hide another reason", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 03:00", london)
			want(ask(ctx, alice, "offer", event.Email), event.RuleConsent)
		}, "the sender would come back in the morning"},
		{"consent is withdrawn between Ask and the contact", func(t *testing.T, c *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 12:00", london)
			noErr(t, policy.Consent(ctx, alice, consent))
			g := policy.Ask(ctx, alice, "offer", event.Email)
			want(g.Reason(), event.RuleGranted)
			time.Sleep(time.Hour)
			noErr(t, policy.Withdraw(ctx, alice, touchpoint.Permit{Purpose: "offer", Channel: event.Email}))
			if g.Use(ctx) || g.OK() {
				t.Error("the grant may be used")
			}
			want(g.Reason(), event.RuleConsent)
			c.want(t, event.ContactSuppressed, "offer email consent")
			want(ask(ctx, alice, "offer", event.Phone), event.RuleGranted)
		}, "the mail was in the queue when the customer withdrew"},
		{"consent is withdrawn, and the contact is made all the same", func(t *testing.T, c *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 12:00", london)
			noErr(t, policy.Consent(ctx, alice, consent))
			g := policy.Ask(ctx, alice, "offer", event.Email)
			noErr(t, policy.Withdraw(ctx, alice, touchpoint.Permit{Purpose: "offer"}))
			mail.Record(ctx, event.Email, touchpoint.Granted(g))
			want(g.Reason(), event.RuleConsent)
			c.want(t, event.ContactViolated, "offer email consent  mail")
		}, "it is against the grant"},
		{"a hold is opened meanwhile", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 12:00", london)
			noErr(t, policy.Consent(ctx, alice, consent))
			g := policy.Ask(ctx, alice, "offer", event.Email)
			noErr(t, policy.OpenHold(ctx, alice, "complaint", "ticket-1"))
			noErr(t, policy.OpenHold(ctx, alice, "complaint", "ticket-2"))
			g.Use(ctx)
			want(g.Reason(), event.RuleHold)
			want(g.Cause(), "complaint")
			want(ask(ctx, alice, "survey", event.Email), event.RuleGranted)
			noErr(t, policy.CloseHold(ctx, alice, "complaint", "ticket-1"))
			want(ask(ctx, alice, "offer", event.Email), event.RuleHold)
			noErr(t, policy.CloseHold(ctx, alice, "complaint", "ticket-2"))
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
		}, "no marketing while a complaint is open"},
		{"addressee and customer differ", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			husband := event.Customer{ID: "husband@example.com"}
			dead := touchpoint.Suppression{Reason: touchpoint.Deceased, Source: "registry"}
			noErr(t, policy.Suppress(ctx, husband, dead))
			g := policy.Ask(ctx, alice, "letter", event.Post, touchpoint.To("husband@example.com"))
			want(g.Reason(), event.RuleSuppressed)
			want(g.Cause(), "deceased")
			want(ask(ctx, alice, "letter", event.Post), event.RuleGranted)
			want(ask(ctx, alice, "letter", event.Post, touchpoint.To("alice@example.com")), event.RuleGranted)
			want(ask(ctx, event.Customer{ID: "son"}, "letter", event.Post, touchpoint.To("husband@example.com")), event.RuleSuppressed)
			noErr(t, policy.Lift(ctx, husband, dead, "employee-7"))
			want(ask(ctx, alice, "letter", event.Post, touchpoint.To("husband@example.com")), event.RuleGranted)
			noErr(t, policy.Suppress(ctx, alice, touchpoint.Suppression{Reason: touchpoint.OptedOut, Purpose: "letter"}))
			want(ask(ctx, alice, "letter", event.Post, touchpoint.To("alice@example.com")), event.RuleSuppressed)
		}, "the letter to the deceased husband on his wife's account"},
		{"an old list is imported after a later fact", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 12:00", london)
			noErr(t, policy.Withdraw(ctx, alice, touchpoint.Permit{Purpose: "offer", At: time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)}))
			noErr(t, policy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", Source: "old list", At: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}))
			want(ask(ctx, alice, "offer", event.Email), event.RuleConsent)
			noErr(t, policy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", At: time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC)}))
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
		}, "what the customer said last holds, not what was imported last"},
		{"forgotten and imported again", func(t *testing.T, c *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 12:00", london)
			noErr(t, policy.Consent(ctx, alice, consent))
			noErr(t, policy.Withdraw(ctx, alice, touchpoint.Permit{Purpose: "survey"}))
			noErr(t, policy.Suppress(ctx, alice, touchpoint.Suppression{Reason: touchpoint.Complaint, Channel: event.Phone, Source: "call of 3 January"}))
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
			_, err := c.client.Forget(ctx, "alice")
			noErr(t, err)
			want(ask(ctx, alice, "offer", event.Email), event.RuleConsent) // the consent is gone
			want(ask(ctx, alice, "survey", event.Email), event.RuleConsent)
			want(ask(ctx, alice, "letter", event.Phone), event.RuleSuppressed)
			time.Sleep(30 * 24 * time.Hour)
			want(ask(ctx, alice, "letter", event.Phone), event.RuleSuppressed)
			sleepUntil(t, "2000-03-20 12:00", london)
			noErr(t, policy.Consent(ctx, alice, consent)) // by the import
			want(ask(ctx, alice, "offer", event.Phone), event.RuleSuppressed)
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
		}, "the next import must not contact the customer again"},
		{"forgotten, and an old list is imported again", func(t *testing.T, c *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 12:00", london)
			noErr(t, policy.Withdraw(ctx, alice, touchpoint.Permit{Purpose: "offer", Source: "call", At: time.Date(2000, 1, 9, 15, 0, 0, 0, time.UTC)}))
			_, err := c.client.Forget(ctx, "alice")
			noErr(t, err)
			sleepUntil(t, "2000-01-12 12:00", london)
			noErr(t, policy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", Source: "list", At: time.Date(2000, 1, 9, 14, 59, 0, 0, time.UTC)}))
			want(ask(ctx, alice, "offer", event.Email), event.RuleConsent) // the customer said no a minute later
			noErr(t, policy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", Source: "form", At: time.Date(2000, 1, 11, 0, 0, 0, 0, time.UTC)}))
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
		}, "what says no is kept with its time, so that a list from before it changes nothing"},
		{"the addressee is suppressed between Ask and the contact", func(t *testing.T, c *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 12:00", london)
			g := policy.Ask(ctx, alice, "survey", event.Email, touchpoint.To("husband@example.com"))
			want(g.Reason(), event.RuleGranted)
			noErr(t, policy.Suppress(ctx, event.Customer{ID: "husband@example.com"}, touchpoint.Suppression{Reason: touchpoint.Deceased, Source: "registry"}))
			if g.Use(ctx) {
				t.Error("the grant may be used")
			}
			want(g.Reason(), event.RuleSuppressed)
			want(g.Cause(), "deceased")
			c.want(t, event.ContactSuppressed, "survey email suppressed deceased")
			synctest.Wait()                                                 // the grant is freed in the background
			want(ask(ctx, alice, "survey", event.Email), event.RuleGranted) // to alice herself: the survey was not sent
			want(ask(ctx, alice, "survey", event.Email), event.RuleCap)
		}, "he died while the mail was in the queue"},
		{"a window of thirty days across a leap day", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-02-10 12:00", london)
			want(ask(ctx, alice, "survey", event.Email), event.RuleGranted)
			sleepUntil(t, "2000-03-11 11:59", london) // 19 days to the end of a February of 29, and 11 of March, less a minute
			want(ask(ctx, alice, "survey", event.Email), event.RuleCap)
			sleepUntil(t, "2000-03-11 12:00", london)
			want(ask(ctx, alice, "survey", event.Email), event.RuleGranted)
		}, "a window is a number of days and not a month"},
		{"a grant for two days", func(t *testing.T, _ *contacts, ctx context.Context, want func(got, want string)) {
			sleepUntil(t, "2000-01-10 12:00", london)
			noErr(t, policy.Consent(ctx, alice, consent))
			g, h := policy.Ask(ctx, alice, "offer", event.Email), policy.Ask(ctx, alice, "offer", event.Email)
			sleepUntil(t, "2000-01-12 11:59", london)
			want(ask(ctx, alice, "offer", event.Email), event.RuleCap)
			if !g.Use(ctx) {
				t.Errorf("the grant is %s after two days less a minute", g.Reason())
			}
			sleepUntil(t, "2000-01-12 12:00", london)
			if h.Use(ctx) {
				t.Error("the grant may be used after two days")
			}
			want(h.Reason(), event.RuleLapsed)
			want(ask(ctx, alice, "offer", event.Email), event.RuleGranted)
			want(ask(ctx, alice, "offer", event.Email), event.RuleCap)
		}, "mails wait in a queue over the weekend"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newContacts(t, new(memory.Store))
				test.run(t, c, c.ctx(), func(got, want string) {
					t.Helper()
					if got != want {
						t.Errorf("the answer is %q, want %q: %s", got, want, test.reason)
					}
				})
			})
		})
	}
}

// TestTwoServices: two clients on one store ask for the last permitted contact at once.
func TestTwoServices(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	a, b := newContacts(t, store), newContacts(t, store)
	for i := range 200 {
		who := event.Customer{ID: fmt.Sprint("customer ", i)}
		var both [2]*touchpoint.Grant
		var running sync.WaitGroup
		for n, c := range []*contacts{a, b} {
			running.Go(func() { both[n] = policy.Ask(c.ctx(), who, "survey", event.Email) })
		}
		running.Wait()
		if both[0].OK() == both[1].OK() {
			t.Fatalf("the answers are %q and %q, want one grant", both[0].Reason(), both[1].Reason())
		}
	}
}

// TestRefusedAsUnknown: a question that cannot be answered is refused, unless its purpose says otherwise.
func TestRefusedAsUnknown(t *testing.T) {
	t.Parallel()
	key := cx.WithCustomerKey([]byte("a key of at least 16 bytes"))
	down := &brokenShelf{}
	for _, test := range []struct {
		name  string
		opts  []cx.Option // nil is no client
		who   event.Customer
		to    string
		want  string // of the fault
		fraud string
	}{
		{"no client", nil, alice, "", "", event.RuleUnknown},
		{"no store", []cx.Option{key}, alice, "", "store", event.RuleUnchecked},
		{"no shelves", []cx.Option{key, cx.WithStore(struct{ ledger.Store }{new(memory.Store)})}, alice, "", "Shelver", event.RuleUnchecked},
		{"no key", []cx.Option{cx.WithStore(new(memory.Store))}, alice, "", "key", event.RuleUnchecked},
		{"a hash without a key", []cx.Option{cx.WithStore(new(memory.Store))}, event.Customer{Hash: "0123"}, "", "key", event.RuleUnchecked},
		{"no customer", []cx.Option{key, cx.WithStore(new(memory.Store))}, event.Customer{}, "", "names no customer", event.RuleUnchecked},
		{"an addressee that is none", []cx.Option{key, cx.WithStore(new(memory.Store))}, alice, "a\x00b", "addressee", event.RuleUnchecked},
		{"a store that is down", []cx.Option{key, cx.WithStore(down)}, alice, "", "no disk", event.RuleUnchecked},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var faults []fault.Report
			var mu sync.Mutex
			ctx := context.Background()
			if test.opts != nil {
				c, err := cx.New(append(test.opts, cx.WithOnFault(func(_ context.Context, r fault.Report) {
					mu.Lock()
					defer mu.Unlock()
					faults = append(faults, r)
				}))...)
				noErr(t, err)
				ctx = cx.NewContext(ctx, c)
				defer func() {
					noErr(t, c.Shutdown(context.Background()))
					mu.Lock()
					defer mu.Unlock()
					if !slices.ContainsFunc(faults, func(r fault.Report) bool {
						return r.Fault == fault.ContactUnknown && strings.Contains(r.Detail, test.want)
					}) {
						t.Errorf("the faults are %v, want one that says %q", faults, test.want)
					}
				}()
			} else {
				ctx = cx.NewContext(ctx, nil)
			}
			g := policy.Ask(ctx, test.who, "letter", event.Post, touchpoint.To(test.to))
			if g.OK() || g.Reason() != event.RuleUnknown || g.Use(ctx) {
				t.Errorf("the answer is %q, want unknown", g.Reason())
			}
			g.Release(ctx)
			if ok, reason := policy.May(ctx, test.who, "letter", event.Post, touchpoint.To(test.to)); ok || reason != event.RuleUnknown {
				t.Errorf("May answers %v and %q, want unknown", ok, reason)
			}
			g = policy.Ask(ctx, test.who, "fraud", event.Phone, touchpoint.To(test.to))
			if g.Reason() != test.fraud || g.Use(ctx) != (test.fraud == event.RuleUnchecked) {
				t.Errorf("the answer for a purpose that must not wait is %q, want %q", g.Reason(), test.fraud)
			}
			if err := policy.Suppress(ctx, test.who, touchpoint.Suppression{Reason: touchpoint.Moved}); err == nil && test.to == "" {
				t.Error("Suppress returns nil")
			}
		})
	}
}

// brokenShelf is a store whose shelves fail.
type brokenShelf struct{ memory.Store }

var errNoDisk = errors.New("no disk")

func (*brokenShelf) Shelf(string) ledger.Store { return failingShelf{new(memory.Store)} }

type failingShelf struct{ ledger.Store }

func (failingShelf) Write(context.Context, []ledger.Change) ([]ledger.Record, error) {
	return nil, errNoDisk
}

// TestViolations: which outbound touchpoints break the policy.
// TestViolationOfAnEvent: a touchpoint that another program reports may have the purpose and the grant.
// TestContactInAJourney: a refusal, and a violation, belong to the journey of the context and to its customer.
// TestForgetWithAShelfThatFails: an erasure that did not reach the record says so.
func TestForgetWithAShelfThatFails(t *testing.T) {
	t.Parallel()
	c := newContacts(t, &brokenShelf{})
	if _, err := c.client.Forget(context.Background(), "alice"); !errors.Is(err, errNoDisk) || !strings.Contains(err.Error(), "record") {
		t.Errorf("Forget returns %v, want the error of the shelf", err)
	}
}

// TestPolicyInUse: a faulty policy refuses, and two policies of one name are a fault of New.
