package cx_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// dues collects the calls of a hook: what it was told, and how long after the beginning.
type dues struct {
	mu    sync.Mutex
	began time.Time
	calls []string
}

func (d *dues) hook(_ context.Context, due journey.Due) {
	d.mu.Lock()
	defer d.mu.Unlock()
	what := "warned"
	if due.Broken {
		what = "broken"
	}
	d.calls = append(d.calls, fmt.Sprintf("%s %s %d %s at %v, due %v", due.State.Journey.ID, due.Promise.Name, due.Promise.Number, what,
		time.Since(d.began).Round(time.Minute), due.Promise.Due.Sub(d.began)))
}

func (d *dues) told() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := slices.Clone(d.calls)
	slices.Sort(out)
	return out
}

// TestOnDue: when the application hears of a promise that is about to break, and of one that is broken.
func TestOnDue(t *testing.T) {
	t.Parallel()
	office := calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00"))
	claim := journey.Define("claim", journey.Stages("received", "waiting", "replied", "visited"), journey.AbandonAfter(1000*time.Hour),
		journey.Promise("answered", 10*time.Hour, journey.Since("received"), journey.Until("replied"), journey.Pauses("waiting")),
		journey.Promise("visit", 16*time.Hour, journey.Since("visited"), journey.Hours(office)))
	hours := func(n float64) { time.Sleep(time.Duration(n * float64(time.Hour))) }
	begin := func(i *instance) context.Context {
		return claim.Enter(claim.Start(i.ctx(), "1", event.Customer{}), "received")
	}
	for _, c := range []struct {
		name string
		when []cx.DueOption
		live func(i *instance)
		want []string
	}{
		{"never kept", nil, func(i *instance) { begin(i); hours(11) }, []string{
			"1 answered 1 broken at 10h0m0s, due 10h0m0s", "1 answered 1 warned at 8h0m0s, due 10h0m0s",
		}},
		{"kept before the warning", nil, func(i *instance) {
			ctx := begin(i)
			hours(7)
			claim.Enter(ctx, "replied")
			hours(9)
		}, nil},
		{"kept after the warning", nil, func(i *instance) {
			ctx := begin(i)
			hours(9)
			claim.Enter(ctx, "replied")
			hours(9)
		}, []string{"1 answered 1 warned at 8h0m0s, due 10h0m0s"}},
		{"the clock stops before the warning", nil, func(i *instance) {
			ctx := begin(i)
			hours(7)
			ctx = claim.Enter(ctx, "waiting")
			hours(100)
			claim.Enter(ctx, "received")
			hours(2)
		}, []string{"1 answered 1 warned at 108h0m0s, due 110h0m0s"}},
		{"the clock stops after the warning", nil, func(i *instance) {
			ctx := begin(i)
			hours(9)
			ctx = claim.Enter(ctx, "waiting")
			hours(100)
			claim.Enter(ctx, "received")
			hours(0.5)
		}, []string{"1 answered 1 warned at 8h0m0s, due 10h0m0s"}},
		{"a share", []cx.DueOption{cx.WarnAfter(0.25)}, func(i *instance) { begin(i); hours(5) }, []string{"1 answered 1 warned at 2h30m0s, due 10h0m0s"}},
		{"a time that is left", []cx.DueOption{cx.WarnLeft(time.Hour)}, func(i *instance) { begin(i); hours(9.5) }, []string{"1 answered 1 warned at 9h0m0s, due 10h0m0s"}},
		{"both", []cx.DueOption{cx.WarnLeft(time.Hour), cx.WarnAfter(0.5)}, func(i *instance) { begin(i); hours(9.5) }, []string{"1 answered 1 warned at 5h0m0s, due 10h0m0s"}},
		{"more than the whole time", []cx.DueOption{cx.WarnLeft(20 * time.Hour)}, func(i *instance) { begin(i); hours(11) }, []string{"1 answered 1 broken at 10h0m0s, due 10h0m0s"}},
		// The clock begins on Saturday, 1 January 2000: Monday at 9:00 is 57 hours later.
		{"opened hours", nil, func(i *instance) {
			claim.Enter(claim.Start(i.ctx(), "1", event.Customer{}), "visited")
			hours(87)
		}, []string{"1 visit 1 warned at 85h48m0s, due 89h0m0s"}},
		{"by hand, moved after the warning", []cx.DueOption{cx.WarnLeft(time.Hour)}, func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			claim.Promise(ctx, "callback", time.Now().Add(2*time.Hour))
			hours(1.5)
			claim.Promise(ctx, "callback", time.Now().Add(4*time.Hour))
			hours(3.5)
		}, []string{"1 callback 1 warned at 1h0m0s, due 2h0m0s", "1 callback 1 warned at 4h30m0s, due 5h30m0s"}},
		{"failed", nil, func(i *instance) {
			ctx := begin(i)
			hours(1)
			claim.Fail(ctx)
			hours(1)
		}, []string{"1 answered 1 broken at 1h0m0s, due 10h0m0s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				d := dues{began: time.Now()}
				var got seen
				i := open(cx.WithDefinitions(claim), cx.WithOnDue(d.hook, c.when...), cx.WithProcessors(&got), cx.WithSweepInterval(10*time.Second))
				c.live(i)
				i.close(t)
				if told := d.told(); !slices.Equal(told, c.want) {
					t.Errorf("told %q\nwant %q", told, c.want)
				}
				for _, e := range got.all {
					if !slices.Contains(event.Kinds(), e.Kind) {
						t.Errorf("a processor sees the kind %q", e.Kind)
					}
				}
			})
		})
	}
}

// TestOnDueByEvent: without a store, an event may find a promise broken before a sweep does. The application is told all the same.
func TestOnDueByEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claim := journey.Define("claim", journey.Stages("received", "replied"), journey.Promise("answered", time.Hour, journey.Until("replied")))
		d := dues{began: time.Now()}
		i := open(t, nil, cx.WithDefinitions(claim), cx.WithOnDue(d.hook), cx.WithSweepInterval(1000*time.Hour))
		ctx := claim.Start(i.ctx(), "1", event.Customer{})
		time.Sleep(2 * time.Hour)
		claim.Enter(ctx, "replied")
		synctest.Wait()
		if told, want := d.told(), []string{"1 answered 1 broken at 2h0m0s, due 1h0m0s"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		i.close(t)
	})
}

// TestBrokenByATouchpoint: without a store, a touchpoint in the stage where the run is finds a promise broken, too.
func TestBrokenByATouchpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claim := journey.Define("claim", journey.Stages("received"), journey.Promise("answered", time.Hour))
		look := touchpoint.Define("look", touchpoint.In(claim, "received"))
		var got seen
		i := open(t, nil, cx.WithDefinitions(claim, look), cx.WithProcessors(&got), cx.WithSweepInterval(1000*time.Hour))
		ctx := claim.Enter(claim.Start(i.ctx(), "1", event.Customer{}), "received")
		look.Record(ctx, event.Web)
		time.Sleep(2 * time.Hour)
		look.Record(ctx, event.Web)
		if broken := got.of(event.PromiseBroken); len(broken) != 1 {
			t.Errorf("%d promises are broken, want one", len(broken))
		}
		i.close(t)
	})
}

// TestOnDueOnce: two clients that share a store call their hooks once for each promise, whichever finds it.
func TestOnDueOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claim := journey.Define("claim", journey.Promise("answered", time.Hour))
		store := newTable()
		d := dues{began: time.Now()}
		opts := []cx.Option{cx.WithDefinitions(claim), cx.WithOnDue(d.hook)}
		a, b := open(t, store, opts...), open(t, store, opts...)
		var want []string
		for n := range 20 {
			c := []*instance{a, b}[n%2]
			claim.Start(c.ctx(), fmt.Sprint(n), event.Customer{})
			for _, what := range []string{"broken at 1h0m0s", "warned at 48m0s"} {
				want = append(want, fmt.Sprintf("%d answered 1 %s, due 1h0m0s", n, what))
			}
		}
		time.Sleep(2 * time.Hour)
		a.close(t)
		b.close(t)
		slices.Sort(want)
		if told := d.told(); !slices.Equal(told, want) {
			t.Errorf("told %q\nwant %q", told, want)
		}
	})
}

// TestOnDueOptions: New names a share or a time that means nothing.
func TestOnDueOptions(t *testing.T) {
	t.Parallel()
	hook := func(context.Context, journey.Due) {}
	for _, c := range []struct {
		opt  cx.Option
		says string
	}{
		{cx.WithOnDue(nil), "WithOnDue(nil): give a function"},
		{cx.WithOnDue(hook, cx.WarnAfter(0)), "WarnAfter(0): give a share"},
		{cx.WithOnDue(hook, cx.WarnAfter(1)), "WarnAfter(1): give a share"},
		{cx.WithOnDue(hook, cx.WarnAfter(math.NaN())), "WarnAfter(NaN): give a share"},
		{cx.WithOnDue(hook, cx.WarnLeft(0)), "WarnLeft(0s): give the time"},
		{cx.WithOnDue(hook, cx.WarnLeft(-time.Second)), "WarnLeft(-1s): give the time"},
	} {
		if _, err := cx.New(silent(), c.opt); !errors.Is(err, cx.ErrConfig) || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("New returns %v, want %q", err, c.says)
		}
	}
}

// TestPromiseLimit: a run has 16 open promises. One more is a fault, and the others stay.
func TestPromiseLimit(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		claim := journey.Define("claim")
		var got seen
		i := open(cx.WithDefinitions(claim), cx.WithProcessors(&got))
		ctx := claim.Start(i.ctx(), "1", event.Customer{})
		for n := range 17 {
			claim.Promise(ctx, fmt.Sprintf("p%d", n), time.Now().Add(time.Hour))
		}
		time.Sleep(time.Minute)
		if n := i.counts.of(semconv.SDKFaultsName + " " + fault.PromiseLimit.String()); n != 1 {
			t.Errorf("%d faults, want one", n)
		}
		claim.Cancel(ctx)
		time.Sleep(time.Minute)
		i.close(t)
		if made, withdrawn := len(got.of(event.PromiseMade)), len(got.of(event.PromiseWithdrawn)); made != 16 || withdrawn != 16 {
			t.Errorf("%d were made and %d withdrawn, want 16 of each", made, withdrawn)
		}
	})
}

// TestPromiseFar: a promise by hand whose name has hours and pauses is due after more openings than a run remembers. The client says so,
// because a pause would count closed time.
func TestPromiseFar(t *testing.T) {
	t.Parallel()
	office := calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00"))
	claim := journey.Define("claim", journey.Stages("waiting", "open"),
		journey.Promise("called", 8*time.Hour, journey.Since("open"), journey.Hours(office), journey.Pauses("waiting")))
	for _, c := range []struct {
		name, reason string
		due          time.Duration
		want         int64
	}{
		{"a year ahead", "261 business days are remembered", 365 * 24 * time.Hour, 0},
		{"two years ahead", "522 business days are too many", 2 * 365 * 24 * time.Hour, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				i := open(cx.WithDefinitions(claim))
				ctx := claim.Start(i.ctx(), "1", event.Customer{})
				claim.Promise(ctx, "called", time.Now().Add(c.due))
				time.Sleep(time.Minute)
				if n := i.counts.of(semconv.SDKFaultsName + " " + fault.PromiseFar.String()); n != c.want {
					t.Errorf("%d faults, want %d: %s", n, c.want, c.reason)
				}
				i.close(t)
			})
		})
	}
}

// TestPromiseOfAnUnknownRun: without a store, a process that has not started the run cannot make or keep its promises, and says so.
func TestPromiseOfAnUnknownRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claim := journey.Define("claim")
		i := open(t, nil, cx.WithDefinitions(claim))
		ctx := claim.Resume(i.ctx(), "1")
		claim.Promise(ctx, "callback", time.Now().Add(time.Hour))
		claim.Keep(ctx, "callback")
		if n := i.counts.of(semconv.SDKFaultsName + " " + fault.UnknownRun.String()); n != 2 {
			t.Errorf("%d faults, want two", n)
		}
		i.close(t)
	})
}
