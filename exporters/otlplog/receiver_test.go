package otlplog_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"testing"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/internal/sinktest"
)

// receiver is a receiver of OTLP over HTTP that decodes with the generated types.
type receiver struct {
	*sinktest.Receiver[*collogpb.ExportLogsServiceRequest]
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	read := func(r *http.Request, data []byte) (*collogpb.ExportLogsServiceRequest, int) {
		body := &collogpb.ExportLogsServiceRequest{}
		if err := proto.Unmarshal(data, body); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-protobuf" {
			return nil, http.StatusTeapot
		}
		return body, 0
	}
	return &receiver{sinktest.NewReceiver(t, read, func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/x-protobuf") })}
}

func (s *receiver) records() []*logspb.LogRecord {
	var all []*logspb.LogRecord
	for _, r := range s.Bodies() {
		all = append(all, recordsOf(r)...)
	}
	return all
}

// breaks makes the receiver fail.
func (s *receiver) breaks(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	return s.Break(f, func(body *collogpb.ExportLogsServiceRequest, touchpoint string) bool {
		return slices.ContainsFunc(recordsOf(body), func(r *logspb.LogRecord) bool {
			return attributeOf(r, "cx.touchpoint.name").GetStringValue() == touchpoint
		})
	})
}

func recordsOf(r *collogpb.ExportLogsServiceRequest) (all []*logspb.LogRecord) {
	for _, rl := range r.GetResourceLogs() {
		for _, sl := range rl.GetScopeLogs() {
			all = append(all, sl.GetLogRecords()...)
		}
	}
	return all
}

// events returns what was received, out of the bodies.
func (s *receiver) events(t *testing.T) []event.Event {
	var all []event.Event
	for _, r := range s.records() {
		e, err := event.ParseJSON([]byte(r.GetBody().GetStringValue()))
		if err != nil {
			t.Fatalf("a record's body: %v", err)
		}
		all = append(all, e)
	}
	return all
}

func attributeOf(r *logspb.LogRecord, key string) *commonpb.AnyValue {
	for _, kv := range r.GetAttributes() {
		if kv.GetKey() == key {
			return kv.GetValue()
		}
	}
	return nil
}

// answer answers with a partial_success.
func answer(w http.ResponseWriter, rejected int64, message string) {
	b, _ := proto.Marshal(&collogpb.ExportLogsServiceResponse{PartialSuccess: &collogpb.ExportLogsPartialSuccess{
		RejectedLogRecords: rejected, ErrorMessage: message,
	}})
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = io.Copy(w, bytes.NewReader(b))
}
