package otelsetup

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// maxScrapes bounds how many scrapes are answered at a time. Others get 503.
const maxScrapes = 8

// PrometheusHandler returns what [WithPrometheus] makes: it answers a scrape in OpenMetrics, with
// exemplars, or in the older text format, without, as the scraper asks. Mount it where only
// Prometheus gets, such as on a port of its own that listens on a loopback or internal address:
// it asks for no password, and metrics tell how business goes. Safe for concurrent use. Without
// the option, or with OTEL_SDK_DISABLED=true, it answers 404.
func (s *SDK) PrometheusHandler() http.Handler {
	if s == nil || s.prometheus == nil {
		return http.NotFoundHandler()
	}
	return s.prometheus
}

// newPrometheus makes a reader and the handler that shows what it reads, with a registry of their
// own: what else the application registers with Prometheus stays where it is.
func newPrometheus() (sdkmetric.Reader, http.Handler, error) {
	registry := prometheus.NewRegistry()
	reader, err := promexporter.New(
		promexporter.WithRegisterer(registry),
		// The names that Prometheus' OTLP endpoint gives: cx.journey.ended is cx_journey_ended_total.
		promexporter.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // the caller does
	}
	return reader, promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		EnableOpenMetrics:   true, // exemplars are in this format only
		MaxRequestsInFlight: maxScrapes,
		ErrorHandling:       promhttp.ContinueOnError,
		ErrorLog:            scrapeLog{},
	}), nil
}

// scrapeLog gives what goes wrong in a scrape to OpenTelemetry's error handler.
type scrapeLog struct{}

// Println implements promhttp.Logger.
func (scrapeLog) Println(v ...any) {
	otel.Handle(fmt.Errorf("otelsetup: the Prometheus endpoint: %s", fmt.Sprintln(v...)))
}
