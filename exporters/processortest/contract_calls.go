package processortest

import (
	"context"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/clause"
	"cairncx.dev/cairn/exporters/internal/fill"
)

// flood is how many events are more than a queue in front of a sink that does not answer has room for.
const flood = 20_000

// calls are the clauses about how long calls take.
func calls() []contract {
	return []contract{
		{"Process does not wait", "it runs in the request of a customer", doesNotWait},
		{"Shutdown with a context that is done", "a service that ends has no time left to wait", shutdownGivesUp},
		{"Shutdown twice", "a second owner would see an error", shutdownTwice},
		{"Flush delivers", "what Flush has acknowledged is delivered", flushes},
		{"Flush with a context that is done", "Flush is bounded by its context", flushGivesUp},
		{"Process after Shutdown", "a request may outlive the processor", processAfterShutdown},
	}
}

func doesNotWait(s *suite) {
	release := func() {}
	if s.subject.Stall != nil {
		if r := s.subject.Stall(s.T); r != nil {
			release = r
		}
	}
	defer release()
	s.returns("Process of many events", func() {
		e := event.Event{Kind: event.TouchpointEnded, Time: fill.Noon(), Touchpoint: "search"}
		for range flood {
			s.subject.Processor.Process(context.Background(), &e)
		}
	})
}

// giveUp calls f with a context that ends while f runs, and returns its error.
func (s *suite) giveUp(what string, f func(context.Context) error) error {
	s.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	returned := clause.Start(func() error { return f(ctx) })
	cancel(errGaveUp)
	return s.await(what+" whose context is done", returned)
}

func shutdownGivesUp(s *suite) {
	release := s.stall()
	for i := range numEvents {
		s.process(s.Context(), i)
	}
	if err := s.giveUp("Shutdown", s.subject.Processor.Shutdown); err == nil {
		s.fail("Shutdown whose context is done returns nil, though nothing is delivered")
	}
	release()
	s.shutdown(" again")
	s.has(numEvents)
}

func shutdownTwice(s *suite) {
	s.process(s.Context(), 0)
	s.shutdown("")
	s.shutdown(" again")
	s.has(1)
}

// flusher returns the processor as one that flushes, or skips the subtest.
func (s *suite) flusher() event.Flusher {
	s.Helper()
	f, ok := s.subject.Processor.(event.Flusher)
	if !ok {
		s.Skip("skipped: the processor is no event.Flusher")
	}
	return f
}

func flushes(s *suite) {
	f := s.flusher()
	for i := range numEvents {
		s.process(s.Context(), i)
	}
	for range 2 { // the second one has nothing to deliver
		if err := s.promptly("Flush", func() error { return f.Flush(context.Background()) }); err != nil {
			s.fail("Flush: %v", err)
		}
	}
	s.has(numEvents)
}

func flushGivesUp(s *suite) {
	f := s.flusher()
	release := s.stall()
	for i := range numEvents {
		s.process(s.Context(), i)
	}
	if err := s.giveUp("Flush", f.Flush); err == nil {
		s.fail("Flush whose context is done returns nil, though nothing is delivered")
	}
	release()
	s.shutdown("")
	s.has(numEvents)
}

func processAfterShutdown(s *suite) {
	s.shutdown("")
	s.returns("Process after Shutdown", func() { s.process(context.Background(), 0) })
}

// leaves tests that no goroutine is left after Shutdown.
func (r *runner) leaves(t *testing.T) {
	t.Helper()
	const reason = "a service that replaces its processor now and then would grow"
	clause.Leaves(t, reason, r.patience, func(t *testing.T) { //nolint:thelper // the body of a subtest
		s := r.suite(t, reason)
		for i := range numEvents {
			s.process(s.Context(), i)
		}
		s.shutdown("")
	})
}
