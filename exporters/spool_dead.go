package exporters

import (
	"bytes"
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
)

// deadLetter is an event that the sink refused permanently, or a record that cannot be parsed as an event.
type deadLetter struct {
	event event.Event
	json  []byte
	err   error
}

// bury keeps dead letters. It exports the events to the exporter of [WithDeadLetters], if there is one. It writes the records
// that are not events, and the events that this exporter does not take, to the file of dead letters.
func (s *Spool) bury(ctx context.Context, letters []deadLetter) {
	if len(letters) == 0 {
		return
	}
	s.deadLetters.Add(uint64(len(letters)))
	reportAs(s.cfg.name, fmt.Errorf("%d events are dead letters: %w", len(letters), letters[0].err))
	var lines []byte
	var events []event.Event
	for i := range letters {
		if l := &letters[i]; l.json != nil {
			lines = append(append(lines, l.json...), '\n')
		} else {
			events = append(events, l.event)
		}
	}
	if s.cfg.dead != nil && len(events) > 0 {
		err := contained(func() error { return s.cfg.dead.Export(ctx, events) })
		if err == nil {
			events = nil
		} else {
			reportAs(s.cfg.name, fmt.Errorf("%d dead letters go into the file: %w", len(events), err))
		}
	}
	for i := range events {
		lines = append(events[i].AppendJSON(lines), '\n')
	}
	kept := len(letters)
	if len(lines) > 0 {
		if err := s.dead.write(lines); err != nil {
			lost := bytes.Count(lines, []byte{'\n'})
			kept -= lost
			s.lost("dead_letters", uint64(lost))
			reportAs(s.cfg.name, fmt.Errorf("dead letters are lost: %w", err))
		} else {
			reportAs(s.cfg.name, fmt.Errorf("dead letters are in %s", s.dead.path())) //nolint:err113 // a report, no caller branches on it
		}
	}
	s.metrics.refused(kept)
}
