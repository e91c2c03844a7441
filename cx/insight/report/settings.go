package report

import (
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// Settings say what a report is about. The zero value is about the last whole week in UTC.
type Settings struct {
	// Title is the name of the report. Default: "Customer report".
	Title string
	// Period is the kind of the period. The report is about the last one that had ended at the moment; without At, at the latest event.
	Period Kind
	// From and Until are another period, from the first time on and before the second one. Both or neither are set. If they are a day, a week, a month,
	// a quarter or a year, so is the period before them.
	From, Until time.Time
	// At is the moment of the report. Default: the end of the period, or the latest event of the table if that is earlier.
	At time.Time
	// Zone is the time zone of periods and of written times. Default: UTC.
	Zone *time.Location
	// Alone leaves out the comparison with the period before.
	Alone bool
	// Journey is the name of a journey, and Namespace one of its environments; "" is all of them. Where are conditions on runs.
	Journey, Namespace string

	Where []insight.Where
	// By are the columns whose groups are told apart, at most eight. Default: team and channel.
	By []insight.Column
	// Trend is the number of periods of trends, 2 to 60. Default: 12.
	Trend int
}

const (
	maxColumns = 8
	maxTrend   = 60
	// leastGroup is the number of runs or promises from which a group is named as slow.
	leastGroup = 30
	level      = 0.05
)

// ErrSettings is in every error about settings.
var ErrSettings = errors.New("report: the report cannot be made")

// complete fills the defaults. Newest is the time of the latest event.
func (s *Settings) complete(newest time.Time) (Period, error) {
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.Title == "" {
		s.Title = "Customer report"
	}
	if s.Trend == 0 {
		s.Trend = 12
	}
	if s.By == nil {
		s.By = []insight.Column{insight.Team, insight.Channel}
	}
	switch {
	case s.Trend < 2 || s.Trend > maxTrend:
		return Period{}, fmt.Errorf("%w: Trend is %d: want 2 to %d", ErrSettings, s.Trend, maxTrend)
	case len(s.By) > maxColumns:
		return Period{}, fmt.Errorf("%w: By has %d columns: want at most %d", ErrSettings, len(s.By), maxColumns)
	case s.From.IsZero() != s.Until.IsZero():
		return Period{}, fmt.Errorf("%w: only one of From and Until is set: set both", ErrSettings)
	case !s.From.IsZero() && !s.From.Before(s.Until):
		return Period{}, fmt.Errorf("%w: the period ends at %s, which is not after its beginning", ErrSettings, s.Until.Format(time.RFC3339))
	case s.Period >= Span:
		return Period{}, fmt.Errorf("%w: Period is %d: want Day, Week, Month, Quarter or Year, or set From and Until", ErrSettings, s.Period)
	}
	var p Period
	if s.From.IsZero() {
		at := s.At
		if at.IsZero() {
			at = newest
		}
		if at.IsZero() {
			return Period{}, nil // there are no events
		}
		p = s.Period.Last(at.In(s.Zone))
	} else {
		p = Period{s.From.In(s.Zone), s.Until.In(s.Zone)}
		s.Period = p.Kind()
	}
	if s.At.IsZero() {
		s.At = p.Until
		if !newest.IsZero() && newest.Before(s.At) {
			s.At = newest
		}
	}
	s.At = s.At.In(s.Zone)
	return p, nil
}
