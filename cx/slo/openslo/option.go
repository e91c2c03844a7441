package openslo

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo/rules"
)

// Option is an option of [Write].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	dataSource, source string
	withoutAlerts      bool
	scrape             time.Duration
}

// DefaultDataSource is the default of [WithDataSource].
const DefaultDataSource = "prometheus"

// WithDataSource names the DataSource of the queries: 1 to 63 small letters, digits and dashes. Default: [DefaultDataSource].
func WithDataSource(name string) Option { return optionFunc(func(c *config) { c.dataSource = name }) }

// WithoutAlerts leaves out the alert policies, where the rules of package cx/slo/rules alert. Default: they are written.
func WithoutAlerts() Option { return optionFunc(func(c *config) { c.withoutAlerts = true }) }

// WithScrape is the scrape interval of the services, from a second to 5 minutes: a few windows of alerts depend on it, as those of
// rules.WithScrape. Default: rules.DefaultScrape.
func WithScrape(interval time.Duration) Option {
	return optionFunc(func(c *config) { c.scrape = interval })
}

// WithSource names what the objectives come from, such as the file of the blueprint. The first line has it. Default: none.
func WithSource(name string) Option { return optionFunc(func(c *config) { c.source = name }) }

func configure(opts []Option) (*config, error) {
	c := &config{dataSource: DefaultDataSource, scrape: rules.DefaultScrape}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if identifier(c.dataSource) != c.dataSource {
		return nil, fmt.Errorf("openslo: WithDataSource(%.80q): write 1 to 63 small letters, digits and dashes, such as %s", c.dataSource, DefaultDataSource)
	}
	if c.scrape < time.Second || c.scrape > 5*time.Minute {
		return nil, fmt.Errorf("openslo: WithScrape(%s): write an interval from a second to 5 minutes", c.scrape)
	}
	c.source = blueprint.OneLine(c.source)
	return c, nil
}
