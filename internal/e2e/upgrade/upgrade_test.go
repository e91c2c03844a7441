package upgrade_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

const (
	namespace = "upgrade"
	// patience bounds waits that are long only if something is wrong.
	patience = time.Minute
)

// files are the databases that earlier releases wrote. See testdata/README.md.
func files() []string { return []string{"first-release", "before-promises"} }

// runs are the runs in each file.
func runs() []string { return []string{"settled", "both", "open", "ended"} }

// store opens a store that has the logs of a file.
type store struct {
	name string
	open func(t *testing.T, file string) ledger.Store
}

func stores() []store {
	return []store{
		{"sqlite", openFile},
		{"redis", func(t *testing.T, file string) ledger.Store {
			client := goredis.NewClient(&goredis.Options{Addr: servers.StartRedis(t).Addr()})
			t.Cleanup(func() { _ = client.Close() })
			s, err := redis.New(client)
			if err != nil {
				t.Fatal(err)
			}
			fill(t, s, openFile(t, file))
			return s
		}},
		{"postgres", func(t *testing.T, file string) ledger.Store {
			pool, err := pgxpool.New(t.Context(), servers.StartPostgres(t, servers.PostgresSetting("fsync", "off")).URL())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(pool.Close)
			s, err := postgres.New(pool)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			fill(t, s, openFile(t, file))
			return s
		}},
	}
}

// openFile opens a copy of the file itself.
func openFile(t *testing.T, file string) ledger.Store {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", file+".db"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "runs.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(path, sqlite.WithoutFsync())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func keyOf(id string) ledger.Key {
	run := event.Run{Namespace: namespace, Name: "order", ID: id}
	return ledger.Key(run.TraceID())
}

// read returns the record of a run. It changes nothing.
func read(t *testing.T, s ledger.Store, id string) ledger.Record {
	t.Helper()
	records, err := s.Write(t.Context(), []ledger.Change{{Key: keyOf(id), If: []byte("\x00never"), Replace: []byte{}}})
	if err != nil {
		t.Fatal(err)
	}
	return records[0]
}

// fill gives the store the records of the other one, due now, as their release had left them.
func fill(t *testing.T, to, from ledger.Store) {
	t.Helper()
	for _, id := range runs() {
		r := read(t, from, id)
		changes := []ledger.Change{{Key: r.Key, Append: r.Log, Due: time.Now()}}
		if r.Closed {
			if _, err := to.Write(t.Context(), []ledger.Change{{Key: r.Key, Append: []byte("x")}}); err != nil {
				t.Fatal(err)
			}
			changes = []ledger.Change{{Key: r.Key, If: []byte("x"), Replace: r.Log, Close: true, Keep: time.Hour}}
		}
		if _, err := to.Write(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
	}
}

// sink keeps what was exported, by event ID.
type sink struct {
	mu   sync.Mutex
	got  map[event.ID]event.Event
	each chan struct{} // has one when something new was exported
}

func (s *sink) Export(_ context.Context, events []event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		s.got[e.ID] = e
	}
	select {
	case s.each <- struct{}{}:
	default:
	}
	return nil
}

func (*sink) Shutdown(context.Context) error { return nil }

// lines returns what the sink has of a run.
func (s *sink) lines(id string) (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.got {
		if e.Journey.ID != id {
			continue
		}
		line := fmt.Sprint(e.Kind, " ", e.Stage, "/", e.Visit, " at ", e.Time.UTC().Format(time.RFC3339))
		switch {
		case e.Promise != nil:
			line = fmt.Sprint(e.Kind, " ", e.Promise.Name, "/", e.Promise.Number, " at ", e.Time.UTC().Format(time.RFC3339), " due ", e.Promise.Due.UTC().Format(time.RFC3339))
		case e.Kind == event.JourneyEnded:
			line = fmt.Sprint(e.Kind, " ", e.Outcome, " of ", e.Journey.Started.UTC().Format(time.RFC3339), " ", e.Customer.Segment)
		case e.Kind == event.TouchpointEnded:
			line = fmt.Sprint(e.Kind, " late ", e.Late)
		default: // its place says enough
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// has waits until the sink has the line of the run.
func (s *sink) has(t *testing.T, id, part string) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !strings.Contains(strings.Join(s.lines(id), "\n"), part) {
		select {
		case <-s.each:
		case <-limit.C:
			t.Fatalf("%q of %s is not told; the sink has %q", part, id, s.lines(id))
		}
	}
}

// TestRunsGoOn: runs that an earlier release has written go on with promises. They keep what they were, what that release had
// not settled is told under its ID, and nothing that it had settled is told again.
func TestRunsGoOn(t *testing.T) {
	t.Parallel()
	for _, s := range stores() {
		for _, file := range files() {
			t.Run(s.name+"/"+file, func(t *testing.T) {
				t.Parallel()
				goOn(t, s.open(t, file))
			})
		}
	}
}

func goOn(t *testing.T, s ledger.Store) {
	got := &sink{got: map[event.ID]event.Event{}, each: make(chan struct{}, 1)}
	order := journey.Define("order", journey.Stages("cart", "review", "payment", "delivery"),
		journey.Promise("confirmed", time.Hour, journey.Since("payment"), journey.Until("delivery")),
		journey.Promise("delivered", 24*time.Hour, journey.Since("payment")))
	browse := touchpoint.Define("browse")
	tracers := tracenoop.NewTracerProvider()
	client, err := cx.New(cx.WithNamespace(namespace), cx.WithDefinitions(order, browse), cx.WithStore(s), cx.WithExporters(got),
		cx.WithEndGrace(100*time.Millisecond), cx.WithSweepInterval(200*time.Millisecond),
		cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()))
	if err != nil {
		t.Fatal(err)
	}
	got.has(t, "open", "journey.started")
	got.has(t, "both", "journey.stage.entered review/1 at 2026-03-02T09:05:00Z")
	now := time.Now().Add(-time.Minute).Truncate(time.Second)
	record := func(id string) {
		ctx := order.Resume(cx.NewContext(t.Context(), client), id)
		order.Enter(ctx, "payment", journey.At(now))
		order.Promise(ctx, "called-back", now.Add(2*time.Hour), journey.At(now.Add(time.Second)))
		order.Enter(ctx, "delivery", journey.At(now.Add(2*time.Second)))
		browse.Record(ctx, event.Web, touchpoint.At(now.Add(3*time.Second)))
		order.Complete(ctx, journey.At(now.Add(4*time.Second)))
	}
	for _, id := range runs() {
		record(id)
	}
	within, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.Shutdown(within); err != nil {
		t.Fatal(err)
	}
	moment := func(after time.Duration) string { return now.Add(after).UTC().Format(time.RFC3339) }
	want := []string{
		"journey.ended completed of 2026-03-02T09:00:00Z gold",
		"journey.stage.entered delivery/1 at " + moment(2*time.Second),
		"journey.stage.entered payment/1 at " + moment(0),
		"promise.kept confirmed/1 at " + moment(2*time.Second) + " due " + moment(time.Hour),
		"promise.kept delivered/1 at " + moment(4*time.Second) + " due " + moment(24*time.Hour),
		"promise.made called-back/1 at " + moment(time.Second) + " due " + moment(2*time.Hour),
		"promise.made confirmed/1 at " + moment(0) + " due " + moment(time.Hour),
		"promise.made delivered/1 at " + moment(0) + " due " + moment(24*time.Hour),
		"promise.withdrawn called-back/1 at " + moment(4*time.Second) + " due " + moment(2*time.Hour),
		"touchpoint.ended late false",
	}
	unsettled := map[string][]string{
		"settled": nil,
		"both":    {"journey.stage.entered review/1 at 2026-03-02T09:05:00Z"},
		"open":    {"journey.stage.entered cart/1 at 2026-03-02T09:01:00Z", "journey.started /0 at 2026-03-02T09:00:00Z"},
	}
	for id, told := range unsettled {
		if diff := cmp.Diff(slices.Sorted(slices.Values(slices.Concat(want, told))), got.lines(id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	if diff := cmp.Diff([]string{"touchpoint.ended late true"}, got.lines("ended")); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	for _, id := range runs() {
		if !read(t, s, id).Closed {
			t.Errorf("%s is not closed", id)
		}
	}
}
