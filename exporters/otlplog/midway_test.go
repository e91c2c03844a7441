package otlplog_test

import (
	"net/http"
	"slices"
	"testing"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"

	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/otlplog"
)

// TestMidway: an answer in the midst of a delivery is about the request that it answers. What is about its
// records buries the one that it is about; what is about the configuration buries none.
func TestMidway(t *testing.T) {
	const events, poison = 600, 300
	tests := []struct {
		name, reason string
		status       int
		once         bool // it answers the second request, else each one that has the poison
		buried       int
		waits        bool // what is not taken, from there on
	}{
		{"400", "one record is no good", http.StatusBadRequest, false, 1, false},
		{"409", "one record conflicts", http.StatusConflict, false, 1, false},
		{"409, once", "its halves are taken", http.StatusConflict, true, 0, false},
		{"413", "one record is too large", http.StatusRequestEntityTooLarge, false, 1, false},
		{"422", "one record is no good", http.StatusUnprocessableEntity, false, 1, false},
		{"404", "the address", http.StatusNotFound, false, 0, true},
		{"405", "the method", http.StatusMethodNotAllowed, false, 0, true},
		{"410, once", "the address", http.StatusGone, true, 0, true},
		{"415", "the form", http.StatusUnsupportedMediaType, false, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, list := newReceiver(t), typicals(events)
			requests, hits := 0, 0
			id := list[poison].ID.String()
			r.Set(func(w http.ResponseWriter, _ *http.Request, body *collogpb.ExportLogsServiceRequest) bool {
				requests++
				hit := requests == 2
				if !tt.once {
					hit = slices.ContainsFunc(recordsOf(body), func(l *logspb.LogRecord) bool {
						return attributeOf(l, "cx.event.id").GetStringValue() == id
					})
				}
				if hit {
					hits++
					w.WriteHeader(tt.status)
				}
				return hit
			})
			exporter := newSink(t, otlplog.WithEndpoint(r.URL), otlplog.WithMaxBytes(64<<10))
			err := exporter.Export(t.Context(), list)
			if hits == 0 {
				t.Fatalf("no answer of %d: %v", tt.status, err)
			}
			sinktest.Midway{List: list, Err: err, Refused: tt.buried, Waits: tt.waits, Reason: tt.reason}.Check(t, exporter, func() { r.Set(nil) }, r.events)
		})
	}
}
