package cx_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestViolations(t *testing.T) {
	t.Parallel()
	other := event.Customer{ID: "bob"}
	for _, test := range []struct {
		name string
		run  func(ctx context.Context)
		want []string
	}{
		{"with a grant", func(ctx context.Context) {
			g := policy.Ask(ctx, alice, "letter", event.Post)
			_, tp := mail.Start(ctx, event.Post, touchpoint.Granted(g))
			tp.End()
		}, nil},
		{"with a grant that is used before", func(ctx context.Context) {
			g := policy.Ask(ctx, alice, "letter", event.Post)
			g.Use(ctx)
			mail.Record(ctx, event.Post, touchpoint.Granted(g), touchpoint.From(alice))
		}, nil},
		{"inbound", func(ctx context.Context) { mail.Record(ctx, event.Post) }, nil},
		{"outbound without a purpose", func(ctx context.Context) { mail.Record(ctx, event.Post, touchpoint.Outbound()) }, nil},
		{"without a grant", func(ctx context.Context) { mail.Record(ctx, event.Post, touchpoint.For("letter")) }, []string{"letter post no_grant  mail"}},
		{"a nil grant", func(ctx context.Context) {
			mail.Record(ctx, event.Post, touchpoint.For("letter"), touchpoint.Granted(nil))
		}, []string{"letter post no_grant  mail"}},
		{"a nil grant, and then the purpose", func(ctx context.Context) {
			mail.Record(ctx, event.Post, touchpoint.Granted(nil), touchpoint.For("letter"))
		}, []string{"letter post no_grant  mail"}},
		{"a nil grant for no purpose", func(ctx context.Context) { mail.Record(ctx, event.Post, touchpoint.Granted(nil)) }, nil},
		{"another purpose", func(ctx context.Context) {
			mail.Record(ctx, event.Phone, touchpoint.For("letter"), touchpoint.Granted(policy.Ask(ctx, alice, "fraud", event.Phone)))
		}, []string{"letter phone mismatch  mail"}},
		{"a grant, and then another purpose", func(ctx context.Context) {
			mail.Record(ctx, event.Phone, touchpoint.Granted(policy.Ask(ctx, alice, "fraud", event.Phone)), touchpoint.For("letter"))
		}, []string{"letter phone mismatch  mail"}},
		{"the purpose of the definition, with its grant", func(ctx context.Context) {
			letter.Record(ctx, event.Post, touchpoint.Granted(policy.Ask(ctx, alice, "letter", event.Post)))
		}, nil},
		{"the purpose of the definition, without a grant", func(ctx context.Context) { letter.Record(ctx, event.Post) }, []string{"letter post no_grant  letter"}},
		{"the purpose of the definition, in code of an interaction that is open", func(ctx context.Context) {
			_, tp := letter.Start(ctx, event.Post)
			tp.End()
		}, []string{"letter post no_grant  letter"}},
		{"the purpose of the definition, and a nil grant", func(ctx context.Context) { letter.Record(ctx, event.Post, touchpoint.Granted(nil)) }, []string{"letter post no_grant  letter"}},
		{"the purpose of the definition, with a grant for another one", func(ctx context.Context) {
			letter.Record(ctx, event.Phone, touchpoint.Granted(policy.Ask(ctx, alice, "fraud", event.Phone)))
		}, []string{"letter phone mismatch  letter"}},
		{"the interaction has another purpose than its definition", func(ctx context.Context) {
			letter.Record(ctx, event.Phone, touchpoint.For("fraud"), touchpoint.Granted(policy.Ask(ctx, alice, "fraud", event.Phone)))
		}, nil},
		{"the interaction has no purpose, in contrast to its definition", func(ctx context.Context) { letter.Record(ctx, event.Phone, touchpoint.For("")) }, nil},
		{"without a grant, and cancelled", func(ctx context.Context) {
			_, tp := mail.Start(ctx, event.Post, touchpoint.For("letter"))
			tp.Cancel()
			tp.End()
		}, nil},
		{"refused", func(ctx context.Context) {
			_ = policy.Suppress(ctx, alice, touchpoint.Suppression{Reason: touchpoint.Deceased})
			mail.Record(ctx, event.Post, touchpoint.Granted(policy.Ask(ctx, alice, "letter", event.Post)))
		}, []string{"letter post suppressed  mail"}},
		{"released", func(ctx context.Context) {
			g := policy.Ask(ctx, alice, "letter", event.Post)
			g.Release(ctx)
			mail.Record(ctx, event.Post, touchpoint.Granted(g))
		}, []string{"letter post released  mail"}},
		{"twice", func(ctx context.Context) {
			g := policy.Ask(ctx, alice, "letter", event.Post)
			mail.Record(ctx, event.Post, touchpoint.Granted(g))
			mail.Record(ctx, event.Post, touchpoint.Granted(g))
		}, []string{"letter post used  mail"}},
		{"another channel", func(ctx context.Context) {
			mail.Record(ctx, event.Email, touchpoint.Granted(policy.Ask(ctx, alice, "letter", event.Post)))
		}, []string{"letter email mismatch  mail"}},
		{"another customer", func(ctx context.Context) {
			mail.Record(ctx, event.Post, touchpoint.From(other), touchpoint.Granted(policy.Ask(ctx, alice, "letter", event.Post)))
		}, []string{"letter post mismatch  mail"}},
		{"an undeclared purpose", func(ctx context.Context) {
			mail.Record(ctx, event.Post, touchpoint.Granted(policy.Ask(ctx, alice, "parcel", event.Post)))
		}, []string{"_other post undeclared  mail"}},
		{"unchecked", func(ctx context.Context) {
			mail.Record(ctx, event.Phone, touchpoint.Granted(policy.Ask(ctx, event.Customer{}, "fraud", event.Phone)))
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newContacts(t, new(memory.Store))
			test.run(c.ctx())
			c.want(t, event.ContactViolated, test.want...)
			noErr(t, c.client.Shutdown(context.Background())) // which waits for hooks
			c.mu.Lock()
			defer c.mu.Unlock()
			if len(c.told) != len(test.want) {
				t.Errorf("the hook was called %d times, want %d", len(c.told), len(test.want))
			}
			for _, e := range c.told {
				if e.ID.IsZero() || e.Customer.ID != "" || e.Kind != event.ContactViolated {
					t.Errorf("the hook was told of %+v", e)
				}
			}
		})
	}
}

func TestViolationOfAnEvent(t *testing.T) {
	t.Parallel()
	c := newContacts(t, new(memory.Store), cx.WithDefinitions(mail, letter))
	for _, contact := range []*event.Contact{nil, {}, {Purpose: "letter", Grant: event.ID{15: 1}}, {Purpose: "letter"}} {
		c.client.Record(c.ctx(), event.Event{Kind: event.TouchpointEnded, Touchpoint: "mail", Channel: event.Post, Outcome: event.OK, Direction: event.Outbound, Contact: contact})
	}
	c.want(t, event.ContactViolated, "letter post no_grant  mail")
}

// TestTouchpointWithAPurposeFromOutside: an event that names the touchpoint has its purpose, also where the event does not say so.
func TestTouchpointWithAPurposeFromOutside(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		contact *event.Contact
		want    []string
	}{
		{"no contact", nil, []string{"letter post no_grant  letter"}},
		{"no purpose", &event.Contact{}, []string{"letter post no_grant  letter"}},
		{"a grant of another process", &event.Contact{Grant: event.ID{15: 1}}, nil},
		{"its own purpose", &event.Contact{Purpose: "fraud"}, []string{"fraud post no_grant  letter"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newContacts(t, new(memory.Store), cx.WithDefinitions(letter))
			direction := event.Inbound
			if test.contact != nil {
				direction = event.Outbound
			}
			before := event.Contact{}
			if test.contact != nil {
				before = *test.contact
			}
			c.client.Record(c.ctx(), event.Event{Kind: event.TouchpointEnded, Touchpoint: "letter", Channel: event.Post, Outcome: event.OK, Direction: direction, Contact: test.contact})
			c.want(t, event.ContactViolated, test.want...)
			c.mu.Lock()
			defer c.mu.Unlock()
			if e := c.events[0]; e.Direction != event.Outbound || e.Contact.Purpose == "" || test.contact != nil && *test.contact != before {
				t.Errorf("the touchpoint is %+v with %+v, and the caller's contact %+v", e, e.Contact, test.contact)
			}
		})
	}
}

func TestContactInAJourney(t *testing.T) {
	t.Parallel()
	c := newContacts(t, new(memory.Store))
	order := journey.Define("order", journey.Stages("paid"))
	ctx := order.Enter(order.Start(c.ctx(), "order-1", alice), "paid")
	noErr(t, policy.Suppress(ctx, alice, touchpoint.Suppression{Reason: touchpoint.Moved}))
	g := policy.Ask(ctx, event.Customer{}, "letter", event.Post) // the customer of the context
	mail.Record(ctx, event.Post, touchpoint.Granted(g))
	noErr(t, c.client.Flush(context.Background()))
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := 0
	for _, e := range c.events {
		if e.Contact == nil || e.Kind == event.TouchpointEnded {
			continue
		}
		seen++
		if e.Journey.ID != "order-1" || e.Stage != "paid" || e.Customer.Hash == "" || e.Customer.ID != "" || e.Direction != event.Outbound || e.Contact.Rule != event.RuleSuppressed {
			t.Errorf("%s is %+v", e.Kind, e)
		}
	}
	if seen != 2 {
		t.Errorf("there are %d events, want a refusal and a violation", seen)
	}
}

func TestPolicyInUse(t *testing.T) {
	t.Parallel()
	faulty := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("letter", touchpoint.Cap(0, time.Hour)))
	if _, err := cx.New(cx.WithDefinitions(policy, faulty)); err == nil || !strings.Contains(err.Error(), "Cap(0, 1h0m0s)") {
		t.Errorf("New returns %v, want the fault of the cap", err)
	}
	if _, err := cx.New(cx.WithDefinitions(policy, touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("letter")))); err == nil || !strings.Contains(err.Error(), "contact policy") {
		t.Errorf("New returns %v, want that the policy is defined twice", err)
	}
	strange := touchpoint.Define("strange", touchpoint.For("leter"))
	if _, err := cx.New(cx.WithDefinitions(strange, policy)); err == nil || !strings.Contains(err.Error(), `touchpoint "strange": For names the purpose "leter"`) ||
		!strings.Contains(err.Error(), `"letter"?`) {
		t.Errorf("New returns %v, want that the policy does not have the purpose", err)
	}
	alone, err := cx.New(cx.WithDefinitions(strange))
	if err != nil {
		t.Fatalf("New returns %v without a policy, want nil: another process may have it", err)
	}
	noErr(t, alone.Shutdown(context.Background()))
	c := newContacts(t, new(memory.Store))
	if g := faulty.Ask(c.ctx(), alice, "letter", event.Post); g.Reason() != event.RuleUnknown {
		t.Errorf("a faulty policy answers %q", g.Reason())
	}
	if err := faulty.Consent(c.ctx(), alice, touchpoint.Permit{Purpose: "letter"}); err == nil || !strings.Contains(err.Error(), "Cap(0") {
		t.Errorf("Consent returns %v, want the fault of the policy", err)
	}
	noErr(t, c.client.Flush(context.Background()))
	c.want(t, event.ContactSuppressed, "letter post unknown")
}
