package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	collectorlogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// kimHash is the hash of the customer kim.
const kimHash = "95fc8e9476e9cc3b45e3f7412e312b9f"

// receiver is an OTLP endpoint that stores what it receives.
type receiver struct {
	mu     sync.Mutex
	spans  []*trace.Span
	logs   []time.Time
	others []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, _ := io.ReadAll(q.Body)
	switch q.URL.Path {
	case "/otlp/v1/traces":
		var m collectortrace.ExportTraceServiceRequest
		if proto.Unmarshal(body, &m) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		for _, rs := range m.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				r.spans = append(r.spans, ss.GetSpans()...)
			}
		}
	case "/otlp/v1/logs":
		var m collectorlogs.ExportLogsServiceRequest
		if proto.Unmarshal(body, &m) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		for _, rl := range m.GetResourceLogs() {
			for _, sl := range rl.GetScopeLogs() {
				for _, l := range sl.GetLogRecords() {
					r.logs = append(r.logs, time.Unix(0, int64(l.GetTimeUnixNano())).UTC())
				}
			}
		}
	default:
		r.others = append(r.others, q.URL.Path)
	}
}

// TestReplayOTLP sends a log to an endpoint, with more data than a queue holds, and checks what arrives.
func TestReplayOTLP(t *testing.T) { //nolint:paralleltest // OpenTelemetry has one error handler for the process
	r := &receiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	const rows = 12_000
	cases := rows / len(syntheticSteps)
	file := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(file, syntheticLog(rows, false), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--blueprint", "testdata/replay/permit.yaml", "--map", "case=case,activity=activity,time=time", "--otlp"}
	replayed(t, append(args, server.URL+"/otlp/", file)...)
	if len(r.others) > 0 {
		t.Errorf("requests to %q: want spans and log events only, no metrics", r.others)
	}
	roots, last := 0, time.Unix(0, 0)
	traces := map[string]bool{}
	for _, s := range r.spans {
		traces[string(s.GetTraceId())] = true
		if s.GetName() == "permit" && len(s.GetParentSpanId()) == 0 {
			roots++
		}
		began := time.Unix(0, int64(s.GetStartTimeUnixNano())).UTC()
		if began.Year() < 2010 || began.Year() > 2012 {
			t.Fatalf("a span has the time %v, want a time of the log", began)
		}
		last = later(last, time.Unix(0, int64(s.GetEndTimeUnixNano())))
	}
	if len(traces) != cases || roots != cases {
		t.Errorf("%d traces with %d roots; want one for each of %d cases", len(traces), roots, cases)
	}
	// Each case has a touchpoint in each row, four stages, its start and the journey itself.
	if want := rows + cases*6; len(r.spans) != want {
		t.Errorf("%d spans; want %d", len(r.spans), want)
	}
	if len(r.logs) != cases {
		t.Errorf("%d log events; want %d, an end for each case", len(r.logs), cases)
	}
	for _, at := range r.logs {
		if at.Year() < 2010 || at.Year() > 2012 {
			t.Fatalf("a log event has the time %v, want a time of the log", at)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func TestReplayOTLPRefused(t *testing.T) { //nolint:paralleltest // OpenTelemetry has one error handler for the process
	partly := &collectortrace.ExportTraceServiceResponse{
		PartialSuccess: &collectortrace.ExportTracePartialSuccess{RejectedSpans: 3, ErrorMessage: "too old"},
	}
	body, err := proto.Marshal(partly)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, want string
		answer     http.HandlerFunc
	}{
		{"refused", "400", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }},
		{"refused in part", "too old", func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "application/x-protobuf")
			if strings.HasSuffix(q.URL.Path, "traces") {
				_, _ = w.Write(body)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.answer)
			defer server.Close()
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{
				"replay", "--blueprint", "testdata/replay/shop.yaml", "--map", shopMap, "--otlp", server.URL, "testdata/replay/shop.csv",
			}, nil, &stdout, &stderr)
			if code != exitFault || !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
				t.Errorf("exit code %d, %q, %q; want 1 and a report of the loss: %q", code, &stdout, &stderr, tt.want)
			}
		})
	}
}

// TestReplayStopsAtTheFirstLoss: a replay does not read on to the end of a long log when its endpoint refuses what it gets.
func TestReplayStopsAtTheFirstLoss(t *testing.T) { //nolint:paralleltest // OpenTelemetry has one error handler for the process
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		if strings.HasSuffix(q.URL.Path, "logs") {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer server.Close()
	const rows = 60_000
	file := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(file, syntheticLog(rows, false), 0o600); err != nil {
		t.Fatal(err)
	}
	bp, err := yaml.Load("testdata/replay/permit.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, _, done := parseReplay(&env{stderr: os.Stderr}, []string{
		"--blueprint", "testdata/replay/permit.yaml", "--map", "case=case,activity=activity,time=time", "--otlp", server.URL, file,
	})
	if done {
		t.Fatal("the command line is wrong")
	}
	s.players = 1
	_, err = replayLog(t.Context(), s, bp, nil, newNotes(io.Discard, bp, false))
	if !errors.Is(err, errLost) {
		t.Fatalf("the error is %v, want that data was lost", err)
	}
	var spans, logs int
	if _, err := fmt.Sscanf(err.Error(), "--otlp: "+errLost.Error()+": at least %d spans and %d log events were lost", &spans, &logs); err != nil {
		t.Fatal(err)
	}
	if cases := rows / len(syntheticSteps); logs < otlpBatch || logs > cases/2 {
		t.Errorf("%d log events of %d cases were lost, want at least a batch and by far not all", logs, cases)
	}
}

// TestReplayCustomers: no data that leaves the process contains a customer's ID.
func TestReplayCustomers(t *testing.T) { //nolint:paralleltest // OpenTelemetry has one error handler for the process
	var sent bytes.Buffer
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(&sent, q.Body)
	}))
	defer server.Close()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{{}, {"--customer-key-file", key}} {
		sent.Reset()
		var stdout, stderr bytes.Buffer
		args := append([]string{
			"replay", "--blueprint", "testdata/replay/shop.yaml", "--otlp", server.URL, "--map", shopMap + ",customer=who", "testdata/replay/shop.csv",
		}, more...)
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK {
			t.Fatal(code, &stderr)
		}
		if all := fmt.Sprint(&stdout, &stderr, &sent); strings.Contains(all, "kim") {
			t.Error("the data contains a customer's ID")
		}
		// HMAC-SHA-256 of "kim", from: printf kim | openssl dgst -sha256 -hmac 0123456789abcdef
		if hashed := strings.Contains(sent.String(), kimHash); hashed != (len(more) > 0) {
			t.Errorf("with %q the data contains the customer's hash: %v", more, hashed)
		}
	}
}
