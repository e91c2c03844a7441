package otelsetup

import (
	"os"
	"slices"

	"go.opentelemetry.io/otel/attribute"
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
