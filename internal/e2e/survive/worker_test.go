package survive_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// workerEnv has the order of a worker, a process of this test's own binary.
const workerEnv = "CAIRN_SURVIVE_WORKER"

// endGrace is how long ends wait: every Flush waits for them, and there are hundreds.
const endGrace = 100 * time.Millisecond

// patience bounds what takes long only when something is wrong.
const patience = 2 * time.Minute

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		if err := runWorker(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	// The tests mostly wait for leases to be over: that there are few cores is no reason to do it in turn.
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// order says what a worker is to be.
type order struct {
	Namespace string
	Store     storeAt
	Events    string        // the file of what it has exported
	Hooks     string        // the file of the calls of its hook
	Clock     time.Duration // by how much its clock is wrong
	ByClock   bool          // events go by its own clock, not by when they were handed out
}

// batch is what a worker has to do at once: it says so on its standard input, one a line.
type batch struct {
	Number int
	Items  []item
}

type item struct {
	Run, Step int
	Given     time.Time // when the run was handed out for the first time
}

// What a worker says on its standard output, one a line: a word, and for done and ended the number of
// the batch and how many lines of its files are acknowledged, those of events and those of the hook.
const (
	saysReady     = "ready"
	saysBegun     = "begun"     // with a batch
	saysRecorded  = "recorded"  // a batch, but not flushed it
	saysExporting = "exporting" // events that the store has, but no file
	saysExported  = "exported"  // events that the store does not know to be told
	saysDone      = "done"      // with a batch: Flush has returned
	saysEnded     = "ended"     // Shutdown has returned
)

// worker is a process that records what it is given.
type worker struct {
	order  order
	client *cx.Client
	plans  []plan
	events *lineFile
	hooks  *lineFile
}

// runWorker does what the order says until the standard input ends.
func runWorker(text string) error {
	w := &worker{}
	if err := json.Unmarshal([]byte(text), &w.order); err != nil {
		return fmt.Errorf("the order: %w", err)
	}
	store, closeStore, err := w.order.Store.open()
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	defer closeStore()
	if w.events, err = openLines(w.order.Events); err != nil {
		return err
	}
	if w.hooks, err = openLines(w.order.Hooks); err != nil {
		return err
	}
	v := newVocabulary()
	w.plans = v.plans()
	tracers := tracenoop.NewTracerProvider()
	w.client, err = cx.New(
		cx.WithNamespace(w.order.Namespace), cx.WithDefinitions(v.definitions()...), cx.WithStore(store), cx.WithEndGrace(endGrace),
		cx.WithClock(w.now), cx.WithOnStall(w.stalled), cx.WithExporters(w),
		cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
	)
	if err != nil {
		return err
	}
	say(saysReady)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var b batch
		if err := json.Unmarshal(in.Bytes(), &b); err != nil {
			return fmt.Errorf("a batch: %w", err)
		}
		if err := w.work(&b); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.client.Shutdown(ctx); err != nil {
		return err
	}
	say(saysEnded, 0, w.events.written(), w.hooks.written())
	return in.Err()
}

func (w *worker) now() time.Time { return time.Now().Add(w.order.Clock) }

// work records the batch and says that it has, once that survives this process.
func (w *worker) work(b *batch) error {
	say(saysBegun)
	for _, i := range b.Items {
		p := &w.plans[i.Run%len(w.plans)]
		began := i.Given.Add(-p.began)
		if w.order.ByClock {
			began = w.now().Add(-p.began)
		}
		ctx := cx.NewContext(context.Background(), w.client)
		if i.Step > 0 {
			ctx = p.journey.Resume(ctx, runID(i.Run))
		}
		for _, a := range p.steps[i.Step] {
			ctx = a.do(ctx, runID(i.Run), began.Add(a.after))
		}
	}
	say(saysRecorded)
	events, hooks := w.events.written(), w.hooks.written() // told before Flush, hence acknowledged by it
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.client.Flush(ctx); err != nil {
		return err
	}
	say(saysDone, b.Number, events, hooks)
	return nil
}

// stalled is the hook.
func (w *worker) stalled(_ context.Context, s journey.State) {
	line, err := json.Marshal(hookCall{Run: s.Journey.ID, visited: visited{s.Stage, s.Visit}})
	if err == nil {
		err = w.hooks.write(append(line, '\n'))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

type hookCall struct {
	Run string
	visited
}

// Export implements [event.Exporter].
func (w *worker) Export(_ context.Context, events []event.Event) error {
	say(saysExporting)
	for i := range events {
		if err := w.events.write(append(events[i].AppendJSON(nil), '\n')); err != nil {
			return err
		}
	}
	say(saysExported)
	return nil
}

// Shutdown implements [event.Exporter].
func (*worker) Shutdown(context.Context) error { return nil }

// say says a line to the parent, whole.
func say(word string, numbers ...int) {
	line := word
	for _, n := range numbers {
		line += fmt.Sprint(" ", n)
	}
	_, _ = os.Stdout.WriteString(line + "\n") // a parent that has gone does not mind
}

// lineFile is a file of lines that outlives its process: each is written by one call.
type lineFile struct {
	mu sync.Mutex
	f  *os.File
	n  atomic.Int64
}

func openLines(path string) (*lineFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return &lineFile{f: f}, err
}

func (l *lineFile) write(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.f.Write(line)
	l.n.Add(1)
	return err
}

// written is how many lines were written.
func (l *lineFile) written() int { return int(l.n.Load()) }
