package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/webhook"
)

// TestContentTypes: they are those of the specification, as its SDK has them.
func TestContentTypes(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string][]webhook.Option{
		cloudevents.ApplicationCloudEventsBatchJSON: nil,
		cloudevents.ApplicationCloudEventsJSON:      {webhook.WithSingle()},
	} {
		var got string
		s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Content-Type") }))
		e, err := webhook.New(s.URL, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Export(t.Context(), []event.Event{{Kind: event.TouchpointEnded}}); err != nil {
			t.Error(err)
		}
		if got != want {
			t.Errorf("the content type is %q, want %q", got, want)
		}
		s.Close()
	}
}

// TestAnyNames: whatever is in names, the CloudEvents SDK reads what is sent, and finds nothing wrong.
func TestAnyNames(t *testing.T) {
	t.Parallel()
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { body, _ = io.ReadAll(r.Body) }))
	defer s.Close()
	e, err := webhook.New(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		ev := event.Event{
			Kind: event.Kind(rapid.String().Draw(t, "kind")), Time: time.Unix(1, 0).UTC(),
			Journey: event.Journey{
				Namespace: rapid.String().Draw(t, "namespace"), Name: rapid.String().Draw(t, "name"), ID: rapid.String().Draw(t, "id"),
			},
		}
		if err := e.Export(context.Background(), []event.Event{ev, ev}); err != nil {
			t.Fatal(err)
		}
		var got []cloudevents.Event
		if err := json.Unmarshal(body, &got); err != nil || len(got) != 2 {
			t.Fatalf("the SDK reads %d of %s: %v", len(got), body, err)
		}
		for i := range got {
			if err := got[i].Validate(); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			if _, err := event.ParseJSON(got[i].Data()); err != nil && ev.Kind != "" {
				t.Fatalf("the data is %s: %v", got[i].Data(), err)
			}
		}
	})
}
