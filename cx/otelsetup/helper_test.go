package otelsetup_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/journey"
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // what is tried goes wrong, often
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			_ = os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m)
}

// collector is an OTLP endpoint that counts, and keeps what it is sent.
type collector struct {
	*httptest.Server

	mu        sync.Mutex
	requests  map[string]int // by path
	spans     []*tracepb.Span
	metrics   []*metricpb.Metric
	records   []string // names of log events
	bodies    []string // their bodies
	resources []*resourcepb.Resource
	open      chan struct{} // requests wait until it is closed
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{requests: map[string]int{}, open: make(chan struct{})}
	close(c.open)
	c.Server = httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	return c
}

// shut makes requests wait, until the returned function is called.
func (c *collector) shut() (open func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = make(chan struct{})
	return sync.OnceFunc(func() { close(c.open) })
}

func (c *collector) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		var zr *gzip.Reader
		if zr, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(zr)
		}
	}
	c.mu.Lock()
	open := c.open
	c.mu.Unlock()
	<-open
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests[r.URL.Path]++
	if err != nil || !c.keep(r.URL.Path, body) {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (c *collector) keep(path string, body []byte) bool {
	switch path {
	case "/v1/traces":
		var m coltrace.ExportTraceServiceRequest
		if proto.Unmarshal(body, &m) != nil {
			return false
		}
		for _, rs := range m.GetResourceSpans() {
			c.resources = append(c.resources, rs.GetResource())
			for _, ss := range rs.GetScopeSpans() {
				c.spans = append(c.spans, ss.GetSpans()...)
			}
		}
	case "/v1/metrics":
		var m colmetrics.ExportMetricsServiceRequest
		if proto.Unmarshal(body, &m) != nil {
			return false
		}
		for _, rm := range m.GetResourceMetrics() {
			c.resources = append(c.resources, rm.GetResource())
			for _, sm := range rm.GetScopeMetrics() {
				c.metrics = append(c.metrics, sm.GetMetrics()...)
			}
		}
	case "/v1/logs":
		var m collogs.ExportLogsServiceRequest
		if proto.Unmarshal(body, &m) != nil {
			return false
		}
		for _, rl := range m.GetResourceLogs() {
			c.resources = append(c.resources, rl.GetResource())
			for _, sl := range rl.GetScopeLogs() {
				for _, r := range sl.GetLogRecords() {
					c.records = append(c.records, r.GetEventName())
					c.bodies = append(c.bodies, r.GetBody().GetStringValue())
				}
			}
		}
	default:
		return false
	}
	return true
}

// paths are those that were asked for, in order.
func (c *collector) paths() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for p := range c.requests {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}

// span is the one of the name.
func (c *collector) span(t *testing.T, name string) *tracepb.Span {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.GetName() == name {
			return s
		}
	}
	t.Fatalf("there is no span %q among %d", name, len(c.spans))
	return nil
}

func resourceAttr(r *resourcepb.Resource, key string) string {
	for _, kv := range r.GetAttributes() {
		if kv.GetKey() == key {
			return kv.GetValue().GetStringValue()
		}
	}
	return ""
}

func expired() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newClient returns a client on the SDK.
func newClient(t *testing.T, s *otelsetup.SDK) *cx.Client {
	t.Helper()
	client, err := cx.New(cx.WithDefinitions(checkout, pay), cx.WithTracerProvider(s.TracerProvider), cx.WithJourneyTracerProvider(s.JourneyTracerProvider),
		cx.WithMeterProvider(s.MeterProvider), cx.WithLoggerProvider(s.LoggerProvider))
	must(t, err)
	return client
}

// buy goes through the checkout once and returns its trace's ID.
func buy(t *testing.T, client *cx.Client) string {
	t.Helper()
	ctx := checkout.Start(cx.NewContext(context.Background(), client), "7", event.Customer{})
	_, tp := pay.Start(ctx, event.Web)
	tp.End()
	j, ok := journey.FromContext(ctx)
	if !ok {
		t.Fatal("no journey")
	}
	checkout.Complete(ctx)
	return j.TraceID()
}
