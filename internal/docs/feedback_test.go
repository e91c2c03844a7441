package docs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// The code of docs/feedback.md.

// The survey of the blueprint. A survey that only names its scale takes texts, sample and bounds from there.
var afterDelivery = feedback.Define("after-delivery", feedback.CES)

// askAfterDelivery asks a customer whose order has arrived. The mail has a link with the ID of the request.
func askAfterDelivery(ctx context.Context, customer event.Customer, mail func(question string, request event.ID) error) {
	req := afterDelivery.Ask(ctx, customer, feedback.Via(event.Email))
	if !req.OK() {
		return // req.Refused() says why: asked already, outside the sample, quiet hours, an open complaint
	}
	question, _ := req.Survey().Text("de")
	if err := mail(question, req.ID()); err != nil {
		req.Bounced(ctx)
	}
}

// answered records what the customer has sent. The same form twice is one answer, and another one changes the first.
func answered(ctx context.Context, request event.ID, score int, comment string, agrees bool) {
	opts := []feedback.Option{feedback.AnsweringID(request), feedback.Comment(comment), feedback.Language("de")}
	if agrees { // the box beside the consent text is ticked
		opts = append(opts, feedback.Testimonial(afterDelivery.Known(ctx).Testimonial("de")))
	}
	afterDelivery.Record(ctx, score, opts...)
}

// review records a review that a program has read from a review site. Its ID there keeps it from counting twice in the archive.
func review(ctx context.Context, id, text, link string, stars float64) event.ID {
	return feedback.Mention{
		Source: "trustpilot", Ref: id, Nature: event.Complaint, Text: text, Stars: stars, Address: link,
	}.Record(ctx, feedback.Via(event.Social))
}

// An employee in a call writes down that the customer complains. Customer, channel and contact are those of the call.
func complains(ctx context.Context, note string) event.ID {
	return feedback.Complain(ctx, "late", feedback.Comment(note))
}

var reviewReply = touchpoint.Define("review-reply")

// replied records the company's public answer to a review.
func replied(ctx context.Context, review event.ID) {
	feedback.Reply(ctx, review, reviewReply, event.Social, touchpoint.By(event.ActorEmployee))
}

// A customer who praised the company in a letter agrees later that it may quote the letter, and thinks better of it.
func agrees(ctx context.Context, letter event.ID, customer event.Customer) {
	feedback.GrantTestimonial(ctx, letter, event.Testimonial{Version: "2026-03", Language: "en", Text: "You may quote my letter with my initials."}, feedback.From(customer))
}

func thinksBetter(ctx context.Context, letter event.ID, customer event.Customer) {
	feedback.WithdrawTestimonial(ctx, letter, feedback.From(customer))
}

// feedbackTeller keeps what was recorded.
type feedbackTeller struct{ events []event.Event }

func (f *feedbackTeller) Process(_ context.Context, e *event.Event) { f.events = append(f.events, *e) }
func (*feedbackTeller) Shutdown(context.Context) error              { return nil }

// TestFeedback runs the code of docs/feedback.md.
func TestFeedback(t *testing.T) {
	t.Parallel()
	told := &feedbackTeller{}
	policy := touchpoint.DefineContactPolicy("contact", touchpoint.Purpose("survey", touchpoint.OnlyOn(event.Email)))
	survey := feedback.Define("after-delivery", feedback.CES, feedback.Ask("de", "Es war leicht."), feedback.Every(90*24*time.Hour),
		feedback.TestimonialConsent("1", "de", "Sie dürfen mich zitieren."))
	client, err := cx.New(cx.WithDefinitions(survey, policy, support, reviewReply), cx.WithCustomerKey([]byte("a secret of at least 16 bytes")),
		cx.WithContactsInMemory(), cx.WithUnredactedText(), cx.WithProcessors(told))
	if err != nil {
		t.Fatal(err)
	}
	ctx, customer := cx.NewContext(context.Background(), client), event.Customer{ID: "customer-7"}
	mails := 0
	for range 2 { // the second time the customer is not asked
		askAfterDelivery(ctx, customer, func(question string, request event.ID) error {
			if mails++; question != "Es war leicht." {
				t.Errorf("the question is %q", question)
			}
			answered(ctx, request, 6, "Schnell", true)
			answered(ctx, request, 6, "Schnell", true)
			answered(ctx, request, 7, "Schnell", true)
			return nil
		})
	}
	replied(ctx, review(ctx, "r-1", "Late.", "https://reviews.example/r-1", 1.5))
	call, contact := support.Contact(ctx, event.Phone, touchpoint.From(customer))
	complains(call, "The parcel came late.")
	contact.End()
	letter := feedback.Mention{Source: "letters", Nature: event.Compliment, Text: "Thank you."}.Record(ctx)
	agrees(ctx, letter, customer)
	thinksBetter(ctx, letter, customer)
	if err := client.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for i := range told.events {
		if e := &told.events[i]; e.Kind != event.ContactSuppressed {
			kinds = append(kinds, strings.TrimPrefix(string(e.Kind), "feedback."))
			if e.Kind == event.FeedbackReceived && e.Feedback.Testimonial == nil {
				t.Error("the answer has no consent, although the box was ticked")
			}
		}
	}
	if got, want := strings.Join(kinds, " "), "survey.requested received amended mentioned touchpoint.ended mentioned touchpoint.ended mentioned amended amended"; got != want || mails != 1 {
		t.Errorf("%d mails and\n%s, want\n%s", mails, got, want)
	}
}
