package breakdowns_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// workerEnv is the variable with the order for a worker, a process of this test's own binary.
const workerEnv = "CAIRN_BREAKDOWNS_WORKER"

// namespace is that of all clients.
const namespace = "shop"

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

// The promises of the company: breakdowns that cost much have promises that are broken within seconds, and others have some that the test does not see broken.
var (
	breakdowns = watch.Define("", watch.ConfirmWithin(time.Hour), watch.PlanWithin(time.Hour), watch.MendWithin(time.Hour),
		watch.ForSeverity("low", 0), watch.ForSeverity("high", 20, watch.ConfirmWithin(time.Second), watch.PlanWithin(2*time.Second), watch.MendWithin(3*time.Second)))
	improvement = feedback.DefineAction("improvement")
)

// order tells a worker its task.
type order struct {
	Store   shared.Place
	Archive string
	Shows   string // the file with what the charts show
	Said    string // the file of what it is told
	Seed    uint64
}

// told is what a worker was told: news, or a promise that is broken.
type told struct {
	ID, Breakdown, What string
}

// The words that a worker writes to its standard output, one a line. The test kills it at one of them.
const (
	saysFinds     = "finds"     // looks at the charts
	saysExporting = "exporting" // has steps that the store has, and the archive has not
	saysExported  = "exported"
	saysTelling   = "telling" // is told something, and has not noted it
	saysTold      = "told"    // has noted it; the store has not
)

func say(word string) { _, _ = os.Stdout.WriteString(word + "\n") } // an error means that the parent has gone

// saying is an archive that says what it does.
type saying struct{ *sqlarchive.Archive }

func (s saying) Export(ctx context.Context, events []event.Event) error {
	say(saysExporting)
	err := s.Archive.Export(ctx, events)
	say(saysExported)
	return err //nolint:wrapcheck // an exporter
}

// newClient returns a client of the store and the archive.
func newClient(store shared.Store, archive event.Exporter) (*cx.Client, error) {
	tracers := tracenoop.NewTracerProvider()
	return cx.New(
		cx.WithNamespace(namespace), cx.WithDefinitions(breakdowns.Journey(), improvement), cx.WithStore(store), cx.WithExporters(archive), cx.WithoutCustomerIDs(),
		cx.WithEndGrace(100*time.Millisecond), cx.WithLogger(slog.New(slog.DiscardHandler)), cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
	)
}

// runWorker watches until the standard input ends.
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
	archive, err := sqlarchive.OpenSQLite(o.Archive, sqlarchive.WithoutFsync())
	if err != nil {
		return err
	}
	client, err := newClient(store, saying{archive})
	if err != nil {
		return err
	}
	steps, err := sqlarchive.ReadSQLite(context.Background(), o.Archive)
	if err != nil {
		return err
	}
	said, err := os.OpenFile(o.Said, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(o.Seed, 2)) //nolint:gosec // a test
	note := func(t told) error {
		say(saysTelling)
		line, err := json.Marshal(t)
		if err == nil {
			_, err = said.Write(append(line, '\n'))
		}
		say(saysTold)
		if err == nil && rng.IntN(8) == 0 {
			err = errors.New("the answer is lost")
		}
		return err
	}
	w, err := watch.New(store, watch.Plan{
		Journey: breakdowns, Client: client, Steps: steps,
		Find: func(context.Context, []breakdown.Open) (breakdown.Findings, error) {
			say(saysFinds)
			list, err := readShows(o.Shows)
			return breakdown.Findings{Found: list}, err
		},
		Tell: func(_ context.Context, n watch.News) error {
			return note(told{n.ID, n.Status.ID, string(n.Kind)})
		},
		ReportUp: func(_ context.Context, v watch.Overdue) error {
			return note(told{v.ID, v.Status.ID, "up: " + v.Promise})
		},
	}, watch.WithEvery(time.Second), watch.WithLease(2*time.Second), watch.WithMeterProvider(metricnoop.NewMeterProvider()),
		watch.WithErrorHandler(func(err error) { fmt.Fprintln(os.Stderr, err) }))
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return errors.Join(w.Shutdown(ctx), client.Shutdown(ctx), steps.Close())
}

// readShows returns what the charts show.
func readShows(path string) (list []breakdown.Found, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	return list, err
}
