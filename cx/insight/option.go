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

// WithAttributes makes columns of the caller's own attributes with these keys. A run has the first value that one of its events has. Several
// options add up. Default: none. An attribute must not have the name of another [Column], or be empty; "team" is the column [Team]: see [WithTeam].
func WithAttributes(keys ...string) Option {
	return option(func(c *config) error {
		for _, key := range keys {
			switch {
			case key == string(Team): // WithTeam makes that column
			case key == "":
				return errors.New("insight: WithAttributes: a key is empty: give the attribute's key")
			case slices.Contains(columns(), Column(key)):
				return fmt.Errorf("insight: WithAttributes: %.64q is a column already: give the attribute another key", key)
			case !slices.Contains(c.Attributes, key):
				c.Attributes = append(c.Attributes, key)
			}
		}
		if len(c.Attributes) > MaxAttributes {
			return fmt.Errorf("insight: WithAttributes: %d keys, and a table has at most %d: leave out those that you do not ask for", len(c.Attributes), MaxAttributes)
		}
		return nil
	})
}

// WithTeam names the attribute that has the team which handles a touchpoint. The column [Team] is that of a run's last touchpoint. Default: "team".
// Events of a follow-up without the attribute have its owner.
func WithTeam(key string) Option {
	return option(func(c *config) error {
		c.Team = key
		return nil
	})
}

// WithPeriod keeps only events from the first time on and before the second one, so that the table stays small. A zero time is no bound. A run that
// began before the period is there with what happened in it, and its start is known if its events say it. Default: no bounds. New returns an error if
// until is not after from.
func WithPeriod(from, until time.Time) Option {
	return option(func(c *config) error {
		if !from.IsZero() && !until.IsZero() && !from.Before(until) {
			return fmt.Errorf("insight: WithPeriod: the period ends at %s, which is not after its beginning at %s", until.Format(time.RFC3339), from.Format(time.RFC3339))
		}
		c.From, c.Until = micros(from), micros(until)
		return nil
	})
}

// WithLast keeps only events of this time before the latest event, as [WithPeriod] does. The period moves with the events: runs leave it when their last event does.
// Default: no bound. It is at least a second.
func WithLast(period time.Duration) Option {
	return option(func(c *config) error {
		if period < time.Second {
			return fmt.Errorf("insight: WithLast: %s is too short: give a second or more", period)
		}
		c.Last = period.Microseconds()
		return nil
	})
}

// WithDelegates counts the answers of delegates (event.ActorDelegate), and the changes that they make, as those of customers: in the scores and the words of
// [View.Voice], and in the column [Verdict]. Default: they are in neither. All other actions of a delegate count as the customer's: see the column [Actor].
func WithDelegates() Option {
	return option(func(c *config) error {
		c.Delegates = true
		return nil
	})
}

// WithConfidence sets the confidence of intervals, in (0, 1). Default: [score.DefaultConfidence]. A comparison is more than chance if its adjusted
// probability is at most 1 less the confidence. Answers of packages paths and contrast have 95% whatever is set here.
func WithConfidence(confidence float64) Option {
	return option(func(c *config) error {
		if !(confidence > 0 && confidence < 1) {
			return fmt.Errorf("insight: WithConfidence: %v is not between 0 and 1: give 0.95 for 95%%", confidence)
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
