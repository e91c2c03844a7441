package webhook_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/webhook"
)

// secret returns a secret of 32 bytes.
func secret(b byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
}

// receiver takes webhooks as a receiver does that uses the SDK of CloudEvents and the library of Standard Webhooks.
type receiver struct {
	*sinktest.Receiver[[]cloudevents.Event]
}

// newReceiver returns a receiver that verifies signatures, unless secret is "".
func newReceiver(t testing.TB, secret string) *receiver {
	t.Helper()
	var verifier *standardwebhooks.Webhook
	if secret != "" {
		var err error
		if verifier, err = standardwebhooks.NewWebhook(secret); err != nil {
			t.Fatal(err)
		}
	}
	read := func(r *http.Request, data []byte) ([]cloudevents.Event, int) {
		if verifier != nil {
			if err := verifier.Verify(data, r.Header); err != nil {
				return nil, http.StatusUnauthorized
			}
		}
		got, err := parse(r, data)
		if err != nil {
			return nil, http.StatusTeapot
		}
		return got, 0
	}
	return &receiver{sinktest.NewReceiver(t, read, func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) })}
}

// got returns the CloudEvents of all requests.
func (s *receiver) got() []cloudevents.Event { return slices.Concat(s.Bodies()...) }

// parse reads one CloudEvent, or a batch, with the SDK.
func parse(r *http.Request, body []byte) ([]cloudevents.Event, error) {
	req := r.Clone(context.Background())
	req.Body = io.NopCloser(bytes.NewReader(body))
	var got []cloudevents.Event
	if cehttp.IsHTTPBatch(r.Header) {
		var err error
		if got, err = cehttp.NewEventsFromHTTPRequest(req); err != nil {
			return nil, err
		}
	} else {
		one, err := cehttp.NewEventFromHTTPRequest(req)
		if err != nil {
			return nil, err
		}
		got = append(got, *one)
	}
	for i := range got {
		if err := got[i].Validate(); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// events returns what was received, out of the data.
func (s *receiver) events(t *testing.T) []event.Event {
	t.Helper()
	got := s.got()
	all := make([]event.Event, len(got))
	for i := range got {
		e, err := event.ParseJSON(got[i].Data())
		if err != nil {
			t.Fatalf("the data of a CloudEvent: %v", err)
		}
		if e.ID.String() != got[i].ID() {
			t.Fatalf("the ID is %s, and that of the data %s", got[i].ID(), e.ID)
		}
		all[i] = e
	}
	return all
}

// breaks makes the receiver fail.
func (s *receiver) breaks(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	return s.Break(f, func(body []cloudevents.Event, touchpoint string) bool {
		return slices.ContainsFunc(body, func(e cloudevents.Event) bool {
			got, _ := event.ParseJSON(e.Data())
			return got.Touchpoint == touchpoint
		})
	})
}

func newSink(t testing.TB, url string, opts ...webhook.Option) *webhook.Exporter {
	exporter, err := webhook.New(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := exporter.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return exporter
}

func noon() time.Time { return time.Date(2026, 4, 17, 12, 0, 0, 123456789, time.UTC) }

// some returns n events of one journey.
func some(n int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = event.Event{
			ID: event.NewID(noon()), Kind: event.TouchpointEnded, Time: noon(), Touchpoint: "pay", Visit: i + 1,
			Journey: event.Run{Namespace: "production", Name: "checkout", ID: "order-1"},
		}
	}
	return list
}
