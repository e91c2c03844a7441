// Package experience makes journeys of the spans that a service of the shop makes already. It is what the team behind the services writes
// once for all of them: the blueprint, the client, and where the events go.
package experience

import (
	"cmp"
	"context"
	_ "embed" // the blueprint
	"errors"
	"log"
	"os"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

//go:embed blueprint.yaml
var file []byte

// Watch returns a span processor that makes touchpoints of spans, and passes the spans on to next. Its Shutdown ends the client, and then
// next. Where that cannot be, Watch says so in the log and returns next: the service serves its customers all the same.
//
// The events go into the archive that EXPERIENCE_ARCHIVE names, experience.db by default. CUSTOMER_KEY has the key of the customers'
// pseudonyms.
func Watch(next sdktrace.SpanProcessor) sdktrace.SpanProcessor {
	w, err := watch(next)
	if err != nil {
		log.Printf("experience: the journeys of customers are not recorded: %v", err)
		return next
	}
	return w
}

func watch(next sdktrace.SpanProcessor) (*watcher, error) {
	bp, err := yaml.Parse("blueprint.yaml", file)
	if err != nil {
		return nil, err
	}
	archive, err := sqlarchive.OpenSQLite(cmp.Or(os.Getenv("EXPERIENCE_ARCHIVE"), "experience.db"))
	if err != nil {
		return nil, err
	}
	client, err := cx.New(
		cx.WithBlueprint(bp),
		cx.WithCustomerKey([]byte(cmp.Or(os.Getenv("CUSTOMER_KEY"), "only for development"))),
		cx.WithJourneyTracerProvider(otelsetup.NewJourneyTracerProvider(nil, next)),
		cx.WithExporters(archive)) // the client shuts it down
	if err != nil {
		return nil, errors.Join(err, archive.Shutdown(context.Background()))
	}
	matcher, err := spanmatch.New(bp, spanmatch.WithClient(client), spanmatch.WithNext(next))
	if err != nil {
		return nil, errors.Join(err, client.Shutdown(context.Background()))
	}
	return &watcher{Processor: matcher, client: client}, nil
}

// watcher is a matcher that owns its client.
type watcher struct {
	*spanmatch.Processor

	client *cx.Client
}

// Shutdown implements [sdktrace.SpanProcessor]. The client comes first: it has spans of journeys for the exporter.
func (w *watcher) Shutdown(ctx context.Context) error {
	return errors.Join(w.client.Shutdown(ctx), w.Processor.Shutdown(ctx))
}
