package survive_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/internal/e2e/shared"
	"cairncx.dev/cairn/journey"
)

// workerEnv is the variable with the order for a worker, a process of this test's own binary.
const workerEnv = "CAIRN_SURVIVE_WORKER"

// endGrace is the grace of ends. It is short, because each of hundreds of Flushes waits for it.
const endGrace = 100 * time.Millisecond

// patience bounds waits that are long only if something is wrong.
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
	// The tests mostly wait for leases to end, so they run in parallel even on few cores.
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// order tells a worker its task.
type order struct {
	Namespace string
	Store     shared.Place
	Events    string        // the file of its exported events
	Hooks     string        // the file of its hook's calls
	Counts    string        // the file of what its metrics have counted
	Clock     time.Duration // the error of its clock
	ByClock   bool          // its own clock gives the times of events, not the time of the order
	Promises  bool          // its customers follow the plans with promises
}

// batch has steps for a worker. The worker reads batches from its standard input, one a line.
type batch struct {
	Number int
	Items  []item
}

type item struct {
	Run, Step int
	Given     time.Time // when the run was first given to a worker
}

// The lines that a worker writes to its standard output: a word, and for done and ended the number of the batch
// and the numbers of acknowledged lines in its files of events and of the hook.
const (
	saysReady     = "ready"
	saysBegun     = "begun"     // began a batch
	saysRecorded  = "recorded"  // recorded a batch and has not flushed it
	saysExporting = "exporting" // exports events that the store has and no file has yet
	saysExported  = "exported"  // exported events; the store has not noted it
	saysDone      = "done"      // Flush has returned for a batch
	saysEnded     = "ended"     // Shutdown has returned
)

// worker is a process that records the batches that it gets.
type worker struct {
	order  order
	client *cx.Client
	plans  []plan
	events *lineFile
	hooks  *lineFile
	counts *lineFile
	reader *sdkmetric.ManualReader
}

// runWorker follows the order until the standard input ends.
func runWorker(text string) error {
	w := &worker{}
	if err := json.Unmarshal([]byte(text), &w.order); err != nil {
		return fmt.Errorf("reading the order: %w", err)
	}
	store, closeStore, err := w.order.Store.Open(context.Background())
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	defer closeStore()
	if w.events, err = openLines(w.order.Events); err != nil {
		return err
	}
	if w.hooks, err = openLines(w.order.Hooks); err != nil {
		return err
	}
	if w.counts, err = openLines(w.order.Counts); err != nil {
		return err
	}
	definitions, objectives, meters := w.definitions()
	tracers := tracenoop.NewTracerProvider()
	w.client, err = cx.New(
		cx.WithNamespace(w.order.Namespace), cx.WithDefinitions(definitions...), cx.WithObjectives(objectives...), cx.WithStore(store), cx.WithEndGrace(endGrace),
		cx.WithClock(w.now), cx.WithOnStall(w.stalled), cx.WithExporters(w),
		cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(meters), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
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
			return fmt.Errorf("reading a batch: %w", err)
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

// definitions returns the definitions of the worker's plans, and what counts.
func (w *worker) definitions() ([]event.Definition, []slo.Objective, metric.MeterProvider) {
	if !w.order.Promises {
		v := newVocabulary()
		w.plans = v.plans()
		return v.definitions(), nil, metricnoop.NewMeterProvider()
	}
	s := newSupport()
	w.plans, w.reader = s.plans(), sdkmetric.NewManualReader()
	return s.definitions(), s.objectives(), sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader))
}

func (w *worker) now() time.Time { return time.Now().Add(w.order.Clock) }

// work records the batch, and reports it done once it survives this process.
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
	events, hooks := w.events.written(), w.hooks.written() // lines from before Flush, which Flush acknowledges
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
func (w *worker) Export(ctx context.Context, events []event.Event) error {
	if err := w.count(context.WithoutCancel(ctx)); err != nil { // after a stop its deadline may be over
		return err
	}
	say(saysExporting)
	for i := range events {
		line := append(strconv.AppendInt(nil, time.Now().UnixNano(), 10), ' ')
		if err := w.events.write(append(events[i].AppendJSON(line), '\n')); err != nil {
			return err
		}
	}
	if err := w.count(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	say(saysExported)
	return nil
}

// Shutdown implements [event.Exporter].
func (*worker) Shutdown(context.Context) error { return nil }

// say writes a whole line to the parent.
func say(word string, numbers ...int) {
	line := word
	for _, n := range numbers {
		line += fmt.Sprint(" ", n)
	}
	_, _ = os.Stdout.WriteString(line + "\n") // an error means that the parent has gone
}

// lineFile is a file of lines that survives its process. Each line is one write.
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

// written returns the number of written lines.
func (l *lineFile) written() int { return int(l.n.Load()) }
