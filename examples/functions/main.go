// Command functions is a service for platforms that stop the process after each answer: AWS Lambda, Google Cloud Run and Azure Functions.
// docs/functions.md explains its code, and a service may copy it.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/exporters/stdout"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"), journey.AbandonAfter(30*time.Minute))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
)

func service() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cart/{cart}", func(_ http.ResponseWriter, r *http.Request) {
		checkout.Enter(checkout.Start(r.Context(), r.PathValue("cart"), event.Customer{ID: r.Header.Get("X-User")}), "cart")
	})
	mux.HandleFunc("POST /cart/{cart}/pay", func(_ http.ResponseWriter, r *http.Request) { checkout.Complete(r.Context()) })
	return touchpoint.Handler(mux, touchpoint.WithRoute("POST /cart/{cart}/pay", pay),
		touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("cart") }))
}

// sharedRuns are the options of a client whose runs are in a store that all instances share. An instance with the same definitions that
// is always on looks for abandoned runs, and delivers what becomes of each run.
func sharedRuns(url string) ([]cx.Option, error) {
	opts, err := goredis.ParseURL(url)
	if err != nil {
		return nil, errors.New("REDIS_URL is not the address of a Redis server") // the error may repeat the password
	}
	store, err := redis.New(goredis.NewClient(opts))
	if err != nil {
		return nil, err
	}
	return []cx.Option{cx.WithStore(store), cx.WithHandOver()}, nil
}

func run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	otel, err := otelsetup.Start(ctx, otelsetup.OnlyIfConfigured()) // by the OTEL_* variables
	if err != nil {
		return err
	}
	opts := []cx.Option{
		cx.WithDefinitions(checkout, pay),
		cx.WithCustomerKey([]byte(cmp.Or(os.Getenv("CUSTOMER_KEY"), "only for development"))),
		cx.WithExporters(stdout.New()),
		cx.WithJourneyTracerProvider(otel.JourneyTracerProvider),
	}
	if url := os.Getenv("REDIS_URL"); url != "" {
		shared, err := sharedRuns(url)
		if err != nil {
			return err
		}
		opts = append(opts, shared...)
	}
	client, err := cx.New(opts...)
	if err != nil {
		return err
	}
	cx.SetDefault(client)

	flush := flushes{client.Flush, otel.Flush}
	server := &http.Server{Handler: flush.handler(otelhttp.NewHandler(service(), "shop")), ReadHeaderTimeout: 5 * time.Second}

	// Cloud Run says in PORT where to listen, and Azure Functions in FUNCTIONS_CUSTOMHANDLER_PORT.
	port := cmp.Or(os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), os.Getenv("PORT"), "8080")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":"+port)
	if err != nil {
		return fmt.Errorf("listen on port %s: %w", port, err)
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done(): // Cloud Run and Lambda send SIGTERM before they end the process
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(last), client.Shutdown(last), otel.Shutdown(last))
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
