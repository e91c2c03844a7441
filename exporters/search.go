package exporters

import (
	"errors"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// suspicious is the number of events from which on a batch is not all poison by chance: a sink that refuses every one of so many
// is probably set up wrong.
const suspicious = 16

// maxPanics is how often in a row a sink may panic before the panic counts as a refusal of the event. A panic is a bug of the
// sink that may be fixed, but it must not hold up the other events for ever.
const maxPanics = 5

// patience turns the panics of a sink into refusals after many in a row. The zero value is ready.
type patience struct{ panics int }

// search is [search] with patience.
func (p *patience) search(export func([]event.Event) error, events []event.Event, halve bool) (refused []sink.Failure, left []int, why error) {
	patient := export
	if p.panics >= maxPanics && halve {
		patient = func(part []event.Event) error {
			err := contained(func() error { return export(part) })
			if errors.Is(err, errPanic) {
				return sink.Permanent(err)
			}
			return err
		}
	}
	refused, left, why = search(patient, events, halve)
	if errors.Is(why, errPanic) {
		p.panics++
	} else {
		p.panics = 0
	}
	return refused, left, why
}

// search exports the events. It returns those that the sink refuses for good, and the indexes of those that are left to be tried
// again, in their order, with their error why. Both are empty if the sink took all events. With halve, a batch that the sink
// refuses as a whole is exported again in two halves. Once an event is left to be tried again, all events behind it are, too.
func search(export func([]event.Event) error, events []event.Event, halve bool) (refused []sink.Failure, left []int, why error) {
	return searchFrom(export, events, 0, halve)
}

func searchFrom(export func([]event.Event) error, events []event.Event, at int, halve bool) (refused []sink.Failure, left []int, why error) {
	err := contained(func() error { return export(events) })
	if err == nil {
		return nil, nil, nil
	}
	if p, ok := errors.AsType[*sink.PartialError](err); ok {
		refused, left, ok = named(p, events, at)
		switch {
		case !ok:
			return nil, count(at, len(events)), err // it names events of another batch, so it says nothing about this one
		case len(left) > 0:
			why = err
		}
		return refused, left, why
	}
	if !sink.IsPermanent(err) || len(events) == 0 {
		return nil, count(at, len(events)), err
	}
	if len(events) == 1 || !halve {
		for i := range events {
			refused = append(refused, sink.Failure{Index: at + i, ID: events[i].ID, Err: err})
		}
		return refused, nil, nil
	}
	half := len(events) / 2
	refused, left, why = searchFrom(export, events[:half], at, halve)
	if len(left) > 0 {
		return refused, append(left, count(at+half, len(events)-half)...), why
	}
	more, left, why := searchFrom(export, events[half:], at+half, halve)
	return append(refused, more...), left, why
}

// count returns n numbers from first on.
func count(first, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = first + i
	}
	return out
}

// failures returns the PartialError in err, and the error of each event that it names, by its index in a batch of n. An event
// that it names twice has the permanent error of the two. failures returns nil if there is no PartialError, or if it names no
// event, or events of another batch.
func failures(err error, n int) (p *sink.PartialError, why map[int]error) {
	p, ok := errors.AsType[*sink.PartialError](err)
	if !ok || p == nil || len(p.Failed) == 0 {
		return nil, nil
	}
	why = make(map[int]error, len(p.Failed))
	for _, f := range p.Failed {
		if f.Index < 0 || f.Index >= n {
			return nil, nil
		}
		if old, twice := why[f.Index]; !twice || !sink.IsPermanent(old) {
			why[f.Index] = f.Err
		}
	}
	return p, why
}

// named returns which of the events p names as refused for good, and which as to be tried again. It returns false if p names no
// event, or events of another batch.
func named(p *sink.PartialError, events []event.Event, at int) (refused []sink.Failure, left []int, ok bool) {
	p, why := failures(p, len(events))
	if p == nil {
		return nil, nil, false
	}
	for i := range events {
		switch err, failed := why[i]; {
		case failed && sink.IsPermanent(err):
			refused = append(refused, sink.Failure{Index: at + i, ID: events[i].ID, Err: err})
		case failed:
			left = append(left, at+i)
		}
	}
	return refused, left, true
}

// pick returns the events with the indexes.
func pick(events []event.Event, indexes []int) []event.Event {
	out := make([]event.Event, len(indexes))
	for i, k := range indexes {
		out[i] = events[k]
	}
	return out
}
