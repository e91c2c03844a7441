package exporters

import (
	"errors"
	"slices"

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

// undivided is the permanent error of an event that the sink refused together with others. The sink has not said which of them
// the error is about.
type undivided struct{ err error }

// Error implements error.
func (e *undivided) Error() string { return e.err.Error() }

// Unwrap returns the error of the sink.
func (e *undivided) Unwrap() error { return e.err }

// together returns err, which a sink has returned for several events, as the error of one of them. A caller that halves batches
// finds the events that a permanent error is about. Any other caller sees a [sink.PartialError] whose events are refused.
func together(err error) error {
	if !sink.IsPermanent(err) {
		return err
	}
	return &undivided{err}
}

// search exports the events. It returns those that the sink refuses for good, and the indexes of those that are left to be tried
// again, in their order, with their error why. Both are empty if the sink took all events. With halve, events that the sink
// refuses together are exported again in two halves. Once an event is left to be tried again, all events behind it are, too.
func search(export func([]event.Event) error, events []event.Event, halve bool) (refused []sink.Failure, left []int, why error) {
	err := contained(func() error { return export(events) })
	if err == nil {
		return nil, nil, nil
	}
	if _, ok := errors.AsType[*sink.PartialError](err); ok {
		refused, left, ok = named(err, events)
		switch {
		case !ok:
			return nil, count(0, len(events)), err // it names events of another batch, so it says nothing about this one
		case len(left) > 0:
			why = err
		}
	} else {
		if !sink.IsPermanent(err) || len(events) == 0 {
			return nil, count(0, len(events)), err
		}
		if len(events) > 1 {
			err = together(err)
		}
		for i := range events {
			refused = append(refused, sink.Failure{Index: i, ID: events[i].ID, Err: err})
		}
	}
	if !halve {
		return refused, left, why
	}
	return divide(export, events, refused, left, why)
}

// divide exports the events that were refused together again, in two halves. It returns what [search] does. If other events of
// the batch are left to be tried again, those that were refused together are left with them, because an event must not overtake
// another one of its journey.
func divide(export func([]event.Event) error, events []event.Event, refused []sink.Failure, left []int, why error) ([]sink.Failure, []int, error) {
	var sure []sink.Failure
	var group []int
	for _, f := range refused {
		if _, ok := errors.AsType[*undivided](f.Err); ok {
			group = append(group, f.Index)
		} else {
			sure = append(sure, f)
		}
	}
	if len(group) < 2 {
		return refused, left, why
	}
	for _, half := range [][]int{group[:len(group)/2], group[len(group)/2:]} {
		if len(left) > 0 {
			left = append(left, half...)
			continue
		}
		more, again, err := search(export, pick(events, half), true)
		for _, f := range more {
			f.Index = half[f.Index]
			sure = append(sure, f)
		}
		for _, i := range again {
			left = append(left, half[i])
		}
		why = err
	}
	slices.Sort(left)
	slices.SortFunc(sure, func(x, y sink.Failure) int { return x.Index - y.Index })
	return sure, left, why
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

// named returns which of the events err, a [sink.PartialError], names as refused for good, and which as to be tried again. It
// returns false if err names no event, or events of another batch.
func named(err error, events []event.Event) (refused []sink.Failure, left []int, ok bool) {
	p, why := failures(err, len(events))
	if p == nil {
		return nil, nil, false
	}
	for i := range events {
		switch err, failed := why[i]; {
		case failed && sink.IsPermanent(err):
			refused = append(refused, sink.Failure{Index: i, ID: events[i].ID, Err: err})
		case failed:
			left = append(left, i)
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
