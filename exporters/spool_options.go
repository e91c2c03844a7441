package exporters

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
)

// The defaults of [NewSpool].
const (
	DefaultSpoolBytes = 1 << 30
	minSpoolBytes     = 64 << 10
	maxSegment        = 16 << 20
)

// SpoolOption is an option of [NewSpool].
type SpoolOption interface{ applySpool(*spoolConfig) }

type spoolFunc func(*spoolConfig)

func (f spoolFunc) applySpool(c *spoolConfig) { f(c) }

type spoolConfig struct {
	bytes         int64
	newest        bool
	batch         int
	timeout       time.Duration
	initial, most time.Duration
	dead          event.Exporter
	meter         metric.MeterProvider
	name          string
}

// WithSpoolBytes bounds what the queue takes of the disk, in bytes, at least 64 KiB; zero is the
// default. What has been delivered goes in steps of an eighth of it, at most 16 MiB. The file of dead
// letters may be as large again, that of what was damaged a sixteenth. Default: [DefaultSpoolBytes].
func WithSpoolBytes(n int64) SpoolOption { return spoolFunc(func(c *spoolConfig) { c.bytes = n }) }

// WithKeepNewest makes room in a full spool by dropping its oldest events, which are counted in
// cx.sdk.processor.dropped as queue_full. Default: the oldest are kept, and Export refuses new ones
// with [ErrSpoolFull].
func WithKeepNewest() SpoolOption { return spoolFunc(func(c *spoolConfig) { c.newest = true }) }

// WithSpoolBatchSize bounds the events in one call of the exporter behind the spool; zero is the
// default. A batch has 4 MiB of JSON at most, or one event. Default: [DefaultBatchSize].
func WithSpoolBatchSize(events int) SpoolOption {
	return spoolFunc(func(c *spoolConfig) { c.batch = events })
}

// WithSpoolTimeout bounds one call of the exporter behind the spool; zero is the default. A [Retry]
// there tries again within it. Default: [DefaultTimeout].
func WithSpoolTimeout(d time.Duration) SpoolOption {
	return spoolFunc(func(c *spoolConfig) { c.timeout = d })
}

// WithSpoolBackoff sets the pause after a call that failed, which doubles with each one that follows,
// with jitter, and the longest one. What a sink asks for ([RetryAfter]) is waited for, an hour at
// most. Zero is the default. Default: half a second and 30 seconds.
func WithSpoolBackoff(initial, most time.Duration) SpoolOption {
	return spoolFunc(func(c *spoolConfig) { c.initial, c.most = initial, most })
}

// WithSpoolDeadLetters sets where the events go that the sink will never take, instead of the file: the
// Spool owns it. When it fails, they go into the file. It may get an event again after a crash. Default:
// the file dead.jsonl in the directory.
func WithSpoolDeadLetters(e event.Exporter) SpoolOption {
	return spoolFunc(func(c *spoolConfig) { c.dead = e })
}

// WithSpoolMeterProvider sets where the spool's own metrics go. Default: OpenTelemetry's global
// provider.
func WithSpoolMeterProvider(p metric.MeterProvider) SpoolOption {
	return spoolFunc(func(c *spoolConfig) { c.meter = p })
}

// WithSpoolName sets the name that the spool has in its own metrics: it tells several apart.
// Default: "spool/" and the exporter's type.
func WithSpoolName(name string) SpoolOption {
	return spoolFunc(func(c *spoolConfig) { c.name = name })
}

// newSpoolConfig applies the options and says everything that is wrong with them.
func newSpoolConfig(next event.Exporter, opts []SpoolOption) (spoolConfig, error) {
	c := spoolConfig{}
	for _, o := range opts {
		if o != nil {
			o.applySpool(&c)
		}
	}
	var faults []error
	if next == nil {
		faults = append(faults, errors.New("the exporter is nil: give the sink that the events are for"))
	}
	if c.bytes == 0 {
		c.bytes = DefaultSpoolBytes
	}
	if c.bytes < minSpoolBytes {
		faults = append(faults, fmt.Errorf("WithSpoolBytes(%d): at least %d bytes", c.bytes, minSpoolBytes))
	}
	if c.batch < 0 {
		faults = append(faults, fmt.Errorf("WithSpoolBatchSize(%d): a number of events, or 0 for %d", c.batch, DefaultBatchSize))
	}
	if c.timeout < 0 {
		faults = append(faults, fmt.Errorf("WithSpoolTimeout(%v): a positive time, or 0 for %v", c.timeout, DefaultTimeout))
	}
	if c.initial < 0 || c.most < 0 {
		faults = append(faults, fmt.Errorf("WithSpoolBackoff(%v, %v): positive times, or 0 for the default", c.initial, c.most))
	}
	c.defaults(next)
	return c, errors.Join(faults...)
}

func (c *spoolConfig) defaults(next event.Exporter) {
	if c.batch == 0 {
		c.batch = DefaultBatchSize
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.initial == 0 {
		c.initial = 500 * time.Millisecond
	}
	if c.most == 0 {
		c.most = 30 * time.Second
	}
	c.most = max(c.most, c.initial)
	if c.name == "" {
		c.name = fmt.Sprintf("spool/%T", next)
	}
}
