package asked_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
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
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/e2e/shared"
	"cairncx.dev/cairn/touchpoint"
)

// workerEnv is the variable with the order for a worker, a process of this test's own binary.
const workerEnv = "CAIRN_ASKED_WORKER"

// patience bounds waits that are long only if something is wrong.
const patience = 4 * time.Minute

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

// The times are so short that each customer is asked many times.
const (
	people   = 12
	atOnce   = 4 // asks of one worker at the same time
	every    = 250 * time.Millisecond
	window   = 200 * time.Millisecond
	together = 2 // requests of all surveys within the window
)

var (
	policy = touchpoint.DefineContactPolicy("contacts",
		touchpoint.Purpose(feedback.DefaultPurpose, touchpoint.Cap(together, window)), touchpoint.ContactWait(5*time.Second))
	surveys = []*feedback.Survey{
		feedback.Define("ease", feedback.CES, feedback.Every(every)),
		feedback.Define("loyalty", feedback.NPS, feedback.Every(every)),
		feedback.Define("delivery", feedback.CSAT, feedback.Every(every)),
	}
)

// order tells a worker its task.
type order struct {
	Store   shared.Place
	Witness string // the file of what it was answered
	Seed    uint64
}

// line is what the worker was answered to one ask, within From and To by the machine's clock.
type line struct {
	Person   int
	Survey   string
	From, To time.Time
	Rule     string // "" is granted
}

// runWorker asks until its standard input ends.
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
	tracers := tracenoop.NewTracerProvider()
	client, err := cx.New(
		cx.WithNamespace("asked"), cx.WithDefinitions(policy, surveys[0], surveys[1], surveys[2]), cx.WithStore(store),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
	)
	if err != nil {
		return err
	}
	witness, err := os.OpenFile(o.Witness, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	var over atomic.Bool
	var running sync.WaitGroup
	failed := make(chan error, atOnce)
	for n := range uint64(atOnce) {
		running.Go(func() {
			rng := rand.New(rand.NewPCG(o.Seed, n))
			for !over.Load() {
				if err := askOne(cx.NewContext(context.Background(), client), rng, witness); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	over.Store(true)
	running.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.Shutdown(ctx); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// askOne asks a customer. The witness has the answer before anything else happens with it.
func askOne(ctx context.Context, rng *rand.Rand, witness io.Writer) error {
	l := line{Person: rng.IntN(people)}
	survey := surveys[rng.IntN(len(surveys))]
	l.Survey = survey.Name()
	_, _ = os.Stdout.WriteString(".") // an error means that the parent has gone
	l.From = time.Now()
	req := survey.Ask(ctx, event.Customer{ID: fmt.Sprint("customer ", l.Person)})
	l.To, l.Rule = time.Now(), req.Refused()
	text, err := json.Marshal(l)
	if err == nil {
		_, err = witness.Write(append(text, '\n'))
	}
	if err != nil || !req.OK() {
		return err
	}
	switch rng.IntN(4) {
	case 0:
		req.Dismissed(ctx)
	case 1:
		survey.Record(ctx, survey.Scale().Max(), feedback.Answering(req))
	default: // nothing becomes of it
	}
	return nil
}
