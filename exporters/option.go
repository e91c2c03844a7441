package exporters

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// The defaults of the options.
const (
	DefaultQueueSize  = 8192
	DefaultBatchSize  = 512
	DefaultInterval   = time.Second
	DefaultTimeout    = 30 * time.Second
	DefaultMaxElapsed = 5 * time.Minute
	DefaultBackoff    = backoff.DefaultInitialInterval // the first pause
	DefaultMaxBackoff = 30 * time.Second               // the longest one
	DefaultSpoolBytes = 1 << 30
)

const (
	minSpoolBytes  = 64 << 10
	maxSegment     = 16 << 20
	maxConcurrency = 64
	maxQueue       = 1 << 20
)

// BatchOption is an option of [NewBatch] and [NewTee].
type BatchOption interface{ batch(*settings) }

// RetryOption is an option of [NewRetry].
type RetryOption interface{ retry(*settings) }

// SpoolOption is an option of [NewSpool].
type SpoolOption interface{ spool(*settings) }

// Option is an option of every part.
type Option interface {
	BatchOption
	RetryOption
	SpoolOption
	FilterOption
}

// QueueOption is an option of the queues, [NewBatch], [NewTee] and [NewSpool].
type QueueOption interface {
	BatchOption
	SpoolOption
}

// DiskOption is an option of what is on a disk, [NewSpool] and [NewDeadLetters].
type DiskOption interface {
	SpoolOption
	DeadLettersOption
}

// DeliveryOption is an option of what tries again, [NewRetry] and [NewSpool].
type DeliveryOption interface {
	RetryOption
	SpoolOption
}

// settings are what options set. Zero is the default.
type settings struct {
	queue, size, concurrency        int
	overflow                        Overflow
	bytes                           int64
	interval, timeout               time.Duration
	initialPause, maxPause, elapsed time.Duration
	dead                            event.Exporter
	meter                           metric.MeterProvider
	name                            string
	tell                            func(error)
	open                            func(dir string) (disk, error) // nil is the operating system's
}

type option func(*settings)

func (o option) batch(s *settings) { o(s) }
func (o option) retry(s *settings) { o(s) }
func (o option) spool(s *settings) { o(s) }

// WithName sets the name that a part has in its own metrics, cx.component.name: it tells several apart.
// Of a [Tee] it is what its queues' names begin with. Default: the part and the exporter's type, such
// as "spool/*webhook.Exporter".
func WithName(name string) Option { return option(func(s *settings) { s.name = name }) }

// WithMeterProvider sets where a part's own metrics go. Default: OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return option(func(s *settings) { s.meter = p })
}

// WithErrorHandler sets what is told of what goes wrong in a queue and has no caller to return it to: options that make no
// sense, events that were dropped or not exported. It is called by the goroutines of the queue, of a [Tee] by those of
// several, and holds that queue up until it returns. What is behind the queue, such as a [Retry] or a [Spool], tells
// OpenTelemetry's error handler. Default, and for nil: otel.Handle.
func WithErrorHandler(handle func(error)) BatchOption {
	return option(func(s *settings) { s.tell = handle })
}

// WithBatchSize bounds the events in one call of the exporter. Behind a [Spool] a batch has 4 MiB of JSON
// at most, or one event. [NewSpool] refuses a negative number;
// [NewBatch] and [NewTee] return no error: they tell the error handler and take the default. Default, and for 0:
// [DefaultBatchSize].
func WithBatchSize(events int) QueueOption { return option(func(s *settings) { s.size = events }) }

// WithTimeout bounds one call of the exporter; a [Retry] there tries again within it. [NewSpool]
// refuses a negative time; [NewBatch] and [NewTee] tell the error handler and take the default. Default, and for 0:
// [DefaultTimeout].
func WithTimeout(d time.Duration) QueueOption { return option(func(s *settings) { s.timeout = d }) }

// WithQueueSize bounds the events that wait; for what happens to those that do not fit see
// [WithOverflow]. Room for all of them is taken at once, about half a kilobyte each. At most 1,048,576.
// A negative number is told to the error handler, and the default holds; beyond the most, the most holds, and that is
// told too. Default, and for 0: [DefaultQueueSize].
func WithQueueSize(events int) BatchOption { return option(func(s *settings) { s.queue = events }) }

// WithInterval bounds how long an event waits for its batch to fill. A negative time is told to the error handler, and
// the default holds. Default, and for 0: [DefaultInterval].
func WithInterval(d time.Duration) BatchOption { return option(func(s *settings) { s.interval = d }) }

// WithConcurrency bounds how many calls of the exporter there are at a time. The events of one journey
// are in one call, and those of the next call wait for it, so they stay in order. At most 64.
// A negative number is told to the error handler, and the default holds; beyond the most, the most holds, and that is
// told too. Default, and for 0: 1.
func WithConcurrency(calls int) BatchOption {
	return option(func(s *settings) { s.concurrency = calls })
}

// Overflow says what becomes of an event that finds the queue full.
type Overflow uint8

const (
	// DropNewest drops that event and counts it: recording never waits. A [Spool] refuses it: Export fails with
	// [ErrSpoolFull], so that the component in front of it keeps the event or counts it.
	DropNewest Overflow = iota
	// DropOldest drops the event that has waited longest and counts it: what happened last is kept. A [Spool] drops its
	// oldest events. Those of a batch that the sink has at that moment are counted when the sink has answered, without
	// what it took; if the process is killed before, the next one counts all of them.
	DropOldest
	// Block waits for room until the context of the call is done, then drops the event. It is for imports, which would
	// rather be slow than incomplete, and never for a service, which stands still when the sink is down. A [Spool] has no
	// such mode: give the [Retry] in front of it room to wait.
	Block

	numOverflows
)

// WithOverflow sets what happens when the queue is full. What is dropped is counted in cx.sdk.processor.dropped as
// queue_full. [NewSpool] refuses [Block] and unknown values; [NewBatch] and [NewTee] report unknown values to the error
// handler and take the default. Default: [DropNewest].
func WithOverflow(o Overflow) QueueOption { return option(func(s *settings) { s.overflow = o }) }

// WithBackoff sets the pause after a call that failed, which doubles with each one that follows, with
// jitter, and the longest one. What the sink itself asks for ([sink.RetryAfter]) is waited for where it is
// longer, behind a [Spool] an hour at most. The longest is no shorter than the first. [NewSpool]
// refuses a negative pause, and a longest one that is shorter than the first; [NewRetry] returns no error: it tells
// OpenTelemetry's error handler, and takes the default for a negative one and the first for a longest one that is
// shorter. Default, and for 0: [DefaultBackoff] and [DefaultMaxBackoff].
func WithBackoff(initial, most time.Duration) DeliveryOption {
	return option(func(s *settings) { s.initialPause, s.maxPause = initial, most })
}

// WithDeadLetters sets where the events go that the sink will never take, such as a [DeadLetters]: the
// part owns it. They count as dropped, and the rest of their batch as delivered. A sink that refuses all of
// 16 events and more is asked five times more before they are dead letters. Default: of a [Retry]
// nowhere, and Export fails; of a [Spool] the file dead.jsonl in its directory, which also has those that
// e does not take. After a crash e may get an event again.
func WithDeadLetters(e event.Exporter) DeliveryOption {
	return option(func(s *settings) { s.dead = e })
}

// WithMaxElapsed bounds the time in which the tries of one batch begin, counted anew when a part of it was
// taken; what calls the Retry (see [WithTimeout]) may bound it closer. A negative
// time is told to OpenTelemetry's error handler, and the default holds. Default, and for 0: [DefaultMaxElapsed].
func WithMaxElapsed(d time.Duration) RetryOption { return option(func(s *settings) { s.elapsed = d }) }

// WithMaxBytes bounds what is taken of the disk, at least 64 KiB. What a [Spool] has delivered goes in
// steps of an eighth of it, at most 16 MiB; its file of dead letters may be as large again, that of what
// was damaged a sixteenth. A [DeadLetters] that is full takes no more until its file is moved away.
// [NewSpool] and [NewDeadLetters] refuse less than 64 KiB. Default, and for 0: [DefaultSpoolBytes].
func WithMaxBytes(n int64) DiskOption { return option(func(s *settings) { s.bytes = n }) }

// apply applies the options of one kind to what is there.
func apply[O any](opts []O, one func(O)) {
	for _, o := range opts {
		if any(o) != nil {
			one(o)
		}
	}
}

// teller returns what is told of errors.
func (s *settings) teller() func(error) {
	if s.tell == nil {
		return otel.Handle
	}
	return s.tell
}

// defaults sets what is not set, and says everything that is wrong, for which the default holds.
func (s *settings) defaults() error {
	s.tell = s.teller()
	var faults []error
	fault := func(bad bool, format string, args ...any) bool {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...)) //nolint:err113 // read by people
		}
		return bad
	}
	bound(&s.queue, DefaultQueueSize, fault, "WithQueueSize(%v): a number of events, or 0 for %v")
	bound(&s.size, DefaultBatchSize, fault, "WithBatchSize(%v): a number of events, or 0 for %v")
	bound(&s.concurrency, 1, fault, "WithConcurrency(%v): a number of calls, or 0 for %v")
	bound(&s.interval, DefaultInterval, fault, "WithInterval(%v): a positive time, or 0 for %v")
	bound(&s.timeout, DefaultTimeout, fault, "WithTimeout(%v): a positive time, or 0 for %v")
	bound(&s.elapsed, DefaultMaxElapsed, fault, "WithMaxElapsed(%v): a positive time, or 0 for %v")
	fault(s.maxPause > 0 && s.maxPause < s.initialPause, "WithBackoff(%v, %v): the first pause, and then the longest", s.initialPause, s.maxPause)
	bound(&s.initialPause, DefaultBackoff, fault, "WithBackoff(%v, …): a positive time, or 0 for %v")
	bound(&s.maxPause, DefaultMaxBackoff, fault, "WithBackoff(…, %v): a positive time, or 0 for %v")
	if fault(s.queue > maxQueue, "WithQueueSize(%d): at most %d events", s.queue, maxQueue) {
		s.queue = maxQueue
	}
	if s.bytes == 0 {
		s.bytes = DefaultSpoolBytes
	}
	if fault(s.bytes < minSpoolBytes, "WithMaxBytes(%d): at least %d bytes", s.bytes, minSpoolBytes) {
		s.bytes = minSpoolBytes
	}
	if fault(s.overflow >= numOverflows, "WithOverflow(%d): DropNewest, DropOldest or Block", s.overflow) {
		s.overflow = DropNewest
	}
	if fault(s.concurrency > maxConcurrency, "WithConcurrency(%d): at most %d calls", s.concurrency, maxConcurrency) {
		s.concurrency = maxConcurrency
	}
	s.maxPause = max(s.maxPause, s.initialPause)
	return errors.Join(faults...)
}

// bound sets a bound that is not set, or is wrong.
func bound[T int | time.Duration](v *T, standard T, fault func(bool, string, ...any) bool, text string) {
	if *v == 0 || fault(*v < 0, text, *v, standard) {
		*v = standard
	}
}

// report tells what is wrong with options whose constructor returns no error.
func report(tell func(error), what string, err error) {
	if err != nil {
		tell(fmt.Errorf("cairn: exporters: %s: the defaults hold instead: %w", what, err))
	}
}

var errNoSink = errors.New("the exporter is nil: give the sink that the events are for")

// nowhere is where events go that nobody has given a sink for: they are not delivered, and that is said.
type nowhere struct{}

// Export implements [event.Exporter].
func (nowhere) Export(context.Context, []event.Event) error { return sink.Permanent(errNoSink) }

// Shutdown implements [event.Exporter].
func (nowhere) Shutdown(context.Context) error { return nil }

// somewhere returns e, or where there is none nowhere, which it reports.
func somewhere(tell func(error), what string, e event.Exporter) event.Exporter {
	if e != nil {
		return e
	}
	tell(fmt.Errorf("cairn: exporters: %s: %w", what, errNoSink))
	return nowhere{}
}
