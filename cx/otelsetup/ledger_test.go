package otelsetup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/cx/otelsetup"
)

// moody is an exporter that does what it is told.
type moody struct {
	mu        sync.Mutex
	export    func(ctx context.Context, n int) (delivered int, err error)
	delivered int
}

// mood is the exporter behind OTEL_TRACES_EXPORTER=moody: autoexport keeps it for the process.
var mood = sync.OnceValue(func() *moody {
	m := &moody{}
	autoexport.RegisterSpanExporter("moody", func(context.Context) (sdktrace.SpanExporter, error) { return m, nil })
	return m
})

func (m *moody) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	m.mu.Lock()
	export := m.export
	m.mu.Unlock()
	n, err := export(ctx, len(spans))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.delivered += n
	return err
}

func (m *moody) Shutdown(context.Context) error { return nil }

// onlySpans lets spans go to the moody exporter and nothing else anywhere.
func onlySpans(t *testing.T, export func(ctx context.Context, n int) (int, error)) *moody {
	t.Helper()
	m := mood()
	m.mu.Lock()
	m.export, m.delivered = export, 0
	m.mu.Unlock()
	t.Setenv("OTEL_TRACES_EXPORTER", "moody")
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	t.Setenv("OTEL_LOGS_EXPORTER", "none")
	return m
}

func spans(s *otelsetup.SDK, n int) {
	for range n {
		_, span := s.JourneyTracerProvider.Tracer("test").Start(context.Background(), "span")
		span.End()
	}
}

var errSecret = errors.New("dial https://user:hunter2@example.com: no")

// TestOnceAMinute: the first loss is told at once, the next ones together a minute later, nothing
// is told while nothing is lost, and Shutdown has the last word.
func TestOnceAMinute(t *testing.T) { //nolint:paralleltest // variables are the process's
	onlySpans(t, func(context.Context, int) (int, error) { return 0, errSecret })
	synctest.Test(t, func(t *testing.T) {
		told := listen(t)
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
		must(t, err)
		check := func(when string, reports int, lost int64) {
			t.Helper()
			synctest.Wait()
			if len(told.losses) != reports || told.told()["traces"] != lost || len(told.others) > 0 {
				t.Errorf("%s: %d reports of %d spans, want %d of %d\n%s", when, len(told.losses), told.told()["traces"], reports, lost, told.text())
			}
		}
		start := time.Now()
		spans(s, 3)
		check("before the queue is sent", 0, 0)
		time.Sleep(time.Second)
		check("the first loss", 1, 3)
		if since := told.losses[0].Since; !since.Equal(start.Add(time.Second)) {
			t.Errorf("since %v, want %v", since, start.Add(time.Second))
		}
		for range 58 {
			spans(s, 10)
			time.Sleep(time.Second)
		}
		check("within the minute", 1, 3)
		time.Sleep(2 * time.Second)
		check("after the minute", 2, 3+580)
		time.Sleep(10 * time.Minute)
		check("ten minutes without a loss", 2, 583)
		spans(s, 5)
		time.Sleep(time.Second)
		check("another loss", 3, 588)
		spans(s, 7)
		if err := s.Shutdown(context.Background()); err == nil || strings.Contains(err.Error(), "hunter2") || !errors.Is(err, errSecret) {
			t.Errorf("Shutdown: %v", err)
		}
		check("the last word", 4, 595)
		must(t, s.Shutdown(context.Background()))
		time.Sleep(10 * time.Minute)
		check("after it", 4, 595)
		if strings.Contains(told.text(), "hunter2") {
			t.Error(told.text())
		}
	})
}

// TestFlushTellsAllLosses: the SDK's flush says nothing about the batches before the last one.
func TestFlushTellsAllLosses(t *testing.T) { //nolint:paralleltest // variables are the process's
	onlySpans(t, func(context.Context, int) (int, error) { return 0, errSecret })
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
	synctest.Test(t, func(t *testing.T) {
		listen(t)
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
		must(t, err)
		must(t, s.Flush(context.Background()))
		spans(s, 20) // two batches, and nothing left over
		if err := s.Flush(context.Background()); !errors.Is(err, errSecret) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Flush: %v, want that spans got lost", err)
		}
		must(t, s.Flush(context.Background()))
		must(t, s.Shutdown(context.Background()))
	})
}

// TestLogger: the losses go to the logger, and not to the error handler.
func TestLogger(t *testing.T) { //nolint:paralleltest // variables are the process's
	onlySpans(t, func(context.Context, int) (int, error) { return 0, errSecret })
	told := listen(t)
	var b bytes.Buffer
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.WithLogger(slog.New(slog.NewTextHandler(&b, nil))))
	must(t, err)
	spans(s, 3)
	if s.Shutdown(context.Background()) == nil {
		t.Error("no error")
	}
	for _, want := range []string{"level=ERROR", "count=3", "signal=traces", "error.type=_OTHER", "remedy=", "since="} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %q in %s", want, &b)
		}
	}
	if len(told.losses)+len(told.others) > 0 || strings.Contains(b.String(), "hunter2") {
		t.Errorf("%s%s", told.text(), &b)
	}
}

// TestEverySpanIsAccountedFor: whatever the exporter does, and whenever it is flushed,
// recorded = delivered + told.
func TestEverySpanIsAccountedFor(t *testing.T) { //nolint:paralleltest // variables are the process's
	t.Setenv("OTEL_BSP_EXPORT_TIMEOUT", "2")
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "64")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16")
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { //nolint:paralleltest // see above
			r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // to be repeated
			var mu sync.Mutex
			draw := func(n int) int {
				mu.Lock()
				defer mu.Unlock()
				return r.IntN(n)
			}
			m := onlySpans(t, func(ctx context.Context, n int) (int, error) {
				switch draw(5) {
				case 0:
					return 0, errSecret
				case 1:
					part := draw(n + 1)
					return n - part, fmt.Errorf("OTLP partial success: (7 spans rejected) (%d spans rejected)", part)
				case 2:
					<-ctx.Done()
					return 0, ctx.Err()
				case 3:
					runtime.Gosched()
					return n, nil
				default:
					return n, nil
				}
			})
			told := listen(t)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			must(t, err)
			recorded := 0
			var wg sync.WaitGroup
			for range 40 {
				n := draw(60)
				recorded += n
				wg.Go(func() { spans(s, n) })
				if draw(4) == 0 {
					short, cancel := context.WithTimeout(context.Background(), time.Duration(draw(3))*time.Millisecond)
					_ = s.Flush(short)
					cancel()
				}
			}
			_ = s.Shutdown(context.Background())
			wg.Wait() // some of it after the queue was shut down
			_ = s.Shutdown(context.Background())
			if got := int(told.told()["traces"]); recorded != m.delivered+got {
				t.Errorf("%d recorded, %d delivered and %d told\n%s", recorded, m.delivered, got, told.text())
			}
		})
	}
}
