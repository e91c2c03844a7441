package watch

import (
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
)

// Option is an option of [New].
type Option interface{ applyWatch(*config) }

type config struct {
	every, lease, timeout time.Duration
	meter                 metric.MeterProvider
	tell                  func(error)
}

type watchOption func(*config)

func (f watchOption) applyWatch(c *config) { f(c) }

// The bounds and defaults of the options.
const (
	// DefaultEvery is the time from one refresh to the next.
	DefaultEvery = 5 * time.Minute
	// DefaultLease is how long an instance that is killed keeps others from watching.
	DefaultLease = time.Minute
	// DefaultTimeout bounds one refresh.
	DefaultTimeout = 15 * time.Minute

	minEvery, maxEvery     = time.Second, 24 * time.Hour
	minLease, maxLease     = time.Second, time.Hour
	minTimeout, maxTimeout = time.Second, 24 * time.Hour
)

// WithEvery sets the time from the end of one refresh to the beginning of the next: 1 s to 24 h. Default, and for 0: [DefaultEvery].
func WithEvery(d time.Duration) Option { return watchOption(func(c *config) { c.every = d }) }

// WithLease sets how long an instance watches after it was last heard of: 1 s to 1 h. It renews the lease three times in that time. Default,
// and for 0: [DefaultLease].
func WithLease(d time.Duration) Option { return watchOption(func(c *config) { c.lease = d }) }

// WithTimeout bounds one refresh: 1 s to 24 h. Default, and for 0: [DefaultTimeout].
func WithTimeout(d time.Duration) Option { return watchOption(func(c *config) { c.timeout = d }) }

// WithMeterProvider sets the provider of the metrics. Default, and for nil: OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return watchOption(func(c *config) { c.meter = p })
}

// WithErrorHandler sets the function that gets errors of the plan's functions, and failures of the store. The watch calls it from one goroutine
// at a time, and waits until it returns. Default, and for nil: otel.Handle.
func WithErrorHandler(handle func(error)) Option {
	return watchOption(func(c *config) { c.tell = handle })
}

func configure(opts []Option) config {
	var c config
	for _, o := range opts {
		if o != nil {
			o.applyWatch(&c)
		}
	}
	for _, d := range []struct {
		of  *time.Duration
		def time.Duration
	}{{&c.every, DefaultEvery}, {&c.lease, DefaultLease}, {&c.timeout, DefaultTimeout}} {
		if *d.of == 0 {
			*d.of = d.def
		}
	}
	if c.meter == nil {
		c.meter = otel.GetMeterProvider()
	}
	if c.tell == nil {
		c.tell = otel.Handle
	}
	return c
}
