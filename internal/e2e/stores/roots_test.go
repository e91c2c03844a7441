package stores_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	errand = journey.Define("errand", journey.Stages("cart", "payment"), journey.AbandonAfter(24*time.Hour))
	look   = touchpoint.Define("look", touchpoint.In(errand, "cart"))
	buy    = touchpoint.Define("buy", touchpoint.In(errand, "payment"))
	ask    = touchpoint.Define("ask")
)

// instance is one process of the service.
type instance struct {
	client *cx.Client
	store  *unsure
	spans  *tracetest.InMemoryExporter
	reader *sdkmetric.ManualReader
}

func (i *instance) context() context.Context { return cx.NewContext(context.Background(), i.client) }

// unsure is a connection to a store that loses some answers although the store made the changes.
type unsure struct {
	ledger.Store

	n    atomic.Int64
	sure atomic.Bool // loses no further answer
}

func (u *unsure) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	out, err := u.Store.Write(ctx, changes)
	if err == nil && u.n.Add(1)%5 == 0 && !u.sure.Load() {
		return nil, errors.New("the answer was lost")
	}
	return out, err //nolint:wrapcheck // the store's own error
}

func startInstance(t *testing.T, store ledger.Store) *instance {
	t.Helper()
	i := &instance{store: &unsure{Store: store}, spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	var err error
	i.client, err = cx.New(cx.WithNamespace("roots"), cx.WithStore(i.store), cx.WithDefinitions(errand, look, buy, ask),
		cx.WithEndGrace(50*time.Millisecond), cx.WithSweepInterval(time.Hour), cx.WithOnFault(func(context.Context, fault.Report) {}),
		cx.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(i.reader))),
		cx.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(i.spans), sdktrace.WithIDGenerator(telemetry.IDGenerator()))))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *instance) stop(t *testing.T) {
	t.Helper()
	if err := i.client.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRootsAgree: the attributes of a journey's root and the metrics of its end follow from the events, regardless
// of which instances reported them, and in which order. The store's answers get lost, the test replaces one
// instance in the middle, and another instance may decide that a journey was abandoned.
func TestRootsAgree(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) func() ledger.Store{
		"SQLite": func(t *testing.T) func() ledger.Store {
			t.Helper()
			path := filepath.Join(t.TempDir(), "journeys.db")
			return func() ledger.Store {
				s, err := sqlite.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = s.Close() })
				return s
			}
		},
		"Redis": func(t *testing.T) func() ledger.Store {
			t.Helper()
			server := servers.StartRedis(t)
			return func() ledger.Store { return redisStore(t, redisClient(t, server.Addr()), redis.WithPrefix("roots")) }
		},
		"PostgreSQL": func(t *testing.T) func() ledger.Store {
			t.Helper()
			server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
			return func() ledger.Store { return postgresStore(t, postgresPool(t, server)) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playRoots(t, open(t))
		})
	}
}

func playRoots(t *testing.T, open func() ledger.Store) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // the same lives each time
	all := []*instance{startInstance(t, open()), startInstance(t, open())}
	want, sums := map[string]map[string]string{}, map[string]int64{}
	now := time.Now()
	var lives []*rootLife
	for id := range 60 {
		if id == 20 { // replaces the first instance
			all[0].stop(t)
			all = append(all, startInstance(t, open()))
			all[0], all[2] = all[2], all[0]
		}
		l := &rootLife{rng: rng, all: all[:2], run: strconv.Itoa(id), began: now.Add(-2 * time.Hour)}
		if id >= 40 {
			l.began = now.Add(-30 * time.Hour) // the journey is abandoned by now
		}
		if id == 40 {
			for _, i := range all[:2] { // puts the events before the ends into the store, because the grace of the ends is short
				if err := i.client.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			}
			for _, l := range lives {
				l.all = all[:2]
				l.end()
			}
		}
		l.play()
		lives = append(lives, l)
	}
	for _, l := range lives {
		want[l.run] = l.want
		l.want["cx.journey.amount"] = strconv.FormatInt(l.worth, 10)
		sums["cx.journey.ended "+l.want["cx.outcome"]]++
		sums["cx.journey.value "+l.want["cx.outcome"]] += l.worth
	}
	all[rng.IntN(2)].stop(t) // the other instance decides the abandonments
	for _, i := range all {
		i.store.sure.Store(true) // a claim whose answer was lost is repeated after its lease
		for range 2 {            // a run that the first Sweep settles may be due in the second
			if err := i.client.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		}
		i.stop(t)
	}
	got, counted := map[string]map[string]string{}, map[string]int64{}
	for _, i := range all {
		readRoots(t, i, got)
		readEnds(t, i, counted)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the roots (-want +got):\n%s", d)
	}
	if d := cmp.Diff(sums, counted); d != "" {
		t.Errorf("the metrics, summed over the instances (-want +got):\n%s", d)
	}
}

// rootLife is one customer's life, each event of which one instance reports, and the expected attributes of its
// root.
type rootLife struct {
	rng   *rand.Rand
	all   []*instance
	run   string
	began time.Time
	worth int64
	want  map[string]string
}

func (l *rootLife) anywhere() context.Context { return l.all[l.rng.IntN(len(l.all))].context() }

func (l *rootLife) play() {
	l.worth = l.rng.Int64N(9000) + 1
	l.want = map[string]string{"cx.outcome": "abandoned"}
	errand.Start(l.anywhere(), l.run, event.Customer{}, journey.At(l.began), journey.Worth(l.worth, "EUR"))
	n, failures := 1+l.rng.IntN(8), 0
	record := make([]func(), n)
	for k := range n {
		d, outcome := []*touchpoint.Definition{look, buy, ask}[l.rng.IntN(3)], []event.Outcome{event.OK, event.Failed}[l.rng.IntN(2)]
		cause := []string{"", "fraud", "stock"}[l.rng.IntN(3)]
		if outcome == event.Failed {
			failures++
		}
		if l.want["cx.journey.last_touchpoint"] = d.Name(); cause != "" {
			l.want["cx.journey.last_cause"] = cause
		}
		record[k] = func() {
			d.Record(errand.Resume(l.anywhere(), l.run), event.Web, touchpoint.At(l.began.Add(time.Duration(k+1)*time.Minute)),
				touchpoint.Took(time.Second), touchpoint.Outcome(outcome), touchpoint.Because(cause))
		}
	}
	l.want["cx.journey.failure_count"] = strconv.Itoa(failures)
	for _, k := range l.rng.Perm(n) { // the instances report them out of order
		record[k]()
	}
}

func (l *rootLife) end() {
	opts := []journey.RecordOption{journey.At(l.began.Add(time.Hour))}
	if l.rng.IntN(2) == 0 {
		opts, l.want["cx.journey.last_cause"] = append(opts, journey.Because("closed")), "closed"
	}
	if l.rng.IntN(2) == 0 {
		l.worth += 10_000
		opts = append(opts, journey.Worth(l.worth, "EUR"))
	}
	errand.Fail(errand.Resume(l.anywhere(), l.run), opts...)
	l.want["cx.outcome"] = "failed"
}

// readRoots reads the roots of the instance.
func readRoots(t *testing.T, i *instance, into map[string]map[string]string) {
	t.Helper()
	for _, s := range i.spans.GetSpans() {
		said, run := map[string]string{}, ""
		for _, kv := range s.Attributes {
			switch kv.Key {
			case "cx.journey.id":
				run = kv.Value.String()
			case "cx.outcome", "cx.journey.failure_count", "cx.journey.last_cause", "cx.journey.last_touchpoint", "cx.journey.amount":
				said[string(kv.Key)] = kv.Value.String()
			}
		}
		if s.Name != errand.Name() {
			continue
		}
		if _, again := into[run]; again {
			t.Errorf("the run %s has two roots", run)
		}
		into[run] = said
	}
}

// readEnds adds the instance's counts of ends.
func readEnds(t *testing.T, i *instance, into map[string]int64) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := i.reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || m.Name != "cx.journey.ended" && m.Name != "cx.journey.value" {
				continue
			}
			for _, p := range sum.DataPoints {
				outcome, _ := p.Attributes.Value(attribute.Key("cx.outcome"))
				if p.Value != 0 {
					into[fmt.Sprint(m.Name, " ", outcome.AsString())] += p.Value
				}
			}
		}
	}
}
