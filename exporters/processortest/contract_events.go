package processortest

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"weak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/fill"
)

// numEvents is how many events a subtest has: of every kind, and more of some.
const numEvents = 40

// events are the clauses about the events that a processor gets.
func events() []contract {
	return []contract{
		{"the event is not changed", "the processors and exporters behind it get the same event", unchanged},
		{"the pointer is not kept", "the event is reused when Process has returned, and would be another one", notKept},
		{"what is processed is delivered", "a copy of the struct is all that a processor needs", delivered},
		{"an event of a request that is over", "an event counts also if its customer has left", requestOver},
		{"concurrent use", "requests record at the same time", concurrently},
	}
}

// full returns an event in which every field is set, the same one for the same number.
func full(i int) event.Event {
	var e event.Event
	fill.Value(reflect.ValueOf(&e).Elem(), fmt.Sprintf("text-%d", i))
	e.ID = id(i)
	e.Kind = event.Kinds()[i%len(event.Kinds())]
	e.Time = fill.Noon().Add(seconds(i))
	e.Touchpoint = fmt.Sprintf("touchpoint-%d", i)
	e.Journey.Name, e.Journey.ID = "checkout", fmt.Sprintf("cart-%d", i%3)
	e.Attributes = attributes(i)
	return e
}

func unchanged(s *suite) {
	given := make([]event.Event, numEvents)
	for i := range given {
		given[i] = full(i)
		s.subject.Processor.Process(s.Context(), &given[i])
		s.same("Process", i, &given[i])
	}
	s.shutdown("")
	for i := range given { // a copy of the struct points to the same details
		s.same("Process and Shutdown", i, &given[i])
	}
}

// same checks that event i is what it was.
func (s *suite) same(after string, i int, got *event.Event) {
	s.Helper()
	want := full(i)
	w, g := reflect.ValueOf(want), reflect.ValueOf(*got)
	for f := range w.NumField() {
		if !reflect.DeepEqual(w.Field(f).Interface(), g.Field(f).Interface()) {
			s.fail("after %s of an event of kind %s its %s is another one", after, want.Kind, w.Type().Field(f).Name)
		}
	}
}

// collections is how often memory is collected before a pointer counts as kept. One collection finds everything that is not;
// a goroutine that is interrupted at a bad moment may hide something from one.
const collections = 10

func notKept(s *suite) {
	pointers := make([]weak.Pointer[event.Event], numEvents)
	for i := range pointers {
		pointers[i] = s.lend(i)
	}
	kept := numEvents
	for n := 0; n < collections && kept > 0; n++ {
		runtime.GC()
		kept = 0
		for _, p := range pointers {
			if p.Value() != nil {
				kept++
			}
		}
	}
	if kept > 0 {
		s.fail("the processor keeps pointers to, or into, %d of %d events", kept, numEvents)
	}
}

// lend processes an event and returns a pointer that does not keep it in memory. It is a function of its own so that nothing
// else in the subtest's stack does.
//
//go:noinline
func (s *suite) lend(i int) weak.Pointer[event.Event] {
	e := new(event.Event)
	*e = full(i)
	s.subject.Processor.Process(s.Context(), e)
	return weak.Make(e)
}

func delivered(s *suite) {
	for i := range numEvents {
		s.process(s.Context(), i)
	}
	s.shutdown("")
	s.has(numEvents)
}

func requestOver(s *suite) {
	s.process(givenUp(), 0)
	s.returns("Process without a context", func() {
		s.process(nil, 1) //nolint:staticcheck // what a caller may get wrong
	})
	s.shutdown("")
	s.has(2)
}

// readable skips the rest of the subtest if the events of the processor cannot be read back.
func (s *suite) readable() {
	s.Helper()
	if s.subject.Processed == nil {
		s.Skip("skipped: the Subject has no Processed, so it is unknown what arrived; the calls before have passed")
	}
}

// has checks that the first n events have arrived, in their order.
func (s *suite) has(n int) {
	s.Helper()
	s.readable()
	got := s.subject.Processed(s.T)
	if len(got) != n {
		s.fail("%d events have arrived, want %d", len(got), n)
	}
	for i := range got {
		want := full(i)
		if d := difference(s.kept(&got[i]), s.kept(&want)); d != "" {
			s.fail("event %d has not arrived as it was processed:\n%s", i, d)
		}
	}
}

func concurrently(s *suite) {
	const callers, each = 8, 100
	flusher, _ := s.subject.Processor.(event.Flusher)
	var group sync.WaitGroup
	for c := range callers {
		group.Go(func() {
			for i := range each {
				s.process(context.Background(), c*each+i)
				if flusher != nil && i%25 == 0 {
					_ = flusher.Flush(context.Background()) // another subtest looks at what it returns
				}
			}
		})
	}
	s.returns("Process from several goroutines", group.Wait)
	s.shutdown("")
	s.readable()
	got, want := make([]string, 0, callers*each), make([]string, 0, callers*each)
	last := make([]int, callers)
	for _, e := range s.subject.Processed(s.T) {
		got = append(got, e.Touchpoint)
		var n int
		if _, err := fmt.Sscanf(e.Touchpoint, "touchpoint-%d", &n); err != nil || n/each >= callers {
			s.fail("an event of the touchpoint %q has arrived", e.Touchpoint)
		}
		if n%each < last[n/each] {
			s.fail("the events of one goroutine have arrived in another order")
		}
		last[n/each] = n % each
	}
	for i := range callers * each {
		want = append(want, fmt.Sprintf("touchpoint-%d", i))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.fail("%d of %d events have arrived, or others", len(got), len(want))
	}
}
