package otlplog_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/metric/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/otlplog"
)

// typical returns event n of a shop.
func typical(n int) event.Event {
	at := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond)
	return event.Event{
		ID: event.NewID(at), Kind: event.TouchpointEnded, Time: at, Duration: 120 * time.Millisecond,
		Journey: event.Run{Namespace: "production", Name: "checkout", ID: fmt.Sprint("order-", n/7), Version: "2026-03", Started: at},
		Stage:   "payment", Visit: 1, Touchpoint: "submit-payment", Channel: event.Web, Outcome: event.OK, Zone: event.Satisfied,
		Customer:   event.Customer{Hash: "6f1c0e7b116f1c0e7b116f1c0e7b11aa", Segment: "business"},
		Attributes: []attribute.KeyValue{attribute.String("shop.region", "eu-west"), attribute.Int("cart.items", n%9)},
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1, byte(n), byte(n >> 8)}, SpanID: trace.SpanID{2, byte(n)}, TraceFlags: trace.FlagsSampled,
		}),
	}
}

func typicals(n int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = typical(i)
	}
	return list
}

// heap keeps what it is sent, and counts the records when the clock has stopped.
type heap struct {
	mu     sync.Mutex
	bodies [][]byte
	gzip   bool
	wire   int
}

func (h *heap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b := bytes.NewBuffer(make([]byte, 0, max(r.ContentLength, 0)+512))
	_, _ = io.Copy(b, r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bodies = append(h.bodies, b.Bytes())
	h.gzip = r.Header.Get("Content-Encoding") == "gzip"
	h.wire += b.Len()
}

// count returns how many records there are, and forgets them.
func (h *heap) count(tb testing.TB) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, b := range h.bodies {
		if h.gzip {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				tb.Fatal(err)
			}
			if b, err = io.ReadAll(z); err != nil {
				tb.Fatal(err)
			}
		}
		var r collogpb.ExportLogsServiceRequest
		if err := proto.Unmarshal(b, &r); err != nil {
			tb.Fatal(err)
		}
		n += len(recordsOf(&r))
	}
	h.bodies = nil
	return n
}

func newHeap(tb testing.TB) (h *heap, url string) {
	h = &heap{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(l) }()
	tb.Cleanup(func() { _ = s.Close() })
	return h, "http://" + l.Addr().String() + "/v1/logs"
}

// sdkRate sends the events through the SDK, and returns how many arrived, and how fast.
func sdkRate(b *testing.B, list []event.Event, queue int, compression otlploghttp.Compression) (arrived int, perSecond float64) {
	h, url := newHeap(b)
	ctx := context.Background()
	exp, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(url), otlploghttp.WithCompression(compression))
	if err != nil {
		b.Fatal(err)
	}
	p := sdklog.NewLoggerProvider(sdklog.WithResource(resource.NewWithAttributes(schemaURL, resourceAttributes()...)),
		sdklog.WithProcessor(sdklog.NewBatchProcessor(exp, sdklog.WithMaxQueueSize(queue))))
	l := p.Logger(scope)
	start := time.Now()
	for i := range list {
		emit(l, &list[i], false)
	}
	if err := p.ForceFlush(ctx); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	if err := p.Shutdown(ctx); err != nil {
		b.Fatal(err)
	}
	arrived = h.count(b)
	return arrived, float64(arrived) / took.Seconds()
}

// ourRate sends the events through a Batch with the same sizes.
func ourRate(b *testing.B, list []event.Event, queue int, compression otlplog.Compression) (arrived int, perSecond float64) {
	h, url := newHeap(b)
	ctx := context.Background()
	exporter, err := otlplog.New(otlplog.WithEndpoint(url), otlplog.WithCompression(compression), otlplog.WithResource(schemaURL, resourceAttributes()...))
	if err != nil {
		b.Fatal(err)
	}
	q := exporters.NewBatch(exporter, exporters.WithQueueSize(queue), exporters.WithOverflow(exporters.Block), exporters.WithMeterProvider(noop.MeterProvider{}))
	start := time.Now()
	for i := range list {
		q.Process(ctx, &list[i])
	}
	if err := q.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	if err := q.Shutdown(ctx); err != nil {
		b.Fatal(err)
	}
	arrived = h.count(b)
	if arrived != len(list) {
		b.Fatalf("%d of %d events arrived", arrived, len(list))
	}
	return arrived, float64(arrived) / took.Seconds()
}

// BenchmarkPipeline sends the same events, recorded as fast as one goroutine can, through the
// OpenTelemetry log SDK (batch processor, otlploghttp) and through Batch and this package, to the
// same kind of receiver in this process, which only reads. It reports events delivered a second, the
// ratio, and what the SDK has lost: with the queue that it has by default, and with one that holds
// everything.
func BenchmarkPipeline(b *testing.B) {
	const n = 50_000
	list := typicals(n)
	for _, c := range []struct {
		name   string
		queue  int
		theirs otlploghttp.Compression
		ours   otlplog.Compression
	}{
		{"plain/queue=2048", 2048, otlploghttp.NoCompression, otlplog.NoCompression},
		{"plain/queue=all", n, otlploghttp.NoCompression, otlplog.NoCompression},
		{"gzip/queue=2048", 2048, otlploghttp.GzipCompression, otlplog.Gzip},
		{"gzip/queue=all", n, otlploghttp.GzipCompression, otlplog.Gzip},
	} {
		b.Run(c.name, func(b *testing.B) {
			var theirs, ours float64
			lost := 0
			for b.Loop() {
				got, rate := sdkRate(b, list, c.queue, c.theirs)
				lost += n - got
				theirs += rate
				_, rate = ourRate(b, list, c.queue, c.ours)
				ours += rate
			}
			b.ReportMetric(theirs/float64(b.N), "sdk-events/s")
			b.ReportMetric(ours/float64(b.N), "events/s")
			b.ReportMetric(ours/theirs, "ratio")
			b.ReportMetric(100*float64(lost)/float64(n*b.N), "sdk-lost-%")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkExport is one batch of 512 events, to a receiver that only reads.
func BenchmarkExport(b *testing.B) {
	list := typicals(exporters.DefaultBatchSize)
	for _, c := range []struct {
		name string
		how  otlplog.Compression
	}{{"plain", otlplog.NoCompression}, {"gzip", otlplog.Gzip}} {
		b.Run(c.name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			var wire int64
			s := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				wire, _ = io.Copy(io.Discard, r.Body)
			})}
			go func() { _ = s.Serve(l) }()
			b.Cleanup(func() { _ = s.Close() })
			exporter, err := otlplog.New(otlplog.WithEndpoint("http://"+l.Addr().String()), otlplog.WithCompression(c.how))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := exporter.Export(b.Context(), list); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(list)), "ns/event")
			b.ReportMetric(float64(wire)/float64(len(list)), "wire-B/event")
			if err := exporter.Shutdown(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkGzip compares the two implementations on a request of 512 events, at their fastest level.
func BenchmarkGzip(b *testing.B) {
	r := newReceiver(b)
	var plain []byte
	r.Set(func(_ http.ResponseWriter, req *http.Request, body *collogpb.ExportLogsServiceRequest) bool {
		plain, _ = proto.Marshal(body)
		return true
	})
	exporter, err := otlplog.New(otlplog.WithEndpoint(r.URL))
	if err != nil {
		b.Fatal(err)
	}
	if err := exporter.Export(b.Context(), typicals(512)); err != nil {
		b.Fatal(err)
	}
	_ = exporter.Shutdown(b.Context())
	type writer interface {
		io.WriteCloser
		Reset(io.Writer)
	}
	fast, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	std, _ := stdgzip.NewWriterLevel(nil, stdgzip.BestSpeed)
	normal := stdgzip.NewWriter(nil)
	for _, c := range []struct {
		name string
		w    writer
	}{{"klauspost-1", fast}, {"std-1", std}, {"std-6", normal}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				c.w.Reset(&out)
				_, _ = c.w.Write(plain)
				_ = c.w.Close()
			}
			b.ReportMetric(float64(len(plain))/float64(out.Len()), "times-smaller")
		})
	}
}
