package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/webhook"
)

// A receiver checks the signature and reads a CloudEvent.
func Example() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err != nil || verifier.Verify(body, r.Header) != nil {
			return
		}
		var ce cloudevents.Event
		if ce.UnmarshalJSON(body) == nil {
			fmt.Println(ce.Type(), ce.Source(), ce.Subject())
		}
	}))
	defer receiver.Close()

	exporter, err := webhook.New(receiver.URL, webhook.WithSecrets(secret), webhook.WithSingle())
	if err != nil {
		fmt.Println(err)
		return
	}
	// An application puts a spool in front of the sink, and gives the spool to cx.WithExporters.
	err = exporter.Export(context.Background(), []event.Event{{
		Kind: event.JourneyEnded, Time: time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC), Outcome: event.Completed,
		Journey: event.Run{Namespace: "production", Name: "checkout", ID: "order-20391"},
	}})
	fmt.Println(err, exporter.Shutdown(context.Background()))
	// Output:
	// dev.cairncx.journey.ended cairn/production checkout/order-20391
	// <nil> <nil>
}
