package otlplog_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx/event"
)

// receiver is a receiver of OTLP over HTTP that decodes with the generated types.
type receiver struct {
	*httptest.Server

	mu       sync.Mutex
	requests []*collogpb.ExportLogsServiceRequest
	headers  []http.Header
	// before, where it is set, may answer: then it returns true, and nothing is kept.
	before func(w http.ResponseWriter, r *http.Request, body *collogpb.ExportLogsServiceRequest) bool
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func unzip(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func (s *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := unzip(r)
	body := &collogpb.ExportLogsServiceRequest{}
	if err == nil {
		err = proto.Unmarshal(data, body)
	}
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-protobuf" {
		http.Error(w, "no OTLP", http.StatusTeapot)
		return
	}
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	if before != nil && before(w, r, body) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, body)
	s.headers = append(s.headers, r.Header.Clone())
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// set says what answers from now on.
func (s *receiver) set(before func(w http.ResponseWriter, r *http.Request, body *collogpb.ExportLogsServiceRequest) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

func (s *receiver) records() []*logspb.LogRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*logspb.LogRecord
	for _, r := range s.requests {
		all = append(all, recordsOf(r)...)
	}
	return all
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
