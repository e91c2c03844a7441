package exporters

import (
	"time"

	"go.opentelemetry.io/otel/metric"
)

// The defaults of [NewBatch].
const (
	DefaultQueueSize = 8192
	DefaultBatchSize = 512
	DefaultInterval  = time.Second
	DefaultTimeout   = 30 * time.Second
)

// BatchOption is an option of [NewBatch].
type BatchOption interface{ applyBatch(*batchConfig) }

type batchFunc func(*batchConfig)

func (f batchFunc) applyBatch(c *batchConfig) { f(c) }

type batchConfig struct {
	queue, size       int
	concurrency       int
	overflow          Overflow
	interval, timeout time.Duration
	meter             metric.MeterProvider
	name              string
}

// WithQueueSize bounds the events that wait; what does not fit is dropped, newest first,
// and counted. Default: [DefaultQueueSize].
func WithQueueSize(events int) BatchOption {
	return batchFunc(func(c *batchConfig) { c.queue = events })
}

// WithBatchSize bounds the events in one call of the exporter. Default: [DefaultBatchSize].
func WithBatchSize(events int) BatchOption {
	return batchFunc(func(c *batchConfig) { c.size = events })
}

// WithInterval bounds how long an event waits for its batch to fill. Default:
// [DefaultInterval].
func WithInterval(d time.Duration) BatchOption {
	return batchFunc(func(c *batchConfig) { c.interval = d })
}

// WithTimeout bounds one call of the exporter. Default: [DefaultTimeout].
func WithTimeout(d time.Duration) BatchOption {
	return batchFunc(func(c *batchConfig) { c.timeout = d })
}

// WithConcurrency bounds how many calls of the exporter there are at a time. The events of one journey
// are in one call, and those of the next call wait for it, so they stay in order. At most 64.
// Default: 1.
func WithConcurrency(calls int) BatchOption {
	return batchFunc(func(c *batchConfig) { c.concurrency = calls })
}

// Overflow is what happens to an event for which there is no room.
type Overflow uint8

const (
	// DropNewest drops it and counts it: recording never waits.
	DropNewest Overflow = iota
	// Block waits for room, until the context of the call is done: for imports, which would rather
	// be slow than incomplete. Never for a service: when the sink is down it stands still.
	Block
)

// WithOverflow sets what happens when the queue is full. Default: [DropNewest].
func WithOverflow(o Overflow) BatchOption { return batchFunc(func(c *batchConfig) { c.overflow = o }) }

// WithMeterProvider sets where the queue's own metrics go. Default: OpenTelemetry's global
// provider.
func WithMeterProvider(p metric.MeterProvider) BatchOption {
	return batchFunc(func(c *batchConfig) { c.meter = p })
}

// WithName sets the name that the queue has in its own metrics: it tells several apart.
// Default: "batch/" and the exporter's type.
func WithName(name string) BatchOption { return batchFunc(func(c *batchConfig) { c.name = name }) }

// maxConcurrency bounds [WithConcurrency].
const maxConcurrency = 64

// newBatchConfig applies the options to the defaults.
func newBatchConfig(opts []BatchOption) batchConfig {
	cfg := batchConfig{}
	for _, o := range opts {
		if o != nil {
			o.applyBatch(&cfg)
		}
	}
	if cfg.queue <= 0 {
		cfg.queue = DefaultQueueSize
	}
	if cfg.size <= 0 {
		cfg.size = DefaultBatchSize
	}
	cfg.size = min(cfg.size, cfg.queue)
	if cfg.interval <= 0 {
		cfg.interval = DefaultInterval
	}
	if cfg.timeout <= 0 {
		cfg.timeout = DefaultTimeout
	}
	cfg.concurrency = min(max(cfg.concurrency, 1), maxConcurrency)
	return cfg
}
