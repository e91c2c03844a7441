package contact_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/shared"
	"cairncx.dev/cairn/touchpoint"
)

// workerEnv is the variable with the order for a worker, a process of this test's own binary.
const workerEnv = "CAIRN_CONTACT_WORKER"

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
	os.Exit(m.Run())
}

// The policy of the test. The windows and the lives of grants are so short that each customer is contacted many times.
const (
	window = 1500 * time.Millisecond
	life   = 600 * time.Millisecond
	single = "single" // one contact in a window
	triple = "triple" // three
)

var policy = touchpoint.DefineContactPolicy("contacts",
	touchpoint.Purpose(single, touchpoint.Cap(1, window), touchpoint.GrantLife(life)),
	touchpoint.Purpose(triple, touchpoint.Cap(3, window), touchpoint.GrantLife(life)),
	touchpoint.ContactWait(5*time.Second))

// most returns the cap of the purpose.
func most(purpose string) int {
	if purpose == triple {
		return 3
	}
	return 1
}

// purposeOf returns the purpose for which the customer is asked.
func purposeOf(person int) string {
	if person%5 == 0 {
		return triple
	}
	return single
}

// order tells a worker its task.
type order struct {
	Store   shared.Place
	Witness string // the file of what it knows
	Seed    uint64
}

// batch has customers to ask for, all at once. The worker reads batches from its standard input, one a line.
type batch struct {
	Number int
	People []int
}

// The words that a worker writes to its standard output, one a line. A number follows done.
const (
	saysReady    = "ready"
	saysAsking   = "asking"
	saysGranted  = "granted"
	saysUsing    = "using"
	saysSent     = "sent"
	saysReleased = "released"
	saysDone     = "done"
	saysEnded    = "ended"
)

// worker is a process that asks for contacts.
type worker struct {
	ctx     context.Context // with the client
	witness *witness
	seed    uint64
}

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
	client, err := newClient(store, o.Store.Prefix)
	if err != nil {
		return err
	}
	w := &worker{ctx: cx.NewContext(context.Background(), client), seed: o.Seed}
	if w.witness, err = openWitness(o.Witness); err != nil {
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

// newClient returns a client of the store. It counts and exports nothing.
func newClient(store shared.Store, namespace string) (*cx.Client, error) {
	tracers := tracenoop.NewTracerProvider()
	return cx.New(
		cx.WithNamespace(namespace), cx.WithDefinitions(policy), cx.WithStore(store), cx.WithCustomerKey([]byte("a key of at least 16 bytes")),
		cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
	)
}

// work asks for each customer of the batch in a goroutine.
func (w *worker) work(b *batch) error {
	errs := make([]error, len(b.People))
	var running sync.WaitGroup
	for i, person := range b.People {
		running.Go(func() {
			rng := rand.New(rand.NewPCG(w.seed, uint64(b.Number)<<32|uint64(person)))
			errs[i] = w.contact(person, rng.IntN(10))
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("the witness: %w", err)
		}
	}
	return nil
}

// contact asks for a contact with the customer and does what fate says with the grant. The witness has each step before it is taken,
// or after it where only then its result is known.
func (w *worker) contact(person, fate int) error {
	say(saysAsking)
	l := line{Person: person, What: asked, From: time.Now()}
	grant := policy.Ask(w.ctx, event.Customer{ID: customerID(person)}, purposeOf(person), event.Email)
	l.ID, l.To, l.Rule = grant.ID(), time.Now(), grant.Reason()
	if err := w.witness.write(&l); err != nil || !grant.OK() {
		return err
	}
	say(saysGranted)
	if fate < 2 { // the grant is left to lapse
		return nil
	}
	if fate >= 4 {
		l.What, l.From = using, time.Now()
		if err := w.witness.write(&l); err != nil {
			return err
		}
		say(saysUsing)
		ok := grant.Use(w.ctx)
		l.What, l.To, l.Rule = sent, time.Now(), grant.Reason()
		if !ok {
			l.What = refused
		}
		if err := w.witness.write(&l); err != nil || !ok {
			return err
		}
		say(saysSent)
	}
	if fate < 5 { // the contact is not made, or was not made
		l.What, l.From = releasing, time.Now()
		if err := w.witness.write(&l); err != nil {
			return err
		}
		grant.Release(w.ctx)
		say(saysReleased)
	}
	return nil
}

func customerID(person int) string { return fmt.Sprint("customer ", person) }

// say writes a whole line to the parent.
func say(word string) { _, _ = os.Stdout.WriteString(word + "\n") } // an error means that the parent has gone
