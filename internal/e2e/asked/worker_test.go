package asked_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
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

	lease = 30 * time.Second // of what a killed process has committed
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

// line is what the worker was answered to one ask, within From and To by the machine's clock, or an event that it has told.
type line struct {
	Person   int
	Survey   string
	From, To time.Time
	Rule     string // "" is granted
	Told     *told
	Heard    event.ID // a request of which this worker has recorded an end
}

// told is an event of a request.
type told struct {
	Kind        event.Kind
	ID, Request event.ID
}

// witness is a file of what a process knows, which no store has a part in: each line is one write.
type witness struct{ io.Writer }

func (w witness) write(l *line) error {
	text, err := json.Marshal(l)
	if err == nil {
		_, err = w.Write(append(text, '\n'))
	}
	return err
}

// Process implements [event.Processor].
func (w witness) Process(_ context.Context, e *event.Event) {
	if f := e.Feedback; f != nil {
		request := f.Request
		if e.Kind == event.SurveyRequested {
			request = e.ID
		}
		if err := w.write(&line{Told: &told{e.Kind, e.ID, request}}); err != nil {
			panic(err)
		}
	}
}

func (witness) Shutdown(context.Context) error { return nil }

// newClient returns a client of the store that tells the witness.
func newClient(store shared.Store, w witness) (*cx.Client, error) {
	tracers := tracenoop.NewTracerProvider()
	return cx.New(
		cx.WithNamespace("asked"), cx.WithDefinitions(policy, surveys[0], surveys[1], surveys[2]), cx.WithStore(store), cx.WithProcessors(w),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
	)
}

// runWorker asks until its standard input ends. Each line of the input is a request that some worker was granted.
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
	file, err := os.OpenFile(o.Witness, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	w := witness{file}
	client, err := newClient(store, w)
	if err != nil {
		return err
	}
	asking := cx.NewContext(context.Background(), client)
	var over atomic.Bool
	var running sync.WaitGroup
	failed := make(chan error, atOnce)
	for n := range uint64(atOnce) {
		running.Go(func() {
			rng := rand.New(rand.NewPCG(o.Seed, n))
			for !over.Load() {
				if err := askOne(asking, rng, w); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	in, rng := bufio.NewScanner(os.Stdin), rand.New(rand.NewPCG(o.Seed, atOnce))
	for in.Scan() {
		if err := endOne(asking, rng, w, in.Text()); err != nil {
			return err
		}
	}
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
func askOne(ctx context.Context, rng *rand.Rand, w witness) error {
	l := line{Person: rng.IntN(people)}
	survey := surveys[rng.IntN(len(surveys))]
	l.Survey = survey.Name()
	_, _ = os.Stdout.WriteString("asking\n") // an error means that the parent has gone
	l.From = time.Now()
	req := survey.Ask(ctx, event.Customer{ID: fmt.Sprint("customer ", l.Person)})
	l.To, l.Rule = time.Now(), req.Refused()
	if err := w.write(&l); err != nil || !req.OK() {
		return err
	}
	_, _ = fmt.Println(l.Survey, req.ID())
	return nil
}

// endOne records what becomes of a request. Each worker has its own idea of that.
func endOne(ctx context.Context, rng *rand.Rand, w witness, text string) error {
	name, id, _ := strings.Cut(text, " ")
	i := slices.IndexFunc(surveys, func(s *feedback.Survey) bool { return s.Name() == name })
	var request event.ID
	if err := request.UnmarshalText([]byte(id)); err != nil || i < 0 {
		return fmt.Errorf("reading the request %q: %w", text, err)
	}
	switch rng.IntN(5) {
	case 0:
		surveys[i].Asked(request).Dismissed(ctx)
	case 1:
		surveys[i].Asked(request).Bounced(ctx)
	default:
		surveys[i].Record(ctx, rng.IntN(2)+1, feedback.AnsweringID(request))
	}
	return w.write(&line{Heard: request})
}
