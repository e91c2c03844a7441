// Command quickstart is the smallest service that reports what its customers experience. docs/instrument.md
// explains its code, and a service may copy this file.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
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

func openCart(_ http.ResponseWriter, r *http.Request) {
	ctx := checkout.Start(r.Context(), r.PathValue("cart"), customer(r))
	checkout.Enter(ctx, "cart")
}

func pay(w http.ResponseWriter, r *http.Request) {
	ctx := checkout.Enter(r.Context(), "payment")
	if err := charge(r.FormValue("card")); err != nil {
		touchpoint.FromContext(ctx).Fail(err)
		http.Error(w, "the payment did not go through", http.StatusPaymentRequired)
		return
	}
	checkout.Complete(checkout.Enter(ctx, "confirmation"))
}

func rate(_ http.ResponseWriter, r *http.Request) {
	feedback.CSAT.Record(r.Context(), 5, feedback.From(customer(r))) // also when the journey has ended
}

func customer(r *http.Request) event.Customer { // the shop's own ID: only its hash leaves the process
	return event.Customer{ID: r.Header.Get("X-User")}
}

func charge(card string) error { // the shop's own code
	if card == "declined" {
		return errors.New("the card was declined")
	}
	return nil
}

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()
	ctx := context.Background()

	otel, err := otelsetup.Start(ctx, otelsetup.OnlyIfConfigured()) // by the OTEL_* variables
	if err != nil {
		log.Fatal(err)
	}
	key := cmp.Or(os.Getenv("CUSTOMER_KEY"), "only for development") // 16 bytes or more, the same in every service
	client, err := cx.New(
		cx.WithDefinitions(checkout, submitPayment),
		cx.WithCustomerKey([]byte(key)), // without it, events have no customer
		cx.WithExporters(stdout.New()),  // writes each event as a line of JSON
		cx.WithJourneyTracerProvider(otel.JourneyTracerProvider))
	if err != nil {
		log.Fatal(err)
	}
	cx.SetDefault(client)

	mux := http.NewServeMux()
	mux.HandleFunc("POST /cart/{cart}", openCart)
	mux.HandleFunc("POST /cart/{cart}/pay", pay)
	mux.HandleFunc("POST /cart/{cart}/rating", rate)
	handler := touchpoint.Handler(mux, // every route is a touchpoint; this one has a target
		touchpoint.WithRoute("POST /cart/{cart}/pay", submitPayment),
		touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("cart") }))

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	interrupted, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	log.Printf("listening on http://%s", listener.Addr())
	server := &http.Server{Handler: otelhttp.NewHandler(handler, "shop"), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-interrupted.Done()

	last, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, shutdown := range []func(context.Context) error{server.Shutdown, client.Shutdown, otel.Shutdown} {
		if err := shutdown(last); err != nil {
			log.Print(err)
		}
	}
}
