package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/sink"
)

// soon is a backoff that tests do not wait for.
func soon() exporters.SpoolOption {
	return exporters.WithBackoff(time.Microsecond, time.Microsecond)
}

func newSpool(tb testing.TB, dir string, next event.Exporter, opts ...exporters.SpoolOption) *exporters.Spool {
	tb.Helper()
	s, err := exporters.NewSpool(dir, next, append([]exporters.SpoolOption{soon()}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// spooled returns events with the numbers from a up to b as their touchpoints' names, and payloads
// of so many bytes.
func spooled(a, b, payload int) []event.Event {
	es := make([]event.Event, 0, b-a)
	for i := a; i < b; i++ {
		es = append(es, event.Event{
			ID: event.NewID(time.Unix(1, 0)), Kind: event.TouchpointEnded, Time: time.Unix(1, 0).UTC(),
			Touchpoint: fmt.Sprint(i), Cause: strings.Repeat("x", payload),
		})
	}
	return es
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func same(tb testing.TB, got, want []string, reason string) {
	tb.Helper()
	if !slices.Equal(got, want) {
		tb.Fatalf("it delivered %.300v (%d), want %.300v (%d): %s", got, len(got), want, len(want), reason)
	}
}

// gate is a sink that waits until it is opened.
type gate struct {
	fake
	open chan struct{}
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	g.export = func(ctx context.Context, _ []event.Event) error {
		select {
		case <-g.open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g
}

// TestSpoolContract runs the suite that every exporter has to pass: what arrived is what the sink has
// when the spool has drained, or after Shutdown what the next process delivers.
func TestSpoolContract(t *testing.T) {
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		dir := t.TempDir()
		var got fake
		s, err := exporters.NewSpool(dir, noFlush{&got}, soon())
		must(t, err)
		return exporterstest.Sink{
			Exporter: s,
			Received: func(t *testing.T) []event.Event {
				if err := s.Drain(context.Background()); errors.Is(err, sink.ErrClosed) {
					next := newSpool(t, dir, noFlush{&got})
					must(t, next.Drain(context.Background()))
					must(t, next.Shutdown(context.Background()))
				}
				got.mu.Lock()
				defer got.mu.Unlock()
				return slices.Clone(got.events)
			},
		}
	})
}

// TestSpoolResumes: "resumes in order".
func TestSpoolResumes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	away := &fake{export: func(context.Context, []event.Event) error { return errSink }}
	s := newSpool(t, dir, away)
	for i := range 10 {
		must(t, s.Export(context.Background(), spooled(i*7, i*7+7, 10)))
	}
	must(t, s.Flush(context.Background()))
	must(t, s.Shutdown(context.Background()))
	if away.downs != 1 {
		t.Errorf("the sink was shut down %d times", away.downs)
	}
	var back fake
	s = newSpool(t, dir, &back)
	must(t, s.Export(context.Background(), spooled(70, 80, 10)))
	must(t, s.Drain(context.Background()))
	same(t, back.got(), numbered(0, 80), "what the first process left comes first")
	must(t, s.Shutdown(context.Background()))
	var third fake
	s = newSpool(t, dir, &third)
	must(t, s.Drain(context.Background()))
	same(t, third.got(), []string{}, "what was delivered is not delivered again")
	if st := s.Stats(); st.Waiting != 0 || st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
}

func TestSpoolOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		dir          string
		next         event.Exporter
		opt          exporters.SpoolOption
		says         string
	}{
		{"no directory", "it has to be named", "", &fake{}, nil, "directory's name is empty"},
		{"no exporter", "there is nobody to deliver to", "d", nil, nil, "the exporter is nil"},
		{"too small", "segments would be smaller than an event", "d", &fake{}, exporters.WithMaxBytes(1000), "WithMaxBytes(1000): at least 65536 bytes"},
		{"negative batch", "no number of events", "d", &fake{}, exporters.WithBatchSize(-1), "WithBatchSize(-1)"},
		{"negative timeout", "no time", "d", &fake{}, exporters.WithTimeout(-time.Second), "WithTimeout(-1s)"},
		{"negative backoff", "no time", "d", &fake{}, exporters.WithBackoff(-time.Second, 0), "WithBackoff(-1s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := c.dir
			if dir != "" {
				dir = filepath.Join(t.TempDir(), dir)
			}
			_, err := exporters.NewSpool(dir, c.next, c.opt)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("it says %v, want %q: %s", err, c.says, c.reason)
			}
			if dir != "" {
				if _, err := os.Stat(dir); !os.IsNotExist(err) {
					t.Errorf("and the directory is there: %v", err)
				}
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := exporters.NewSpool(file, &fake{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file for a directory: %v", err)
	}
}

// TestSpoolLocked: "one owner per directory (lock, clear error)".
func TestSpoolLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newSpool(t, dir, &fake{})
	_, err := exporters.NewSpool(dir, &fake{})
	if !errors.Is(err, exporters.ErrSpoolLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second owner is told %v", err)
	}
	must(t, s.Shutdown(context.Background()))
	newSpool(t, dir, &fake{})
}

// TestSpoolNil: "nil receivers and zero values of what users hold are safe no-ops".
func TestSpoolNil(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*exporters.Spool{"nil": nil, "zero": {}} {
		must(t, s.Export(context.Background(), spooled(0, 1, 1)))
		must(t, s.Flush(context.Background()))
		must(t, s.Drain(context.Background()))
		must(t, s.Shutdown(context.Background()))
		if st := s.Stats(); st != (exporters.SpoolStats{}) {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

// TestSpoolKeepsOldest: "bounded size": new events are refused, and taken again when there is room.
func TestSpoolKeepsOldest(t *testing.T) {
	t.Parallel()
	g := newGate()
	s := newSpool(t, t.TempDir(), g, exporters.WithMaxBytes(64<<10))
	n := 0
	var err error
	for ; err == nil; n += 10 {
		err = s.Export(context.Background(), spooled(n, n+10, 200))
	}
	n -= 10
	if after, ok := sink.RetryDelay(err); !errors.Is(err, exporters.ErrSpoolFull) || !ok || after != time.Second {
		t.Fatalf("a full spool says %v, %v", err, after)
	}
	if err := s.Flush(context.Background()); !errors.Is(err, exporters.ErrSpoolFull) {
		t.Errorf("Flush says %v: nobody may take what was refused for safe", err)
	}
	must(t, s.Flush(context.Background()))
	if st := s.Stats(); st.Waiting != uint64(n) || st.Bytes > st.Capacity || st.Bytes < st.Capacity*9/10 {
		t.Errorf("%d events and %+v", n, st)
	}
	if err := s.Export(context.Background(), spooled(0, 1000, 200)); !errors.Is(err, exporters.ErrSpoolFull) {
		t.Errorf("a batch larger than the spool: %v", err)
	}
	close(g.open)
	must(t, s.Drain(context.Background()))
	must(t, s.Export(context.Background(), spooled(n, n+100, 200)))
	must(t, s.Drain(context.Background()))
	same(t, g.got(), numbered(0, n+100), "nothing that was taken is dropped")
	// Delivered and full of what is delivered: the next batch needs the whole room.
	for i := range 300 {
		must(t, s.Export(context.Background(), spooled(n+100+i*100, n+200+i*100, 200)))
		must(t, s.Drain(context.Background()))
	}
}

// TestSpoolKeepsNewest: the oldest are dropped, and counted.
func TestSpoolKeepsNewest(t *testing.T) {
	t.Parallel()
	g, m := newGate(), newMeters()
	s := newSpool(t, t.TempDir(), g, exporters.WithMaxBytes(64<<10), exporters.WithOverflow(exporters.DropOldest), exporters.WithMeterProvider(m))
	const n = 2000
	for i := 0; i < n; i += 10 {
		must(t, s.Export(context.Background(), spooled(i, i+10, 200)))
	}
	st := s.Stats()
	if st.Bytes > st.Capacity || st.Dropped == 0 {
		t.Errorf("%+v", st)
	}
	close(g.open)
	must(t, s.Drain(context.Background()))
	got := g.got()
	if uint64(len(got))+st.Dropped != n {
		t.Errorf("%d delivered and %d dropped of %d", len(got), st.Dropped, n)
	}
	last := -1
	for _, name := range got {
		var i int
		fmt.Sscan(name, &i)
		if i <= last {
			t.Fatalf("%d comes after %d", i, last)
		}
		last = i
	}
	if last != n-1 {
		t.Errorf("the last is %d", last)
	}
	if c := m.all()["cx.sdk.processor.dropped queue_full"]; c != int64(st.Dropped) {
		t.Errorf("%d are counted, %d were dropped", c, st.Dropped)
	}
}

// TestSpoolContexts: Export, Flush and Drain return when their context is done.
func TestSpoolContexts(t *testing.T) {
	t.Parallel()
	s := newSpool(t, t.TempDir(), newGate(), exporters.WithTimeout(time.Hour))
	must(t, s.Export(context.Background(), spooled(0, 1, 1)))
	errWhy := errors.New("no time left")
	done, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(0, func() { cancel(errWhy) })
	for name, f := range map[string]func(context.Context) error{
		"drain":  s.Drain,
		"flush":  func(ctx context.Context) error { <-ctx.Done(); return s.Flush(ctx) },
		"export": func(ctx context.Context) error { <-ctx.Done(); return s.Export(ctx, spooled(1, 2, 1)) },
	} {
		if err := f(done); !errors.Is(err, errWhy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	short, stop := context.WithTimeout(context.Background(), time.Nanosecond)
	defer stop()
	_ = s.Shutdown(short) // the gate never opens: cancels its call
}

// TestSpoolMetrics: cx.sdk.*, as every queue has them.
func TestSpoolMetrics(t *testing.T) {
	t.Parallel()
	m, g := newMeters(), newGate()
	s := newSpool(t, t.TempDir(), g, exporters.WithMeterProvider(m), exporters.WithName("spool/x"), exporters.WithBatchSize(4))
	in := make(chan struct{}, 100)
	wait := g.export
	g.export = func(ctx context.Context, es []event.Event) error {
		in <- struct{}{}
		return wait(ctx, es)
	}
	must(t, s.Export(context.Background(), spooled(0, 10, 1)))
	<-in
	all := m.all()
	if all["cx.sdk.processor.queue.size"] != 6 || all["cx.sdk.exporter.inflight"] != 4 {
		t.Errorf("under way: %v", all)
	}
	close(g.open)
	must(t, s.Drain(context.Background()))
	all = m.all()
	if all["cx.sdk.processor.queue.size"] != 0 || all["cx.sdk.exporter.exported"] != 10 || all["cx.sdk.processor.processed"] != 10 {
		t.Errorf("afterwards: %v", all)
	}
}

// TestSpoolConcurrently: many export at a time; each journey stays in its order. For the race detector.
func TestSpoolConcurrently(t *testing.T) {
	t.Parallel()
	const callers, batches = 8, 30
	var got fake
	s := newSpool(t, t.TempDir(), &got, exporters.WithMaxBytes(256<<10), exporters.WithBatchSize(7))
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range batches {
				es := spooled(i*3, i*3+3, 100)
				for k := range es {
					es[k].Journey = event.Run{Name: "j", ID: fmt.Sprint(c)}
				}
				for {
					err := s.Export(context.Background(), es)
					if err == nil {
						break
					}
					if !errors.Is(err, exporters.ErrSpoolFull) {
						t.Error(err)
						return
					}
					_ = s.Drain(context.Background())
				}
				_ = s.Stats()
			}
		})
	}
	wg.Wait()
	must(t, s.Drain(context.Background()))
	next := map[string]int{}
	for _, e := range got.events {
		if e.Touchpoint != fmt.Sprint(next[e.Journey.ID]) {
			t.Fatalf("journey %s: %s after %d", e.Journey.ID, e.Touchpoint, next[e.Journey.ID]-1)
		}
		next[e.Journey.ID]++
	}
	if len(got.events) != callers*batches*3 {
		t.Errorf("%d events", len(got.events))
	}
}

// TestSpoolModel: whatever the sink does and however often the process starts anew, everything that was
// taken is delivered, in order, and what is delivered twice was under way.
func TestSpoolModel(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	var dirs atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		dir := filepath.Join(root, fmt.Sprint(dirs.Add(1)))
		var mu sync.Mutex
		fails := 0
		got := &fake{export: func(context.Context, []event.Event) error {
			mu.Lock()
			defer mu.Unlock()
			if fails > 0 {
				fails--
				return errSink
			}
			return nil
		}}
		open := func() *exporters.Spool {
			s, err := exporters.NewSpool(dir, noFlush{got}, soon(), exporters.WithMaxBytes(128<<10),
				exporters.WithBatchSize(rapid.IntRange(1, 9).Draw(rt, "batch")))
			if err != nil {
				rt.Fatal(err)
			}
			return s
		}
		s := open()
		n := 0
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			switch rapid.IntRange(0, 4).Draw(rt, "step") {
			case 0, 1:
				k := rapid.IntRange(1, 40).Draw(rt, "events")
				err := s.Export(context.Background(), spooled(n, n+k, rapid.IntRange(0, 400).Draw(rt, "payload")))
				if err == nil {
					n += k
				} else if !errors.Is(err, exporters.ErrSpoolFull) {
					rt.Fatal(err)
				}
			case 2:
				mu.Lock()
				fails = rapid.IntRange(1, 5).Draw(rt, "fails")
				mu.Unlock()
			case 3:
				if err := s.Drain(context.Background()); err != nil {
					rt.Fatal(err)
				}
			case 4:
				if err := s.Shutdown(context.Background()); err != nil {
					rt.Fatal(err)
				}
				got.mu.Lock()
				got.closed = false
				got.mu.Unlock()
				s = open()
			}
		}
		if err := errors.Join(s.Drain(context.Background()), s.Shutdown(context.Background())); err != nil {
			rt.Fatal(err)
		}
		if !slices.Equal(got.got(), numbered(0, n)) {
			rt.Fatalf("%d events: %v", n, got.got())
		}
	})
}
