package exporterstest

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/clause"
)

// busyEvents returns events of two journeys and of none, in turn, of which the receiver does not take three for now: one of a
// journey with events behind it, one without a journey, and the last one of the other journey.
func busyEvents(first int) []event.Event {
	const each = 12
	events := secretive(first, each)
	for i := range events {
		if i%3 == 2 {
			events[i].Journey = event.Run{}
		} else {
			events[i].Journey.ID = fmt.Sprintf("order-%s-%d", secret, i%3)
		}
	}
	for _, i := range []int{4, 5, 9} {
		events[i].Touchpoint = Busy
	}
	return events
}

// partly exports a batch in which some events fail for now, and does with the error what exporters.Retry does, at first while
// these events still fail.
func partly(s *suite) {
	before := secretive(0, 2)
	s.export(before...)
	b := s.breaks(Partial)
	const what = "of a batch in which some events fail for now"
	events := busyEvents(2)
	err := s.refusedSoon(what, events)
	s.transient(what, err)
	left, refused := s.attempt(what+", again", rest(events, err), true)
	if len(refused) > 0 {
		s.fail("the error of Export %s, again, says that %d events are refused for ever", what, len(refused))
	}
	if len(left) == 0 {
		s.fail("Export %s has taken them, though the sink does not take them yet", what)
	}
	b.Mend()
	s.again(what, left)
	after := secretive(100, 2)
	s.export(after...)
	s.has(repeat, append(append(before, events...), after...)...)
}

// rest returns the events that the error says were not taken.
func rest(events []event.Event, err error) []event.Event {
	partial, ok := partialOf(err)
	if !ok {
		return events
	}
	left := make([]event.Event, len(partial.Failed))
	for i, f := range partial.Failed {
		left[i] = events[f.Index]
	}
	return left
}

// doneBeside has a call that the sink does not answer, and beside it calls whose contexts end sooner.
func doneBeside(s *suite) {
	before, stalled, beside := series(0, 2, "cart-1"), series(2, 3, "cart-1"), series(5, 3, "cart-2")
	s.export(before...)
	b := s.breaks(Stalled)
	long, cancel := context.WithCancelCause(s.Context())
	defer cancel(nil)
	first := clause.Start(func() error { return s.sink.Exporter.Export(long, stalled) })
	s.reached(b)
	const what = "whose context ends beside a call that the sink does not answer"
	short, stop := context.WithTimeoutCause(s.Context(), impatience, errGaveUp)
	defer stop()
	// The sink may take these events by another connection. Then there is no error.
	if err := s.promptly("Export "+what, func() error { return s.sink.Exporter.Export(short, beside) }); err != nil {
		s.discreet(what, err)
		s.says(what, err, short, context.DeadlineExceeded)
	}
	if f, ok := s.sink.Exporter.(event.Flusher); ok {
		shorter, end := context.WithTimeoutCause(s.Context(), impatience, errGaveUp)
		defer end()
		_ = s.promptly("Flush "+what, func() error { return f.Flush(shorter) }) // it may have nothing to wait for
	}
	cancel(errGaveUp)
	_ = s.await("Export whose context is done while the sink does not answer", first) // another subtest looks at the error
	b.Mend()
	s.export(stalled...)
	s.export(beside...)
	s.has(repeat, append(append(before, stalled...), beside...)...)
}
