package backtest

import (
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/slo/rules"
)

// Option is an option of [Run].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	from, until time.Time
	step        time.Duration
	scrape      time.Duration
	location    *time.Location
	progress    func(done, total int)
}

// DefaultStep is the default of [WithStep], and DefaultDays how many days [Run] looks back if [WithPeriod] has no beginning.
const (
	DefaultStep = 5 * time.Minute
	DefaultDays = 90
)

// WithPeriod says for which time the alerts are wanted. Events from before it fill the windows that reach back. A zero from is
// [DefaultDays] before until, or the beginning of the log if that is later. A zero until is the end of the log. Default: both.
func WithPeriod(from, until time.Time) Option {
	return optionFunc(func(c *config) { c.from, c.until = from, until })
}

// WithStep says how often the rules are evaluated, from a minute to an hour, in whole minutes. An hour has to be a whole number of steps,
// because the rules sum what they record at full hours. Default: [DefaultStep], or less if an alert looks at less than that.
func WithStep(step time.Duration) Option { return optionFunc(func(c *config) { c.step = step }) }

// WithScrape says how often the simulated Prometheus scrapes, as [rules.WithScrape] does for the rules. Default: [rules.DefaultScrape].
func WithScrape(interval time.Duration) Option {
	return optionFunc(func(c *config) { c.scrape = interval })
}

// WithLocation is the zone of the days in the report. Default: UTC.
func WithLocation(l *time.Location) Option { return optionFunc(func(c *config) { c.location = l }) }

// WithProgress is told from time to time how many of all evaluations are done. One goroutine at a time calls it. Default: nothing.
func WithProgress(f func(done, total int)) Option {
	return optionFunc(func(c *config) { c.progress = f })
}

// configure applies the options. The faults of all of them are joined.
func configure(opts []Option) (*config, error) {
	c := &config{scrape: rules.DefaultScrape, location: time.UTC, progress: func(int, int) {}}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	var faults []error
	if c.step != 0 && (c.step < time.Minute || c.step > time.Hour || time.Hour%c.step != 0 || c.step%time.Minute != 0) {
		faults = append(faults, fmt.Errorf("backtest: a step of %s is not possible: "+
			"use 1m to 1h in whole minutes that divide an hour, such as 5m", brief(c.step)))
	}
	if !c.from.IsZero() && !c.until.IsZero() && !c.from.Before(c.until) {
		faults = append(faults, fmt.Errorf("backtest: the period ends at %s, and begins at %s: it has to begin before it ends",
			c.until.Format(time.RFC3339), c.from.Format(time.RFC3339)))
	}
	if c.location == nil {
		c.location = time.UTC
	}
	if c.progress == nil {
		c.progress = func(int, int) {}
	}
	return c, errors.Join(faults...)
}
