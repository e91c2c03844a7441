package sqlarchive_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

// TestTestimonialsOfAClient: what a client records of a consent is in the view as long as the consent holds, and not after the customer is
// erased.
func TestTestimonialsOfAClient(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a, db := open(t, path, sqlarchive.WithoutFsync()), raw(t, path)
	now := noon
	client, err := cx.New(cx.WithExporters(a), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithUnredactedText(),
		cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour)) // a sweep would ask for the time, too
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Shutdown(background) })
	ctx, ann, text := cx.NewContext(context.Background(), client), event.Customer{ID: "ann"}, event.Testimonial{Version: "1", Language: "en", Text: "Quote me."}
	said := func(ref string, given *event.Testimonial) event.ID {
		return feedback.Mention{Source: "letters", Ref: ref, Nature: event.Compliment, Text: "words of " + ref, Author: ann, Testimonial: given}.Record(ctx)
	}
	at, later, never, unproven := said("a", &text), said("b", nil), said("c", nil), said("d", &event.Testimonial{Version: "1"})
	_, _ = never, unproven
	want := func(step string, want ...string) {
		t.Helper()
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := rows(t, db, "SELECT comment, consent_text, consent_version FROM testimonials ORDER BY comment"); !slices.Equal(got, want) {
			t.Errorf("%s, the testimonials are %q, want %q", step, got, want)
		}
		now = now.Add(time.Minute)
	}
	const a1, b1 = "words of a | Quote me. | 1", "words of b | Quote me. | 1"
	want("at first", a1)
	feedback.GrantTestimonial(ctx, later, text, feedback.From(ann))
	want("after a consent", a1, b1)
	feedback.WithdrawTestimonial(ctx, at)
	want("after it was withdrawn", b1)
	feedback.GrantTestimonial(ctx, at, text)
	want("after it was given once more", a1, b1)
	feedback.Mention{Source: "letters", Nature: event.Compliment, Text: "other words"}.Amend(ctx, later)
	want("after the words have changed without a consent", a1)
	feedback.WithdrawTestimonial(ctx, at)
	feedback.GrantTestimonial(ctx, later, text)
	want("after a consent to the other words", "other words | Quote me. | 1")
	if _, err := client.Forget(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	want("after the customer was erased")
	if left := rows(t, db, "SELECT count(*) FROM feedback"); !slices.Equal(left, []string{"0"}) {
		t.Errorf("%v events are left of what the customer said", left)
	}
}
