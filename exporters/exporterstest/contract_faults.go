package exporterstest

import (
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

var faults = []contract{
	{"a sink that is away", "the error decides whether it is tried again: an outage is no reason to throw events away", away},
	{"a sink that asks to wait", "a caller that tries again at once makes it worse", throttled},
	{"a sink that refuses", "trying again for ever holds up everything behind it", refuses},
	{"an event that is poison", "one event must not stop the rest, nor be told apart from it by guessing", poisoned},
	{"an event that is poison, alone", "nothing is left to be taken", poisonedAlone},
	{"some events that fail for now", "a journey must not go on without an event that is tried again, and the others need not wait for it", partly},
	{"a connection that is cut", "the caller cannot know what has arrived: trying again makes duplicates and loses nothing", cut},
	{"an answer that makes no sense", "a proxy may answer anything, and its text ends up in a log", garbled},
}

// secretive returns events of which the errors must not speak, in one journey.
func secretive(first, n int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = full(first + i)
	}
	return list
}

func away(s *suite) {
	before, events := secretive(0, 2), secretive(2, 4)
	s.export(before...)
	b := s.breaks(Away)
	for range 2 {
		err := s.refusedSoon("to a sink that is away", events)
		s.transient("to a sink that is away", err)
	}
	b.Mend()
	s.export(events...)
	s.has(repeat, append(before, events...)...)
}

func throttled(s *suite) {
	b := s.breaks(Throttled)
	events := secretive(0, 3)
	const what = "to a sink that asks to wait"
	err := s.refused(s.Context(), what, events)
	s.transient(what, err)
	after, ok := sink.RetryDelay(err)
	switch {
	case !ok:
		s.fail("the error of Export %s is none of sink.RetryAfter: %v", what, err)
	case after <= 0 || after > 366*24*time.Hour:
		s.fail("the error of Export %s says to wait for %v", what, after)
	}
	b.Mend()
	s.export(events...)
	s.has(repeat, events...)
}

func refuses(s *suite) {
	b := s.breaks(Refused)
	const what = "to a sink that refuses"
	events := secretive(0, 3)
	s.permanent(what, s.refused(s.Context(), what, events), len(events))
	b.Mend()
	events = secretive(3, 3)
	s.export(events...)
	s.has(once, events...)
}

// permanent checks that the error says of all n events that trying again does not help.
func (s *suite) permanent(what string, err error, n int) {
	s.Helper()
	partial, ok := partialOf(err)
	if !ok {
		if !sink.IsPermanent(err) {
			s.fail("the error of Export %s is not permanent, so it is tried for ever: %v", what, err)
		}
		return
	}
	if len(partial.Failed) != n {
		s.fail("the error of Export %s names %d events, want %d", what, len(partial.Failed), n)
	}
	for _, f := range partial.Failed {
		if !sink.IsPermanent(f.Err) {
			s.fail("the error of event %d of Export %s is not permanent: %v", f.Index, what, f.Err)
		}
	}
}

func poisoned(s *suite) {
	b := s.breaks(Poisoned)
	const what = "of a batch with poison in it"
	events := secretive(0, 9)
	want := []int{0, 3, 4, 8}
	for _, i := range want {
		events[i].Touchpoint = Poison
	}
	err := s.refused(s.Context(), what, events)
	partial, ok := partialOf(err)
	if !ok {
		s.fail("the error of Export %s is no *sink.PartialError: %v", what, err)
	}
	got := make([]int, 0, len(want))
	for _, f := range partial.Failed {
		got = append(got, f.Index)
		if !sink.IsPermanent(f.Err) {
			s.fail("the error of event %d of Export %s is not permanent: %v", f.Index, what, f.Err)
		}
	}
	if !slices.Equal(got, want) {
		s.fail("the error of Export %s names the events %v, want %v, in the order of the batch", what, got, want)
	}
	taken := slices.DeleteFunc(events, func(e event.Event) bool { return e.Touchpoint == Poison })
	more := secretive(100, 2)
	s.export(more...) // though it is still poisoned
	b.Mend()
	s.has(once, append(taken, more...)...)
}

func poisonedAlone(s *suite) {
	b := s.breaks(Poisoned)
	const what = "of poison alone"
	poison := full(0)
	poison.Touchpoint = Poison
	s.permanent(what, s.refused(s.Context(), what, []event.Event{poison}), 1)
	b.Mend()
	good := full(1)
	s.export(good)
	s.has(once, good)
}

func cut(s *suite) {
	before, events := secretive(0, 2), secretive(2, 5)
	s.export(before...)
	b := s.breaks(Cut)
	const what = "to a sink whose answer does not arrive"
	err := s.refusedSoon(what, events)
	s.transient(what, err)
	b.Mend()
	s.export(events...)
	s.has(repeat, append(before, events...)...)
}

func garbled(s *suite) {
	b := s.breaks(Garbled)
	const what = "to a sink whose answer makes no sense"
	events := secretive(0, 3)
	// The sink's own protocol says if the answer is an error. It must not harm the caller in either case.
	err := s.promptly("Export "+what, func() error { return s.sink.Exporter.Export(s.Context(), events) })
	s.discreet(what, err)
	b.Mend()
	if err != nil {
		s.export(events...)
	}
	s.has(repeat, events...)
}

// without returns what was received but for the events that may be there or not.
func without(received func(t *testing.T) []event.Event, maybe map[string]event.Event) func(t *testing.T) []event.Event {
	return func(t *testing.T) []event.Event {
		t.Helper()
		return slices.DeleteFunc(slices.Clone(received(t)), func(e event.Event) bool {
			_, ok := maybe[name(&e)]
			return ok
		})
	}
}
