package webhook_test

import (
	"net/http"
	"slices"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"cairncx.dev/cairn/exporters/internal/sinktest"
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
			if hits == 0 {
				t.Fatalf("no answer of %d: %v", tt.status, err)
			}
			sinktest.Midway{List: list, Err: err, Refused: tt.buried, Waits: tt.waits, Reason: tt.reason}.Check(t, exporter, func() { s.Set(nil) }, s.events)
		})
	}
}
