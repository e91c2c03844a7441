package nats

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	subject  string
	stream   *jetstream.StreamConfig
	request  []byte // the stream's configuration as the server reads it, in JSON
	inFlight int
	timeout  time.Duration
}

// The defaults.
const (
	DefaultSubject  = "cairn.<kind>"
	DefaultInFlight = 256
	DefaultTimeout  = 30 * time.Second
	// DefaultStream and DefaultWindow apply to [WithCreateStream]. One hour is longer than restarts, deployments and most
	// outages, and takes 55 MB of the server's memory at 100 events a second.
	DefaultStream = "CAIRN"
	DefaultWindow = time.Hour

	minWindow   = 100 * time.Millisecond // the server's own bound
	maxInFlight = 4096
)

// WithSubject sets the template of the subjects: tokens separated by dots, each a text or one of <kind>, <namespace>,
// <journey>, <stage>, <touchpoint> and <channel>. A kind becomes one token for each of its parts, so touchpoint.ended becomes
// cairn.touchpoint.ended. Characters that a token cannot contain (dots, spaces, wildcards, control characters) become "_", and
// so does an empty value. A token has at most 64 bytes. A subject that would begin with the server's own "$" or "_INBOX" begins
// with "_" in place of "$", or with "__INBOX". The stream has to listen to all of these subjects. Default: [DefaultSubject].
func WithSubject(template string) Option {
	return optionFunc(func(c *config) { c.subject = template })
}

// WithCreateStream creates the stream with the first events if no stream has its name. It does not change an existing stream.
// The defaults for empty fields of cfg are: for the name, [DefaultStream]; for the subjects, all that the template can produce;
// for Duplicates, the time for which the server remembers a message ID, the shorter of [DefaultWindow] and MaxAge; for the
// rest, the server's defaults: files, one replica, no limits. Duplicates is 100 ms to MaxAge, and should be longer than an
// outage that a spool has to cover; the package documentation states its cost. If cfg sets a limit, also set
// jetstream.DiscardNew: Export then fails until there is room, while the server's default discards the oldest events. Default:
// the exporter creates no stream.
func WithCreateStream(cfg jetstream.StreamConfig) Option {
	return optionFunc(func(c *config) { c.stream = &cfg })
}

// WithMaxInFlight bounds the messages of one call of Export that wait for their acknowledgement, 1 to 4096. At most one of them
// is of the same journey. Default: [DefaultInFlight].
func WithMaxInFlight(n int) Option {
	return optionFunc(func(c *config) { c.inFlight = n })
}

// WithTimeout bounds one call of Export, in addition to its context. It must be positive. Default: [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) { c.timeout = d })
}

// newConfig applies the options and returns all errors in them and in the connection, joined.
func newConfig(conn *natsgo.Conn, opts []Option) (config, subject, error) {
	c := config{subject: DefaultSubject, inFlight: DefaultInFlight, timeout: DefaultTimeout}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(format, args...)) //nolint:err113 // no caller branches on it
	}
	if conn == nil {
		fault("New(nil): the connection is nil: give one of nats.Connect")
	}
	s, err := parseSubject(c.subject)
	if err != nil {
		fault("WithSubject(%.80q): %w", c.subject, err)
	}
	if c.inFlight < 1 || c.inFlight > maxInFlight {
		fault("WithMaxInFlight(%d): use 1 to %d", c.inFlight, maxInFlight)
	}
	if c.timeout <= 0 {
		fault("WithTimeout(%v): it has to be positive", c.timeout)
	}
	if c.stream != nil && err == nil {
		if c.request, err = complete(c.stream, c.subject, s); err != nil {
			fault("WithCreateStream: %w", err)
		}
	}
	if len(faults) > 0 {
		return c, s, fmt.Errorf("nats: %w", errors.Join(faults...))
	}
	return c, s, nil
}

var (
	errName     = errors.New("the name of a stream has no spaces, dots, slashes, wildcards or control characters")
	errSubjects = errors.New("the subject begins with a placeholder, so say in Subjects what the stream listens to")
	errWindow   = fmt.Errorf("the window is less than the %v that the server takes: use a time that is longer than an outage", minWindow)
	errMaxAge   = errors.New("the window is longer than MaxAge, which the server does not take: use one that is as long at most")
	errNoAck    = errors.New("such a stream does not say what it has: leave NoAck out")
)

// complete sets the defaults of the configuration and returns it as the server reads it.
func complete(cfg *jetstream.StreamConfig, template string, s subject) (request []byte, err error) {
	if cfg.Name == "" {
		cfg.Name = DefaultStream
	}
	if cfg.Duplicates == 0 {
		cfg.Duplicates = min(DefaultWindow, cmp.Or(cfg.MaxAge, DefaultWindow)) // the server refuses a window longer than MaxAge
	}
	if len(cfg.Subjects) == 0 && len(cfg.Sources) == 0 {
		all, ok := s.all()
		if !ok {
			return nil, fmt.Errorf("the field Subjects is empty, and WithSubject is %.80q: %w", template, errSubjects)
		}
		cfg.Subjects = []string{all}
	}
	switch {
	case strings.ContainsFunc(cfg.Name, func(r rune) bool { return special(r) || r == '/' || r == '\\' }):
		return nil, fmt.Errorf("the field Name is %.80q: %w", cfg.Name, errName)
	case cfg.Duplicates < minWindow:
		return nil, fmt.Errorf("the field Duplicates is %v: %w", cfg.Duplicates, errWindow)
	case cfg.MaxAge > 0 && cfg.Duplicates > cfg.MaxAge:
		return nil, fmt.Errorf("the field Duplicates is %v, and MaxAge is %v: %w", cfg.Duplicates, cfg.MaxAge, errMaxAge)
	case cfg.NoAck:
		return nil, fmt.Errorf("the field NoAck is true: %w", errNoAck)
	}
	if request, err = json.Marshal(cfg); err != nil {
		return nil, fmt.Errorf("a value of the configuration is unknown: %w", &unprefixed{err})
	}
	return request, nil
}
