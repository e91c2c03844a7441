package cx_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	order = journey.Define("order",
		journey.Stages("cart", "payment"), journey.Expect("payment", 10*time.Minute))
	pay = touchpoint.Define("pay", touchpoint.In(order, "payment"))
)

// table is a store in memory that knows its runs.
type table struct {
	ledgertest.Memory
	mu   sync.Mutex
	runs map[ledger.Key]bool
}

func newTable() *table { return &table{runs: map[ledger.Key]bool{}} }

func (s *table) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	out, err := s.Memory.Write(ctx, changes)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range out {
		s.runs[r.Key] = r.Closed
	}
	return out, err
}

// settled reports whether all runs have ended, and nobody has to tell anything.
func (s *table) settled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.runs) > 0 && !slices.Contains(slices.Collect(maps.Values(s.runs)), false)
}

// gated is a way to a store that is closed until somebody opens it. It ignores contexts, as a bad
// driver does.
type gated struct {
	*table
	gate chan struct{}
}

func (g *gated) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	<-g.gate
	return g.table.Write(ctx, changes)
}

// sink is an exporter that remembers.
type sink struct {
	mu    sync.Mutex
	lines []string
}

func (s *sink) Export(_ context.Context, events []event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		e := &events[i]
		s.lines = append(s.lines, strings.TrimPrefix(string(e.Kind), "journey.")+" "+e.Journey.ID)
	}
	return nil
}

func (s *sink) Shutdown(context.Context) error { return nil }

func (s *sink) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// counts is the least of a meter provider: it counts what counters are added.
type counts struct {
	metricnoop.MeterProvider
	mu sync.Mutex
	n  map[string]int64
}

func (c *counts) Meter(string, ...metric.MeterOption) metric.Meter { return countsMeter{all: c} }

func (c *counts) of(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[name]
}

type countsMeter struct {
	metricnoop.Meter
	all *counts
}

func (m countsMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return countsCounter{all: m.all, name: name}, nil
}

type countsCounter struct {
	metricnoop.Int64Counter
	all  *counts
	name string
}

func (countsCounter) Enabled(context.Context) bool { return true }

func (c countsCounter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	set := metric.NewAddConfig(opts).Attributes()
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.all.n[c.name] += n
	if class, ok := set.Value(semconv.ErrorTypeKey); ok {
		c.all.n[c.name+" "+class.AsString()] += n
	}
	if outcome, ok := set.Value(semconv.OutcomeKey); ok {
		c.all.n[c.name+" "+outcome.AsString()] += n
	}
}

// instance is a client on a store, with what it says.
type instance struct {
	*cx.Client
	sink   sink
	counts counts
}

func open(t *testing.T, store ledger.Store, opts ...cx.Option) *instance {
	t.Helper()
	i := &instance{counts: counts{n: map[string]int64{}}}
	client, err := cx.New(append([]cx.Option{
		cx.WithStore(store), cx.WithExporters(&i.sink), cx.WithDefinitions(order, pay), cx.WithNamespace("test"),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")),
		cx.WithTracerProvider(tracenoop.NewTracerProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
		cx.WithMeterProvider(&i.counts),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	i.Client = client
	return i
}

func (i *instance) ctx() context.Context { return cx.NewContext(context.Background(), i.Client) }

func (i *instance) close(t *testing.T) {
	t.Helper()
	if err := i.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s got %q, want %q", what, got, want)
	}
}

// TestStoreTelemetryAtOnce: what has happened is measured at once; what it means for its journey when
// the store says so.
func TestStoreTelemetryAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &gated{newTable(), make(chan struct{})}
		i := open(t, store)
		ctx := order.Start(i.ctx(), "1", event.Customer{ID: "alice"})
		_, tp := pay.Start(ctx, event.Web)
		tp.End()
		order.Complete(ctx)
		synctest.Wait()
		if n := i.counts.of(semconv.TouchpointInteractionsName); n != 1 {
			t.Errorf("the touchpoint is over, and was counted %d times", n)
		}
		for _, name := range []string{semconv.JourneyStartedName, semconv.JourneyEndedName} {
			if n := i.counts.of(name); n != 0 {
				t.Errorf("%s is %d, and the store has not answered", name, n)
			}
		}
		same(t, "the sink", i.sink.got())
		close(store.gate)
		if err := i.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if !store.settled() {
			t.Error("Flush has returned, and the store does not know what was told")
		}
		same(t, "the sink", i.sink.got(), "started 1", "stage.entered 1", "touchpoint.ended 1", "ended 1")
		for _, name := range []string{semconv.TouchpointInteractionsName, semconv.JourneyStartedName, semconv.JourneyEndedName} {
			if n := i.counts.of(name); n != 1 {
				t.Errorf("%s is %d, want 1", name, n)
			}
		}
		i.close(t)
	})
}

// TestStoreShutdown: bounded by its context, and may be called again.
func TestStoreShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &gated{newTable(), make(chan struct{})}
		i := open(t, store)
		order.Start(i.ctx(), "1", event.Customer{})
		for range 2 {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			if err := i.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Shutdown of a client whose store does not answer: %v", err)
			}
			cancel()
			if d := time.Since(began); d != 3*time.Second {
				t.Errorf("Shutdown took %v, and had three seconds", d)
			}
		}
		close(store.gate)
		i.close(t)
		i.close(t)
		order.Start(i.ctx(), "2", event.Customer{})
		if n := i.counts.of(semconv.SDKFaultsName + " " + fault.Closed.String()); n == 0 {
			t.Error("what was recorded after Shutdown was not counted")
		}
	})
}

// TestStoreOnStall: once a visit across two clients; with a deadline, and the client that noticed.
func TestStoreOnStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newTable()
		var mu sync.Mutex
		var states []journey.State
		hook := cx.WithOnStall(func(ctx context.Context, s journey.State) {
			mu.Lock()
			defer mu.Unlock()
			states = append(states, s)
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != 10*time.Second {
				t.Errorf("its deadline is %v, %v", deadline, ok)
			}
			order.Resume(ctx, s.Journey.ID)
			if len(states) == 1 {
				panic("as the test wants it")
			}
		})
		a, b := open(t, store, hook), open(t, store, hook)
		ctx := order.Start(a.ctx(), "1", event.Customer{ID: "alice"})
		_, tp := pay.Start(ctx, event.Web)
		tp.End()
		order.Enter(order.Start(b.ctx(), "2", event.Customer{ID: "bob"}), "payment")
		time.Sleep(time.Hour)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		ids := []string{}
		for _, s := range states {
			ids = append(ids, s.Journey.ID)
			if s.Stage != "payment" || s.Visit != 1 || s.Customer.Hash == "" || s.Customer.ID != "" {
				t.Errorf("the state is %+v", s)
			}
		}
		slices.Sort(ids)
		same(t, "the hook", ids, "1", "2")
		panics := semconv.SDKFaultsName + " " + fault.Panic.String()
		if n := a.counts.of(panics) + b.counts.of(panics); n != 1 {
			t.Errorf("the hook panicked once, and that was counted %d times", n)
		}
		a.close(t)
		b.close(t)
	})
}

// TestStoreSlowHooks: hooks that hang hold up neither recording nor the journeys of others.
func TestStoreSlowHooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most, all := 0, 0, 0
		i := open(t, newTable(), cx.WithOnStall(func(ctx context.Context, _ journey.State) {
			mu.Lock()
			running++
			all++
			most = max(most, running)
			mu.Unlock()
			<-ctx.Done() // all the time there is
			mu.Lock()
			running--
			mu.Unlock()
		}))
		const runs = 40
		for n := range runs {
			order.Enter(order.Start(i.ctx(), fmt.Sprint(n), event.Customer{}), "payment")
		}
		time.Sleep(10*time.Minute + 15*time.Second) // they stall, and the hooks run
		order.Complete(order.Start(i.ctx(), "quick", event.Customer{}))
		time.Sleep(5 * time.Second) // an end waits two for what happened before it
		synctest.Wait()
		got := i.sink.got()
		if !slices.Contains(got, "ended quick") {
			t.Errorf("hooks hang, and nothing else is told: %q", got[max(0, len(got)-3):])
		}
		time.Sleep(time.Minute)
		i.close(t)
		if all != runs || most != 16 || running != 0 {
			t.Errorf("of %d hooks %d were called, %d at once", runs, all, most)
		}
	})
}

// TestStoreForget: by the customer's own ID; nobody is told how their journeys ended.
func TestStoreForget(t *testing.T) {
	t.Parallel()
	a := open(t, newTable())
	alice := order.Start(a.ctx(), "1", event.Customer{ID: "alice"})
	order.Start(a.ctx(), "2", event.Customer{ID: "alice"})
	bob := order.Start(a.ctx(), "3", event.Customer{ID: "bob"})
	for _, c := range []struct {
		customer, reason string
		runs             int
	}{
		{"alice", "both of hers", 2},
		{"alice", "there are none any more", 0},
		{"carol", "never seen", 0},
	} {
		if n, err := a.Forget(t.Context(), c.customer); n != c.runs || err != nil {
			t.Errorf("Forget(%q) = %d, %v; want %d: %s", c.customer, n, err, c.runs, c.reason)
		}
	}
	order.Complete(alice)
	order.Complete(bob)
	if err := a.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	same(t, "the sink", a.sink.got(), "started 1", "started 2", "started 3", "ended 3")
	a.close(t)

	b := open(t, struct{ ledger.Store }{newTable()})
	if _, err := b.Forget(t.Context(), "alice"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a store that cannot forget: %v", err)
	}
	b.close(t)
}

// TestWithBlueprintFaulty: New names every fault of the blueprint, and of the options beside it.
func TestWithBlueprintFaulty(t *testing.T) {
	t.Parallel()
	_, err := cx.New(cx.WithNamespace("_"), cx.WithBlueprint(&blueprint.Blueprint{
		Version: 1,
		Journeys: []blueprint.Journey{
			{Name: "_reserved"},
			{Name: "twice", Stages: []blueprint.Stage{{Name: "a"}, {Name: "a"}}},
		},
		Touchpoints: []blueprint.Touchpoint{{Name: "lost", Journey: "nowhere", Stage: "a"}},
	}))
	if !errors.Is(err, cx.ErrConfig) {
		t.Fatalf("a faulty blueprint: %v", err)
	}
	for _, part := range []string{"_reserved", "twice", "nowhere", "WithNamespace", "WithBlueprint"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not name %s: %v", part, err)
		}
	}
}

// TestOnStallByAMove: a stall that is noticed when the customer has gone on is an event, at the time at which
// the visit became too long. The hook is not called: there is nobody left to help in that stage.
func TestOnStallByAMove(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	slow := journey.Define("slow", journey.Stages("form", "review"), journey.Expect("form", time.Minute))
	told, sink := make(chan journey.State, 10), &sink{}
	client, err := cx.New(cx.WithDefinitions(slow), cx.WithClock(func() time.Time { return now }),
		cx.WithSweepInterval(24*time.Hour), cx.WithCustomerKey([]byte("a key of sixteen")), cx.WithExporters(sink),
		cx.WithOnStall(func(_ context.Context, s journey.State) { told <- s }))
	if err != nil {
		t.Fatal(err)
	}
	ctx := slow.Start(cx.NewContext(context.Background(), client), "s-1", event.Customer{ID: "alice"})
	ctx = slow.Enter(ctx, "form")
	now = now.Add(time.Hour)
	slow.Enter(ctx, "review")
	if err := client.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	close(told)
	for s := range told {
		t.Errorf("the hook was called for %s, which the customer has left", s.Stage)
	}
	same(t, "the sink", sink.got(), "started s-1", "stage.entered s-1", "stalled s-1", "stage.entered s-1")
}

// TestHookThatHangs: a hook that does not heed its context is left alone, and holds up neither what is
// settled nor Flush nor Shutdown.
func TestHookThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := journey.Define("slow", journey.Stages("form"), journey.Expect("form", time.Minute))
		free := make(chan struct{})
		client, err := cx.New(cx.WithDefinitions(slow), cx.WithSweepInterval(time.Second),
			cx.WithOnStall(func(context.Context, journey.State) { <-free }))
		if err != nil {
			t.Fatal(err)
		}
		slow.Enter(slow.Start(cx.NewContext(context.Background(), client), "s-1", event.Customer{}), "form")
		time.Sleep(time.Hour)
		began := time.Now()
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("Shutdown waited %v for a hook that was left alone", took)
		}
		close(free)
	})
}

// TestHookWhileTooManyHang: when 64 calls of the hook were left alone no further one is made, which is counted, until
// they return.
func TestHookWhileTooManyHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := journey.Define("slow", journey.Stages("form"), journey.Expect("form", time.Minute))
		free := make(chan struct{})
		var called atomic.Int64
		client, err := cx.New(cx.WithDefinitions(slow), cx.WithSweepInterval(time.Second), cx.WithLogger(slog.New(slog.DiscardHandler)),
			cx.WithOnStall(func(context.Context, journey.State) {
				called.Add(1)
				<-free
			}))
		if err != nil {
			t.Fatal(err)
		}
		stall := func(runs ...string) {
			t.Helper()
			for _, id := range runs {
				slow.Enter(slow.Start(cx.NewContext(context.Background(), client), id, event.Customer{}), "form")
			}
			time.Sleep(10 * time.Minute) // they stall, and the calls are left alone
			synctest.Wait()
		}
		faults := func() (n int64) {
			for _, f := range client.Faults() {
				if f.Fault == fault.Hook {
					n += f.Count
				}
			}
			return n
		}
		var many []string
		for n := range 64 {
			many = append(many, fmt.Sprint(n))
		}
		stall(many...)
		if n := called.Load(); n != 64 || faults() != 64 {
			t.Fatalf("%d calls and %d faults, want 64 calls that were left alone", n, faults())
		}
		stall("one more")
		if n := called.Load(); n != 64 || faults() != 65 {
			t.Errorf("%d calls and %d faults, want that the further call is not made, and counted", n, faults())
		}
		close(free)
		synctest.Wait()
		stall("after that")
		if n := called.Load(); n != 65 || faults() != 65 {
			t.Errorf("%d calls and %d faults, want that it is called again once they have returned", n, faults())
		}
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
