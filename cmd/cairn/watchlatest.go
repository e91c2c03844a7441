package main

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// latest is an archive that knows the time of its latest event, without those of breakdowns: a watch writes them itself.
type latest struct {
	*sqlarchive.Reader

	journey string
	at      time.Time
}

// Scan implements [insight.Source].
func (l *latest) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	return l.Reader.Scan(ctx, s, func(e *event.Event) error {
		if e.Journey.Name != l.journey && e.Time.After(l.at) {
			l.at = e.Time
		}
		return each(e)
	})
}

// silence says since when the archive has no events, if the last whole day has none. Days begin in the zone of now.
func (l *latest) silence(now time.Time) string {
	y, m, day := now.Date()
	switch {
	case l.at.IsZero():
		return "the archive has no events"
	case l.at.Before(time.Date(y, m, day-1, 0, 0, 0, 0, now.Location())):
		return "the archive has no events since " + l.at.In(now.Location()).Format(time.DateOnly) + ": a day without events says nothing"
	default:
		return ""
	}
}
