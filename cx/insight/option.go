package insight

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
)

// Option is an option of [New].
type Option interface{ apply(*config) error }

type option func(*config) error

func (f option) apply(c *config) error { return f(c) }

type config struct {
	cases.Config

	confidence float64
}

// MaxAttributes is the number of attributes that a table can have as columns.
const MaxAttributes = event.MaxAttributes

// Attributes makes columns of the caller's own attributes with these keys. A run has the first value that one of its events has. Several
// options add up. Default: none. An attribute must not
// have the name of another [Column], or be empty; "team" is the column [Team]: see [TeamIn].
func Attributes(keys ...string) Option {
	return option(func(c *config) error {
		for _, key := range keys {
			switch {
			case key == string(Team): // TeamIn makes that column
			case key == "":
				return errors.New("insight: Attributes: a key is empty: give the attribute's key")
			case slices.Contains(columns(), Column(key)):
				return fmt.Errorf("insight: Attributes: %.64q is a column already: give the attribute another key", key)
			case !slices.Contains(c.Attributes, key):
				c.Attributes = append(c.Attributes, key)
			}
		}
		if len(c.Attributes) > MaxAttributes {
			return fmt.Errorf("insight: Attributes: %d keys, and a table has at most %d: leave out those that you do not ask for", len(c.Attributes), MaxAttributes)
		}
		return nil
	})
}

// TeamIn names the attribute that has the team which handles a touchpoint. The column [Team] is that of a run's last touchpoint. Default: "team".
// Events of a follow-up without the attribute have its owner.
func TeamIn(key string) Option {
	return option(func(c *config) error {
		c.Team = key
		return nil
	})
}

// Within keeps only events from the first time on and before the second one, so that the table stays small. A zero time is no bound. A run that
// began before From is there with what happened in the period, and its start is known if its events say it. Default: no bounds.
func Within(from, until time.Time) Option {
	return option(func(c *config) error {
		if !from.IsZero() && !until.IsZero() && !from.Before(until) {
			return fmt.Errorf("insight: Within: the period ends at %s, which is not after its beginning at %s", until.Format(time.RFC3339), from.Format(time.RFC3339))
		}
		c.From, c.Until = micros(from), micros(until)
		return nil
	})
}

// Last keeps only events of this time before the latest event, as [Within] does. The period moves with the events: runs leave it when their last event does.
// Default: no bound. It is at least a second.
func Last(period time.Duration) Option {
	return option(func(c *config) error {
		if period < time.Second {
			return fmt.Errorf("insight: Last: %s is too short: give a second or more", period)
		}
		c.Last = period.Microseconds()
		return nil
	})
}

// Confidence sets the confidence of all intervals, in (0, 1). Default: [score.DefaultConfidence]. A comparison is more than chance if its
// adjusted probability is at most 1 less the confidence.
func Confidence(confidence float64) Option {
	return option(func(c *config) error {
		if !(confidence > 0 && confidence < 1) {
			return fmt.Errorf("insight: Confidence: %v is not between 0 and 1: give 0.95 for 95%%", confidence)
		}
		c.confidence = confidence
		return nil
	})
}

func defaults() config {
	return config{Config: cases.Config{Team: "team"}, confidence: score.DefaultConfidence}
}

// micros returns microseconds since 1970, and 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
