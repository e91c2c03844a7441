package exporters

import "cairncx.dev/cairn/cx/event"

// search finds the events that a sink refuses for good, by halves: of a batch that is refused as a whole
// it exports the one half and then the other. It returns the refused ones, and what is left to be tried
// again, in their order, with the error why; both are empty when all were taken. Once something is to be
// tried again, what stands behind it is left, too.
func search(export func([]event.Event) error, events []event.Event) (refused []deadLetter, left []event.Event, why error) {
	err := export(events)
	if err == nil || len(events) == 0 {
		return nil, nil, err
	}
	left, refused, partial := triage(err, events)
	switch {
	case partial:
		if len(left) > 0 {
			why = err
		}
		return refused, left, why
	case !IsPermanent(err):
		return nil, events, err
	case len(events) == 1:
		return []deadLetter{{event: events[0], err: err}}, nil, nil
	}
	half := len(events) / 2
	refused, left, why = search(export, events[:half])
	if len(left) > 0 {
		return refused, append(left[:len(left):len(left)], events[half:]...), why
	}
	more, left, why := search(export, events[half:])
	return append(refused, more...), left, why
}
