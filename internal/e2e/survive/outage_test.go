package survive_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"
	lognoop "go.opentelemetry.io/otel/log/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/internal/e2e/shared"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

const (
	// storeQueue and storeBatch are how many changes wait for a store, and go to it at once: see
	// journey/remote.go.
	storeQueue = 8192
	storeBatch = 512
)

// outage is a way in which a store is unavailable for a while.
type outage struct {
	name   string
	reason string
	// start starts the store. It also returns functions that begin and end the outage.
	start func(t *testing.T) (at shared.Place, begin, end func())
	// answers says that the store answers meanwhile, with errors. room says that it may still find room for some
	// changes.
	answers, room bool
}

func outages() []outage {
	return []outage{
		{name: "redis hangs", reason: "its connections stay open", start: func(t *testing.T) (shared.Place, func(), func()) {
			r := servers.StartRedis(t)
			return shared.Place{Kind: shared.Redis, At: r.Addr()}, func() { r.Pause(t) }, func() { r.Resume(t) }
		}},
		{name: "redis is killed", reason: "its log may have changes that it had not answered", answers: true, start: func(t *testing.T) (shared.Place, func(), func()) {
			r := servers.StartRedis(t, servers.RedisAppendOnly())
			return shared.Place{Kind: shared.Redis, At: r.Addr()}, func() { r.Kill(t) }, func() { r.Restart(t) }
		}},
		{name: "redis is full", reason: "the server refuses writes and serves reads", answers: true, start: fullRedis},
		{name: "postgres hangs", reason: "its connections stay open", start: func(t *testing.T) (shared.Place, func(), func()) {
			p := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
			return shared.Place{Kind: shared.Postgres, At: p.URL()}, func() { p.Pause(t) }, func() { p.Resume(t) }
		}},
		{name: "postgres is killed", reason: "the server has to recover", answers: true, start: func(t *testing.T) (shared.Place, func(), func()) {
			p := servers.StartPostgres(t)
			return shared.Place{Kind: shared.Postgres, At: p.URL()}, func() { p.Kill(t) }, func() { p.Restart(t) }
		}},
		{name: "postgres is full", reason: "a new row finds room only on a page that is not full", answers: true, room: true, start: fullPostgres},
		{name: "sqlite is locked", reason: "another process makes a backup", start: lockedSQLite},
		{name: "sqlite is full", reason: "the log files are on the same disk", answers: true, room: true, start: fullSQLite},
	}
}

// fullRedis is a Redis without room for writes.
func fullRedis(t *testing.T) (at shared.Place, begin, end func()) {
	r := servers.StartRedis(t)
	client := goredis.NewClient(&goredis.Options{Addr: r.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	limit := func(bytes string) func() {
		return func() {
			if err := client.ConfigSet(context.Background(), "maxmemory", bytes).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return shared.Place{Kind: shared.Redis, At: r.Addr()}, limit("1"), limit("0")
}

// fullPostgres is a PostgreSQL with its tables on a full disk.
func fullPostgres(t *testing.T) (at shared.Place, begin, end func()) {
	folder := disk(t)
	p := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("autovacuum", "off"))
	pool, err := pgxpool.New(t.Context(), p.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var data string
	if err := pool.QueryRow(t.Context(), "SHOW data_directory").Scan(&data); err != nil {
		t.Fatal(err)
	}
	tables := filepath.Join(folder, "tables")
	if err := os.Mkdir(tables, 0o700); err != nil {
		t.Fatal(err)
	}
	own(t, tables, data)
	for _, text := range []string{
		"CREATE TABLESPACE small LOCATION '" + tables + "'",
		"ALTER DATABASE postgres SET default_tablespace = small",
	} {
		if _, err := pool.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	begin, end = ballast(t, folder)
	return shared.Place{Kind: shared.Postgres, At: p.URL()}, begin, end
}

// fullSQLite is an SQLite store on a full disk.
func fullSQLite(t *testing.T) (at shared.Place, begin, end func()) {
	folder := disk(t)
	begin, end = ballast(t, folder)
	return shared.Place{Kind: shared.SQLite, At: folder}, begin, end
}

// ballast returns functions that fill a disk and make room again.
func ballast(t *testing.T, folder string) (fill, empty func()) {
	path := filepath.Join(folder, "ballast")
	fill = func() {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for size := 1 << 20; size > 0; {
			if _, err := f.Write(make([]byte, size)); err != nil {
				size /= 2
			}
		}
	}
	return fill, func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// lockedSQLite is a file on which another process holds the write lock for a long time.
func lockedSQLite(t *testing.T) (at shared.Place, begin, end func()) {
	at = shared.Place{Kind: shared.SQLite, At: t.TempDir(), Prefix: "outage"}
	var db *sql.DB
	var conn *sql.Conn
	exec := func(text string) {
		if _, err := conn.ExecContext(context.Background(), text); err != nil {
			t.Fatal(err)
		}
	}
	begin = func() {
		var err error
		if db, err = sql.Open("sqlite", filepath.Join(at.At, at.Prefix+".db")); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if conn, err = db.Conn(context.Background()); err != nil {
			t.Fatal(err)
		}
		exec("PRAGMA busy_timeout = 10000")
		exec("BEGIN IMMEDIATE")
	}
	return at, begin, func() { exec("ROLLBACK") }
}

// witness sees every event at once, and counts the store's answers.
type witness struct {
	ledger.Store

	mu      sync.Mutex
	events  map[event.ID][]event.Event
	touches int
	written atomic.Int64
}

// Write implements [ledger.Store].
func (w *witness) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := w.Store.Write(ctx, changes)
	if err == nil && len(changes) > 0 {
		w.written.Add(1)
	}
	return records, err
}

// Process implements [event.Processor].
func (w *witness) Process(_ context.Context, e *event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events[e.ID] = append(w.events[e.ID], *e)
	if e.Kind == event.TouchpointEnded {
		w.touches++
	}
}

// Shutdown implements [event.Processor].
func (*witness) Shutdown(context.Context) error { return nil }

func (w *witness) touched() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.touches
}

// of returns the events of a journey's transition.
func (w *witness) of(namespace string, j *journey.Definition, id, transition string) []event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events[flight.DeriveID(event.Run{Namespace: namespace, Name: j.Name(), ID: id}, transition)]
}

// TestRecordingGoesOnWithoutTheStore: recording does not wait for an absent store. The client counts and exports a
// change that does not fit into the queue. Later the state catches up.
func TestRecordingGoesOnWithoutTheStore(t *testing.T) {
	for _, test := range outages() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at, begin, end := test.start(t)
			at.Prefix = "outage"
			o := newOutageTest(t, at)
			o.run(&test, begin, end)
		})
	}
}

// outageTest is a client whose store is unavailable for a while.
type outageTest struct {
	t       *testing.T
	v       *vocabulary
	client  *cx.Client
	ctx     context.Context
	witness *witness
	reader  *sdkmetric.ManualReader
}

func newOutageTest(t *testing.T, at shared.Place) *outageTest {
	t.Helper()
	store, closeStore, err := at.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeStore)
	o := &outageTest{
		t: t, v: newVocabulary(), reader: sdkmetric.NewManualReader(),
		witness: &witness{Store: store, events: map[event.ID][]event.Event{}},
	}
	tracers := tracenoop.NewTracerProvider()
	o.client, err = cx.New(
		cx.WithNamespace("outage"), cx.WithDefinitions(o.v.definitions()...), cx.WithStore(o.witness), cx.WithProcessors(o.witness),
		cx.WithTracerProvider(tracers), cx.WithJourneyTracerProvider(tracers), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
		cx.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(o.reader))),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := o.client.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	o.ctx = cx.NewContext(context.Background(), o.client)
	return o
}

func (o *outageTest) flush() {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.ctx, patience)
	defer cancel()
	if err := o.client.Flush(ctx); err != nil {
		o.t.Fatal(err)
	}
}

func (o *outageTest) run(test *outage, begin, end func()) {
	const before, during, touches = 200, 500, storeQueue + storeBatch
	t := o.t
	for n := range before {
		o.v.order.Enter(o.v.order.Start(o.ctx, fmt.Sprint("before-", n), event.Customer{}), "cart")
	}
	long := o.v.order.Start(o.ctx, "long", event.Customer{})
	o.flush()

	begin()
	over := sync.OnceFunc(end)
	defer over()
	written := o.witness.written.Load()
	o.unhindered("recording", func() {
		for n := range during {
			ctx := o.v.order.Enter(o.v.order.Start(o.ctx, fmt.Sprint("during-", n), event.Customer{}), "cart")
			o.v.order.Complete(ctx)
		}
		for n := range before {
			o.v.order.Complete(o.v.order.Resume(o.ctx, fmt.Sprint("before-", n)))
		}
		for range touches {
			o.v.browse.Record(long, event.Web, touchpoint.Took(time.Second))
		}
	})
	if n := o.witness.written.Load() - written; n > 0 && !test.room {
		t.Errorf("the store has taken %d changes during its outage", n)
	}
	full, seen := o.faults()["store_queue_full"], o.witness.touched()
	most := 3*during + before + touches - storeQueue
	least := most - storeBatch
	if test.room {
		least = 1
	}
	if full > most || full < least || full != seen {
		t.Errorf("%d events did not fit into the queue, and %d were exported at once; want as many, at most %d and at least %d", full, seen, most, least)
	}
	soon, cancel := context.WithCancel(o.ctx)
	cancel()
	if err := o.client.Flush(soon); err == nil {
		t.Error("Flush returned no error during the outage")
	}
	if test.answers {
		servers.Eventually(t, patience, func() error {
			if o.faults()["store"] == 0 {
				return fmt.Errorf("the client has not counted the store's errors: %v", o.faults())
			}
			return nil
		})
	}

	over()
	o.flush()
	for n := range before {
		o.once(fmt.Sprint("before-", n))
	}
	for n := range during {
		o.once(fmt.Sprint("during-", n))
	}
	if n := o.witness.touched(); n != touches {
		t.Errorf("%d touchpoints were exported, want each of the %d once", n, touches)
	}
	o.v.order.Complete(o.v.order.Enter(o.v.order.Start(o.ctx, "after", event.Customer{}), "cart"))
	o.v.order.Complete(long)
	o.flush()
	o.once("after")
	if n := len(o.witness.of("outage", o.v.order, "long", "ended")); n != 1 {
		t.Errorf("the journey with the touchpoints ended %d times", n)
	}
	for id, es := range o.witness.events {
		if len(es) > 1 {
			t.Errorf("no process was killed, and %v, a %s, was exported %d times", id, es[0].Kind, len(es))
		}
	}
	t.Logf("%d of %d events did not fit into the queue; faults: %v", full, 3*during+before+touches, o.faults())
}

// once checks that the journey started, was in the cart stage and was completed, each once.
func (o *outageTest) once(id string) {
	o.t.Helper()
	for _, transition := range []string{"started", "entered/cart/1", "ended"} {
		es := o.witness.of("outage", o.v.order, id, transition)
		if len(es) != 1 {
			o.t.Errorf("%q of %s was exported %d times", transition, id, len(es))
			continue
		}
		if es[0].Kind == event.JourneyEnded && (es[0].Outcome != event.Completed || es[0].Stage != "cart") {
			o.t.Errorf("%s ended %v in %q, want completed in the cart", id, es[0].Outcome, es[0].Stage)
		}
	}
}

// unhindered fails the test if f does not return during the outage. The outage does not end before f does, so an f
// that waits for the store waits forever.
func (o *outageTest) unhindered(what string, f func()) {
	o.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		o.t.Fatalf("%s waits for the store", what)
	}
}

// faults returns the counts of cx.sdk.faults, by error.type.
func (o *outageTest) faults() map[string]int {
	o.t.Helper()
	var rm metricdata.ResourceMetrics
	if err := o.reader.Collect(context.Background(), &rm); err != nil {
		o.t.Fatal(err)
	}
	all := map[string]int{}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || m.Name != "cx.sdk.faults" {
				continue
			}
			for _, p := range sum.DataPoints {
				kind, _ := p.Attributes.Value("error.type")
				all[kind.AsString()] += int(p.Value)
			}
		}
	}
	return all
}
