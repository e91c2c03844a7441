package grafana

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"cairncx.dev/cairn/cx/slo/rules"
)

// Option is an option of [Dashboards].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	prefix, source string
	matchers       []matcher
	scrape         time.Duration
}

// DefaultPrefix is the default of [WithPrefix].
const DefaultPrefix = "cairn"

// WithPrefix sets what the UIDs of the dashboards begin with, and the tag by which they link each other: 1 to 24 letters, digits, - and _.
// A dashboard that is imported again replaces the one with its UID, so two blueprints in one Grafana need two prefixes. Default:
// [DefaultPrefix].
func WithPrefix(prefix string) Option { return optionFunc(func(c *config) { c.prefix = prefix }) }

// WithMatcher restricts every query to the series that have the label with that value, such as namespace and production, where one
// Prometheus scrapes several environments. Each use adds a label. Default: none.
func WithMatcher(label, value string) Option {
	return optionFunc(func(c *config) { c.matchers = append(c.matchers, matcher{label, "=", value}) })
}

// WithScrape is the scrape interval with which the rules were generated (rules.WithScrape): a few windows of alerts, and so the names of the
// series that the rules record, depend on it. Default: rules.DefaultScrape.
func WithScrape(interval time.Duration) Option {
	return optionFunc(func(c *config) { c.scrape = interval })
}

// WithSource names what the blueprint comes from, such as its file. The description of each dashboard has it. Default: none.
func WithSource(name string) Option { return optionFunc(func(c *config) { c.source = name }) }

var (
	prefixes = regexp.MustCompile(`^[A-Za-z0-9_-]{1,24}$`)
	labels   = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

func configure(opts []Option) (*config, error) {
	c := &config{prefix: DefaultPrefix, scrape: rules.DefaultScrape}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	var faults []error
	if !prefixes.MatchString(c.prefix) {
		faults = append(faults, fmt.Errorf("grafana: WithPrefix(%.80q): write 1 to 24 letters, digits, - and _, such as %s", c.prefix, DefaultPrefix))
	}
	for _, m := range c.matchers {
		if !labels.MatchString(m.label) {
			faults = append(faults, fmt.Errorf("grafana: WithMatcher(%.80q, …): name a label of the targets, such as namespace: letters, digits and _", m.label))
		}
	}
	if c.scrape < time.Second || c.scrape > 5*time.Minute {
		faults = append(faults, fmt.Errorf("grafana: WithScrape(%s): write an interval from a second to 5 minutes", c.scrape))
	}
	return c, errors.Join(faults...)
}
