package effort_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/e2e/shared"
	"cairncx.dev/cairn/touchpoint"
)

// workerEnv is the variable with the order for a worker, a process of this test's own binary.
const workerEnv = "CAIRN_EFFORT_WORKER"

// patience bounds waits that are long only if something is wrong.
const patience = 2 * time.Minute

const (
	window = 30 * time.Minute
	grace  = 30 * time.Minute
)

// TestMain runs the tests of all stores at once, because they wait most of the time.
func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		if err := runWorker(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// order tells a worker its task.
type order struct {
	Store   shared.Place
	Witness string    // the file of what it tells
	Role    string    // roleWeb or rolePhone; "" records what it is given
	At      time.Time // of the contact of a role
}

// batch has contacts to record. The worker reads batches from its standard input, one a line.
type batch struct {
	Number   int
	Contacts []contact
}

// contact is one contact. A worker is given it again where another one was killed before it had said that it was done.
type contact struct {
	Person, Number int
	At             time.Time
}

func (c contact) id() (id event.ID) {
	id[0], id[1], id[2], id[6], id[8] = byte(c.Person>>8), byte(c.Person), byte(c.Number), 0x80, 0x80
	return id
}

// The words that a worker writes to its standard output, one a line. A number follows done.
const (
	saysReady    = "ready"
	saysRecorded = "recorded"
	saysTold     = "told"
	saysLost     = "lost"
	saysDone     = "done"
	saysEnded    = "ended"
)

// telling is one line of a witness.
type telling struct {
	ID       event.ID
	Hash     string
	Began    time.Time
	Time     time.Time
	Contacts int
	Answered int
	Switches int
	First    bool
	From     string
	Counted  bool // in metrics
}

// witness writes what the client tells to a file, which outlives the process.
type witness struct {
	file  *os.File
	count *counter
}

func (w witness) Process(_ context.Context, e *event.Event) {
	if e.Kind != event.ContactResolved {
		return
	}
	line, err := json.Marshal(telling{e.ID, e.Customer.Hash, e.Effort.Began, e.Time, e.Effort.Contacts, e.Effort.Answered, e.Effort.Switches, e.Effort.FirstContact, e.Effort.From, w.count.added.Swap(false)})
	if err == nil {
		_, err = w.file.Write(append(line, '\n'))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	say(saysTold)
}

func (witness) Shutdown(context.Context) error { return nil }

// meters counts in one instrument only: cx.effort.ended.
type meters struct {
	metricnoop.MeterProvider
	count *counter
}

type meter struct {
	metricnoop.Meter
	count *counter
}

// counter says whether the effort that is being told was counted. A process tells one effort after the other, and counts it first.
type counter struct {
	metricnoop.Int64Counter
	added atomic.Bool
}

func (m meters) Meter(string, ...metric.MeterOption) metric.Meter { return meter{count: m.count} }

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	if name == semconv.EffortEndedName {
		return m.count, nil
	}
	return metricnoop.Int64Counter{}, nil
}

func (*counter) Enabled(context.Context) bool { return true }

func (c *counter) Add(context.Context, int64, ...metric.AddOption) { c.added.Store(true) }

var (
	support = touchpoint.Define("support")
	login   = touchpoint.Define("login")
	pay     = touchpoint.Define("pay")
)

// runWorker follows the order until the standard input ends.
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
	file, err := os.OpenFile(o.Witness, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the witness: %w", err)
	}
	defer file.Close()
	tracers := tracenoop.NewTracerProvider()
	count := &counter{}
	client, err := cx.New(
		cx.WithNamespace(o.Store.Prefix), cx.WithDefinitions(support, login, pay), cx.WithStore(store), cx.WithCustomerKey([]byte("a key of at least 16 bytes")),
		cx.WithProcessors(witness{file, count}), cx.WithEffortWindow(window), cx.WithEffortGrace(grace), cx.WithSweepInterval(5*time.Millisecond),
		cx.WithOnFault(func(_ context.Context, r fault.Report) {
			if r.Fault == fault.EffortLost {
				say(saysLost)
			}
		}),
		cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(meters{count: count}), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
	)
	if err != nil {
		return err
	}
	say(saysReady)
	if o.Role != "" {
		play(client, &o)
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var b batch
		if err := json.Unmarshal(in.Bytes(), &b); err != nil {
			return fmt.Errorf("reading a batch: %w", err)
		}
		for _, c := range b.Contacts {
			client.Record(context.Background(), c.event())
			say(saysRecorded)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := client.Flush(ctx)
		cancel()
		if err != nil {
			return err
		}
		say(fmt.Sprint(saysDone, " ", b.Number))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.Shutdown(ctx); err != nil {
		return err
	}
	say(saysEnded)
	return in.Err()
}

// event returns the contact: the channels take turns, so that each contact after the first one is a switch.
func (c contact) event() event.Event {
	channel := event.Phone
	if c.Number%2 == 1 {
		channel = event.Chat
	}
	return event.Event{
		Kind: event.TouchpointEnded, ID: c.id(), Time: c.At.Add(time.Duration(c.Number) * time.Second), Touchpoint: "support", Channel: channel,
		Actor: event.ActorEmployee, Outcome: event.OK, Intent: "bill", Customer: event.Customer{ID: fmt.Sprint("customer ", c.Person)},
		Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true, Answered: true}}},
	}
}

// say writes a whole line to the parent.
func say(word string) { _, _ = os.Stdout.WriteString(word + "\n") } // an error means that the parent has gone
