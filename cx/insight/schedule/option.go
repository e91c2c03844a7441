package schedule

import (
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type config struct {
	lease, timeout time.Duration
	meter          metric.MeterProvider
	tell           func(error)
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// The bounds and defaults of the options.
const (
	// DefaultLease is how long an instance that is killed holds a period.
	DefaultLease = time.Minute
	// DefaultTimeout bounds one attempt.
	DefaultTimeout = 15 * time.Minute

	minLease, maxLease     = time.Second, time.Hour
	minTimeout, maxTimeout = time.Second, 24 * time.Hour
)

// WithLease sets how long an instance holds a period after it was last heard of: 1 s to 1 h. It renews the lease three times in that time,
// while it works. A longer lease makes a second delivery rarer where a machine is stopped and goes on; a shorter one lets another instance
// follow a killed one sooner. Default, and for 0: [DefaultLease].
func WithLease(d time.Duration) Option { return optionFunc(func(c *config) { c.lease = d }) }

// WithTimeout bounds one attempt, Make and Deliver together: 1 s to 24 h. Default, and for 0: [DefaultTimeout].
func WithTimeout(d time.Duration) Option { return optionFunc(func(c *config) { c.timeout = d }) }

// WithMeterProvider sets the provider of the counter. Default, and for nil: OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(c *config) { c.meter = p })
}

// WithErrorHandler sets the function that gets failed attempts, missed periods, and failures of the store. The schedule calls it from one
// goroutine at a time, and waits until it returns. Default, and for nil: otel.Handle.
func WithErrorHandler(handle func(error)) Option {
	return optionFunc(func(c *config) { c.tell = handle })
}

func configure(opts []Option) config {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if c.lease == 0 {
		c.lease = DefaultLease
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.meter == nil {
		c.meter = otel.GetMeterProvider()
	}
	if c.tell == nil {
		c.tell = otel.Handle
	}
	return c
}
