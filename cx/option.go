package cx

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
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

// Option is an option of [New]. New returns an error that names the option for nil as what the client is to call or to write
// to: a function, a logger, a definition, an exporter, a processor. Nil is the default for what a service may choose when it
// starts: a store, a blueprint, a provider of OpenTelemetry. A nil Option does nothing.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options say, as they were given. Nothing changes it after newConfig: check says what is wrong with it,
// and the methods behind check derive what the parts of the client are made with.
type config struct {
	definitions []event.Definition
	exporters   []event.Exporter
	processors  []event.Processor
	telemetry   telemetry.Config
	resolve     resolve.Config
	keep        float64
	sweep       time.Duration
	now         func() time.Time
	nils        []string // what is nil and must not be, as a text of an error

	implicitStarts bool
	store          ledger.Store
	onStall        journey.OnStall
	remember       time.Duration
	maxRuns        int
	endGrace       time.Duration
	storeQueue     int
	blueprint      *blueprint.Blueprint
	signing        signing
	logger         *slog.Logger
	onFault        func(context.Context, fault.Report)
}

// given is the value of an option whose zero value is a fault, and whether the option was given.
type given[T any] struct {
	value T
	given bool
}

// notNil notes that the option was given nil, if missing: see [Option].
func (c *config) notNil(missing bool, option, want string) {
	if missing {
		c.nils = append(c.nils, option+"(nil): give "+want+", or leave the option out")
	}
}

// allThere notes each nil in the values of all options of this name.
func allThere[T comparable](c *config, list []T, option, what string) {
	var none T
	for i, v := range list {
		if v == none {
			c.nils = append(c.nils, fmt.Sprintf("%s: %s %d of %d is nil: leave it out", option, what, i+1, len(list)))
		}
	}
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
// one that is nil: it would deliver nothing without a sign of that. Default: none.
func WithExporters(exporters ...event.Exporter) Option {
	return optionFunc(func(c *config) { c.exporters = append(c.exporters, exporters...) })
}

// WithProcessors shows every event to the processors, in line and in this order, after
// telemetry and before the exporters. The client shuts them down. Default: none.
func WithProcessors(processors ...event.Processor) Option {
	return optionFunc(func(c *config) { c.processors = append(c.processors, processors...) })
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

// WithCustomerKey sets the key, at least 16 bytes, of the HMAC-SHA-256 that stands for a customer's ID outside the process. It
// is a secret; services that share it know the same customer by the same hash. Default: none, and events have no customer.
func WithCustomerKey(key []byte) Option {
	key = append([]byte(nil), key...)
	return optionFunc(func(c *config) { c.resolve.CustomerKey, c.resolve.Hashed, c.resolve.NoCustomers = key, true, false })
}

// WithoutCustomerIDs declares that the client wants no IDs of customers: it drops them, and reports no fault. An event keeps its
// customer's segment, and a hash that it came with. Of this option and [WithCustomerKey] the last one holds. Default: without a
// key the client drops the IDs too, and reports no_customer_key.
func WithoutCustomerIDs() Option {
	return optionFunc(func(c *config) { c.resolve.CustomerKey, c.resolve.Hashed, c.resolve.NoCustomers = nil, false, true })
}

// WithRedactor sets the function that takes personal data out of free text before anything else sees the text. It is called in
// line, possibly concurrently, with at most 8 KiB. When it panics the text is dropped. Default: none, and free text is dropped.
func WithRedactor(redact func(text string) string) Option {
	return optionFunc(func(c *config) { c.notNil(redact == nil, "WithRedactor", "a function"); c.resolve.Redact = redact })
}

// WithUnredactedText keeps free text as the customer wrote it, where no redactor is set. The application is responsible for the
// personal data in it. Default: free text is dropped.
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

// WithTouchpointEvents makes every touchpoint a log event too. Default: touchpoints are not log events, because they are many.
func WithTouchpointEvents() Option {
	return optionFunc(func(c *config) { c.telemetry.TouchpointEvents = true })
}

// WithMetricActor tells interactions apart by who acted, in cx.touchpoint.interactions under cx.actor: the customer,
// a delegate, an employee or the company's bot. Default: they are counted together.
func WithMetricActor() Option {
	return optionFunc(func(c *config) { c.telemetry.MetricActor = true })
}

// WithClock sets the clock, for simulations and tests. Events without a time get their time from it, and journeys in memory are
// abandoned by it. A store has a clock of its own, and live spans go by the real one. It is called concurrently. Default:
// [time.Now].
func WithClock(now func() time.Time) Option {
	return optionFunc(func(c *config) { c.notNil(now == nil, "WithClock", "a function"); c.now = now })
}

// WithSweepInterval sets how often the client looks for abandoned journeys. New refuses what is not
// positive. Default: one second.
func WithSweepInterval(d time.Duration) Option {
	return optionFunc(func(c *config) { c.sweep = d })
}

// WithBlueprint makes the journeys, touchpoints and surveys of the blueprint known, as [WithDefinitions] does. New refuses a
// faulty blueprint and names every fault. If the option is given several times the last one holds. Default, and for nil: none.
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

// WithEndedRetention sets for how long at least the client knows that a journey has ended, so that a late event is counted as
// late and changes nothing. In memory it is rounded up to whole days, by the days of the
// clock in UTC: a journey that ended on a day is known on as many days after it. More than 1,000 days are
// for ever there, and each journey takes about ten bytes. With a store it is exact, and 100 years at most.
// New refuses what is negative. Default, and for 0: 30 days.
func WithEndedRetention(d time.Duration) Option {
	return optionFunc(func(c *config) { c.remember = d })
}

// WithOnStall sets the hook that is called when a run has been in a stage for at least as long as [journey.Expect] says, and
// the customer is still there. A call has ten seconds, in a goroutine of its own; while 16 calls run, further ones wait. Give
// the hook to every instance that shares a store: the instance that decides the stall calls its own. Default: none.
func WithOnStall(f journey.OnStall) Option {
	return optionFunc(func(c *config) { c.notNil(f == nil, "WithOnStall", "a function"); c.onStall = f })
}

// WithImplicitStarts makes the first thing that happens to a run start it, except its end: a touchpoint when it begins,
// feedback, or the entry of a stage. It is meant for event logs, which say what happened and not that a journey began. The
// client takes the times of a log as they are, also where they are ahead of the clock. Default: a run begins where it is
// started, and an event more than [event.MaxAhead] ahead is recorded as now.
func WithImplicitStarts() Option {
	return optionFunc(func(c *config) { c.implicitStarts, c.resolve.AnyTime = true, true })
}

// WithLogger tells misuse, and what goes wrong in the client, to a log instead of OpenTelemetry's error handler. That
// includes what the queues of [WithExporters] drop or cannot export, at the level Warn and at most 100 lines a minute. What
// the application makes itself, such as a Spool, a Retry or a Batch, tells OpenTelemetry's error handler (see
// exporters.WithErrorHandler). Misuse is reported as faults: the first
// of each fault and name within a minute, at the level Warn, with the attributes fault, name, route, detail, remedy, more
// (the number of further ones since the last report) and, for a panic, stack. Its context has the span and the
// position of what was recorded. The detail is that of the one that
// is told: another detail of the same fault and name is among the further ones, and is told where it is the first after the
// minute. otelsetup.WithLogger reports what OpenTelemetry loses on its way to a backend, at the level Error.
// No attribute has an ID or a text of a customer. At most 100 lines a minute are written, by a
// goroutine of the client that there is only while something is told: recording does not wait for it, and Flush and
// Shutdown do, for a second at most. All are counted in cx.sdk.faults. New refuses nil; [slog.DiscardHandler] is silence.
// Default: otel.Handle, with one line for each.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) { c.notNil(l == nil, "WithLogger", "a logger"); c.logger = l })
}

// WithOnFault calls f with what is told of faults (see [WithLogger]), beside the log: the first of each fault and name
// within a minute, at most 100 a minute. Calls are made one at a time, in a goroutine of the client, and recording does not
// wait for them; Flush and Shutdown do, for a second at most. While f does not return, 200 faults wait for it, and further
// ones are not told to it. It may panic, record, and call Flush and Shutdown with the context that it is given, which has
// the client, the span and the position of what was recorded, and is never done. New refuses nil. Default: none.
func WithOnFault(f func(ctx context.Context, r fault.Report)) Option {
	return optionFunc(func(c *config) { c.notNil(f == nil, "WithOnFault", "a function"); c.onFault = f })
}

// newConfig applies the options to the defaults.
func newConfig(opts []Option) config {
	c := config{keep: 1, sweep: defaultSweep}
	c.resolve.Namespace = environment()
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	allThere(&c, c.definitions, "WithDefinitions", "definition")
	allThere(&c, c.exporters, "WithExporters", "exporter")
	allThere(&c, c.processors, "WithProcessors", "processor")
	return c
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
