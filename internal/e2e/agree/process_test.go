package agree_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"
	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// orderEnv is the variable with the order for a process of this test's own binary.
const orderEnv = "CAIRN_AGREE_ORDER"

// tooSlow is the longest delay of a deed's report. An end waits as long, and an abandonment ten seconds. The
// comparison leaves out a run that a slower machine reported too late.
const tooSlow = 5 * time.Second

// order tells a process its task.
type order struct {
	Store  storeAt
	Seed   uint64
	Index  int
	Began  time.Time
	Events string // the file of its exported events; beside it is the list of the runs that it reported too late
}

func TestMain(m *testing.M) {
	if text := os.Getenv(orderEnv); text != "" {
		if err := obey(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// obey reports the deeds of the order, each at its time.
func obey(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("reading the order: %w", err)
	}
	store, closeStore, err := o.Store.open()
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	defer closeStore()
	var got events
	w := newWords()
	client, err := cx.New(quiet(cx.WithDefinitions(w.definitions()...), cx.WithExporters(&got), cx.WithNamespace("agree"),
		cx.WithStore(store), cx.WithEndGrace(2*tooSlow))...)
	if err != nil {
		return err
	}
	ctx := cx.NewContext(context.Background(), client)
	var slow []string
	for _, d := range livesOf(o.Seed) {
		if d.by != o.Index {
			continue
		}
		time.Sleep(time.Until(o.Began.Add(d.at)))
		w.do(ctx, d, o.Began)
		if time.Since(o.Began.Add(d.at)) > tooSlow {
			slow = append(slow, runID(d.run))
		}
	}
	// Both processes sweep until all runs have ended and the graces are over.
	time.Sleep(time.Until(o.Began.Add(ticks*tick + patience + 13*time.Second)))
	within, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := client.Shutdown(within); err != nil {
		return err
	}
	if err := os.WriteFile(o.Events+".slow", []byte(strings.Join(slow, "\n")), 0o600); err != nil {
		return err
	}
	var lines []byte
	for _, e := range got.all() {
		lines = append(e.AppendJSON(lines), '\n')
	}
	return os.WriteFile(o.Events, lines, 0o600)
}

// do records the deed.
func (w *words) do(ctx context.Context, d deed, began time.Time) {
	at := began.Add(d.at)
	if d.born {
		ctx = w.order.Start(ctx, runID(d.run), event.Customer{}, journey.At(at))
	} else {
		ctx = w.order.Resume(ctx, runID(d.run))
	}
	w.by[d.name].Record(ctx, d.channel, touchpoint.At(at), touchpoint.Outcome(d.outcome))
}

// quiet returns the options of a client that sends no telemetry.
func quiet(opts ...cx.Option) []cx.Option {
	tracers := tracenoop.NewTracerProvider()
	return append(opts, cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()))
}

// events is an exporter that remembers its events.
type events struct {
	mu  sync.Mutex
	got []event.Event
}

// Export implements [event.Exporter].
func (s *events) Export(_ context.Context, batch []event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, batch...)
	return nil
}

// Shutdown implements [event.Exporter].
func (s *events) Shutdown(context.Context) error { return nil }

func (s *events) all() []event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// storeAt is the place of a store, which another process can open.
type storeAt struct{ Kind, At string }

// storeKinds are all kinds of stores, each with a function that starts its server.
var storeKinds = []struct {
	name  string
	start func(t *testing.T) storeAt
}{
	{"redis", func(t *testing.T) storeAt { return storeAt{"redis", servers.StartRedis(t).Addr()} }},
	{"postgres", func(t *testing.T) storeAt {
		return storeAt{"postgres", servers.StartPostgres(t, servers.PostgresSetting("fsync", "off")).URL()}
	}},
	{"sqlite", func(t *testing.T) storeAt { return storeAt{"sqlite", filepath.Join(t.TempDir(), "journeys.db")} }},
}

func (at storeAt) open() (s ledger.Store, closeStore func(), err error) {
	switch at.Kind {
	case "redis":
		client := goredis.NewClient(&goredis.Options{Addr: at.At})
		s, err := redis.New(client)
		return s, func() { _ = client.Close() }, err
	case "postgres":
		pool, err := pgxpool.New(context.Background(), at.At)
		if err != nil {
			return nil, nil, err
		}
		s, err := postgres.New(pool)
		if err == nil {
			err = s.Migrate(context.Background())
		}
		return s, pool.Close, err
	default:
		s, err := sqlite.Open(at.At, sqlite.WithoutFsync())
		return s, func() { _ = s.Close() }, err
	}
}
