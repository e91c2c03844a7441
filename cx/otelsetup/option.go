package otelsetup

import (
	"log/slog"
	"os"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

// DefaultCardinalityLimit is how many attribute sets each metric has at most: what goes beyond
// is one series with otel.metric.overflow. A client's own bound on names comes long before.
const DefaultCardinalityLimit = 2000

// Option is an option of [Start].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	service     string
	attributes  []attribute.KeyValue
	globals     bool
	needConfig  bool
	cardinality int
	logger      *slog.Logger
	logs        bool // a logger was given
	prometheus  bool
	redact      func(string) string
	redacts     bool // WithTextRedactor was given
	matching    bool // WithSpanMatching was given
	blueprint   *blueprint.Blueprint
	match       []spanmatch.Option
}

// signals are those that are set up; none where nothing is recorded at all.
func (c config) signals() []string {
	if c.needConfig && !Configured() && !c.prometheus && !c.matching {
		return nil
	}
	return []string{signalTraces, signalMetrics, signalLogs}
}

// destination is where the signal goes: nowhere if that has to be said and is not.
func (c config) destination(signal string) destination {
	d := destinationOf(signal)
	switch {
	case c.needConfig && !Configured(),
		signal == signalMetrics && c.prometheus && !metricsConfigured():
		return destination{signal: signal, exporter: exporterNone}
	}
	return d
}

// WithServiceName sets service.name, over the variable OTEL_SERVICE_NAME: for one process that
// is several services. Default: the variable.
func WithServiceName(name string) Option { return optionFunc(func(c *config) { c.service = name }) }

// WithAttributes adds attributes to the resource, over those of OTEL_RESOURCE_ATTRIBUTES.
func WithAttributes(kvs ...attribute.KeyValue) Option {
	return optionFunc(func(c *config) { c.attributes = append(c.attributes, kvs...) })
}

// WithoutGlobals leaves OpenTelemetry's global providers and propagator as they are. Default:
// they are set.
func WithoutGlobals() Option { return optionFunc(func(c *config) { c.globals = false }) }

// OnlyIfConfigured exports nothing unless a variable says where: OTEL_TRACES_EXPORTER,
// OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER or an OTLP endpoint. Default: OTLP over
// HTTPS to port 4318 of localhost, as OpenTelemetry for Go has it; a collector without TLS is named
// by OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318.
func OnlyIfConfigured() Option { return optionFunc(func(c *config) { c.needConfig = true }) }

// WithLogger reports losses to the logger, at the level Error, with count, signal, endpoint, error.type,
// remedy and since as attributes. The level is above that of cx.WithLogger: a loss leaves the one on call blind, while
// misuse is for the developer. Start refuses nil; [slog.DiscardHandler] is silence. A logger that writes to the same
// OpenTelemetry logs reports into what is lost: take another one. Default: OpenTelemetry's error handler gets a [*LossError].
func WithLogger(logger *slog.Logger) Option {
	return optionFunc(func(c *config) { c.logger, c.logs = logger, true })
}

// WithPrometheus keeps the metrics ready for Prometheus to scrape, with exemplars that lead to the
// journeys' traces: mount [SDK.PrometheusHandler]. Names are those that Prometheus' own OTLP
// endpoint gives, such as cx_journey_ended_total. Metrics go to OTLP as well only where a variable
// says so: OTEL_METRICS_EXPORTER, or an endpoint that holds for metrics. Default: no endpoint;
// OTEL_METRICS_EXPORTER=prometheus opens a port, without exemplars.
func WithPrometheus() Option { return optionFunc(func(c *config) { c.prometheus = true }) }

// WithSpanMatching makes touchpoints of the spans that the service makes already, by the rules of the blueprint: match of its touchpoints.
// It records every span, also those that the sampler drops (spanmatch.RecordAll), and links requests to the traces of their runs. The
// client that is the default one (cx.SetDefault) when a span ends records; give it the same blueprint. Start returns an error for a
// blueprint that is not valid or has no rule. With OTEL_SDK_DISABLED=true there are no spans, and no touchpoints of them; with
// [OnlyIfConfigured] there are. Default: spans are no touchpoints.
func WithSpanMatching(bp *blueprint.Blueprint, opts ...spanmatch.Option) Option {
	return optionFunc(func(c *config) { c.matching, c.blueprint, c.match = true, bp, opts })
}

// WithCardinalityLimit bounds the attribute sets of each metric; 0 is no bound. Start refuses what is
// negative. Default: [DefaultCardinalityLimit].
func WithCardinalityLimit(limit int) Option {
	return optionFunc(func(c *config) { c.cardinality = limit })
}

// Configured reports whether the standard variables say where signals go.
func Configured() bool {
	return slices.ContainsFunc([]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
		"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER",
	}, func(name string) bool { return os.Getenv(name) != "" })
}

// metricsConfigured reports whether the standard variables say where metrics go.
func metricsConfigured() bool {
	return slices.ContainsFunc([]string{
		varEndpoint, ownVariable(signalMetrics, "ENDPOINT"), "OTEL_METRICS_EXPORTER",
	}, func(name string) bool { return os.Getenv(name) != "" })
}
