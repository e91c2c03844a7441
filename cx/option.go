package cx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	definitions []event.Definition
	exporters   []event.Exporter
	processors  []event.Processor
	telemetry   telemetry.Config
	resolve     resolve.Config
	keep        float64
	sweep       time.Duration
	clock       bool // is not the real one

	implicitStarts bool
	store          ledger.Store
	onStall        journey.OnStall
	remember       time.Duration
	maxRuns        int
	endGrace       time.Duration
	storeQueue     int
	blueprint      *blueprint.Blueprint
	clockFails     *func(panicked any)
	signing        signing
	logger         *slog.Logger
	logs           bool // a logger was given
	onFault        func(context.Context, fault.Report)
	hooked         bool // a function was given
}

const (
	defaultNamespace = "default"
	defaultSweep     = time.Second
	minCustomerKey   = 16
	maxEndGrace      = 30 * time.Second
	maxStoreQueue    = 1 << 20
)

// NoEndGrace is for [WithEndGrace]: an end by call is decided at once.
const NoEndGrace time.Duration = 1

// WithDefinitions makes journeys, touchpoints and surveys known. New refuses faulty ones,
// with every fault named. Default: none; a client adopts the ones it meets.
func WithDefinitions(defs ...event.Definition) Option {
	return optionFunc(func(c *config) { c.definitions = append(c.definitions, defs...) })
}

// WithExporters delivers the events themselves to sinks, each behind a queue of its own
// (see exporters.NewBatch, which can be given to [WithProcessors] with other bounds). New refuses
// one that is nil: it would deliver nothing, and nobody would know. Default: none.
func WithExporters(exporters ...event.Exporter) Option {
	return optionFunc(func(c *config) { c.exporters = append(c.exporters, exporters...) })
}

// WithProcessors shows every event to the processors, in line and in this order, after
// telemetry and before the exporters. The client shuts them down. Default: none.
func WithProcessors(processors ...event.Processor) Option {
	return optionFunc(func(c *config) {
		for _, p := range processors {
			if p != nil {
				c.processors = append(c.processors, p)
			}
		}
	})
}

// WithNamespace sets the namespace of journeys, 1 to 64 bytes, which keeps environments
// apart: the same cart ID in staging and in production are two journeys. Services that
// share journeys share the namespace. It is not deployment.environment.name, though mostly equal to it: that is where
// a service runs, and is on the resource of its signals; the namespace says which runs are one, and is part of
// what a journey's trace ID is made of. cx.sdk.info shows the one that a client has. Default:
// deployment.environment.name in OTEL_RESOURCE_ATTRIBUTES, else "default".
func WithNamespace(namespace string) Option {
	return optionFunc(func(c *config) { c.resolve.Namespace = namespace })
}

// WithCustomerKey sets the key, at least 16 bytes, of the HMAC-SHA-256 that customers are
// known by outside the process. It is a secret; services that share it know the same
// customer by the same hash. Default: none, and customers are not known at all.
func WithCustomerKey(key []byte) Option {
	key = append([]byte(nil), key...)
	return optionFunc(func(c *config) { c.resolve.CustomerKey = key; c.resolve.Hashed = true })
}

// WithRedactor sets what takes personal data out of free text before anybody sees it. It is
// called in line, possibly concurrently, with at most 8 KiB; when it panics the text is
// dropped. Default: none, and free text is dropped.
func WithRedactor(redact func(text string) string) Option {
	return optionFunc(func(c *config) { c.resolve.Redact = redact })
}

// WithUnredactedText keeps free text as the customer wrote it, where no redactor is set.
// The application answers for what is in it. Default: it is dropped.
func WithUnredactedText() Option {
	return optionFunc(func(c *config) { c.resolve.KeepText = true })
}

// WithTracerProvider sets where the live spans of touchpoints go, in the request's trace.
// Default: OpenTelemetry's global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return optionFunc(func(c *config) { c.telemetry.TracerProvider = p })
}

// WithJourneyTracerProvider sets where the spans of journeys go: the provider that otelsetup
// makes, which takes finished spans (telemetry.SpanSinkProvider), or one that samples always and has
// telemetry.IDGenerator(). Default: the provider of live spans, with the journey's spans under a
// virtual sampled parent.
func WithJourneyTracerProvider(p trace.TracerProvider) Option {
	return optionFunc(func(c *config) { c.telemetry.JourneyTracerProvider = p })
}

// WithMeterProvider sets where metrics go. A Spool, Retry or Batch that the application makes has an option of
// its own for that, exporters.WithMeterProvider. Default: OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(c *config) { c.telemetry.MeterProvider = p })
}

// WithLoggerProvider sets where log events go. Default: OpenTelemetry's global provider.
func WithLoggerProvider(p log.LoggerProvider) Option {
	return optionFunc(func(c *config) { c.telemetry.LoggerProvider = p })
}

// WithJourneySampling keeps the traces of this part of the journeys, 0 to 1, whole: the
// decision is made on the journey's trace ID, so every service with the same ratio keeps
// the same ones. Metrics, log events and exporters see all. Default: 1.
func WithJourneySampling(ratio float64) Option {
	return optionFunc(func(c *config) { c.keep = ratio })
}

// WithSpanLimit bounds the spans of touchpoints and feedback that this process adds to one
// journey's trace, and those of stages likewise, so that what is there has its parent; what goes
// beyond is counted. With a store that is shared, the trace goes on in a further one, linked to it. New
// refuses what is negative. Default, and for 0: 1,000.
func WithSpanLimit(spans int) Option {
	return optionFunc(func(c *config) { c.telemetry.SpanLimit = spans })
}

// WithTouchpointEvents makes every touchpoint a log event too. Default: it is not, for they
// are many.
func WithTouchpointEvents() Option {
	return optionFunc(func(c *config) { c.telemetry.TouchpointEvents = true })
}

// WithMetricActor tells interactions apart by who acted, in cx.touchpoint.interactions under cx.actor: the customer,
// a delegate, an employee or the company's bot. Default: they are counted together.
func WithMetricActor() Option {
	return optionFunc(func(c *config) { c.telemetry.MetricActor = true })
}

// WithClock sets the clock that events without a time are given the time of, and that
// journeys are abandoned by, unless they are in a store, which has a clock of its own: for simulations
// and tests. Live spans go by the real one. It
// is called concurrently. Default: [time.Now].
func WithClock(now func() time.Time) Option {
	return optionFunc(func(c *config) { c.resolve.Now, c.clock = now, true })
}

// WithSweepInterval sets how often the client looks for abandoned journeys. New refuses what is not
// positive. Default: one second.
func WithSweepInterval(d time.Duration) Option {
	return optionFunc(func(c *config) { c.sweep = d })
}

// WithBlueprint makes the journeys, touchpoints and surveys of the blueprint known, as
// [WithDefinitions] does. New refuses a faulty one, with every fault named. There is one; of several
// the last holds. Default, and for nil: none.
func WithBlueprint(bp *blueprint.Blueprint) Option {
	return optionFunc(func(c *config) { c.blueprint = bp })
}

// WithStore keeps the journeys in a store that other instances and services share, so that they survive
// this process: see cx/stores. The client does not close it. What happens goes to it through a bounded
// queue; recording never waits for it. Nil is the default: this process's memory.
func WithStore(s ledger.Store) Option {
	return optionFunc(func(c *config) { c.store = s })
}

// WithMaxJourneys bounds the live journeys in memory, and the ended ones that are remembered: a journey
// beyond it has no state, which is counted, and an ended one makes room for another. It is spread over
// 64 parts of the memory, each of which has its part of it. New refuses what is negative. Default, and for 0:
// 4,194,304.
func WithMaxJourneys(n int) Option {
	return optionFunc(func(c *config) { c.maxRuns = n })
}

// WithStoreQueue bounds the changes that wait for the store: a minute's worth is a good size, because
// that is how long a store may be away without a loss. A change that does not fit is counted
// (store_queue_full), exported without the state of its journey, in no metric of journeys, and said by the
// next Flush. New refuses what is negative, and more than 1,048,576. Default, and for 0: 8,192.
func WithStoreQueue(changes int) Option {
	return optionFunc(func(c *config) { c.storeQueue = changes })
}

// WithEndGrace sets how long an end by call ([journey.Definition.Complete] and the like) waits in the store
// of journeys, by the store's clock, before it is decided. Facts from before the end that other instances
// report meanwhile count. [Client.Flush] and [Client.Shutdown] wait it out, within their context. [NoEndGrace]
// decides at once, as it is without a store. New refuses what is negative, and more than 30 seconds, the lease of
// what an instance has in hand. Default, and for 0: 2 seconds.
func WithEndGrace(d time.Duration) Option {
	return optionFunc(func(c *config) { c.endGrace = d })
}

// WithEndedRetention sets for how long at least it is known that a journey has ended, so that what comes late
// is counted as late and changes nothing. In memory it is rounded up to whole days, by the days of the
// clock in UTC: a journey that ended on a day is known on as many days after it. More than 1,000 days are
// for ever there, and each journey takes about ten bytes. With a store it is exact, and 100 years at most.
// New refuses what is negative. Default, and for 0: 30 days.
func WithEndedRetention(d time.Duration) Option {
	return optionFunc(func(c *config) { c.remember = d })
}

// WithOnStall sets what is called when a run is in a stage for at least as long as [journey.Expect] says, and
// the customer is still there. It is given ten seconds, in a goroutine of its own; while 16 of them run, further
// ones wait. Give it to every instance that shares a store: whichever notices calls its own. Default: nothing.
func WithOnStall(f journey.OnStall) Option {
	return optionFunc(func(c *config) { c.onStall = f })
}

// WithImplicitStarts makes the first thing that happens to a run start it, other than its end: a touchpoint
// when it begins, feedback, or the entry of a stage. It is meant for event logs, which say what happened and
// not that something began. The times of a log are its own: they are taken as they are, also where they are
// ahead of the clock. Default: a run begins where it is started, and what is more than [event.MaxAhead] ahead is
// recorded as now.
func WithImplicitStarts() Option {
	return optionFunc(func(c *config) { c.implicitStarts, c.resolve.AnyTime = true, true })
}

// WithLogger tells misuse, and what goes wrong in the client, to a log instead of OpenTelemetry's error handler. That
// includes what the queues of [WithExporters] drop or cannot export, at the level Warn and at most 100 lines a minute. What
// the application makes itself, such as a Spool, a Retry or a Batch, tells OpenTelemetry's error handler (see
// exporters.WithErrorHandler). Misuse is told as faults: the first
// of each fault and name within a minute, at the level Warn, with the attributes fault, name, route, detail, remedy, more
// (how many further ones there were since it was told last) and, of a panic, stack. Its context has the span and the
// position of what was recorded. The detail is that of the one that
// is told: another detail of the same fault and name is among the further ones, and is told where it is the first after the
// minute. What is lost on its way to a backend is told by otelsetup.WithLogger, at the level Error.
// No attribute has an ID or a text of a customer. At most 100 lines a minute are written, by a
// goroutine of the client that there is only while something is told: recording does not wait for it, and Flush and
// Shutdown do, for a second at most. All are counted in cx.sdk.faults. New refuses nil; [slog.DiscardHandler] is silence.
// Default: otel.Handle, with one line for each.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) { c.logger, c.logs = l, true })
}

// WithOnFault calls f with what is told of faults (see [WithLogger]), beside the log: the first of each fault and name
// within a minute, at most 100 a minute. Calls are made one at a time, in a goroutine of the client, and recording does not
// wait for them; Flush and Shutdown do, for a second at most. While f does not return, 200 faults wait for it, and further
// ones are not told to it. It may panic, record, and call Flush and Shutdown with the context that it is given, which has
// the client, the span and the position of what was recorded, and is never done. New refuses nil. Default: none.
func WithOnFault(f func(ctx context.Context, r fault.Report)) Option {
	return optionFunc(func(c *config) { c.onFault, c.hooked = f, true })
}

// newConfig applies the options and returns every fault of them, joined.
func newConfig(opts []Option) (config, error) {
	c := config{keep: 1, sweep: defaultSweep}
	c.resolve.Namespace = environment()
	c.resolve.Now = time.Now
	c.telemetry.Version = Version
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var faults []error
	if c.keep < 0 || c.keep > 1 || c.keep != c.keep {
		faults = append(faults, fmt.Errorf("cx: WithJourneySampling(%v): the ratio has to be between 0 and 1", c.keep))
		c.keep = 1
	}
	c.telemetry.DropRatio, c.telemetry.Namespace = 1-c.keep, c.resolve.Namespace
	if c.blueprint != nil {
		if err := c.blueprint.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("cx: WithBlueprint: %w", err))
		} else {
			promised := c.blueprint.Definitions()
			c.resolve.Blueprint = len(promised)
			c.definitions = append(promised, c.definitions...)
		}
	}
	if !event.ValidName(c.resolve.Namespace) {
		faults = append(faults, fmt.Errorf("cx: WithNamespace(%.80q): a namespace is 1 to %d bytes of printable UTF-8 that do not begin with _%s", c.resolve.Namespace, event.MaxName, event.NameHint(c.resolve.Namespace)))
	}
	if n := len(c.resolve.CustomerKey); c.resolve.Hashed && n < minCustomerKey {
		faults = append(faults, fmt.Errorf("cx: WithCustomerKey: the key has %d bytes, at least %d are needed: use random ones", n, minCustomerKey))
	}
	faults = append(faults, c.checkBounds(), c.checkExporters(), c.signing.check(), c.checkTelling())
	silent := func(any) {}
	c.clockFails = &silent
	if now := c.resolve.Now; now != nil && c.clock {
		last := new(atomic.Int64)
		c.resolve.Now = func() time.Time { return safely(now, last, c.clockFails) }
	}
	if c.resolve.Now == nil {
		faults = append(faults, errors.New("cx: WithClock(nil): give a function, or leave the option out"))
	}
	return c, errors.Join(faults...)
}

// checkBounds says which numbers and durations cannot be, and takes the default for them.
func (c *config) checkBounds() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("cx: "+format, args...)) }
	switch {
	case c.endGrace < 0:
		fault("WithEndGrace(%v): it is negative: give cx.NoEndGrace to decide at once, or 0 for 2s", c.endGrace)
	case c.endGrace > maxEndGrace:
		fault("WithEndGrace(%v): it is %v at most, the lease of what an instance has in hand", c.endGrace, maxEndGrace)
	}
	if c.remember < 0 {
		fault("WithEndedRetention(%v): it is negative: give how long an ended journey is to be known, or 0 for 30 days", c.remember)
	}
	if c.sweep <= 0 {
		fault("WithSweepInterval(%v): the interval has to be positive", c.sweep)
	}
	if n := c.telemetry.SpanLimit; n < 0 {
		fault("WithSpanLimit(%d): it is negative: give a number of spans, or 0 for %d", n, telemetry.DefaultSpanLimit)
		c.telemetry.SpanLimit = 0
	}
	if c.maxRuns < 0 {
		fault("WithMaxJourneys(%d): it is negative: give a number of journeys, or 0 for 4194304", c.maxRuns)
	}
	if c.storeQueue < 0 || c.storeQueue > maxStoreQueue {
		fault("WithStoreQueue(%d): give 1 to %d changes, or 0 for 8192", c.storeQueue, maxStoreQueue)
	}
	return errors.Join(faults...)
}

// grace returns the end grace as a tracker has it, where negative is none.
func (c *config) grace() time.Duration {
	if c.endGrace == NoEndGrace {
		return -1
	}
	return c.endGrace
}

// checkExporters says which of them are nil. A typed nil pointer is not: it is an exporter that does nothing.
func (c *config) checkExporters() error {
	var faults []error
	for i, e := range c.exporters {
		if e == nil {
			faults = append(faults, fmt.Errorf("cx: WithExporters: exporter %d of %d is nil: give the sink that the events are for, or leave it out", i+1, len(c.exporters)))
		}
	}
	return errors.Join(faults...)
}

// checkTelling says what is wrong with how faults are told.
func (c *config) checkTelling() error {
	var faults []error
	if c.logs && c.logger == nil {
		faults = append(faults, errors.New("cx: WithLogger(nil): give a logger, or leave the option out"))
	}
	if c.hooked && c.onFault == nil {
		faults = append(faults, errors.New("cx: WithOnFault(nil): give a function, or leave the option out"))
	}
	return errors.Join(faults...)
}

// safely asks a clock that is not ours; when it panics the time is the last one that it told.
func safely(now func() time.Time, last *atomic.Int64, fails *func(panicked any)) (t time.Time) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if was := last.Load(); was != 0 {
			t = time.Unix(0, was)
		} else {
			t = time.Now()
		}
		(*fails)(v)
	}()
	t = now()
	if ns := t.UnixNano(); last.Load() != ns {
		last.Store(ns)
	}
	return t
}

// since returns how to tell the time that has passed, which is cheaper on the real clock.
func (c *config) since() func(time.Time) time.Duration {
	if !c.clock {
		return time.Since
	}
	now := c.resolve.Now
	return func(t time.Time) time.Duration { return now().Sub(t) }
}

// spanLimit returns how many spans a segment of a journey's trace has.
func (c *config) spanLimit() int {
	if c.telemetry.SpanLimit > 0 {
		return c.telemetry.SpanLimit
	}
	return telemetry.DefaultSpanLimit
}

// environment returns the deployment's environment, from the variable that the
// OpenTelemetry SDK reads too.
func environment() string {
	for kv := range strings.SplitSeq(os.Getenv("OTEL_RESOURCE_ATTRIBUTES"), ",") {
		k, v, _ := strings.Cut(kv, "=")
		switch strings.TrimSpace(k) {
		case "deployment.environment.name", "deployment.environment":
			if v = strings.TrimSpace(v); event.ValidName(v) {
				return v
			}
		}
	}
	return defaultNamespace
}
