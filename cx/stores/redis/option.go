package redis

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	goredis "github.com/redis/go-redis/v9"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	prefix string
}

const (
	defaultPrefix = "cairn"
	maxPrefix     = 64
)

// WithPrefix sets the prefix of all keys: 1 to 64 bytes of printable UTF-8 without braces and spaces. Services that share
// journeys need the same prefix. Services that only share the server need different ones. Default: "cairn".
func WithPrefix(prefix string) Option {
	return optionFunc(func(c *config) { c.prefix = prefix })
}

// newConfig applies the options. It returns every fault of the options and of the client, joined.
func newConfig(client goredis.UniversalClient, opts []Option) (config, error) {
	c := config{prefix: defaultPrefix}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var faults []error
	if client == nil {
		faults = append(faults, errors.New("redis store: New: the client is nil: give one of redis.NewClient or redis.NewUniversalClient"))
	}
	if _, ring := client.(*goredis.Ring); ring {
		faults = append(faults, errors.New("redis store: New: a redis.Ring gives the keys of a server that is down to another, and runs would be split: give a client of one server, of Sentinel or of a cluster"))
	}
	if !validPrefix(c.prefix) {
		faults = append(faults, fmt.Errorf("redis store: WithPrefix(%.80q): a prefix is 1 to %d bytes of printable UTF-8 without braces and spaces", c.prefix, maxPrefix))
	}
	return c, errors.Join(faults...)
}

// validPrefix reports whether the prefix leaves the hash tag intact and the keys readable.
func validPrefix(prefix string) bool {
	bad := func(r rune) bool { return r == '{' || r == '}' || r == ' ' || !unicode.IsPrint(r) }
	return prefix != "" && len(prefix) <= maxPrefix && utf8.ValidString(prefix) && !strings.ContainsFunc(prefix, bad)
}
