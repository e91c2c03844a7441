package exporterstest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/clause"
	"cairncx.dev/cairn/exporters/sink"
)

var shutdowns = []contract{
	{"Shutdown delivers what is left", "nothing comes after it", shutdownDelivers},
	{"Shutdown twice", "an exporter may have two owners, and a retry finds it done", shutdownTwice},
	{"Shutdown of a sink that was not used", "many services never say anything", shutdownUnused},
	{"Export after Shutdown", "what is taken after the end is lost without anybody knowing", exportAfter},
	{"Shutdown with a context that is done", "it may be called again after a timeout", shutdownRetried},
	{"Shutdown while the sink does not answer", "a service has to end within its grace period", shutdownStalled},
	{"Shutdown during Export", "what Export has acknowledged is there, whichever call ends first", shutdownDuring},
}

// ends shuts down, which has to succeed.
func (s *suite) ends() {
	s.Helper()
	if err := s.promptly("Shutdown", func() error { return s.sink.Exporter.Shutdown(s.Context()) }); err != nil {
		s.fail("Shutdown: %v", err)
	}
}

// closed checks that the exporter takes nothing any more.
func (s *suite) closed() {
	s.Helper()
	const what = "after Shutdown"
	err := s.refused(s.Context(), what, []event.Event{full(9_000)})
	if !errors.Is(err, sink.ErrClosed) {
		s.fail("the error of Export %s does not wrap sink.ErrClosed: %v", what, err)
	}
}

func shutdownDelivers(s *suite) {
	events := series(0, 30, "cart-1")
	s.export(events...)
	s.ends()
	s.hasAfter(events...)
}

// hasAfter is has of a sink whose exporter is shut down: there is nothing to flush.
func (s *suite) hasAfter(sent ...event.Event) {
	s.Helper()
	s.sink.Exporter = noFlush{s.sink.Exporter}
	s.has(repeat, sent...)
}

// noFlush hides that an exporter can flush.
type noFlush struct{ event.Exporter }

func shutdownTwice(s *suite) {
	events := series(0, 3, "cart-1")
	s.export(events...)
	for range 3 {
		s.ends()
	}
	// Whichever it says, it has ended.
	_ = s.promptly("Shutdown again, with a context that is done", func() error { return s.sink.Exporter.Shutdown(s.givenUp()) })
	if f, ok := s.sink.Exporter.(event.Flusher); ok {
		_ = s.promptly("Flush after Shutdown", func() error { return f.Flush(s.Context()) })
	}
	s.hasAfter(events...)
}

func shutdownUnused(s *suite) { s.ends() }

func exportAfter(s *suite) {
	events := series(0, 2, "cart-1")
	s.export(events...)
	s.ends()
	for range 2 {
		s.closed()
	}
	s.hasAfter(events...)
}

func shutdownRetried(s *suite) {
	events := series(0, 10, "cart-1")
	s.export(events...)
	// It may succeed, for there may be nothing left to do.
	_ = s.promptly("Shutdown with a context that is done", func() error { return s.sink.Exporter.Shutdown(s.givenUp()) })
	s.ends()
	s.closed()
	s.hasAfter(events...)
}

func shutdownStalled(s *suite) {
	before, events := series(0, 2, "cart-1"), series(2, 2, "cart-1")
	s.export(before...)
	b := s.breaks(Stalled)
	exported := clause.Start(func() error { return s.sink.Exporter.Export(s.Context(), events) })
	s.reached(b)
	_ = s.promptly("Shutdown with a context that is done", func() error { return s.sink.Exporter.Shutdown(s.givenUp()) })
	short, stop := context.WithTimeoutCause(s.Context(), impatience, errGaveUp)
	defer stop()
	_ = s.promptly("Shutdown with a context that ends while the sink does not answer", func() error { return s.sink.Exporter.Shutdown(short) })
	b.Mend()
	err := s.await("Export that was under way at Shutdown", exported)
	s.ends()
	s.closed()
	if err != nil {
		s.discreet("that was under way at Shutdown", err)
		return // it may be there or not
	}
	s.hasAfter(append(before, events...)...)
}

func shutdownDuring(s *suite) {
	const callers, most = 4, 200
	taken := make([][]event.Event, callers)
	errs := make([]error, callers)
	begun := make(chan struct{}, callers)
	var running sync.WaitGroup
	for c := range callers {
		running.Go(func() {
			for i := range most {
				e := small(c*most+i, fmt.Sprint("cart-", c))
				if errs[c] = s.sink.Exporter.Export(s.Context(), []event.Event{e}); errs[c] != nil {
					break
				}
				taken[c] = append(taken[c], e)
				if i == 2 {
					begun <- struct{}{}
				}
			}
			if len(taken[c]) < 3 {
				begun <- struct{}{}
			}
		})
	}
	for range callers {
		<-begun
	}
	s.ends()
	s.together("Export during Shutdown", &running)
	var events []event.Event
	maybe := map[string]event.Event{}
	for c := range callers {
		events = append(events, taken[c]...)
		if errs[c] != nil {
			if sink.IsPermanent(errs[c]) && !errors.Is(errs[c], sink.ErrClosed) {
				s.fail("Export during Shutdown: %v", errs[c])
			}
			next := small(c*most+len(taken[c]), fmt.Sprint("cart-", c))
			maybe[name(&next)] = next
		}
	}
	s.closed()
	s.allowing(maybe)
	s.hasAfter(events...)
}

// allowing leaves events out of what was received that may be there or not.
func (s *suite) allowing(maybe map[string]event.Event) {
	received := s.sink.Received
	if received == nil {
		return
	}
	s.sink.Received = without(received, maybe)
}
