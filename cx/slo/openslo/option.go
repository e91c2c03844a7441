package openslo

import (
	"fmt"

	"cairncx.dev/cairn/cx/blueprint"
)

// Option is an option of [Write].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	dataSource, source string
	withoutAlerts      bool
}

// DefaultDataSource is the default of [WithDataSource].
const DefaultDataSource = "prometheus"

// WithDataSource names the DataSource of the queries: 1 to 63 small letters, digits and dashes. Default: [DefaultDataSource].
func WithDataSource(name string) Option { return optionFunc(func(c *config) { c.dataSource = name }) }

// WithoutAlerts leaves out the alert policies, where the rules of package cx/slo/rules alert. Default: they are written.
func WithoutAlerts() Option { return optionFunc(func(c *config) { c.withoutAlerts = true }) }

// WithSource names what the objectives come from, such as the file of the blueprint. The first line has it. Default: none.
func WithSource(name string) Option { return optionFunc(func(c *config) { c.source = name }) }

func configure(opts []Option) (*config, error) {
	c := &config{dataSource: DefaultDataSource}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if identifier(c.dataSource) != c.dataSource {
		return nil, fmt.Errorf("openslo: WithDataSource(%.80q): write 1 to 63 small letters, digits and dashes, such as %s", c.dataSource, DefaultDataSource)
	}
	c.source = blueprint.OneLine(c.source)
	return c, nil
}
