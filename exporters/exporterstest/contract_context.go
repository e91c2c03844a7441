package exporterstest

import (
	"context"
	"errors"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/clause"
)

var contexts = []contract{
	{"a context that is done", "a caller that has given up gets its goroutine back, and tries again later", contextDone},
	{"a context that is done during Export", "a sink that does not answer must not hold its caller", contextDoneDuring},
	{"a context that is done beside a call that stalls", "one call without an answer must not hold the others beyond their contexts", doneBeside},
	{"a nil context", "a caller that has no context must not end the process", nilContext},
	{"Flush with a context that is done", "Flush is bounded by its context", flushDone},
	{"Flush makes it readable", "what Flush has acknowledged is with the sink", flushes},
}

func contextDone(s *suite) {
	late, stop := context.WithDeadline(s.Context(), time.Unix(0, 0))
	defer stop()
	events := series(0, 4, "cart-1")
	for _, c := range []struct {
		what string
		ctx  context.Context //nolint:containedctx // a table of contexts
		want error
	}{
		{"with a context that is cancelled", s.givenUp(), context.Canceled},
		{"with a context that is too late", late, context.DeadlineExceeded},
	} {
		err := s.refused(c.ctx, c.what, events)
		s.says(c.what, err, c.ctx, c.want)
	}
	s.export(events...)
	s.has(repeat, events...)
}

// says checks that the error is that of the context, and no reason not to try again.
func (s *suite) says(what string, err error, ctx context.Context, want error) { //nolint:revive // the context is what is looked at
	s.Helper()
	s.transient(what, err)
	if !errors.Is(err, want) && !errors.Is(err, context.Cause(ctx)) {
		s.fail("the error of Export %s wraps neither %v nor the context's cause: %v", what, want, err)
	}
}

func contextDoneDuring(s *suite) {
	before, events := series(0, 2, "cart-1"), series(2, 3, "cart-1")
	s.export(before...)
	b := s.breaks(Stalled)
	ctx, cancel := context.WithCancelCause(s.Context())
	defer cancel(nil)
	const what = "whose context is done while the sink does not answer"
	returned := clause.Start(func() error { return s.sink.Exporter.Export(ctx, events) })
	s.reached(b)
	cancel(errGaveUp)
	err := s.await("Export "+what, returned)
	if err == nil {
		s.fail("Export %s returned nil", what)
	}
	s.discreet(what, err)
	s.says(what, err, ctx, context.Canceled)
	b.Mend()
	s.export(events...)
	s.has(repeat, append(before, events...)...)
}

func flushDone(s *suite) {
	f, ok := s.sink.Exporter.(event.Flusher)
	if !ok {
		s.Skip("skipped: the exporter is no event.Flusher")
	}
	events := series(0, 3, "cart-1")
	s.export(events...)
	// It may have nothing left to do: what it returns is not asked for.
	_ = s.promptly("Flush", func() error { return f.Flush(s.givenUp()) })
	s.has(once, events...)
}

func flushes(s *suite) {
	f, ok := s.sink.Exporter.(event.Flusher)
	if !ok {
		s.Skip("skipped: the exporter is no event.Flusher, so what Export has taken is readable at once")
	}
	for range 2 {
		if err := s.promptly("Flush of nothing", func() error { return f.Flush(s.Context()) }); err != nil {
			s.fail("Flush of nothing: %v", err)
		}
	}
	events := series(0, 30, "cart-1")
	s.export(events[:20]...)
	s.export(events[20:]...)
	s.has(once, events...)
	s.has(once, events...) // Flush again makes no duplicates
}

func nilContext(s *suite) {
	var none context.Context // it stands for context.Background()
	events := series(0, 3, "cart-1")
	calls := []struct {
		what string
		call func() error
	}{
		{"Export with a nil context", func() error { return s.sink.Exporter.Export(none, events) }},
		{"Flush with a nil context", func() error {
			if f, ok := s.sink.Exporter.(event.Flusher); ok {
				return f.Flush(none)
			}
			return nil
		}},
		{"Shutdown with a nil context", func() error { return s.sink.Exporter.Shutdown(none) }},
	}
	for _, c := range calls {
		if err := s.promptly(c.what, c.call); err != nil {
			s.fail("%s: %v", c.what, err)
		}
	}
	s.hasAfter(events...)
}
