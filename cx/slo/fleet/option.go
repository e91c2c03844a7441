package fleet

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	matchers []matcher
	client   *http.Client
	timeout  time.Duration
	limit    int64
}

type matcher struct{ label, value string }

// Defaults and bounds of the options.
const (
	// DefaultTimeout is the default of [WithTimeout].
	DefaultTimeout = 30 * time.Second
	// DefaultMaxResponse is the default of [WithMaxResponse], in bytes.
	DefaultMaxResponse = 32 << 20
	minResponse        = 64 << 10
	maxResponse        = 1 << 30
)

// WithMatcher restricts every query to the series that have the label with that value, such as namespace and production, where one
// Prometheus scrapes several environments. Each use adds a label. Default: none.
func WithMatcher(label, value string) Option {
	return optionFunc(func(c *config) { c.matchers = append(c.matchers, matcher{label, value}) })
}

// WithHTTPClient sets the client that sends the requests. Its transport adds what the server asks for, such as a bearer token or a
// certificate. The Client copies it, and follows no redirect, because a POST that is redirected may lose its body and its credentials may
// reach another server. Default: [http.DefaultClient].
func WithHTTPClient(client *http.Client) Option {
	return optionFunc(func(c *config) { c.client = client })
}

// WithTimeout bounds each request, from a millisecond to 10 minutes. The server is told to give up after the same time. [Client.Status]
// sends several requests for each objective: bound the whole with its context. Default: [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) { c.timeout = d })
}

// WithMaxResponse bounds how many bytes of an answer are read, from 64 KiB to 1 GiB. An answer that would be longer is asked for in shorter
// pieces of time. Memory in use is a small multiple of it. Default: [DefaultMaxResponse].
func WithMaxResponse(bytes int64) Option {
	return optionFunc(func(c *config) { c.limit = bytes })
}

// labelName matches what Prometheus accepts as the name of a label.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// configure applies the options. The faults of all of them are joined.
func configure(opts []Option) (*config, error) {
	c := &config{client: http.DefaultClient, timeout: DefaultTimeout, limit: DefaultMaxResponse}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	var faults []error
	for _, m := range c.matchers {
		if !labelName.MatchString(m.label) || strings.HasPrefix(m.label, "cx_") || strings.HasPrefix(m.label, "__") {
			faults = append(faults, fmt.Errorf("fleet: WithMatcher(%.80q, …): name a label of the targets, such as namespace: letters, digits and _, "+
				"and not a label of Cairn's or Prometheus' own", m.label))
		}
	}
	if c.client == nil {
		faults = append(faults, errors.New("fleet: WithHTTPClient(nil): leave the option out for the default client"))
	}
	if c.timeout < time.Millisecond || c.timeout > 10*time.Minute {
		faults = append(faults, fmt.Errorf("fleet: WithTimeout(%s): it has to be 1ms to 10m", c.timeout))
	}
	if c.limit < minResponse || c.limit > maxResponse {
		faults = append(faults, fmt.Errorf("fleet: WithMaxResponse(%d): it has to be %d to %d bytes", c.limit, minResponse, maxResponse))
	}
	return c, errors.Join(faults...)
}
