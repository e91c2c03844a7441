package cx_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

var errBad = errors.New("as the test wants it")

// unruly is all of an application's extensions, of which one misbehaves in one place until it is healed.
type unruly struct {
	point, how string
	gate       chan struct{}

	mu      sync.Mutex
	healed  bool
	running map[string]int
	most    map[string]int
	said    map[string]int // how often each point was called
}

func newUnruly(point, how string) *unruly {
	return &unruly{point: point, how: how, gate: make(chan struct{}), running: map[string]int{}, most: map[string]int{}, said: map[string]int{}}
}

// at is called at every point. It heeds no context.
func (u *unruly) at(point string) error {
	u.mu.Lock()
	u.running[point]++
	u.said[point]++
	u.most[point] = max(u.most[point], u.running[point])
	bad := u.point == point && !u.healed
	u.mu.Unlock()
	defer func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.running[point]--
	}()
	if !bad {
		return nil
	}
	switch u.how {
	case "hangs":
		<-u.gate
		return nil
	case "panics":
		panic("as the test wants it")
	case "is late":
		time.Sleep(5 * time.Second)
		return nil
	default:
		return errBad
	}
}

// calls returns how often the point was called: at once at most, and in all.
func (u *unruly) calls(point string) (most, said int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.most[point], u.said[point]
}

func (u *unruly) heal() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.healed = true
	close(u.gate)
}

// unrulyProcessor is its processor.
type unrulyProcessor struct{ *unruly }

func (u unrulyProcessor) Process(context.Context, *event.Event) { _ = u.at("Processor.Process") }
func (u unrulyProcessor) Flush(context.Context) error           { return u.at("Processor.Flush") }
func (u unrulyProcessor) Shutdown(context.Context) error        { return u.at("Processor.Shutdown") }

func (u unrulyProcessor) Forget(context.Context, string) (int64, error) {
	return 0, u.at("Processor.Forget")
}

// unrulyExporter is its exporter.
type unrulyExporter struct{ *unruly }

func (u unrulyExporter) Export(context.Context, []event.Event) error { return u.at("Exporter.Export") }

func (u unrulyExporter) Flush(context.Context) error { return u.at("Exporter.Flush") }

func (u unrulyExporter) Shutdown(context.Context) error { return u.at("Exporter.Shutdown") }

func (u unrulyExporter) Forget(context.Context, string) (int64, error) {
	return 0, u.at("Exporter.Forget")
}

// unrulyStore is its store.
type unrulyStore struct {
	*table
	*unruly
}

func (u unrulyStore) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if err := u.at("Store.Write"); err != nil {
		return nil, err
	}
	return u.table.Write(ctx, changes)
}

func (u unrulyStore) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if err := u.at("Store.Claim"); err != nil {
		return time.Time{}, nil, err
	}
	return u.table.Claim(ctx, limit, lease)
}

func (u unrulyStore) Count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	if err := u.at("Store.Count"); err != nil {
		return nil, false, err
	}
	return u.table.Count(ctx, holder, lease)
}

func (u unrulyStore) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	if err := u.at("Store.Forget"); err != nil {
		return 0, err
	}
	return u.table.Forget(ctx, customer, keep)
}

// points are the places where an application's code is called, and whose errors each method of the client says.
var points = []struct {
	name    string
	flush   bool // Flush waits for it
	forget  bool
	stop    bool
	single  bool // it is called once at a time
	inplace bool // in the goroutine that records, so that this one hangs, and nothing else
}{
	{name: "Processor.Process", flush: true, forget: true, stop: true},
	{name: "Processor.Flush", flush: true, single: true},
	{name: "Processor.Shutdown", stop: true, single: true},
	{name: "Processor.Forget", forget: true, single: true},
	{name: "Exporter.Export", flush: true, forget: true, stop: true},
	{name: "Exporter.Flush", flush: true, forget: true},
	{name: "Exporter.Shutdown", stop: true, single: true},
	{name: "Exporter.Forget", forget: true, single: true},
	{name: "Store.Write", flush: true, forget: true, stop: true},
	{name: "Store.Claim", flush: true, stop: true},
	{name: "Store.Count", flush: true},
	{name: "Store.Forget", forget: true, single: true},
	{name: "OnStall"},
	{name: "OnDue"},
	{name: "Redactor", inplace: true},
}

// TestExtensionsAreBounded: whatever an application's code does, wherever it is called, the client's
// methods return when their contexts are done; and once it behaves Shutdown is done. The bubble sees to it
// that no goroutine is left.
func TestExtensionsAreBounded(t *testing.T) {
	t.Parallel()
	for _, p := range points {
		for _, how := range []string{"hangs", "panics", "fails", "is late"} {
			t.Run(p.name+" "+how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					u := newUnruly(p.name, how)
					i := open(t, unrulyStore{newTable(), u}, cx.WithProcessors(unrulyProcessor{u}), cx.WithExporters(unrulyExporter{u}),
						cx.WithOnStall(func(context.Context, journey.State) { _ = u.at("OnStall") }),
						cx.WithOnDue(func(context.Context, journey.Due) { _ = u.at("OnDue") }),
						cx.WithRedactor(func(text string) string { _ = u.at("Redactor"); return text }))
					ctx := order.Enter(order.Start(i.ctx(), "1", event.Customer{ID: "alice"}), "payment")
					if p.name == "OnDue" {
						order.Promise(ctx, "callback", time.Now().Add(time.Minute))
					}
					if p.name == "OnStall" || p.name == "OnDue" {
						time.Sleep(10*time.Minute + 15*time.Second)
					}
					go feedback.CSAT.Record(ctx, 4, feedback.Comment("quick"))
					synctest.Wait()
					bad := func(wanted bool, what string, err error) {
						t.Helper()
						if wanted && how != "is late" && err == nil && !(how != "hangs" && (p.name == "Processor.Process" || p.name == "Exporter.Export" || strings.HasPrefix(p.name, "Store.C"))) {
							t.Errorf("%s says nothing: %s %s", what, p.name, how)
						}
					}
					bad(p.flush, "Flush", bounded(t, "Flush", i.Flush))
					bad(p.forget, "Forget", bounded(t, "Forget", func(ctx context.Context) error {
						_, err := i.Forget(ctx, "bob")
						return err
					}))
					_ = bounded(t, "Sweep", func(ctx context.Context) error { i.Sweep(ctx); return nil })
					var many sync.WaitGroup
					for range 8 {
						many.Go(func() { _ = bounded(t, "one of eight Flushes", i.Flush) })
						many.Go(func() {
							_ = bounded(t, "one of eight Forgets", func(ctx context.Context) error { _, err := i.Forget(ctx, "bob"); return err })
						})
					}
					many.Wait()
					bad(p.stop, "Shutdown", bounded(t, "Shutdown", i.Shutdown))
					_ = bounded(t, "Shutdown again", i.Shutdown)
					u.heal()
					i.close(t)
					i.close(t)
					time.Sleep(10 * time.Second) // for what is late
					if most, _ := u.calls(p.name); p.single && most > 1 {
						t.Errorf("%s was called %d times at once", p.name, most)
					}
					if _, n := u.calls("Exporter.Shutdown"); n == 0 {
						t.Error("the exporter was not shut down")
					}
				})
			})
		}
	}
}

// bounded calls f with three seconds, and fails the test if it takes longer.
func bounded(t *testing.T, what string, f func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	began := time.Now()
	err := f(ctx)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("%s took %v, and had 3 seconds", what, took)
	}
	return err
}

// TestLeftBehindIsCounted: a call that does not heed its context is counted once, and not made a second time before
// it has returned; then it is.
func TestLeftBehindIsCounted(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"Processor.Flush", "Processor.Forget", "Processor.Shutdown"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := newUnruly(point, "hangs")
				i := open(t, nil, cx.WithProcessors(unrulyProcessor{u}))
				call := map[string]func(context.Context) error{
					"Processor.Flush": i.Flush, "Processor.Shutdown": i.Shutdown,
					"Processor.Forget": func(ctx context.Context) error { _, err := i.Forget(ctx, "alice"); return err },
				}[point]
				for range 3 {
					if err := bounded(t, point, call); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "unrulyProcessor") {
						t.Errorf("it says %v, want that the processor does not return", err)
					}
				}
				_, said := u.calls(point)
				if n := i.counts.of(semconv.SDKFaultsName + " " + fault.Hook.String()); n != 1 || said != 1 {
					t.Errorf("it was called %d times and counted %d times, want once each", said, n)
				}
				u.heal()
				synctest.Wait()
				if err := call(context.Background()); err != nil {
					t.Errorf("once it has returned: %v", err)
				}
				i.close(t)
			})
		})
	}
}

// TestFlushesTogether: what was recorded before a Flush is delivered when it returns, however many there are at a
// time; they share the calls of a processor's Flush.
func TestFlushesTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &slowFlusher{}
		i := open(t, nil, cx.WithProcessors(p))
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				order.Start(i.ctx(), event.NewID(time.Now()).String(), event.Customer{})
				p.mu.Lock()
				before := p.seen
				p.mu.Unlock()
				if err := i.Flush(t.Context()); err != nil {
					t.Error(err)
				}
				p.mu.Lock()
				defer p.mu.Unlock()
				if p.flushed < before {
					t.Errorf("%d events were there before the Flush, and %d are flushed", before, p.flushed)
				}
			})
		}
		all.Wait()
		if p.calls > 2 {
			t.Errorf("100 Flushes at a time made %d calls, want that they share two", p.calls)
		}
		i.close(t)
	})
}

// slowFlusher takes a second for what it has when its Flush begins.
type slowFlusher struct {
	mu                   sync.Mutex
	seen, flushed, calls int
}

func (p *slowFlusher) Process(context.Context, *event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
}

func (p *slowFlusher) Flush(context.Context) error {
	p.mu.Lock()
	seen := p.seen
	p.calls++
	p.mu.Unlock()
	time.Sleep(time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flushed = seen
	return nil
}

func (*slowFlusher) Shutdown(context.Context) error { return nil }

// TestPatientFlush: one that has more time than those which it shares a call with is not cut short by them.
func TestPatientFlush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := open(t, nil, cx.WithProcessors(heeding{10 * time.Second}))
		var errs [3]error
		var all sync.WaitGroup
		for n, d := range []time.Duration{time.Minute, 11 * time.Second, time.Minute} {
			all.Go(func() {
				time.Sleep(time.Duration(n)) // the first makes a call; the others share the next one
				ctx, cancel := context.WithTimeout(t.Context(), d)
				defer cancel()
				errs[n] = i.Flush(ctx)
			})
		}
		all.Wait()
		if errs[0] != nil || !errors.Is(errs[1], context.DeadlineExceeded) || errs[2] != nil {
			t.Errorf("the three got %v", errs)
		}
		i.close(t)
	})
}

// heeding is a processor whose Flush takes its time, or ends with its context.
type heeding struct{ takes time.Duration }

func (heeding) Process(context.Context, *event.Event) {}

func (h heeding) Flush(ctx context.Context) error {
	select {
	case <-time.After(h.takes):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (heeding) Shutdown(context.Context) error { return nil }

// TestInside: what is called inside the hook works; inside what the client would have to wait for it is refused.
func TestInside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         func(call func(context.Context)) []cx.Option
		store, stall bool
		refused      bool
	}{
		{
			"the hook", "it does not wait for itself",
			func(call func(context.Context)) []cx.Option {
				return []cx.Option{cx.WithOnStall(func(ctx context.Context, _ journey.State) { call(ctx) })}
			}, false, true, false,
		},
		{
			"the hook, with a store", "the same",
			func(call func(context.Context)) []cx.Option {
				return []cx.Option{cx.WithOnStall(func(ctx context.Context, _ journey.State) { call(ctx) })}
			}, true, true, false,
		},
		{
			"the hook for promises", "it does not wait for itself",
			func(call func(context.Context)) []cx.Option {
				return []cx.Option{cx.WithOnDue(func(ctx context.Context, _ journey.Due) { call(ctx) })}
			}, true, true, false,
		},
		{
			"a processor that records in line", "it is in the caller's goroutine",
			func(call func(context.Context)) []cx.Option {
				return []cx.Option{cx.WithProcessors(processFunc(call))}
			}, false, false, false,
		},
		{
			"a processor that a store's answer is shown to", "the store's goroutine would wait for itself",
			func(call func(context.Context)) []cx.Option {
				return []cx.Option{cx.WithProcessors(processFunc(call))}
			}, true, false, true,
		},
		{
			"an exporter", "its queue would wait for itself",
			func(call func(context.Context)) []cx.Option {
				return []cx.Option{cx.WithExporters(exportFunc(call))}
			}, false, false, true,
		},
	} {
		for _, own := range []bool{true, false} {
			for _, method := range []string{"Flush", "Shutdown", "Forget"} {
				name := c.name + ", " + method + ", its own context"
				if !own {
					name = c.name + ", " + method + ", another context"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						var i *instance
						var once sync.Once
						got := make(chan error, 1)
						call := func(ctx context.Context) {
							once.Do(func() {
								if !own {
									ctx = context.Background()
								}
								switch method {
								case "Flush":
									got <- i.Flush(ctx)
								case "Shutdown":
									got <- i.Shutdown(ctx)
								default:
									_, err := i.Forget(ctx, "nobody")
									got <- err
								}
							})
						}
						var store ledger.Store
						if c.store {
							store = newTable()
						}
						i = open(t, store, c.opts(call)...)
						began := time.Now()
						ctx := order.Enter(order.Start(i.ctx(), "1", event.Customer{}), "payment")
						if c.stall {
							order.Promise(ctx, "callback", time.Now().Add(10*time.Minute))
							time.Sleep(10*time.Minute + 15*time.Second)
							began = time.Now()
						}
						err := <-got
						if c.refused != errors.Is(err, cx.ErrInside) || !c.refused && err != nil {
							t.Errorf("it says %v: %s", err, c.reason)
						}
						limit := time.Duration(0)
						switch {
						case c.name == "an exporter":
							limit = 5 * time.Second // its queue exports every 5 s
						case !own:
							limit = 35 * time.Second // a hook that waits for itself is left alone by then
						}
						if took := time.Since(began); took > limit {
							t.Errorf("it took %v: %s", took, c.reason)
						}
						time.Sleep(time.Second)
						i.close(t)
					})
				})
			}
		}
	}
}

// processFunc is a processor of one function.
type processFunc func(context.Context)

func (f processFunc) Process(ctx context.Context, _ *event.Event) { f(ctx) }
func (processFunc) Shutdown(context.Context) error                { return nil }

// exportFunc is an exporter of one function.
type exportFunc func(context.Context)

func (f exportFunc) Export(ctx context.Context, _ []event.Event) error { f(ctx); return nil }
func (exportFunc) Shutdown(context.Context) error                      { return nil }

// TestInsideASweep: a processor that a sweep in memory shows an abandoned journey to.
func TestInsideASweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		brief := journey.Define("brief", journey.AbandonAfter(time.Minute))
		var i *instance
		var errs []error
		i = open(t, nil, cx.WithDefinitions(brief), cx.WithProcessors(endFunc(func() {
			errs = append(errs, i.Flush(context.Background()), i.Shutdown(context.Background()))
			i.Sweep(context.Background())
		})))
		brief.Start(i.ctx(), "1", event.Customer{})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(errs) != 2 || slices.ContainsFunc(errs, func(err error) bool { return !errors.Is(err, cx.ErrInside) }) {
			t.Errorf("they say %v", errs)
		}
		i.close(t)
	})
}

// endFunc is a processor that is called for the ends of journeys.
type endFunc func()

func (f endFunc) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.JourneyEnded {
		f()
	}
}
func (endFunc) Shutdown(context.Context) error { return nil }
