package feedback

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// MentionKey is the key of the attribute with which a touchpoint names the mention that it answers: see [Reply].
const MentionKey = attribute.Key("feedback.mention")

// Testimonial sets the customer's consent to show the words in public. It proves something with the version and the text that the
// customer has seen, such as those of [Survey.Testimonial], and with a time: without one it was given when the customer said the words.
// Nil changes nothing. Default: no consent, and the words are no testimonial.
func Testimonial(t *event.Testimonial) Option {
	if t == nil {
		return recordOption(func(*flight.Event) {})
	}
	own := *t
	return recordOption(func(e *flight.Event) { e.Feedback.Testimonial = new(own) })
}

// GrantTestimonial records that a customer lets the company show what he or she said earlier, as feedback.amended: said is the ID of the
// event, such as that of [Mention.Record] or [Request.Answer]. It changes the consent only: score, words and causes stay as they are. [From]
// names the customer, where the context does not. It does nothing for a consent without a text or a version, which proves nothing, and counts
// as the fault missing_detail.
func GrantTestimonial(ctx context.Context, said event.ID, t event.Testimonial, opts ...Option) {
	if t.Text == "" || t.Version == "" {
		flight.Fault(ctx, fault.Report{
			Fault: fault.MissingDetail, Name: "testimonial",
			Detail: "the consent to show a customer's words has no version or no text: give those that the customer has seen",
		})
		return
	}
	t.Withdrawn = time.Time{}
	changeConsent(ctx, said, t, opts)
}

// WithdrawTestimonial records that a customer does not let the company show any more what he or she said in the event with this ID, as
// feedback.amended. It changes the consent only. From then on the words are no testimonial; [GrantTestimonial] makes them one again.
// [At] is when the customer has withdrawn the consent, by default now. It takes effect wherever the customer had consented before: the
// caller needs to know of no consent.
func WithdrawTestimonial(ctx context.Context, said event.ID, opts ...Option) {
	changeConsent(ctx, said, event.Testimonial{}, opts)
}

// changeConsent records a change of the consent; the zero one is withdrawn.
func changeConsent(ctx context.Context, said event.ID, t event.Testimonial, opts []Option) {
	if ctx == nil {
		ctx = context.Background()
	}
	rec := flight.RecorderFrom(ctx)
	if rec == nil {
		return
	}
	e := flight.Of(event.Event{Kind: event.FeedbackAmended, Feedback: &event.Feedback{}})
	defer e.Put()
	e.SetPosition(flight.PositionFromContext(ctx))
	for _, o := range opts {
		if o != nil {
			o.apply(e)
		}
	}
	if e.Time.IsZero() {
		e.SetClocked(rec.Now())
	}
	switch {
	case t.Version == "":
		t.Withdrawn = e.Time
	case t.Given.IsZero():
		t.Given = e.Time
	}
	e.Feedback = &event.Feedback{Amends: said, Testimonial: &t} // and nothing that options of answers have set
	rec.Record(ctx, e)
}
