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
	DefaultBackoff    = backoff.DefaultInitialInterval // 500 milliseconds: the first pause, before jitter
	DefaultMaxBackoff = 30 * time.Second               // the longest pause
	DefaultSpoolBytes = 1 << 30                        // 1 GiB
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

// Option is an option of every part that delivers.
type Option interface {
	BatchOption
	RetryOption
	SpoolOption
	FilterOption
}

// QueueOption is an option of the parts with a queue: [NewBatch], [NewTee] and [NewSpool].
type QueueOption interface {
	BatchOption
	SpoolOption
}

// DiskOption is an option of the parts that write files: [NewSpool] and [NewDeadLetters].
type DiskOption interface {
	SpoolOption
	DeadLettersOption
}

// DeliveryOption is an option of the parts that try again: [NewRetry] and [NewSpool].
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
	deadNil                         bool // WithDeadLetters was given nil
	meter                           metric.MeterProvider
	name                            string
	tell                            func(error)
	open                            func(dir string) (disk, error) // nil is the operating system's
	inside                          *goroutines                    // of the other queues of a Tee
}

type option func(*settings)

func (o option) batch(s *settings) { o(s) }
func (o option) retry(s *settings) { o(s) }
func (o option) spool(s *settings) { o(s) }

// WithName sets the name of a part, which tells several apart: in its own metrics as cx.component.name, in a [LossError], in
// what the part reports to an error handler, and in the errors of a [Batch], [Spool], [Tee] and [Filter]. The names of a
// [Tee]'s queues begin with it. Default: the part and the type of its exporter, such as "spool/*webhook.Exporter".
func WithName(name string) Option { return option(func(s *settings) { s.name = name }) }

// WithMeterProvider sets the provider of a part's own metrics. Default, and for nil: OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return option(func(s *settings) { s.meter = p })
}

// WithErrorHandler sets the function that gets the errors of a queue that no caller gets: options out of their bounds, events
// that were dropped or not exported. The goroutines of the queue call it, those of a [Tee] concurrently, and the queue waits
// until it returns. Parts behind the queue, such as a [Retry] or a [Spool], report to OpenTelemetry's error handler instead.
// Default, and for nil: otel.Handle.
func WithErrorHandler(handle func(error)) BatchOption {
	return option(func(s *settings) { s.tell = handle })
}

// WithBatchSize bounds the events in one call of the exporter. A batch of a [Spool] is also bounded to 4 MiB of JSON, unless
// it is a single event. [NewSpool] returns an error for a negative number. [NewBatch] and [NewTee] return no error: they report
// it to the error handler and use the default. Default, and for 0: [DefaultBatchSize].
func WithBatchSize(events int) QueueOption { return option(func(s *settings) { s.size = events }) }

// WithTimeout bounds one call of the exporter, including all tries of a [Retry] there. [NewSpool] returns an error for a
// negative time. [NewBatch] and [NewTee] report it to the error handler and use the default. Default, and for 0: [DefaultTimeout].
func WithTimeout(d time.Duration) QueueOption { return option(func(s *settings) { s.timeout = d }) }

// WithQueueSize bounds the events that wait, to at most 1,048,576. [WithOverflow] says what happens to the others. The queue
// starts with room for 64 events and doubles when it is full, up to the bound. It keeps that memory, about half a kilobyte for
// each event. The error handler gets a report of a number out of bounds: the queue uses the default instead of a negative
// number, and the largest size instead of a larger one. Default, and for 0: [DefaultQueueSize].
func WithQueueSize(events int) BatchOption { return option(func(s *settings) { s.queue = events }) }

// WithInterval bounds how long an event waits for its batch to fill. A process that is killed loses the events that wait, also
// with a [Spool] behind the queue. The error handler gets a report of a negative time, and the queue uses the default. Default, and for 0: [DefaultInterval].
func WithInterval(d time.Duration) BatchOption { return option(func(s *settings) { s.interval = d }) }

// WithConcurrency bounds the calls of the exporter that are under way at a time, to at most 64. The events of one journey are
// in one call at a time, so they stay in order. The error handler gets a report of a number out of bounds: the queue uses the
// default instead of a negative number, and 64 instead of a larger one. Default, and for 0: 1.
func WithConcurrency(calls int) BatchOption {
	return option(func(s *settings) { s.concurrency = calls })
}

// Overflow says which event is lost when the queue is full.
type Overflow uint8

const (
	// DropNewest drops that event and counts it: recording never waits. A [Spool] refuses it: Export fails with
	// [ErrSpoolFull], so that the component in front of it keeps the event or counts it.
	DropNewest Overflow = iota
	// DropOldest drops the event that has waited longest, and counts it, so that the latest events are kept. A [Spool] drops
	// its oldest events. If the sink is taking some of them at that moment, the Spool waits for the answer and counts only
	// those that the sink did not take. If the process is killed before the answer, the next one counts all of them.
	DropOldest
	// Block waits for room until the context of the call is done, then drops the event. It is for imports, which prefer to be
	// slow rather than incomplete. It is not for a service, which would stand still while the sink is down. A call never waits
	// if it comes from a sink or an error handler that the queue is calling, or from a client that records inside any sink: the
	// delivery would wait for itself. Such an event is dropped if there is no room. A sink that records in a goroutine of its
	// own, with another context than that of Export, must not wait for it. A [Spool] has no such mode: a [Retry] in front of it
	// waits for room.
	Block

	numOverflows
)

// WithOverflow sets what happens when the queue is full. A dropped event is counted in cx.sdk.processor.dropped as queue_full.
// [NewSpool] returns an error for [Block] and for unknown values; [NewBatch] and [NewTee] report unknown values to the error
// handler and use the default. Default: [DropNewest].
func WithOverflow(o Overflow) QueueOption { return option(func(s *settings) { s.overflow = o }) }

// WithBackoff sets the first and the longest pause after a call that failed. The pause doubles with each further failure, with
// jitter. A sink that asks for a longer pause (sink.RetryAfter) gets it, from a [Spool] at most an hour. [NewSpool] returns an
// error for a negative pause, and for a longest pause that is shorter than the first. [NewRetry] returns no error: it reports
// to OpenTelemetry's error handler, and uses the default for a negative pause and the first pause as the longest one. Default,
// and for 0: [DefaultBackoff] (500 ms) and [DefaultMaxBackoff] (30 s).
func WithBackoff(initial, most time.Duration) DeliveryOption {
	return option(func(s *settings) { s.initialPause, s.maxPause = initial, most })
}

// WithDeadLetters sets the exporter of the events that the sink will never take, such as a [DeadLetters]. The part owns it. The
// events count as dropped, and the rest of their batch as delivered. If the sink refuses every event of a batch of 16 or more,
// the part tries five more times, with the pauses of [WithBackoff], before they are dead letters. A Retry whose time is up
// before that makes dead letters of them at once. After a crash e may get an event again. [NewSpool] returns
// an error for nil; [NewRetry] reports it to OpenTelemetry's error handler and has none. Default: none for a [Retry], whose
// Export then fails. A [Spool] writes dead.jsonl in its directory, including events that e rejects.
func WithDeadLetters(e event.Exporter) DeliveryOption {
	return option(func(s *settings) { s.dead, s.deadNil = e, e == nil })
}

// WithMaxElapsed bounds the tries of one batch: no new try begins after d. The time starts again when the sink has taken a part
// of the batch. The context of the call may bound it further: see [WithTimeout]. OpenTelemetry's error handler gets a report of
// a negative time, and the Retry uses the default. Default, and for 0: [DefaultMaxElapsed].
func WithMaxElapsed(d time.Duration) RetryOption { return option(func(s *settings) { s.elapsed = d }) }

// WithMaxBytes bounds the bytes on the disk, to at least 64 KiB. A [Spool] frees delivered events in steps of an eighth of the
// bound, at most 16 MiB. Its file of dead letters may become as large again, and its file of damaged records a sixteenth of it.
// A [DeadLetters] that is full takes no more until its file is moved away. [NewSpool] and [NewDeadLetters] return an
// error for less than 64 KiB. Default, and for 0: [DefaultSpoolBytes].
func WithMaxBytes(n int64) DiskOption { return option(func(s *settings) { s.bytes = n }) }

// apply calls one for each option that is not nil.
func apply[O any](opts []O, one func(O)) {
	for _, o := range opts {
		if any(o) != nil {
			one(o)
		}
	}
}

// teller returns the function that is told of errors.
func (s *settings) teller() func(error) {
	if s.tell == nil {
		return otel.Handle
	}
	return s.tell
}

// defaults sets each setting that is not set, or out of bounds, to its default. The error has every setting out of bounds.
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
	fault(s.deadNil, "WithDeadLetters(nil): give an exporter, such as a DeadLetters, or leave the option out")
	s.maxPause = max(s.maxPause, s.initialPause)
	return errors.Join(faults...)
}

// bound sets a bound that is not set, or is wrong.
func bound[T int | time.Duration](v *T, standard T, fault func(bool, string, ...any) bool, text string) {
	if *v == 0 || fault(*v < 0, text, *v, standard) {
		*v = standard
	}
}

// report tells of options out of bounds, for a constructor that returns no error.
func report(tell func(error), what string, err error) {
	if err != nil {
		tell(fmt.Errorf("cairn: exporters: %s: the defaults hold instead: %w", what, err))
	}
}

var errNoSink = errors.New("the exporter is nil: give the sink that the events are for")

// nowhere stands for an exporter that is nil. It takes no event, and says so.
type nowhere struct{}

// Export implements [event.Exporter].
func (nowhere) Export(context.Context, []event.Event) error { return sink.Permanent(errNoSink) }

// Shutdown implements [event.Exporter].
func (nowhere) Shutdown(context.Context) error { return nil }

// somewhere returns e. If e is nil it reports that and returns nowhere.
func somewhere(tell func(error), what string, e event.Exporter) event.Exporter {
	if e != nil {
		return e
	}
	tell(fmt.Errorf("cairn: exporters: %s: %w", what, errNoSink))
	return nowhere{}
}
