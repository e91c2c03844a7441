package exporterstest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"cairncx.dev/cairn/cx/event"
)

var ordering = []contract{
	{"one journey in order", "a journey that ends before it starts is counted wrongly", orderOfOne},
	{"journeys that are mixed in a batch", "Batch hands over events as they come, of many customers", orderOfMixed},
	{"time is not the order", "an event may be told of late: the order is that in which it was said", orderNotTime},
	{"journeys at once", "Export is called concurrently for different journeys", orderConcurrently},
	{"what failed for now is not overtaken", "it is tried again, and must not come after what its journey did later", orderAfterFailure},
	{"the same batch twice", "delivery is at least once: the reader removes duplicates by ID, so both have it", sameTwice},
	{"the same ID in one batch", "two instances that report one transition give it the same ID", sameInBatch},
}

func orderOfOne(s *suite) {
	const batches, size = 20, 7
	events := series(0, batches*size, "cart-1")
	for batch := range slices.Chunk(events, size) {
		s.export(batch...)
	}
	s.has(once, events...)
}

func orderOfMixed(s *suite) {
	const journeys, each = 8, 12
	events := make([]event.Event, 0, journeys*each)
	for i := range journeys * each {
		events = append(events, small(i, fmt.Sprint("cart-", i*5%journeys)))
	}
	s.export(events[:len(events)/2]...)
	s.export(events[len(events)/2:]...)
	s.has(once, events...)
}

func orderNotTime(s *suite) {
	events := series(0, 20, "cart-1")
	for i := range events {
		events[i].Time = noon().AddDate(0, 0, -i)
		events[i].ID = id(1000 - i)
	}
	s.export(events[:10]...)
	s.export(events[10:]...)
	s.has(once, events...)
}

func orderConcurrently(s *suite) {
	const journeys, batches, size = 8, 12, 5
	events := make([]event.Event, 0, journeys*batches*size)
	for j := range journeys {
		name := fmt.Sprint("cart-", j)
		if j == 0 {
			name = "" // events of no journey come from anywhere
		}
		events = append(events, series(j*batches*size, batches*size, name)...)
	}
	errs := make([]error, journeys)
	start := make(chan struct{})
	var running sync.WaitGroup
	for j := range journeys {
		mine := events[j*batches*size : (j+1)*batches*size]
		running.Go(func() {
			<-start
			for batch := range slices.Chunk(mine, size) {
				errs[j] = errors.Join(errs[j], s.sink.Exporter.Export(s.Context(), batch))
			}
		})
	}
	close(start)
	if f, ok := s.sink.Exporter.(event.Flusher); ok {
		running.Go(func() { _ = f.Flush(s.Context()) }) // beside them
	}
	s.together("Export of journeys at once", &running)
	if err := errors.Join(errs...); err != nil {
		s.fail("%v", err)
	}
	s.has(once, events...)
}

// orderAfterFailure exports journeys that are mixed to a sink that fails for now, and does with the error
// what exporters.Retry does: what was named, or else everything, is exported again.
func orderAfterFailure(s *suite) {
	const each = 12
	const what = "of journeys that are mixed, to a sink that fails for now"
	var sent []event.Event
	for n, f := range []Fault{Away, Throttled, Cut} {
		b := s.broken(f)
		if b == nil {
			continue
		}
		events := make([]event.Event, each)
		for i := range events {
			events[i] = small(n*each+i, []string{"cart-1", "cart-2", ""}[i%3])
		}
		err := s.refusedSoon(what, events)
		s.transient(what, err)
		b.Mend()
		s.export(rest(events, err)...)
		sent = append(sent, events...)
		s.has(repeat, sent...)
	}
	if sent == nil {
		s.Skip("skipped: this sink cannot be made to fail for now")
	}
}

// together waits for all that are running.
func (s *suite) together(what string, running *sync.WaitGroup) {
	s.Helper()
	_ = s.promptly(what, func() error { running.Wait(); return nil })
}

func sameTwice(s *suite) {
	events := append(series(0, 5, "cart-1"), series(5, 5, "")...)
	s.export(events...)
	s.export(events...)
	s.has(repeat, events...)
}

func sameInBatch(s *suite) {
	events := series(0, 3, "cart-1")
	s.export(events[0], events[1], events[1], events[2], events[0])
	s.has(repeat, events...)
	s.export(small(3, "cart-1")) // and goes on
	s.has(repeat, append(events, small(3, "cart-1"))...)
}

var batches = []contract{
	{"nothing to export", "an empty queue is not a fault, and nothing is sent for it", empty},
	{"the batch is not kept", "callers use the slice again as soon as Export has returned", notKept},
	{"the batch is not changed", "other exporters may read the same events at the same time", notChanged},
	{"a nil exporter", "nil receivers are safe", nilExporter},
}

func empty(s *suite) {
	for range 2 {
		s.export()
		if err := s.sink.Exporter.Export(s.Context(), []event.Event{}); err != nil {
			s.fail("Export of an empty batch: %v", err)
		}
	}
	first := small(0, "cart-1")
	s.export(first)
	s.export()
	s.has(once, first)
}

func notKept(s *suite) {
	const batches, size = 10, 4
	slice := make([]event.Event, size)
	for b := range batches {
		copy(slice, series(b*size, size, "cart-1"))
		s.export(slice...)
		for i := range slice {
			slice[i] = event.Event{Kind: "exporterstest.spoilt", Time: noon(), Touchpoint: "spoilt"}
		}
	}
	s.has(once, series(0, batches*size, "cart-1")...)
}

func notChanged(s *suite) {
	whole := changeable()
	s.export(whole[:len(whole)-spare]...)
	s.flush()
	want := changeable()
	for i := range whole {
		if fault := changed(&want[i], &whole[i]); fault != "" {
			s.fail("event %d of the batch has changed: %s", i, fault)
		}
	}
	s.has(once, want[:len(want)-spare]...)
}

// spare is how many events are behind the batch, in the same array.
const spare = 2

func changeable() []event.Event {
	events := append(ofEveryKind(), series(100, 4, "")...)
	for i := range events {
		if i%3 == 0 {
			events[i].ID = event.ID{}
		}
	}
	return events
}
