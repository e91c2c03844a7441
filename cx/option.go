package cx

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
)

// Option is an option of [New]. An option value may be reused.
//
// [WithDefinitions], [WithExporters], [WithProcessors], [WithObjectives], [WithQueues], [WithIntents] and [WithCauses] add up when they are
// given several times. The last one holds for any other option.
//
// New returns an error that names the option for a nil function, logger, definition, exporter or processor. A nil store,
// blueprint or OpenTelemetry provider is the default. A nil Option does nothing.
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
	contacts       ledger.Store // of customers' records; nil is store
	localContacts  bool         // WithContactsInMemory
	efforts        effortTerms
	onStall        journey.OnStall
	onDue          journey.OnDue
	onViolation    func(context.Context, event.Event)
	onFollowUp     func(context.Context, event.Event)
	warnAfter      given[float64]
	warnLeft       given[time.Duration]
	remember       time.Duration
	maxRuns        int
	endGrace       time.Duration
	storeQueue     int
	handOver       bool
	blueprint      *blueprint.Blueprint
	objectives     []slo.Objective
	queues         []assist.Queue
	intents        []string
	causes         []string
	signing        signing
	logger         *slog.Logger
	onFault        func(context.Context, fault.Report)
	release        given[release]
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

// NoEndGrace makes Complete, Fail and Cancel take effect at once: give it to [WithEndGrace].
const NoEndGrace time.Duration = 1

// WithDefinitions registers journeys, touchpoints, surveys, follow-ups and contact policies. New returns an error that names every fault of every
// definition. Default: none.
//
// The client adopts a name that comes with its definition, as in code. It folds a name alone, as in [Client.Record] and
// feedback.About, into [event.Other] if it does not know the name. A client without any journeys takes the name in
// feedback.About as it is.
func WithDefinitions(defs ...event.Definition) Option {
	return optionFunc(func(c *config) { c.definitions = append(c.definitions, defs...) })
}

// WithExporters delivers every event to the exporters, each behind a queue of its own. [WithProcessors] takes an
// exporters.NewBatch, whose bounds the caller sets. New returns an error for a nil exporter. Default: none.
func WithExporters(exporters ...event.Exporter) Option {
	return optionFunc(func(c *config) { c.exporters = append(c.exporters, exporters...) })
}

// WithProcessors passes every event to the processors, in this order and in the goroutine that records, after telemetry and
// before the exporters. The client shuts the processors down. Default: none.
func WithProcessors(processors ...event.Processor) Option {
	return optionFunc(func(c *config) { c.processors = append(c.processors, processors...) })
}

// WithNamespace sets the namespace of journeys, 1 to 64 bytes. The namespace keeps environments apart: the same cart ID in
// staging and in production is two runs. Services that share journeys share the namespace.
//
// The namespace often equals deployment.environment.name, and means something else. deployment.environment.name is an
// attribute of the resource, and says where a service runs. The namespace says which events belong to one run, and is an
// input of the run's trace ID. The metric cx.sdk.info has the client's namespace. Default: deployment.environment.name in
// OTEL_RESOURCE_ATTRIBUTES, else "default".
func WithNamespace(namespace string) Option {
	return optionFunc(func(c *config) { c.resolve.Namespace = namespace })
}

// WithCustomerKey sets the key, at least 16 bytes, of the HMAC-SHA-256 that replaces a customer's ID in all signals and
// events. The key is a secret. Services with the same key derive the same hash for a customer. The client copies the key.
// New returns an error for a shorter key.
//
// Default: none. The client then drops every customer's ID and reports no_customer_key (see [WithoutCustomerIDs]). Events have
// at most the customer's segment, and [Client.Forget] returns an error.
func WithCustomerKey(key []byte) Option {
	key = append([]byte(nil), key...)
	return optionFunc(func(c *config) { c.resolve.CustomerKey, c.resolve.Hashed, c.resolve.NoCustomers = key, true, false })
}

// WithoutCustomerIDs makes the client drop customers' IDs without reporting a fault. An event keeps its customer's segment, and
// a hash that it came with. If [WithCustomerKey] is given too, the last of the two holds. Default: without a key the client
// also drops the IDs, and reports no_customer_key.
func WithoutCustomerIDs() Option {
	return optionFunc(func(c *config) { c.resolve.CustomerKey, c.resolve.Hashed, c.resolve.NoCustomers = nil, false, true })
}

// WithRedactor sets the function that removes personal data from free text before the client passes the text on. It is
// called in the goroutine that records, concurrently, with at most 8 KiB. The client drops the text if the function panics.
// Redactor.Quick of feedback/redact is one; its package says how to redact more where no customer waits. Default: none, and the
// client drops free text.
func WithRedactor(redact func(text string) string) Option {
	return optionFunc(func(c *config) { c.notNil(redact == nil, "WithRedactor", "a function"); c.resolve.Redact = redact })
}

// WithUnredactedText keeps free text as the customer wrote it, if there is no redactor. The application is responsible for
// the personal data in it. Default: the client drops free text.
func WithUnredactedText() Option {
	return optionFunc(func(c *config) { c.resolve.KeepText = true })
}

// WithTracerProvider sets the provider of the live spans of touchpoints, in the request's trace. Default: OpenTelemetry's
// global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return optionFunc(func(c *config) { c.telemetry.TracerProvider = p })
}

// WithJourneyTracerProvider sets the provider of the spans of journeys. It is the provider that otelsetup makes, which
// takes finished spans (telemetry.SpanSinkProvider), or one that samples every span and has telemetry.IDGenerator().
// Default: the provider of live spans, with the journey's spans under a virtual sampled parent.
func WithJourneyTracerProvider(p trace.TracerProvider) Option {
	return optionFunc(func(c *config) { c.telemetry.JourneyTracerProvider = p })
}

// WithMeterProvider sets the provider of the metrics. It does not apply to a Spool, Retry or Batch that the application
// makes: give each of them exporters.WithMeterProvider. Default: OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(c *config) { c.telemetry.MeterProvider = p })
}

// WithLoggerProvider sets the provider of the log events. Default: OpenTelemetry's global provider.
func WithLoggerProvider(p log.LoggerProvider) Option {
	return optionFunc(func(c *config) { c.telemetry.LoggerProvider = p })
}

// WithJourneySampling keeps the traces of this fraction of the runs, 0 to 1, and drops those of the others. The decision
// depends on the run's trace ID only, so services with the same ratio keep the same traces. Metrics, log events and
// exporters are not sampled. New returns an error for a ratio out of range. Default: 1.
func WithJourneySampling(ratio float64) Option {
	return optionFunc(func(c *config) { c.keep = ratio })
}

// WithSpanLimit bounds the spans that this process adds to the trace of one run: at most this many of touchpoints and
// feedback, and as many of stages. Each span beyond it is dropped, and counts as the fault span_limit. With a shared store,
// the client continues the run in a further trace, which is linked to the first. New returns an error for a negative value.
// Default, and for 0: 1,000.
func WithSpanLimit(spans int) Option {
	return optionFunc(func(c *config) { c.telemetry.SpanLimit = spans })
}

// WithTouchpointEvents also emits a log event for every touchpoint. Default: no log events for touchpoints, because there
// are many.
func WithTouchpointEvents() Option {
	return optionFunc(func(c *config) { c.telemetry.TouchpointEvents = true })
}

// WithMetricActor adds the attribute cx.actor to the metric cx.touchpoint.interactions: the customer, a delegate, an
// employee or the company's bot. Default: the metric does not have the attribute.
func WithMetricActor() Option {
	return optionFunc(func(c *config) { c.telemetry.MetricActor = true })
}

// WithScoredDelegates scores what AI assistants and other delegates do ([event.ActorDelegate]) as what customers do: their touchpoints have an
// Apdex zone, and their answers are in the metrics of feedback and in objectives on surveys. Default: a delegate's touchpoint has no Apdex
// zone, because the customer did not wait for it, and a delegate's answer is in the events alone. Whether a journey or an interaction
// reached its end counts in either case: it is the customer's.
func WithScoredDelegates() Option {
	return optionFunc(func(c *config) { c.resolve.ScoreDelegates, c.telemetry.ScoreDelegates = true, true })
}

// WithClock sets the clock, for simulations and tests. The client gives an event without a time the clock's time, and
// abandons runs in memory by the clock. A store uses its own clock, and live spans use the real one. The function is called
// concurrently. New returns an error for nil. Default: [time.Now].
func WithClock(now func() time.Time) Option {
	return optionFunc(func(c *config) { c.notNil(now == nil, "WithClock", "a function"); c.now = now })
}

// WithSweepInterval sets how often the client looks for abandoned and stalled runs. New returns an error for a duration
// that is not positive. Default: one second.
func WithSweepInterval(d time.Duration) Option {
	return optionFunc(func(c *config) { c.sweep = d })
}

// WithBlueprint registers the journeys, touchpoints, surveys and contact policy of the blueprint, as [WithDefinitions] does, its objectives, as
// [WithObjectives] does, and its queues, intents and causes, as [WithQueues], [WithIntents] and [WithCauses] do. New returns an error that
// names every fault of the blueprint. Default, and for nil: none.
func WithBlueprint(bp *blueprint.Blueprint) Option {
	return optionFunc(func(c *config) { c.blueprint = bp })
}

// WithObjectives counts what the objectives are about, in addition to those of the blueprint: in the metrics cx.slo.events and
// cx.slo.value, and for [Client.Objectives]. An event counts at most once, when the metrics of its journey or touchpoint count it: with a
// store when the store has committed it. A composite may have parts of the blueprint. New returns an error that names every fault of
// the objectives, and one for more than [slo.MaxCounted], those of the blueprint included. Default: none.
func WithObjectives(objectives ...slo.Objective) Option {
	return optionFunc(func(c *config) { c.objectives = append(c.objectives, objectives...) })
}

// WithQueues names the queues in which customers wait for people, with their service levels, in addition to those of the blueprint. Metrics
// then tell contacts apart by queue. A leg in another queue has [event.Other] in its place, and the client reports the name as
// unknown_name. New returns an error that names every fault, and one for more than [assist.MaxQueues]. Default: none. Each queue is then
// taken as it is in events, and metrics count contacts in any queue under [event.Other].
func WithQueues(queues ...assist.Queue) Option {
	return optionFunc(func(c *config) { c.queues = append(c.queues, queues...) })
}

// WithIntents names the problems that customers want solved, in addition to those of the blueprint. An event with another
// [event.Event.Intent] has [event.Other] in its place, joins no effort, and the client reports the name as unknown_name. New returns an
// error for a name that [event.ValidName] refuses. Default: none. Each intent is then taken as it is.
func WithIntents(intents ...string) Option {
	return optionFunc(func(c *config) { c.intents = append(c.intents, intents...) })
}

// WithCauses names why something failed, or why an employee could not help, in addition to the causes of the blueprint. An event with
// another [event.Event.Cause] or [event.Assisted.Unable] has [event.Other] in its place, and the client reports the name as unknown_name.
// The causes with which the client ends a follow-up, such as feedback.NoObjection, need no declaration.
// New returns an error for a name that [event.ValidName] refuses. Default: none. Each cause is then taken as it is.
func WithCauses(causes ...string) Option {
	return optionFunc(func(c *config) { c.causes = append(c.causes, causes...) })
}

// WithStore keeps the state of runs in a store that other instances and services share, so that runs survive this process.
// Packages under cx/stores have the stores. Changes reach the store through a bounded queue ([WithStoreQueue]), and
// recording never waits for the store. The client does not close the store. Default, and for nil: the memory of this
// process, in which only the process that started a run knows its state ([journey.Definition.Resume]).
func WithStore(s ledger.Store) Option {
	return optionFunc(func(c *config) { c.store = s })
}

// WithContactStore keeps customers' records (touchpoint.ContactPolicy) and their requests for feedback (feedback.Request) in a store of their own, and leaves the state of runs where it is:
// consent and suppressions have to outlive a process also where journeys need not. The client does not close the store. New returns an
// error for one that is no ledger.Shelver. Default, and for nil: the store of [WithStore].
func WithContactStore(s ledger.Store) Option {
	return optionFunc(func(c *config) { c.contacts = s })
}

// WithContactsInMemory keeps customers' records in the memory of this process, where contact policies ask them
// (touchpoint.ContactPolicy), for tests, simulations and replays. Their only clock is that of [WithClock]. No other instance knows
// them, so that each grants the last permitted contact, and they end with the client. It keeps 1,048,576 records at most, and refuses
// contacts with further customers as event.RuleUnknown. It also keeps 65,536 requests for feedback (feedback.Request) at most, and records
// what becomes of further ones as it is told. It does nothing where the store of [WithStore] has shelves. Default: without a
// store that has shelves, the client keeps no records, and refuses contacts.
func WithContactsInMemory() Option {
	return optionFunc(func(c *config) { c.localContacts = true })
}

// WithMaxJourneys bounds the live runs in memory, and the ended runs that the client remembers. A run beyond it is tracked
// without state, and counts as the fault run_limit. The client forgets an ended run to make room for another. The memory
// has 64 shards with an equal part of the bound each, so one shard can be full before the bound is reached. New returns an
// error for a negative value. Default, and for 0: 4,194,304.
func WithMaxJourneys(n int) Option {
	return optionFunc(func(c *config) { c.maxRuns = n })
}

// WithStoreQueue bounds the changes that wait for the store. Choose the changes of one minute to survive an outage of one
// minute. A change that does not fit is exported without the state of its run, counts as the fault store_queue_full, and is
// missing from the journey metrics. The next Flush reports it ([ErrLost]). New returns an error for a negative value and
// for more than 1,048,576. Default, and for 0: 8,192.
func WithStoreQueue(changes int) Option {
	return optionFunc(func(c *config) { c.storeQueue = changes })
}

// WithHandOver lets other instances deliver what becomes of runs. It is for a process that does not go on, such as a command or a function of
// a cloud: it commits transitions to the store of [WithStore], and an instance that shares the store delivers them, counts them
// in metrics, and calls its hooks. That instance does so within its [WithSweepInterval], or within 30 seconds if it has the run in hand. Without
// another instance they wait in the store. The client looks for no journeys that are abandoned or stalled, and keeps no requests for
// feedback (feedback.Request). It delivers touchpoints and answers itself. [Client.Flush] returns when the store has everything. All
// instances need the definitions of the client. New returns an error without a store. Default: each instance delivers what it commits.
func WithHandOver() Option {
	return optionFunc(func(c *config) { c.handOver = true })
}

// WithEndGrace sets how long Complete, Fail and Cancel wait in the store, by the store's clock, before they take effect.
// Events from before the end that other instances report within this time still count. [Client.Flush] and [Client.Shutdown]
// wait for this time, within their context. Without a store there is no such wait. [NoEndGrace] removes it. New returns an
// error for a negative value and for more than 30 seconds, the time for which an instance leases its changes. Default, and
// for 0: 2 seconds.
func WithEndGrace(d time.Duration) Option {
	return optionFunc(func(c *config) { c.endGrace = d })
}

// WithEndedRetention sets how long the client remembers at least that a run has ended. An event of such a run is late, and
// changes nothing.
//
// Without a store the client rounds the time up to whole days in UTC, by [WithClock], and remembers a run for ever if the
// time is longer than 1,000 days. Each run takes about ten bytes. With a store the time is exact, and 100 years at most.
// New returns an error for a negative value. Default, and for 0: 30 days.
func WithEndedRetention(d time.Duration) Option {
	return optionFunc(func(c *config) { c.remember = d })
}

// WithOnStall sets the hook for a run that has been in a stage for at least as long as [journey.Expect] declares, while the
// customer is still there. Each call runs in a goroutine of its own, and its context ends after ten seconds. At most 16
// calls run at a time, and further calls wait. Calls about the same run come one after the other. Give the hook to every
// instance that shares a store, because the instance that decides the stall calls its own hook. Default: none.
func WithOnStall(f journey.OnStall) Option {
	return optionFunc(func(c *config) { c.notNil(f == nil, "WithOnStall", "a function"); c.onStall = f })
}

// WithOnDue sets the hook for promises that are about to break, and for promises that are broken. Without [WarnAfter] and
// [WarnLeft] the client calls it when 80 % of a promise's time is over, and when it is broken. What the client that makes the
// promise has been given decides when it is about to break. With a store each call comes ten seconds after its time, so that a
// promise of less than a minute has hardly a warning: see [journey.OnDue]. The calls run as those of [WithOnStall] do. Give the hook to every
// instance that shares a store, because the instance that finds the promise due calls its own hook. Default: none.
func WithOnDue(f journey.OnDue, when ...DueOption) Option {
	return optionFunc(func(c *config) {
		c.notNil(f == nil, "WithOnDue", "a function")
		c.onDue, c.warnAfter, c.warnLeft = f, given[float64]{}, given[time.Duration]{}
		for _, w := range when {
			if w != nil {
				w.applyDue(c)
			}
		}
	})
}

// WithOnViolation sets the hook for contacts against the contact policy (touchpoint.ContactPolicy): outbound touchpoints with a
// purpose and without a grant, or against theirs. It gets the contact.violated event, with the pseudonym of the customer and the ID
// of the journey. A client with [WithImplicitStarts], which replays a log, looks for no violations. The calls run as those of
// [WithOnStall] do. Default: none.
func WithOnViolation(f func(ctx context.Context, violated event.Event)) Option {
	return optionFunc(func(c *config) {
		c.notNil(f == nil, "WithOnViolation", "a function")
		c.onViolation = f
	})
}

// DueOption is an option of [WithOnDue].
type DueOption interface{ applyDue(*config) }

type dueOption func(*config)

func (f dueOption) applyDue(c *config) { f(c) }

// WarnAfter calls the hook when this share of a promise's time is over, more than 0 and less than 1: opened time, if the promise
// has hours. New returns an error for another share. Default: 0.8, if there is no [WarnLeft].
func WarnAfter(share float64) DueOption {
	return dueOption(func(c *config) { c.warnAfter = given[float64]{share, true} })
}

// WarnLeft calls the hook when this much of a promise's time is left: opened time, if the promise has hours. It is not called
// for a promise that has no more time than that. With [WarnAfter] as well, whichever is first counts. New returns an error for a
// time that is not more than 0. Default: see [WarnAfter].
func WarnLeft(d time.Duration) DueOption {
	return dueOption(func(c *config) { c.warnLeft = given[time.Duration]{d, true} })
}

// WithImplicitStarts makes the first event of a run start it: a touchpoint when it begins, feedback, or a stage. The end of
// a run does not start it. Use it for event logs, which have no event for the start of a journey. The client then also
// accepts times ahead of the clock, and promises that the log says were made or kept by hand. Default: a run begins only with
// [journey.Definition.Start], or with a journey.started event in [Client.Record]; an event more than [event.MaxAhead] ahead of the clock is recorded as of now.
func WithImplicitStarts() Option {
	return optionFunc(func(c *config) { c.implicitStarts, c.resolve.AnyTime = true, true })
}

// WithLogger writes faults and the client's own errors to l, at the level Warn, instead of to OpenTelemetry's error
// handler. The errors include the events that the queues of [WithExporters] drop or cannot export. A Spool, Retry or Batch
// that the application makes still reports to OpenTelemetry's error handler (exporters.WithErrorHandler).
// otelsetup.WithLogger reports telemetry that OpenTelemetry loses on its way to a backend.
//
// The client logs the first fault of each kind and name within a minute, with the attributes fault, name, route, detail,
// remedy, more and, for a panic, stack. Detail is that of the first fault in the minute. More counts the further faults
// since the last report. The context of the record has the span and the position of the event. No attribute has an ID or a
// text of a customer.
//
// At most 100 faults and 100 other errors are written in a minute. The metric cx.sdk.faults counts all faults. A goroutine
// of the client writes, which exists only while there is something to write: recording does not wait for it, and Flush and
// Shutdown wait for at most a second. New returns an error for nil; [slog.DiscardHandler] writes nothing. Default:
// otel.Handle, with one line for each fault or error.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) { c.notNil(l == nil, "WithLogger", "a logger"); c.logger = l })
}

// WithOnFault calls f with each fault that the client reports (see [WithLogger]), in addition to the log. The client makes
// one call at a time, in a goroutine of its own. Recording does not wait for it, and Flush and Shutdown wait for at most a
// second. While f runs, up to 200 reports wait for it, and the client drops further ones.
//
// The context has the client, and the span and the position of the event. It is never done. f may panic, record, and call
// Flush and Shutdown with this context. New returns an error for nil. Default: none.
func WithOnFault(f func(ctx context.Context, r fault.Report)) Option {
	return optionFunc(func(c *config) { c.notNil(f == nil, "WithOnFault", "a function"); c.onFault = f })
}

// newConfig applies the options to the defaults.
func newConfig(opts []Option) config {
	c := config{keep: 1, sweep: defaultSweep, efforts: effortTerms{window: defaultEffortWindow, grace: defaultEffortGrace}}
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
	if v := resourceAttribute("deployment.environment.name", "deployment.environment"); event.ValidName(v) {
		return v
	}
	return defaultNamespace
}
