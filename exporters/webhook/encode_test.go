package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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
			Journey: event.Run{
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

// TestMixed: what was written of one event is not taken for another's, though most of it is the same again.
func TestMixed(t *testing.T) {
	t.Parallel()
	s := newReceiver(t, "")
	exporter := newSink(t, s.URL)
	var list []event.Event
	for i := range 60 {
		list = append(list, event.Event{
			Kind: event.Kinds()[i%3], Time: noon(), Stage: []string{"", "pay"}[i%2], Visit: i % 4,
			Journey: event.Run{Namespace: []string{"", "a", "b/c"}[i/2%3], Name: "n", ID: []string{"", "1", "2"}[i/3%3]},
		})
	}
	list[59].Journey = event.Run{}
	if err := exporter.Export(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		alone := newReceiver(t, "") // a new sink has written nothing yet
		if err := newSink(t, alone.URL).Export(t.Context(), list[i:i+1]); err != nil {
			t.Fatal(err)
		}
		if got, want := s.got()[i].String(), alone.got()[0].String(); got != want {
			t.Errorf("event %d among others is\n%s, want\n%s", i, got, want)
		}
	}
}

// TestMaxBytes: a request has as many events as may be in it, and a larger event is on its own.
func TestMaxBytes(t *testing.T) {
	t.Parallel()
	const most = 4 << 10
	var sizes []int
	s := newReceiver(t, "")
	ids := map[string]bool{}
	s.Set(func(_ http.ResponseWriter, r *http.Request, got []cloudevents.Event) bool {
		sizes = append(sizes, int(r.ContentLength))
		if id := r.Header.Get("Webhook-Id"); len(got) == 1 && id != got[0].ID() || ids[id] {
			t.Errorf("a message of %d events has the ID %s, which is another's", len(got), id)
		}
		ids[r.Header.Get("Webhook-Id")] = true
		if r.ContentLength > most && len(got) != 1 {
			t.Errorf("%d events in %d bytes", len(got), r.ContentLength)
		}
		return false
	})
	list := some(100)
	list[50].Touchpoint = strings.Repeat("x", 2*most)
	if err := newSink(t, s.URL, webhook.WithMaxBytes(most)).Export(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	for i, e := range s.events(t) {
		if e.ID != list[i].ID {
			t.Fatalf("event %d is %v, want %v", i, e.ID, list[i].ID)
		}
	}
	small := 0
	for _, size := range sizes {
		if size < most-600 { // another one would have fitted in
			small++
		}
	}
	if len(s.got()) != 100 || small > 2 { // before the large one, and the last
		t.Errorf("%d events in requests of %d bytes", len(s.got()), sizes)
	}
}
