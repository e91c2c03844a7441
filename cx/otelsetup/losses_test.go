package otelsetup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx/otelsetup"
)

// reports are what OpenTelemetry's error handler is given.
type reports struct {
	mu     sync.Mutex
	losses []*otelsetup.LossError
	others []error
}

// listen makes the error handler write into the result until the test ends.
func listen(t *testing.T) *reports {
	t.Helper()
	r := &reports{}
	otel.SetErrorHandler(r)
	t.Cleanup(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) })
	return r
}

// Handle implements [otel.ErrorHandler].
func (r *reports) Handle(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := errors.AsType[*otelsetup.LossError](err); ok {
		r.losses = append(r.losses, e)
		return
	}
	r.others = append(r.others, err)
}

// told sums the counts by signal, and by signal and class.
func (r *reports) told() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := map[string]int64{}
	for _, e := range r.losses {
		for _, l := range e.Losses {
			sum[l.Signal] += l.Count
			sum[l.Signal+" "+l.Class] += l.Count
		}
	}
	return sum
}

func (r *reports) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, e := range r.losses {
		fmt.Fprintln(&b, e)
	}
	for _, e := range r.others {
		fmt.Fprintln(&b, "other:", e)
	}
	return b.String()
}

const (
	sentSpans   = 1200 // three batches
	sentRecords = 700  // two
	sentPoints  = 1    // the SDK's own are beside it
)

// record records sentSpans, sentRecords and sentPoints.
func record(t *testing.T, s *otelsetup.SDK) {
	t.Helper()
	for i := range sentSpans {
		tp := s.TracerProvider
		if i%2 == 0 {
			tp = s.JourneyTracerProvider
		}
		_, span := tp.Tracer("test").Start(context.Background(), "span")
		span.End()
	}
	for range sentRecords {
		var r log.Record
		r.SetEventName("event")
		s.LoggerProvider.Logger("test").Emit(context.Background(), r)
	}
	counter, err := s.MeterProvider.Meter("test").Int64Counter("count")
	must(t, err)
	counter.Add(context.Background(), 1)
}

// quick bounds what a server that does not answer can take.
func quick(t *testing.T) {
	t.Helper()
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BLRP_EXPORT_TIMEOUT", "OTEL_METRIC_EXPORT_TIMEOUT"} {
		t.Setenv(name, "1000")
	}
}

// refused returns an address of which the port is closed.
func refused(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().String()
}

// hanging returns the address of a server that takes connections and never says anything.
func hanging(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// answering returns the address of an OTLP/HTTP server that answers everything with the status.
func answering(t *testing.T, status int) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "secret of the server")
	}))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// grpcServer is an OTLP/gRPC server that answers with the code, or rejects some of what it gets.
type grpcServer struct {
	coltrace.UnimplementedTraceServiceServer
	code   codes.Code
	reject int64
}

func (s grpcServer) Export(context.Context, *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	if s.code != codes.OK {
		return nil, status.Error(s.code, "secret of the server")
	}
	return &coltrace.ExportTraceServiceResponse{PartialSuccess: &coltrace.ExportTracePartialSuccess{
		RejectedSpans: s.reject, ErrorMessage: "secret of the server (999 spans rejected)",
	}}, nil
}

type grpcMetrics struct {
	colmetrics.UnimplementedMetricsServiceServer
	grpcServer
}

func (s grpcMetrics) Export(context.Context, *colmetrics.ExportMetricsServiceRequest) (*colmetrics.ExportMetricsServiceResponse, error) {
	if s.code != codes.OK {
		return nil, status.Error(s.code, "secret of the server")
	}
	return &colmetrics.ExportMetricsServiceResponse{PartialSuccess: &colmetrics.ExportMetricsPartialSuccess{RejectedDataPoints: s.reject}}, nil
}

type grpcLogs struct {
	collogs.UnimplementedLogsServiceServer
	grpcServer
}

func (s grpcLogs) Export(context.Context, *collogs.ExportLogsServiceRequest) (*collogs.ExportLogsServiceResponse, error) {
	if s.code != codes.OK {
		return nil, status.Error(s.code, "secret of the server")
	}
	return &collogs.ExportLogsServiceResponse{PartialSuccess: &collogs.ExportLogsPartialSuccess{RejectedLogRecords: s.reject}}, nil
}

func serveGRPC(t *testing.T, s grpcServer) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	srv := grpc.NewServer()
	coltrace.RegisterTraceServiceServer(srv, s)
	colmetrics.RegisterMetricsServiceServer(srv, grpcMetrics{grpcServer: s})
	collogs.RegisterLogsServiceServer(srv, grpcLogs{grpcServer: s})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() {
		srv.Stop()
		<-done
	})
	return l.Addr().String()
}

// rejecting returns the address of an OTLP/HTTP server that takes everything but n items of each request.
func rejecting(t *testing.T, n int64) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m proto.Message
		switch r.URL.Path {
		case "/v1/traces":
			m = &coltrace.ExportTraceServiceResponse{PartialSuccess: &coltrace.ExportTracePartialSuccess{
				RejectedSpans: n, ErrorMessage: "secret of the server (999 spans rejected)",
			}}
		case "/v1/metrics":
			m = &colmetrics.ExportMetricsServiceResponse{PartialSuccess: &colmetrics.ExportMetricsPartialSuccess{RejectedDataPoints: n}}
		default:
			m = &collogs.ExportLogsServiceResponse{PartialSuccess: &collogs.ExportLogsPartialSuccess{RejectedLogRecords: n}}
		}
		body, err := proto.Marshal(m)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(body)
	}))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// TestLossesAreTold: whatever the endpoint does, each item that it does not take is told once,
// with why and what to do, and nothing else is said.
func TestLossesAreTold(t *testing.T) { //nolint:paralleltest // variables are the process's
	all := map[string]int64{"traces": sentSpans, "logs": sentRecords}
	for _, c := range []struct {
		name, protocol string
		server         func(*testing.T) string
		class          string
		remedy         string // a part of it
		lost           map[string]int64
	}{
		{"refused", "", refused, "connection_refused", "correct OTEL_EXPORTER_OTLP_ENDPOINT", all},
		{"refused by gRPC", "grpc", refused, "connection_refused", "correct OTEL_EXPORTER_OTLP_ENDPOINT", all},
		{"hanging", "", hanging, "timeout", "does not answer in time", all},
		{"hanging by gRPC", "grpc", hanging, "DEADLINE_EXCEEDED", "does not answer in time", all},
		{"400", "", func(t *testing.T) string { return answering(t, 400) }, "400", "look into its log", all},
		{"401", "", func(t *testing.T) string { return answering(t, 401) }, "401", "OTEL_EXPORTER_OTLP_HEADERS", all},
		{"404", "", func(t *testing.T) string { return answering(t, 404) }, "404", "at this path", all},
		{"500", "", func(t *testing.T) string { return answering(t, 500) }, "500", "look into its log", all},
		{"429", "", func(t *testing.T) string { return answering(t, 429) }, "overloaded", "429", all},
		{"503", "", func(t *testing.T) string { return answering(t, 503) }, "overloaded", "503", all},
		{
			"rejected", "",
			func(t *testing.T) string { return rejecting(t, 3) },
			"rejected", "its log says why",
			map[string]int64{"traces": 3 * 3, "logs": 2 * 3}, // of each batch
		},
		{
			"rejected by gRPC", "grpc",
			func(t *testing.T) string { return serveGRPC(t, grpcServer{reject: 3}) },
			"rejected", "its log says why",
			map[string]int64{"traces": 3 * 3, "logs": 2 * 3},
		},
		{
			"a server that lets nobody in", "grpc",
			func(t *testing.T) string { return serveGRPC(t, grpcServer{code: codes.PermissionDenied}) },
			"PERMISSION_DENIED", "OTEL_EXPORTER_OTLP_HEADERS", all,
		},
		{
			"a server without the service", "grpc",
			func(t *testing.T) string { return serveGRPC(t, grpcServer{code: codes.Unimplemented}) },
			"UNIMPLEMENTED", "OTEL_", all,
		},
		{"HTTP for gRPC", "grpc", func(t *testing.T) string { return answering(t, 200) }, "other_protocol", "4318", all},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			told := listen(t)
			// Until no time is left these are tried again, or waited for. On a busy machine the time
			// may be over before the first answer.
			late := ""
			if slices.Contains([]string{"refused by gRPC", "hanging", "hanging by gRPC", "429", "503", "HTTP for gRPC"}, c.name) {
				quick(t)
				late = map[string]string{"": "timeout", "grpc": "DEADLINE_EXCEEDED"}[c.protocol]
			}
			address := c.server(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hunter2@"+address)
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", c.protocol)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			must(t, err)
			record(t, s)
			err = s.Shutdown(context.Background())
			if err == nil {
				t.Error("Shutdown says that everything was sent")
			}
			got := told.told()
			text := told.text() + fmt.Sprint(err)
			if late != "" && late != c.class {
				for _, signal := range []string{"traces", "metrics", "logs"} {
					got[signal+" "+c.class] += got[signal+" "+late]
				}
				if !strings.Contains(text, "("+c.class+")") {
					c.remedy = "does not answer in time"
				}
			}
			for signal, want := range c.lost {
				if got[signal] != want || got[signal+" "+c.class] != want {
					t.Errorf("%d %s are told, %d as %s, want %d", got[signal], signal, got[signal+" "+c.class], c.class, want)
				}
			}
			if got["metrics"] < sentPoints || got["metrics"] != got["metrics "+c.class] {
				t.Errorf("%d metric points are told, %d as %s", got["metrics"], got["metrics "+c.class], c.class)
			}
			for _, want := range []string{address, c.remedy, "since 2"} {
				if !strings.Contains(text, want) {
					t.Errorf("there is no %q in\n%s", want, text)
				}
			}
			for _, secret := range []string{"hunter2", "secret of the server", "user:"} {
				if strings.Contains(text, secret) {
					t.Errorf("%q is told:\n%s", secret, text)
				}
			}
			if len(told.others) > 0 || len(told.losses) > 3 {
				t.Errorf("%d reports of losses and %d others: the first and the last are enough\n%s", len(told.losses), len(told.others), text)
			}
		})
	}
}

// TestGRPCServerForHTTP: the server may end the connection before the client has read why.
func TestGRPCServerForHTTP(t *testing.T) { //nolint:paralleltest // variables are the process's
	told := listen(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+serveGRPC(t, grpcServer{}))
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	record(t, s)
	if s.Shutdown(context.Background()) == nil {
		t.Error("Shutdown says that everything was sent")
	}
	got := told.told()
	if known := got["traces other_protocol"] + got["traces connection_reset"]; got["traces"] != sentSpans || known != sentSpans || got["logs"] != sentRecords {
		t.Errorf("told: %v\n%s", got, told.text())
	}
}

// TestPlainServer: https:// to a server without TLS, which is the default endpoint's commonest end.
func TestPlainServer(t *testing.T) { //nolint:paralleltest // variables are the process's
	for protocol, server := range map[string]func(*testing.T) string{
		"http/protobuf": func(t *testing.T) string { return answering(t, 200) },
		"grpc":          func(t *testing.T) string { return serveGRPC(t, grpcServer{}) },
	} {
		t.Run(protocol, func(t *testing.T) { //nolint:paralleltest // see above
			told := listen(t)
			quick(t)
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://"+server(t))
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			must(t, err)
			record(t, s)
			if s.Shutdown(context.Background()) == nil {
				t.Error("Shutdown says that everything was sent")
			}
			got := told.told()
			if got["traces server_without_tls"] != sentSpans || got["logs server_without_tls"] != sentRecords ||
				!strings.Contains(told.text(), "begin OTEL_EXPORTER_OTLP_ENDPOINT with http://") {
				t.Errorf("told: %v\n%s", got, told.text())
			}
		})
	}
}

// TestFullQueueIsTold: what the queue has no room for is told, and what is told has not arrived.
func TestFullQueueIsTold(t *testing.T) { //nolint:paralleltest // variables are the process's
	told := listen(t)
	col := newCollector(t)
	open := col.shut()
	defer open()
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	for _, kind := range []string{"BSP", "BLRP"} {
		t.Setenv("OTEL_"+kind+"_MAX_QUEUE_SIZE", "20")
		t.Setenv("OTEL_"+kind+"_MAX_EXPORT_BATCH_SIZE", "10")
	}
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	record(t, s)
	for range 3 { // flushes that cannot end do not take the queue's room
		short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		if err := s.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush: %v", err)
		}
		cancel()
	}
	record(t, s)
	open()
	if err := s.Flush(context.Background()); err == nil || !strings.Contains(err.Error(), "queue_full") {
		t.Errorf("Flush: %v, want that it says what was dropped", err)
	}
	must(t, s.Flush(context.Background())) // once
	must(t, s.Shutdown(context.Background()))
	got := told.told()
	spans, records := int64(len(col.spans)), int64(len(col.records))
	if spans+got["traces queue_full"] != 2*sentSpans || spans < 20 || got["traces"] != got["traces queue_full"] {
		t.Errorf("%d spans arrive, told: %v; want %d together", spans, got, 2*sentSpans)
	}
	if records+got["logs queue_full"] != 2*sentRecords || records < 20 || got["logs"] != got["logs queue_full"] {
		t.Errorf("%d log records arrive, told: %v; want %d together", records, got, 2*sentRecords)
	}
	if !strings.Contains(told.text(), "raise OTEL_BSP_MAX_QUEUE_SIZE") || !strings.Contains(told.text(), "raise OTEL_BLRP_MAX_QUEUE_SIZE") {
		t.Error(told.text())
	}
}

// TestFlushThatIsCutShortLosesNothing: the SDK's would drop the batch that it is sending.
func TestFlushThatIsCutShortLosesNothing(t *testing.T) { //nolint:paralleltest // variables are the process's
	told := listen(t)
	col := newCollector(t)
	open := col.shut()
	defer open()
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	record(t, s)
	short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := s.Flush(short); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not sent yet") {
		t.Errorf("Flush: %v, want that it says how much is not sent yet", err)
	}
	open()
	must(t, s.Shutdown(context.Background()))
	if len(col.spans) != sentSpans || len(col.records) != sentRecords || len(told.losses) > 0 {
		t.Errorf("%d spans and %d records arrive, want %d and %d\n%s", len(col.spans), len(col.records), sentSpans, sentRecords, told.text())
	}
}

// TestAfterShutdown: what is recorded then is lost, and told as that.
func TestAfterShutdown(t *testing.T) { //nolint:paralleltest // variables are the process's
	told := listen(t)
	col := newCollector(t)
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	must(t, s.Shutdown(context.Background()))
	record(t, s)
	must(t, s.Shutdown(context.Background())) // another last word
	got := told.told()
	if got["traces already_shutdown"] != sentSpans || got["logs already_shutdown"] != sentRecords || len(col.spans) != 0 {
		t.Errorf("told: %v", got)
	}
}
