// Package report says what the journeys of a log looked like: as JSON that others script against,
// and as a table for people. It counts what a client delivers; what is an event and how a journey
// goes is decided there.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
)

// Report is the result. Its JSON form is stable: keys are added, never renamed, and never mean
// something else.
type Report struct {
	// Events that were replayed. Of those, Unknown had a name that the blueprint does not have, and
	// Late came after the end of their journey.
	Events   int64 `json:"events"`
	Rejected int64 `json:"rejected"` // rows that are no events
	Unknown  int64 `json:"unknown"`
	Late     int64 `json:"late"`
	// Journeys in the order of the blueprint.
	Journeys []Journey `json:"journeys"`
}

// Journey is what the runs of one journey were like.
type Journey struct {
	Name    string `json:"name"`
	Started int64  `json:"started"`
	// Active runs had begun and not ended when the log was cut.
	Active   int64     `json:"active"`
	Ended    Ended     `json:"ended"`
	Duration Durations `json:"duration_seconds"`
	// Stages in the order of the blueprint, and Touchpoints too; those that the log does not have
	// are there with zeros.
	Stages      []Stage      `json:"stages"`
	Touchpoints []Touchpoint `json:"touchpoints"`
}

// Ended counts runs by their ends.
type Ended struct {
	Completed int64 `json:"completed"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
	Abandoned int64 `json:"abandoned"`
}

// Durations are how long runs took, by their ends: those that there were.
type Durations struct {
	Completed *Duration `json:"completed,omitempty"`
	Failed    *Duration `json:"failed,omitempty"`
	Cancelled *Duration `json:"cancelled,omitempty"`
	Abandoned *Duration `json:"abandoned,omitempty"`
}

// Duration is what a number of durations is like, in seconds. P50 and P90 are exact, by the nearest
// rank: see [series.Series.Summary].
type Duration struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	Max   float64 `json:"max"`
}

// Stage is what one stage of a journey was like.
type Stage struct {
	Name string `json:"name"`
	// Entered counts runs that reached the stage, Visits every entry.
	Entered int64 `json:"entered"`
	Visits  int64 `json:"visits"`
	// Conversion is Entered by Started, 0 where no run started.
	Conversion float64 `json:"conversion"`
	// Duration of visits that are over: the stage was left, or the run ended.
	Duration Duration `json:"duration_seconds"`
}

// Touchpoint is how often customers met one touchpoint, and on which channels.
type Touchpoint struct {
	Name     string           `json:"name"`
	Count    int64            `json:"count"`
	Channels map[string]int64 `json:"channels"`
}

// WriteJSON writes the report as JSON, indented, with a line's end.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func newDuration(s *series.Series) (Duration, error) {
	sum, err := s.Summary()
	return Duration{
		Count: sum.Count, Mean: sum.Mean.Seconds(), P50: sum.P50.Seconds(), P90: sum.P90.Seconds(), Max: sum.Max.Seconds(),
	}, err
}

// durationOf turns seconds of the report back.
func durationOf(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
