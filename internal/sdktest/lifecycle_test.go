package sdktest_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// fifty runs f in fifty goroutines that start together.
func fifty(f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range 50 {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// TestOnlyOnce: a call that code repeats, from any goroutine, counts once.
func TestOnlyOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		do           func(p *process, k *clock)
		kind         event.Kind
		spans        string // the name that one span has
		twin         bool
	}{
		{
			"a touchpoint's end", "code may defer End and call it again",
			func(p *process, k *clock) {
				_, tp := chargeCard.Start(checkout.Start(p.context(), orderID, event.Customer{}), event.Web)
				fifty(func(i int) {
					tp.SetAttributes()
					if i%2 == 0 {
						tp.Degrade("slow")
					}
					tp.End()
					tp.Fail(errSecret) // no effect after the end
				})
			}, event.TouchpointEnded, "charge-card", true,
		},
		{
			"a journey's start", "one run per ID",
			func(p *process, k *clock) {
				fifty(func(int) { checkout.Start(p.context(), orderID, event.Customer{}) })
			},
			event.JourneyStarted, "", false,
		},
		{
			"a journey's end", "a journey ends once",
			func(p *process, k *clock) {
				ctx := checkout.Start(p.context(), orderID, event.Customer{})
				fifty(func(i int) {
					switch i % 3 {
					case 0:
						checkout.Complete(ctx)
					case 1:
						checkout.Fail(ctx)
					default:
						checkout.Cancel(ctx)
					}
				})
			}, event.JourneyEnded, "checkout", true,
		},
		{
			"the end of a journey that another process began", "it ends once",
			func(p *process, k *clock) {
				fifty(func(int) { checkout.Complete(checkout.Resume(p.context(), orderID)) })
			}, event.JourneyEnded, "checkout", true,
		},
		{
			"a stage", "the customer enters it once, until they leave it",
			func(p *process, k *clock) {
				ctx := checkout.Start(p.context(), orderID, event.Customer{})
				fifty(func(int) { checkout.Enter(ctx, "cart") })
			}, event.JourneyStageEntered, "", false,
		},
		{
			"abandonment", "any goroutine may sweep",
			func(p *process, k *clock) {
				checkout.Start(p.context(), orderID, event.Customer{})
				k.pass(100 * time.Hour)
				fifty(func(int) { _ = p.client.Flush(context.Background()) })
			}, event.JourneyEnded, "checkout", true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events := &processor{}
			k := newClock()
			p := newProcess(t, "shop", cx.WithProcessors(events), cx.WithSweepInterval(time.Hour), cx.WithClock(k.now))
			c.do(p, k)
			if n := len(events.of(c.kind)); n != 1 {
				t.Errorf("%d events %s, want one: %s", n, c.kind, c.reason)
			}
			if c.twin {
				named(t, journeySpans(traceID("checkout", orderID), p), c.spans)
			}
		})
	}
}

// TestAfterShutdown: Cairn drops and counts each event that is recorded after Shutdown, and never blocks.
func TestAfterShutdown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		before       func(ctx context.Context) (after func())
		closed       string // the count of already_shutdown
		live         int    // live spans
	}{
		{
			"a touchpoint that was open", "its live span ends, and no event is delivered",
			func(ctx context.Context) func() {
				_, tp := chargeCard.Start(ctx, event.Web)
				return func() { tp.End(); tp.End() }
			}, "1", 1,
		},
		{
			"a touchpoint that begins", "nothing is recorded",
			func(ctx context.Context) func() {
				return func() {
					ctx, tp := chargeCard.Start(ctx, event.Web)
					if ctx == nil {
						panic("no context")
					}
					tp.End()
				}
			}, "1", 0,
		},
		{
			"a touchpoint that is recorded", "nothing is recorded",
			func(ctx context.Context) func() { return func() { chargeCard.Record(ctx, event.Web) } }, "1", 0,
		},
		{
			"a journey", "its start, its stage and its end",
			func(ctx context.Context) func() {
				return func() {
					ctx := checkout.Start(ctx, orderID, event.Customer{ID: secret})
					ctx = checkout.Enter(ctx, "cart")
					checkout.Complete(ctx)
				}
			}, "3", 0,
		},
		{
			"feedback", "an answer that comes too late",
			func(ctx context.Context) func() { return func() { feedback.NPS.Record(ctx, 9) } }, "1", 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events := &processor{}
			p := newProcess(t, "shop", cx.WithProcessors(events))
			after := c.before(p.context())
			must(t, p.client.Shutdown(context.Background()))
			after()
			if got := p.faults()["already_shutdown"]; got != c.closed {
				t.Errorf("the faults count %q, want %q: %s", got, c.closed, c.reason)
			}
			if n := len(events.all()); n != 0 {
				t.Errorf("the processor got %d events, want none: %s", n, c.reason)
			}
			if n := len(p.spans.GetSpans()); n != c.live {
				t.Errorf("%d live spans, want %d: %s", n, c.live, c.reason)
			}
			if n := len(p.twins.GetSpans()); n != 0 {
				t.Errorf("got %d spans of journeys, want none: %s", n, c.reason)
			}
			for key := range p.points() {
				if key != "cx.sdk.faults{error.type=already_shutdown}" {
					t.Errorf("the metrics count %s: %s", key, c.reason)
				}
			}
		})
	}
}

// gate is an exporter that blocks until the test opens it.
type gate struct {
	processor

	open     chan struct{}
	shutdown int
}

func newGate() *gate { return &gate{open: make(chan struct{})} }

// Export implements [event.Exporter].
func (g *gate) Export(ctx context.Context, events []event.Event) error {
	select {
	case <-g.open:
	case <-ctx.Done():
		return ctx.Err()
	}
	for i := range events {
		g.Process(ctx, &events[i])
	}
	return nil
}

// Shutdown implements [event.Exporter].
func (g *gate) Shutdown(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shutdown++
	return nil
}

func expired() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(context.DeadlineExceeded)
	return ctx
}

// TestShutdownAgain: a Shutdown that runs out of time returns an error, loses no event, and may be called again
// until it is complete.
func TestShutdownAgain(t *testing.T) {
	t.Parallel()
	const n = 700
	g := newGate()
	p := newProcess(t, "shop", cx.WithExporters(g))
	for range n {
		chargeCard.Record(p.context(), event.Web)
	}
	for i := range 3 {
		if err := p.client.Shutdown(expired()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown %d with a context that has expired: %v, want DeadlineExceeded", i+1, err)
		}
	}
	if err := p.client.Flush(expired()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Flush with a context that has expired: %v", err)
	}
	close(g.open)
	must(t, p.client.Shutdown(context.Background()))
	must(t, p.client.Shutdown(context.Background()))
	must(t, p.client.Shutdown(expired())) // a complete Shutdown returns nil
	must(t, p.client.Flush(context.Background()))
	if got := len(g.all()); got != n {
		t.Errorf("the exporter got %d events, want %d", got, n)
	}
	if g.shutdown != 1 {
		t.Errorf("the exporter was shut down %d times, want once", g.shutdown)
	}
}

// TestShutdownIsBounded: a Shutdown waits for a sink that does not answer. Another Shutdown with an expired
// context does not wait for the first.
func TestShutdownIsBounded(t *testing.T) {
	t.Parallel()
	g := newGate()
	stuck := &stuckProcessor{in: make(chan struct{}), out: make(chan struct{})}
	p := newProcess(t, "shop", cx.WithExporters(g), cx.WithProcessors(stuck))
	chargeCard.Record(p.context(), event.Web)
	first := make(chan error, 1)
	go func() { first <- p.client.Shutdown(context.Background()) }()
	<-stuck.in // the first Shutdown is running
	second := make(chan error, 1)
	go func() { second <- p.client.Shutdown(expired()) }()
	select {
	case err := <-second:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second Shutdown returned %v, want the error of its context", err)
		}
	case <-time.After(time.Minute): // reached only on failure
		t.Error("the second Shutdown waits for the first one, whatever its context says")
	}
	close(stuck.out)
	close(g.open)
	if err := <-first; err != nil {
		t.Errorf("the first Shutdown returned %v", err)
	}
}

// stuckProcessor blocks its first Shutdown until the test releases it.
type stuckProcessor struct {
	in, out chan struct{}
	once    sync.Once
}

func (*stuckProcessor) Process(context.Context, *event.Event) {}

func (s *stuckProcessor) Shutdown(ctx context.Context) error {
	s.once.Do(func() { close(s.in) })
	select {
	case <-s.out:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// flaky fails its first Shutdown.
type flaky struct {
	processor

	calls int
}

func (f *flaky) Shutdown(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls++; f.calls == 1 {
		return errSecret
	}
	return nil
}

// TestShutdownOfSeveral: a processor that fails does not keep the others from shutting down, and only it is asked
// again.
func TestShutdownOfSeveral(t *testing.T) {
	t.Parallel()
	bad, good, g := &flaky{}, &flaky{calls: 1}, newGate()
	close(g.open)
	p := newProcess(t, "shop", cx.WithProcessors(bad, good), cx.WithExporters(g))
	if err := p.client.Shutdown(context.Background()); !errors.Is(err, errSecret) {
		t.Errorf("Shutdown returned %v, want the processor's error", err)
	}
	must(t, p.client.Shutdown(context.Background()))
	must(t, p.client.Shutdown(context.Background()))
	if bad.calls != 2 || good.calls != 2 || g.shutdown != 1 {
		t.Errorf("the processors were shut down %d, %d and %d times, want 2, 1 and 1", bad.calls, good.calls-1, g.shutdown)
	}
}

// TestRecordingWhileShuttingDown: no event recorded before Shutdown is lost, and no call blocks.
func TestRecordingWhileShuttingDown(t *testing.T) {
	t.Parallel()
	g := newGate()
	close(g.open)
	p := newProcess(t, "shop", cx.WithExporters(g))
	fifty(func(i int) {
		if i == 25 {
			err := p.client.Shutdown(context.Background())
			if lost := new(exporters.LossError); err != nil && !errors.As(err, &lost) { // Shutdown reports events that came too late for the queue
				t.Error(err)
			}
			return
		}
		for range 20 {
			chargeCard.Record(p.context(), event.Web)
		}
	})
	delivered := len(g.all())
	points := p.points()
	counted := func(key string) int {
		n, _ := strconv.Atoi(points[key])
		return n
	}
	before := counted("cx.touchpoint.interactions{cx.channel=web,cx.outcome=ok,cx.touchpoint.name=charge-card}")
	if got := before + counted("cx.sdk.faults{error.type=already_shutdown}"); got != 49*20 {
		t.Errorf("the metrics count %d of %d events as recorded or dropped", got, 49*20)
	}
	dropped := 0
	for key := range points {
		if strings.HasPrefix(key, "cx.sdk.processor.dropped{") {
			dropped += counted(key)
		}
	}
	if delivered+dropped != before {
		t.Errorf("%d events were recorded, %d delivered and %d counted as dropped", before, delivered, dropped)
	}
}

// TestNoGoroutineIsLeft checks each way in which a client starts and ends.
func TestNoGoroutineIsLeft(t *testing.T) { //nolint:paralleltest // the test counts goroutines
	for _, c := range []struct {
		name string
		do   func(t *testing.T)
	}{
		{"a client that does nothing", func(t *testing.T) { newEnded(t) }},
		{"one with exporters", func(t *testing.T) { newEnded(t, cx.WithExporters(sink{}, failing{})) }},
		{"one that is refused", func(t *testing.T) {
			if _, err := cx.New(cx.WithExporters(sink{}), cx.WithSpanLimit(-1)); !errors.Is(err, cx.ErrConfig) {
				t.Errorf("New returned %v, want an error that wraps ErrConfig", err)
			}
			if _, err := cx.New(cx.WithExporters(sink{}), cx.WithDefinitions(&touchpoint.Definition{})); !errors.Is(err, cx.ErrConfig) {
				t.Errorf("New returned %v, want an error that wraps ErrConfig", err)
			}
		}},
		{"one that ran out of time first", func(t *testing.T) {
			g := newGate()
			c, err := cx.New(cx.WithExporters(g))
			must(t, err)
			chargeCard.Record(cx.NewContext(context.Background(), c), event.Web)
			if c.Shutdown(expired()) == nil {
				t.Error("Shutdown returned no error")
			}
			close(g.open)
			must(t, c.Shutdown(context.Background()))
		}},
		{"fifty Shutdowns at once", func(t *testing.T) {
			c, err := cx.New(cx.WithExporters(sink{}))
			must(t, err)
			fifty(func(int) { must(t, c.Shutdown(context.Background())) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // the test counts goroutines
			ignore := goleak.IgnoreCurrent()
			c.do(t)
			goleak.VerifyNone(t, ignore)
		})
	}
}

func newEnded(t *testing.T, opts ...cx.Option) {
	t.Helper()
	c, err := cx.New(opts...)
	must(t, err)
	chargeCard.Record(cx.NewContext(context.Background(), c), event.Web)
	if err := c.Shutdown(context.Background()); err != nil && !errors.Is(err, errRefused) { // errRefused comes from the failing exporter
		t.Fatal(err)
	}
	must(t, c.Shutdown(context.Background()))
}

// TestFlushSeesWhatASweepTookAlong: both the client's own goroutine and Flush find abandonments. When Flush
// returns, the ends are delivered, whichever found them.
func TestFlushSeesWhatASweepTookAlong(t *testing.T) {
	t.Parallel()
	g := newGate()
	close(g.open)
	k := newClock()
	p := newProcess(t, "shop", cx.WithExporters(g), cx.WithClock(k.now), cx.WithSweepInterval(time.Microsecond))
	for round := range 20 {
		for i := range 100 {
			checkout.Start(p.context(), strconv.Itoa(round)+"/"+strconv.Itoa(i), event.Customer{})
		}
		k.pass(100 * time.Hour)
		must(t, p.client.Flush(context.Background()))
		if got := len(g.of(event.JourneyEnded)); got != 100*(round+1) {
			t.Fatalf("after Flush the processor has %d ends, want %d", got, 100*(round+1))
		}
	}
	if !slices.ContainsFunc(g.all(), func(e event.Event) bool { return e.Outcome == event.Abandoned }) {
		t.Error("no journey was abandoned")
	}
}
