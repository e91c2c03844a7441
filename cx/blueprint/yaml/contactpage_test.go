package yaml_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

const contactPage = "../../../docs/contact.md"

// shownBlueprint returns the first blueprint of a page, as a reader saves it.
func shownBlueprint(t *testing.T, page string) []byte {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("%s shows no blueprint", page)
	}
	return block[1]
}

// TestNoMarketingWhileAComplaintIsOpen: a support lead saves the file that the page shows, the services load it, and it holds: each rule
// that the file has refuses what the page says that it refuses, and nothing else.
func TestNoMarketingWhileAComplaintIsOpen(t *testing.T) {
	t.Parallel()
	b, err := yaml.Parse("contact.yaml", shownBlueprint(t, contactPage))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var violated []string
		client, err := cx.New(cx.WithBlueprint(b), cx.WithStore(new(memory.Store)), cx.WithCustomerKey([]byte("a key of at least 16 bytes")),
			cx.WithSweepInterval(24*time.Hour),
			cx.WithOnViolation(func(_ context.Context, e event.Event) { violated = append(violated, e.Touchpoint+" "+e.Contact.Rule) }))
		if err != nil {
			t.Fatal(err)
		}
		ctx, who := cx.NewContext(context.Background(), client), event.Customer{ID: "7"}
		policy, offer := b.ContactPolicy(), b.Touchpoint("offer-mail")
		ask := func(want, purpose string, c event.Channel, opts ...touchpoint.AskOption) {
			t.Helper()
			g := policy.Ask(ctx, who, purpose, c, opts...)
			if g.Use(ctx); g.Reason() != want {
				t.Errorf("%s by %s at %s is %s, want %s", purpose, c, time.Now().UTC().Format("2 January 15:04"), g.Reason(), want)
			}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		time.Sleep(12 * time.Hour) // a bubble begins on 1 January 2000 at 00:00 UTC
		ask(event.RuleConsent, "marketing", event.Email)
		must(policy.Consent(ctx, who, touchpoint.Permit{Purpose: "marketing"}))
		must(policy.OpenHold(ctx, who, "complaint", "ticket-1"))
		ask(event.RuleHold, "marketing", event.Email)
		ask(event.RuleHold, "marketing", event.Phone)
		ask(event.RuleGranted, "contract", event.Post)
		ask(event.RuleGranted, "survey", event.Email)
		offer.Record(ctx, event.Email, touchpoint.From(who)) // a service that does not ask
		must(policy.OpenHold(ctx, who, "complaint", "ticket-2"))
		must(policy.CloseHold(ctx, who, "complaint", "ticket-1"))
		ask(event.RuleHold, "marketing", event.Email)
		must(policy.CloseHold(ctx, who, "complaint", "ticket-2"))
		ask(event.RuleGranted, "marketing", event.Email)

		ask(event.RuleQuietHours, "marketing", event.Email, touchpoint.InZone("America/New_York")) // 07:00 there
		ask(event.RuleUndeclared, "survey", event.Phone)
		ask(event.RuleUndeclared, "newsletter", event.Email)
		ask(event.RuleCap, "survey", event.Email)
		ask(event.RuleGranted, "marketing", event.Email)
		ask(event.RuleCap, "marketing", event.Email)
		time.Sleep(7 * 24 * time.Hour)
		ask(event.RuleCap, "marketing", event.Email) // three in 30 days, with the survey
		time.Sleep(23 * 24 * time.Hour)
		ask(event.RuleGranted, "marketing", event.Email)
		must(policy.Suppress(ctx, event.Customer{ID: "husband"}, touchpoint.Suppression{Reason: touchpoint.Deceased}))
		ask(event.RuleSuppressed, "contract", event.Post, touchpoint.To("husband"))
		ask(event.RuleGranted, "contract", event.Post)
		must(client.Shutdown(context.Background()))
		if got := strings.Join(violated, ", "); got != "offer-mail no_grant" {
			t.Errorf("the violations are %q, want the one of the service that did not ask", got)
		}
	})
	for purpose, want := range map[string]string{"fraud-warning": event.RuleUnchecked, "contract": event.RuleUnknown} { // without a store
		client, err := cx.New(cx.WithBlueprint(b))
		if err != nil {
			t.Fatal(err)
		}
		if _, got := b.ContactPolicy().May(cx.NewContext(t.Context(), client), event.Customer{ID: "7"}, purpose, event.Phone); got != want {
			t.Errorf("without a store %s is %s, want %s", purpose, got, want)
		}
		_ = client.Shutdown(context.Background())
	}
}
