// Command quickstart is the smallest service that says what its customers live through: the
// code of the README, and something to copy from.
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/exporters/stdout"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	checkout = journey.Define("checkout",
		journey.Stages("cart", "payment", "confirmation"),
		journey.AbandonAfter(30*time.Minute))

	submitPayment = touchpoint.Define("submit-payment",
		touchpoint.In(checkout, "payment"),
		touchpoint.Satisfied(800*time.Millisecond)) // the Apdex target
)

func openCart(w http.ResponseWriter, r *http.Request) {
	checkout.Start(r.Context(), r.PathValue("cart"), event.Customer{ID: r.Header.Get("X-User")})
}

func pay(w http.ResponseWriter, r *http.Request) {
	if err := charge(r.Context()); err != nil {
		touchpoint.FromContext(r.Context()).Fail(err)
		http.Error(w, "the payment did not go through", http.StatusPaymentRequired)
		return
	}
	checkout.Complete(r.Context())
}

func rate(w http.ResponseWriter, r *http.Request) {
	feedback.CSAT.Record(r.Context(), 5)
}

func main() {
	otel, err := otelsetup.Start(context.Background(), otelsetup.OnlyIfConfigured()) // by the OTEL_* variables
	if err != nil {
		log.Fatal(err)
	}
	client, err := cx.New(
		cx.WithDefinitions(checkout, submitPayment),
		cx.WithExporters(stdout.New()), // the events themselves, as lines of JSON
		cx.WithJourneyTracerProvider(otel.JourneyTracerProvider))
	if err != nil {
		log.Fatal(err)
	}
	cx.SetDefault(client)

	mux := http.NewServeMux()
	mux.HandleFunc("POST /cart/{cart}", openCart)
	mux.HandleFunc("POST /cart/{cart}/pay", pay)
	mux.HandleFunc("POST /cart/{cart}/rating", rate)
	handler := touchpoint.Handler(mux, // every route is a touchpoint; this one has a promise
		touchpoint.Route("POST /cart/{cart}/pay", submitPayment),
		touchpoint.JourneyID(checkout, func(r *http.Request) string { return r.PathValue("cart") }))
	serve(otelhttp.NewHandler(handler, "shop"))

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.Shutdown(ctx); err != nil {
		log.Print(err)
	}
	if err := otel.Shutdown(ctx); err != nil {
		log.Print(err)
	}
}
