package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/metric/noop"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

var background = context.Background()

// bubble runs a test in a synctest bubble, whose clock goes as far as needed at once.
func bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

func within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(background, d)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// down shuts b down at the end of the test, where the test has not.
func down(t *testing.T, b *exporters.Batch) *exporters.Batch {
	t.Helper()
	t.Cleanup(func() {
		if err := b.Shutdown(background); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return b
}

// TestBatchBounds: when a batch is exported, and how large it is.
func TestBatchBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []exporters.BatchOption
		events       int
		at           time.Duration // after the last event
		want         []int         // sizes of the batches so far
	}{
		{"too few, too early", "a batch waits for its interval", []exporters.BatchOption{exporters.WithBatchSize(10), exporters.WithInterval(time.Second)}, 9, time.Second - 1, nil},
		{"interval", "then it goes as it is", []exporters.BatchOption{exporters.WithBatchSize(10), exporters.WithInterval(time.Second)}, 9, time.Second, []int{9}},
		{"full", "a full batch goes at once", []exporters.BatchOption{exporters.WithBatchSize(10), exporters.WithInterval(time.Hour)}, 10, 0, []int{10}},
		{"several full", "in batches of that size", []exporters.BatchOption{exporters.WithBatchSize(10), exporters.WithInterval(time.Hour)}, 30, 0, []int{10, 10, 10}},
		{"full and a rest", "what is there goes along, nobody waits for more", []exporters.BatchOption{exporters.WithBatchSize(10), exporters.WithInterval(time.Second)}, 25, time.Second, []int{10, 10, 5}},
		{"nothing", "no empty batches", []exporters.BatchOption{exporters.WithInterval(time.Second)}, 0, time.Minute, nil},
		{"defaults", "512 events, one second", nil, 600, time.Second, []int{512, 88}},
		{"bounds that are not positive", "they are the defaults", []exporters.BatchOption{
			exporters.WithBatchSize(0), exporters.WithInterval(-1), exporters.WithQueueSize(-5), exporters.WithTimeout(0), nil,
		}, 600, time.Second, []int{512, 88}},
		{"batch larger than the queue", "it is never fuller than the queue", []exporters.BatchOption{exporters.WithBatchSize(100), exporters.WithQueueSize(5), exporters.WithInterval(time.Hour)}, 5, 0, []int{5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				gate := make(chan struct{})
				s := &fake{export: func(context.Context, []event.Event) error { <-gate; return nil }}
				b := down(t, exporters.NewBatch(s, append(c.opts, exporters.WithMeterProvider(noop.NewMeterProvider()))...))
				for i := range c.events {
					b.Process(background, touch(fmt.Sprint(i)))
				}
				close(gate)
				time.Sleep(c.at)
				synctest.Wait()
				if got := s.sizes(); !slices.Equal(got, c.want) {
					t.Errorf("batches of %v, want %v: %s", got, c.want, c.reason)
				}
			})
		})
	}
}

// TestBatchDropsTheNewest: what does not fit is dropped, newest first, and counted.
func TestBatchDropsTheNewest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const loss = "990 events were dropped: the queue of 10 was full"
		before := reported(loss)
		m := newMeters()
		gate := make(chan struct{})
		s := &fake{export: func(context.Context, []event.Event) error { <-gate; return nil }}
		b := exporters.NewBatch(s, exporters.WithQueueSize(10), exporters.WithBatchSize(4), exporters.WithInterval(time.Second), exporters.WithMeterProvider(m))
		for i := range 4 {
			b.Process(background, touch(fmt.Sprint(i)))
		}
		synctest.Wait() // these are being exported
		for i := 4; i < 1004; i++ {
			b.Process(background, touch(fmt.Sprint(i)))
		}
		want := map[string]int64{
			semconv.SDKProcessorQueueSizeName: 10, semconv.SDKProcessorQueueCapacityName: 10, semconv.SDKExporterInflightName: 4,
			semconv.SDKProcessorDroppedName + " queue_full": 990,
		}
		if diff := cmp.Diff(want, m.all()); diff != "" {
			t.Errorf("while the exporter is slow (-want +got):\n%s", diff)
		}
		close(gate)
		checkLoss(t, b.Flush(background), map[string]uint64{"queue_full": 990})
		if got := s.got(); !slices.Equal(got, numbered(0, 14)) {
			t.Errorf("delivered were %q, want the first 14", got)
		}
		b.Process(background, touch("after"))
		if err := b.Shutdown(background); err != nil {
			t.Error(err)
		}
		b.Process(background, touch("too late"))
		want = map[string]int64{
			semconv.SDKProcessorProcessedName: 15, semconv.SDKExporterExportedName: 15,
			semconv.SDKProcessorDroppedName + " queue_full": 990, semconv.SDKProcessorDroppedName + " already_shutdown": 1,
		}
		if diff := cmp.Diff(want, m.all()); diff != "" {
			t.Errorf("in the end (-want +got):\n%s", diff)
		}
		if got := s.got(); got[len(got)-1] != "after" {
			t.Errorf("after Shutdown came %q", got)
		}
		if reported(loss) != before+1 {
			t.Error("the loss was not reported to OpenTelemetry's error handler once")
		}
	})
}

// TestBatchKeepsOrder however events come, of a single caller.
func TestBatchKeepsOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &fake{}
		b := exporters.NewBatch(s, exporters.WithMeterProvider(noop.NewMeterProvider()),
			exporters.WithQueueSize(rapid.IntRange(1, 40).Draw(t, "queue")), exporters.WithBatchSize(rapid.IntRange(1, 40).Draw(t, "size")))
		n := 0
		for range rapid.IntRange(0, 10).Draw(t, "rounds") {
			for range rapid.IntRange(0, 10).Draw(t, "events") {
				b.Process(background, touch(fmt.Sprint(n)))
				n++
			}
			var loss *exporters.LossError
			if err := b.Flush(background); err != nil && !errors.As(err, &loss) {
				t.Fatal(err)
			}
			// Nothing was dropped unless the queue is shorter than a round; order holds anyway.
			last := -1
			for _, name := range s.got() {
				var i int
				if _, err := fmt.Sscan(name, &i); err != nil || i <= last {
					t.Fatalf("%q came after %d", name, last)
				}
				last = i
			}
		}
		if err := b.Shutdown(background); err != nil {
			t.Fatal(err)
		}
	})
}

// TestBatchConcurrently: each caller's events in its order, none lost, none twice.
func TestBatchConcurrently(t *testing.T) {
	t.Parallel()
	const callers, each = 8, 500
	s := &fake{}
	b := exporters.NewBatch(s, exporters.WithQueueSize(callers*each), exporters.WithBatchSize(64), exporters.WithMeterProvider(newMeters()))
	var wg sync.WaitGroup
	for w := range callers {
		wg.Go(func() {
			for i := range each {
				e := touch(fmt.Sprint(w))
				e.Visit = i
				b.Process(background, e)
				if i%100 == 0 {
					if err := b.Flush(background); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	var downs sync.WaitGroup
	for range 4 {
		downs.Go(func() {
			if err := b.Shutdown(background); err != nil {
				t.Error(err)
			}
		})
	}
	downs.Wait()
	next := map[string]int{}
	for _, e := range s.events {
		if e.Visit != next[e.Touchpoint] {
			t.Fatalf("of caller %s came event %d, want %d", e.Touchpoint, e.Visit, next[e.Touchpoint])
		}
		next[e.Touchpoint]++
	}
	if len(s.events) != callers*each {
		t.Errorf("%d events came, want %d", len(s.events), callers*each)
	}
	if s.downs != 1 {
		t.Errorf("four calls of Shutdown shut the exporter down %d times", s.downs)
	}
}

// TestFlush: it returns when everything before it is exported, not sooner, and when its
// context is done, not later.
func TestFlush(t *testing.T) {
	t.Parallel()
	t.Run("acknowledges what was before", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := &fake{export: func(context.Context, []event.Event) error { time.Sleep(time.Second); return nil }}
			b := down(t, exporters.NewBatch(s, exporters.WithBatchSize(3), exporters.WithInterval(time.Hour)))
			for i := range 10 {
				b.Process(background, touch(fmt.Sprint(i)))
			}
			began := time.Now()
			if err := b.Flush(background); err != nil {
				t.Error(err)
			}
			if got := s.got(); !slices.Equal(got, numbered(0, 10)) {
				t.Errorf("when Flush returns %q are delivered", got)
			}
			if took := time.Since(began); took != 4*time.Second {
				t.Errorf("it took %v, want the 4 s of 4 batches", took)
			}
			if s.flushes != 1 {
				t.Errorf("the exporter was flushed %d times", s.flushes)
			}
		})
	})
	t.Run("does not wait for what comes after", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := &fake{export: func(context.Context, []event.Event) error { time.Sleep(time.Second); return nil }}
			b := down(t, exporters.NewBatch(s, exporters.WithBatchSize(1), exporters.WithInterval(time.Hour)))
			b.Process(background, touch("0"))
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				for i := 1; ; i++ {
					select {
					case <-stop:
						return
					case <-time.After(100 * time.Millisecond):
						b.Process(background, touch(fmt.Sprint(i)))
					}
				}
			})
			time.Sleep(450 * time.Millisecond) // 0 is being exported, 1 to 4 wait
			began := time.Now()
			if err := b.Flush(background); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took != 4550*time.Millisecond {
				t.Errorf("it took %v, want 4.55 s: the rest of one export, and four more", took)
			}
			close(stop)
			wg.Wait()
		})
	})
	t.Run("of nothing", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			b := down(t, exporters.NewBatch(&fake{}))
			began := time.Now()
			if err := b.Flush(background); err != nil || time.Since(began) != 0 {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		})
	})
	t.Run("of an exporter that cannot", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := &fake{}
			b := down(t, exporters.NewBatch(noFlush{s}, exporters.WithInterval(time.Hour)))
			b.Process(background, touch("0"))
			if err := b.Flush(background); err != nil || len(s.got()) != 1 {
				t.Errorf("%v, delivered %q", err, s.got())
			}
		})
	})
	t.Run("that takes too long", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			gate := make(chan struct{})
			s := &fake{export: func(context.Context, []event.Event) error { <-gate; return nil }}
			b := down(t, exporters.NewBatch(s, exporters.WithTimeout(time.Hour)))
			b.Process(background, touch("0"))
			began := time.Now()
			err := b.Flush(within(3 * time.Second))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
				t.Errorf("%v after %v, want a timeout after 3 s", err, time.Since(began))
			}
			close(gate)
			if err := b.Flush(background); err != nil || len(s.got()) != 1 {
				t.Errorf("when the exporter goes on: %v, delivered %q", err, s.got())
			}
		})
	})
	t.Run("with a cause", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			gate := make(chan struct{})
			s := &fake{export: func(context.Context, []event.Event) error { <-gate; return nil }}
			b := down(t, exporters.NewBatch(s))
			b.Process(background, touch("0"))
			ctx, cancel := context.WithCancelCause(background)
			cancel(errSink)
			if err := b.Flush(ctx); !errors.Is(err, errSink) {
				t.Errorf("%v, want the context's cause", err)
			}
			close(gate)
		})
	})
	t.Run("that fails", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			b := down(t, exporters.NewBatch(&fake{flush: func(context.Context) error { return errSink }}))
			if err := b.Flush(background); !errors.Is(err, errSink) {
				t.Errorf("%v, want the exporter's error", err)
			}
		})
	})
	t.Run("after Shutdown", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			b := exporters.NewBatch(&fake{})
			b.Process(background, touch("0"))
			if err := b.Shutdown(background); err != nil {
				t.Fatal(err)
			}
			if err := b.Flush(within(time.Second)); err != nil {
				t.Errorf("nothing is left, and Flush says %v", err)
			}
		})
	})
}

// TestFailuresDoNotStopTheRest: an exporter that fails, panics or hangs loses its batch, which
// is counted, and gets the next one.
func TestFailuresDoNotStopTheRest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		fail         func(context.Context) error
		class        string
	}{
		{"error", "any error is for now, unless it says otherwise", func(context.Context) error { return errSink }, "transient"},
		{"permanent error", "as Permanent marks it", func(context.Context) error { return fmt.Errorf("sink: %w", sink.Permanent(errSink)) }, "permanent"},
		{"panic", "contained", func(context.Context) error { panic("no") }, "panic"},
		{"panic with nil", "contained", func(context.Context) error { panic(nil) }, "panic"}, //nolint:govet // what some code does
		{"hanging", "its context ends after WithTimeout", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := newMeters()
				calls := 0
				s := &fake{}
				s.export = func(ctx context.Context, _ []event.Event) error {
					if calls++; calls == 2 {
						return c.fail(ctx)
					}
					return nil
				}
				b := exporters.NewBatch(s, exporters.WithBatchSize(2), exporters.WithInterval(time.Hour), exporters.WithTimeout(5*time.Second), exporters.WithMeterProvider(m))
				for i := range 6 {
					b.Process(background, touch(fmt.Sprint(i)))
				}
				began := time.Now()
				checkLoss(t, b.Flush(background), map[string]uint64{c.class: 2})
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
				if got := s.got(); !slices.Equal(got, []string{"0", "1", "4", "5"}) {
					t.Errorf("delivered were %q, want all but the second batch: %s", got, c.reason)
				}
				if err := b.Shutdown(background); err != nil {
					t.Error(err)
				}
				want := map[string]int64{
					semconv.SDKProcessorProcessedName: 4, semconv.SDKExporterExportedName: 4,
					semconv.SDKProcessorProcessedName + " " + c.class: 2, semconv.SDKExporterExportedName + " " + c.class: 2,
					semconv.SDKProcessorDroppedName + " " + c.class: 2, // for nobody tries them again
				}
				if diff := cmp.Diff(want, m.all()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.reason, diff)
				}
			})
		})
	}
}

// TestNilBatch: "nil receivers … of what users hold are safe no-ops" (STYLE, rule 7).
func TestNilBatch(t *testing.T) {
	t.Parallel()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("it panics: %v", r)
		}
	}()
	var b *exporters.Batch
	b.Process(background, touch("x"))
	if err := errors.Join(b.Flush(background), b.Shutdown(background)); err != nil {
		t.Error(err)
	}
}

func ExampleNewBatch() {
	b := exporters.NewBatch(printer{}, // any event.Exporter
		exporters.WithQueueSize(1000),       // what does not fit is dropped, and counted
		exporters.WithBatchSize(2),          // at most so many in one call
		exporters.WithInterval(time.Minute)) // or whatever is there after a minute

	// cx.WithProcessors(b) shows it every event; here by hand.
	for _, name := range []string{"search", "add-to-cart", "pay"} {
		b.Process(context.Background(), &event.Event{Kind: event.TouchpointEnded, Touchpoint: name})
	}

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := b.Shutdown(ctx); err != nil { // delivers what is left
		fmt.Println(err)
	}
	// Output:
	// a batch of 2: search add-to-cart
	// a batch of 1: pay
	// shut down
}

// printer is an exporter that prints.
type printer struct{}

func (printer) Export(_ context.Context, events []event.Event) error {
	var names []string
	for _, e := range events {
		names = append(names, e.Touchpoint)
	}
	fmt.Printf("a batch of %d: %s\n", len(events), strings.Join(names, " "))
	return nil
}

func (printer) Shutdown(context.Context) error {
	fmt.Println("shut down")
	return nil
}
