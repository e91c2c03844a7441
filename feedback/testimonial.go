package feedback

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

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
