package feedback_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// voices is a processor that prints what customers say, and what the company answers.
type voices struct{}

func (voices) Process(_ context.Context, e *event.Event) {
	switch f := e.Feedback; {
	case e.OnlyConsent() && f.Testimonial.Withdrawn.IsZero():
		fmt.Printf("may be shown, after text %s: %.8s…\n", f.Testimonial.Version, f.Amends)
	case e.OnlyConsent():
		fmt.Printf("may not be shown any more: %.8s…\n", f.Amends)
	case f != nil && e.Touchpoint != "":
		fmt.Printf("%s in %s by %s, %v\n", e.Mention.Nature, e.Touchpoint, f.Source, f.Causes)
	case f != nil:
		fmt.Printf("%s from %s, %v: %.8s…\n", e.Mention.Nature, f.Source, f.Causes, e.ID)
	case e.Direction == event.Outbound:
		fmt.Printf("%s answers %.8s…\n", e.Touchpoint, e.Attributes[0].Value.AsString())
	}
}

func (voices) Shutdown(context.Context) error { return nil }

// sayIn runs f with a client that prints what customers say.
func sayIn(f func(ctx context.Context)) {
	client, err := cx.New(cx.WithProcessors(voices{}), cx.WithUnredactedText(), cx.WithoutCustomerIDs())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	f(cx.NewContext(context.Background(), client))
}

func ExampleMention_Record() {
	sayIn(func(ctx context.Context) {
		for range 2 { // a review that is read twice has one ID
			feedback.Mention{
				Source: "reviews.example", Ref: "r-7", Nature: event.Complaint, Text: "It came late.", Stars: 1.5, Causes: []string{"late"},
			}.Record(ctx, feedback.Via(event.Social))
		}
		fmt.Printf("%.8s…\n", feedback.MentionID("reviews.example", "r-7"))
	})
	// Output:
	// complaint from reviews.example, [late]: 6efee0e5…
	// complaint from reviews.example, [late]: 6efee0e5…
	// 6efee0e5…
}

func ExampleMention_Amend() {
	sayIn(func(ctx context.Context) {
		review := feedback.Mention{Source: "reviews.example", Ref: "r-7", Nature: event.Complaint, Text: "It came late."}
		id := review.Record(ctx)
		review.Nature, review.Text = event.Compliment, "It came late, and they made up for it."
		review.Amend(ctx, id)
	})
	// Output:
	// complaint from reviews.example, []: 6efee0e5…
	// compliment from reviews.example, []: d8ed2074…
}

func ExampleComplain() {
	support := touchpoint.Define("support")
	sayIn(func(ctx context.Context) {
		ctx, call := support.Contact(ctx, event.Phone)
		defer call.End()
		call.Answer("employee-12")
		feedback.Complain(ctx, "late", feedback.Comment("The parcel came on Friday."))
	})
	// Output:
	// complaint in support by phone, [late]
}

func ExampleReply() {
	reply := touchpoint.Define("review-reply")
	sayIn(func(ctx context.Context) {
		id := feedback.MentionID("reviews.example", "r-7") // recorded earlier, perhaps by another process
		feedback.Reply(ctx, id, reply, event.Social, touchpoint.By(event.ActorEmployee))
	})
	// Output:
	// review-reply answers 6efee0e5…
}

func ExampleGrantTestimonial() {
	sayIn(func(ctx context.Context) {
		letter := feedback.Mention{Source: "letters", Ref: "2026-118", Nature: event.Compliment, Text: "Thank you."}.Record(ctx)
		feedback.GrantTestimonial(ctx, letter, event.Testimonial{Version: "3", Language: "en", Text: "You may quote my letter."})
		feedback.WithdrawTestimonial(ctx, letter)
	})
	// Output:
	// compliment from letters, []: badf7d5d…
	// may be shown, after text 3: badf7d5d…
	// may not be shown any more: badf7d5d…
}
