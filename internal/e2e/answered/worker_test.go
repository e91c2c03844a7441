package answered_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// workerEnv is the variable with the order for a worker, a process of this test's own binary.
const workerEnv = "CAIRN_ANSWERED_WORKER"

const (
	// patience bounds waits that are long only if something is wrong.
	patience = 4 * time.Minute
	// endGrace is short, because each Flush waits for it.
	endGrace = 50 * time.Millisecond
)

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		if err := runWorker(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// order tells a worker where it works, and where it writes what it knows.
type order struct {
	Store   shared.Place
	Witness string
}

// item is one step of a matter. A worker reads lists of them from its standard input, one a line.
type item struct {
	Matter, Step int
	Began        time.Time
}

// The words that a worker writes to its standard output.
const (
	saysBegun    = "begun"    // began a list
	saysRecorded = "recorded" // recorded a list, and has not flushed it
	saysExported = "exported" // exported events; the store has not noted it
	saysDone     = "done"     // Flush has returned for a list
)

// line is what a worker knows: an event that it has exported, or a call of its hook.
type line struct {
	Event *event.Event `json:",omitempty"`
	Hook  *step        `json:",omitempty"`
}

// step is a step of a follow-up, of which the hook was told.
type step struct{ Run, Step string }

// worker is a process that takes the steps that it gets.
type worker struct {
	witness *os.File
	client  *cx.Client
	matters *matters
}

func runWorker(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("reading the order: %w", err)
	}
	store, closeStore, err := o.Store.Open(context.Background())
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	defer closeStore()
	w := &worker{matters: newMatters()}
	if w.witness, err = os.OpenFile(o.Witness, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return err
	}
	tracers := tracenoop.NewTracerProvider()
	w.client, err = cx.New(
		cx.WithNamespace("answered"), cx.WithDefinitions(w.matters.definitions()...), cx.WithStore(store), cx.WithEndGrace(endGrace),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithExporters(w), cx.WithOnFollowUp(w.hook), cx.WithSweepInterval(200*time.Millisecond),
		cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
	)
	if err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var list []item
		if err := json.Unmarshal(in.Bytes(), &list); err != nil {
			return fmt.Errorf("reading a list: %w", err)
		}
		if err := w.work(list); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return w.client.Shutdown(ctx)
}

// work takes the steps, and says so once they survive this process.
func (w *worker) work(list []item) error {
	say(saysBegun)
	for _, i := range list {
		w.matters.take(w.client, i)
	}
	say(saysRecorded)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.client.Flush(ctx); err != nil {
		return err
	}
	say(saysDone)
	return nil
}

// hook is told of each step.
func (w *worker) hook(_ context.Context, e event.Event) {
	name := fmt.Sprint(e.Stage, " ", e.Visit)
	if e.Kind == event.JourneyEnded {
		name = "ended"
	}
	if err := w.write(line{Hook: &step{e.Journey.Name + " " + e.Journey.ID, name}}); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// Export implements [event.Exporter].
func (w *worker) Export(_ context.Context, events []event.Event) error {
	for i := range events {
		if err := w.write(line{Event: &events[i]}); err != nil {
			return err
		}
	}
	say(saysExported)
	return nil
}

// Shutdown implements [event.Exporter].
func (*worker) Shutdown(context.Context) error { return nil }

// write appends a line to the witness, in one write.
func (w *worker) write(l line) error {
	text, err := json.Marshal(l)
	if err == nil {
		_, err = w.witness.Write(append(text, '\n'))
	}
	return err
}

func say(word string) { _, _ = os.Stdout.WriteString(word + "\n") } // an error means that the parent has gone
