package webhook_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/webhook"
)

// TestMidway: an answer in the midst of a delivery is about the request that it answers. What is about its
// events buries the one that it is about; what is about the configuration buries none.
func TestMidway(t *testing.T) {
	single, small := []webhook.Option{webhook.WithSingle()}, []webhook.Option{webhook.WithMaxBytes(4 << 10)}
	tests := []struct {
		name, reason string
		opts         []webhook.Option
		events       int
		poison       int // the event; -1 is whatever the second request has, and once only
		status       int
		buried       int
		waits        bool // what is not taken, from there on
	}{
		{"409, singly", "one event conflicts", single, 160, 110, http.StatusConflict, 1, false},
		{"409 in a batch", "one event conflicts", small, 300, 150, http.StatusConflict, 1, false},
		{"409 in the second batch, once", "its halves are taken", small, 300, -1, http.StatusConflict, 0, false},
		{"409 for the second event, once", "one event conflicts", single, 160, -1, http.StatusConflict, 1, false},
		{"400 in a batch", "one event is no good", small, 300, 0, http.StatusBadRequest, 1, false},
		{"413 in a batch", "one event is too large", small, 300, 299, http.StatusRequestEntityTooLarge, 1, false},
		{"422, singly", "one event is no good", single, 160, 159, http.StatusUnprocessableEntity, 1, false},
		{"404 in a batch", "the address", small, 300, 150, http.StatusNotFound, 0, true},
		{"405, singly", "the method", single, 160, 110, http.StatusMethodNotAllowed, 0, true},
		{"410 in a batch", "the address", small, 300, 150, http.StatusGone, 0, true},
		{"410 in the second batch, once", "the address", small, 300, -1, http.StatusGone, 0, true},
		{"415 in a batch", "the form", small, 300, 150, http.StatusUnsupportedMediaType, 0, true},
		{"451, singly", "RFC 7725: the address", single, 160, 110, http.StatusUnavailableForLegalReasons, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, list := newReceiver(t, ""), some(tt.events)
			requests, hits := 0, 0
			s.Set(func(w http.ResponseWriter, _ *http.Request, got []cloudevents.Event) bool {
				requests++
				hit := requests == 2
				if tt.poison >= 0 {
					hit = slices.ContainsFunc(got, func(e cloudevents.Event) bool { return e.ID() == list[tt.poison].ID.String() })
				}
				if hit {
					hits++
					w.WriteHeader(tt.status)
				}
				return hit
			})
			exporter := newSink(t, s.URL, tt.opts...)
			err := exporter.Export(t.Context(), list)
			var p *sink.PartialError
			if hits == 0 || err != nil && !errors.As(err, &p) {
				t.Fatalf("%d answers of %d, %v, want a PartialError: %s", hits, tt.status, err, tt.reason)
			}
			refused, waiting := sinktest.Split(list, err)
			buried := len(refused)
			if buried != tt.buried || (len(waiting) > 0) != tt.waits {
				t.Errorf("%d events are buried and %d wait, want %d buried: %s", buried, len(waiting), tt.buried, tt.reason)
			}
			s.Set(nil) // it is put right, and what waits comes
			if err := exporter.Export(t.Context(), waiting); err != nil {
				t.Fatal(err)
			}
			got := s.events(t)
			if len(got) != tt.events-tt.buried {
				t.Errorf("%d of %d events have arrived, want all but %d: %s", len(got), tt.events, tt.buried, tt.reason)
			}
			for i := 1; i < len(got); i++ {
				if got[i].Visit <= got[i-1].Visit {
					t.Fatalf("event %d has come after %d", got[i].Visit, got[i-1].Visit)
				}
			}
		})
	}
}
