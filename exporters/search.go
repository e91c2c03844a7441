package exporters

import (
	"errors"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// suspicious is how many events a batch has at least that is not all poison by chance: where every one of
// so many is refused, the sink is set up wrong rather than fed wrong.
const suspicious = 16

// maxPanics is how often in a row a sink may panic before that counts as a refusal of the event it was
// given: it is a bug in the sink, which may be mended, but must not stop the rest for ever.
const maxPanics = 5

// patience turns the panics of a sink into refusals when there were many in a row. The zero value is ready.
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

// search exports the events and says which of them are refused for good, by their indexes, and which are
// left to be tried again, in their order, with the error why; both are empty when all were taken. With
// halve, a batch that is refused as a whole is searched by exporting its one half and then the other.
// Once something is to be tried again, what stands behind it is left, too.
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
			return nil, count(at, len(events)), err // it speaks of another batch: nothing is known
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

// failures returns the PartialError in err, and why each of n events failed that it names, by index: where one
// is there twice, the error that is permanent. Without one, and where it names none or others, it returns nil.
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

// named says which of the events p names as refused for good, and which to be tried again. It reports
// false where p names none, or others.
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

// pick returns the events of these indexes.
func pick(events []event.Event, indexes []int) []event.Event {
	out := make([]event.Event, len(indexes))
	for i, k := range indexes {
		out[i] = events[k]
	}
	return out
}
