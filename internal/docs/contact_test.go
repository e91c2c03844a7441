package docs_test

import (
	"context"
	"errors"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

var (
	offerMail = touchpoint.Define("offer-mail", touchpoint.For("marketing"))
	sentTo    []string
)

func send(_ context.Context, address string) error {
	if address == "" {
		return errors.New("no address")
	}
	sentTo = append(sentTo, address)
	return nil
}

// sendOffer sends a mail, unless the contact policy is against it.
func sendOffer(ctx context.Context, policy *touchpoint.ContactPolicy, customer event.Customer, address string) error {
	grant := policy.Ask(ctx, customer, "marketing", event.Email, touchpoint.To(address), touchpoint.InZone("America/New_York"))
	if !grant.OK() {
		return nil // grant.Reason says why; the refusal is counted and recorded
	}
	// Here the mail may wait in a queue, for as long as grant_life says.
	if !grant.Use(ctx) { // right before sending
		return nil
	}
	ctx, mail := offerMail.Start(ctx, event.Email, touchpoint.Granted(grant))
	defer mail.End()
	if err := send(ctx, address); err != nil {
		mail.Fail(err)
		return err
	}
	return nil
}

func complain(ctx context.Context, policy *touchpoint.ContactPolicy, customer event.Customer, ticket string) error {
	if err := policy.OpenHold(ctx, customer, "complaint", ticket); err != nil {
		return err // try again: the same hold twice is one
	}
	return nil
}

// TestContactCode: the code that the page about contacts shows does what the page says of it.
func TestContactCode(t *testing.T) { //nolint:paralleltest // it has what was sent in a variable of the package
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("marketing", touchpoint.StoppedBy("complaint")))
	violations := 0
	client, err := cx.New(cx.WithStore(new(memory.Store)), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(policy, offerMail),
		cx.WithOnViolation(func(context.Context, event.Event) { violations++ }))
	if err != nil {
		t.Fatal(err)
	}
	ctx, who := cx.NewContext(t.Context(), client), event.Customer{ID: "7"}
	for i, step := range []func() error{
		func() error { return sendOffer(ctx, policy, who, "a@example.com") },
		func() error { return complain(ctx, policy, who, "ticket-1") },
		func() error { return complain(ctx, policy, who, "ticket-1") },
		func() error { return sendOffer(ctx, policy, who, "b@example.com") },
		func() error { return policy.CloseHold(ctx, who, "complaint", "ticket-1") },
		func() error { return sendOffer(ctx, policy, who, "c@example.com") },
	} {
		if err := step(); err != nil {
			t.Errorf("step %d: %v", i+1, err)
		}
	}
	if err := client.Shutdown(context.Background()); err != nil { // which waits for the hook
		t.Error(err)
	}
	if len(sentTo) != 2 || sentTo[0] != "a@example.com" || sentTo[1] != "c@example.com" || violations != 0 {
		t.Errorf("mails went to %q, with %d violations", sentTo, violations)
	}
}
