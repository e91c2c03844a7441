package gogen

import (
	"fmt"
	"go/token"

	"cairncx.dev/cairn/cx/blueprint"
)

// Option is an option of [Generate].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct{ name, source string }

// DefaultPackage is the default of [WithPackage].
const DefaultPackage = "experience"

// WithPackage names the package. Default: [DefaultPackage].
func WithPackage(name string) Option { return optionFunc(func(c *config) { c.name = name }) }

// WithSource names what the blueprint comes from, such as its file. The first line of the code has it. Default: none.
func WithSource(name string) Option { return optionFunc(func(c *config) { c.source = name }) }

func configure(opts []Option) (*config, error) {
	c := &config{name: DefaultPackage}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if !token.IsIdentifier(c.name) || c.name == "_" || c.name == "main" {
		return nil, fmt.Errorf("gogen: %.80q is no name of a package that others can import: write a word of letters and digits, such as %s", c.name, DefaultPackage)
	}
	c.source = blueprint.OneLine(c.source)
	return c, nil
}
