// Command legacy is a shop that has OpenTelemetry and knows nothing of Cairn: otelhttp makes a span of each request, and otelsql one of
// each statement of its database. One line of tracing.go, and a blueprint, make journeys of these spans. README.md says how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen")
	file := flag.String("db", "shop.db", "the `file` of the database")
	ratio := flag.Float64("sample", 0.01, "the share of the traces that is kept")
	flag.Parse()
	if err := run(*addr, *file, *ratio); err != nil {
		log.Fatal(err)
	}
}

func run(addr, file string, ratio float64) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exporter, err := stdouttrace.New() // a real shop has OTLP here
	if err != nil {
		return fmt.Errorf("the exporter of spans: %w", err)
	}
	provider := tracing(exporter, sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio)))
	otel.SetTracerProvider(provider)
	s, err := newShop(ctx, file, provider)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	log.Printf("listening on http://%s", listener.Addr())
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(last)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(err, s.Close())
	}
	last, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(s.Close(), provider.Shutdown(last))
}
