package main

import (
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

// period is the value of --from and --until, which are both in the period. The replay counts the runs that began in it. A zero
// time is an open end.
type period struct{ from, until time.Time }

func (p *period) open() bool { return p.from.IsZero() && p.until.IsZero() }

func (p *period) holds(t time.Time) bool {
	return !t.Before(p.from) && (p.until.IsZero() || !t.After(p.until))
}

// parsePeriod parses --from and --until. A date stands for the whole day in the zone.
func parsePeriod(from, until string, zone *time.Location) (p period, err error) {
	var faults []error
	if p.from, _, err = parseInstant(from, zone); err != nil {
		faults = append(faults, fmt.Errorf("--from %.80q: %w", from, err))
	}
	if _, p.until, err = parseInstant(until, zone); err != nil {
		faults = append(faults, fmt.Errorf("--until %.80q: %w", until, err))
	}
	if len(faults) == 0 && from != "" && until != "" && p.until.Before(p.from) {
		faults = append(faults, fmt.Errorf("--until %.80q is before --from %.80q: no run can begin in that period", until, from)) //nolint:err113 // a message for the user
	}
	return p, errors.Join(faults...)
}

// parseInstant returns the first and the last instant of the text: those of the day for a date, otherwise the
// same instant twice.
func parseInstant(text string, zone *time.Location) (first, last time.Time, err error) {
	if text == "" {
		return first, last, nil
	}
	times := eventlog.Times{Location: zone}
	if begins, next, ok := times.Day([]byte(text)); ok { // a day may have 23 or 25 hours, and may have no midnight
		return time.Unix(0, begins).UTC(), time.Unix(0, next-1).UTC(), nil
	}
	ns, err := times.Parse([]byte(text))
	if err != nil {
		return first, last, err
	}
	at := time.Unix(0, ns).UTC()
	return at, at, nil
}

// runKey identifies a run of the log.
type runKey struct{ namespace, journey, id string }

// counted decides which events belong to a run that began in a period. Events must arrive in the order of their
// times. It remembers each run that began before the end of the period.
type counted struct {
	period
	runs map[runKey]bool
}

func newCounted(p period) *counted { return &counted{period: p, runs: map[runKey]bool{}} }

// has reports whether the event counts. An event counts if its run began in the period. A run begins with the
// first event that names it, or earlier if that event gives an earlier start. An event without a run counts by
// its own time.
func (c *counted) has(e *event.Event) bool {
	if c.open() {
		return true
	}
	if e.Journey.IsZero() {
		return c.holds(e.Time)
	}
	key := runKey{e.Journey.Namespace, e.Journey.Name, e.Journey.ID}
	if in, known := c.runs[key]; known {
		return in
	}
	began := e.Time
	if s := e.Journey.Started; !s.IsZero() && s.Before(began) {
		began = s
	}
	in := c.holds(began)
	if in || began.Before(c.from) { // a run that begins after the period need not be remembered
		c.runs[key] = in
	}
	return in
}
