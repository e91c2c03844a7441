package watch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/score"
)

const day = 24 * time.Hour

var (
	breakdowns = watch.Define("", watch.ConfirmWithin(2*day), watch.PlanWithin(7*day), watch.MendWithin(30*day),
		watch.ForSeverity("low", 0), watch.ForSeverity("high", 20, watch.ConfirmWithin(4*time.Hour), watch.PlanWithin(day)))
	improvement = feedback.DefineAction("improvement")

	payment  = breakdown.Subject{About: breakdown.OfStage, Journey: "checkout", Name: "payment"}
	checkout = breakdown.Subject{About: breakdown.OfJourney, Journey: "checkout"}
	card     = breakdown.Subject{About: breakdown.OfTouchpoint, Name: "card"}
)

// town is instances on one store with one archive, in a bubble of synctest, whose time begins on Saturday, 1 January 2000.
type town struct {
	*testing.T

	store ledger.Store

	mu sync.Mutex // guards the fields below, which instances write while the test sleeps
	saw
	shows    []breakdown.Found // by the charts
	stands   []breakdown.Standing
	sigma    float64
	before   score.Share
	after    score.Share
	fails    error // of Tell and ReportUp
	unsafe   error // of the archive: whether it has an event is not certain
	clients  []*cx.Client
	watching []*watch.Watch
	kills    bool // instances are killed
	many     bool // the archive keeps nothing
}

// saw is what instances have done so far.
type saw struct {
	archive []event.Event
	finds   int
	open    []breakdown.Open // given to the last refresh
	news    []watch.News
	overdue []watch.Overdue
	errors  []error
}

// seen returns what instances have done so far.
func (o *town) seen() saw {
	o.mu.Lock()
	defer o.mu.Unlock()
	is := o.saw
	is.archive, is.news, is.overdue, is.errors = slices.Clone(is.archive), slices.Clone(is.news), slices.Clone(is.overdue), slices.Clone(is.errors)
	return is
}

// set changes the town while nothing else does.
func (o *town) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

func newTown(t *testing.T) *town {
	t.Helper()
	o := &town{T: t, store: new(memory.Store)}
	t.Cleanup(o.stop)
	return o
}

// keeper keeps the events of a client, as an archive does: one of each ID.
type keeper struct{ of *town }

func (k keeper) Process(_ context.Context, e *event.Event) {
	k.of.mu.Lock()
	defer k.of.mu.Unlock()
	if !k.of.many && !slices.ContainsFunc(k.of.archive, func(o event.Event) bool { return o.ID == e.ID }) {
		k.of.archive = append(k.of.archive, *e)
	}
}

func (k keeper) Flush(context.Context) error {
	k.of.mu.Lock()
	defer k.of.mu.Unlock()
	return k.of.unsafe
}
func (keeper) Shutdown(context.Context) error { return nil }

// Events implements [watch.Reader].
func (o *town) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	o.mu.Lock()
	list := slices.Clone(o.archive)
	o.mu.Unlock()
	slices.SortStableFunc(list, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	asks := q.Asker()
	for i := range list {
		if asks(&list[i]) {
			if err := each(&list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// client returns a client of the store whose events are in the archive.
func (o *town) client(store ledger.Store) *cx.Client {
	o.Helper()
	c, err := cx.New(cx.WithStore(store), cx.WithNamespace("shop"), cx.WithDefinitions(breakdowns.Journey(), improvement), cx.WithProcessors(keeper{o}),
		cx.WithoutCustomerIDs(), cx.WithLogger(slog.New(slog.DiscardHandler)), cx.WithSweepInterval(time.Hour))
	if err != nil {
		o.Fatal(err)
	}
	o.clients = append(o.clients, c)
	return c
}

// plan returns the plan of an instance.
func (o *town) plan(c *cx.Client) watch.Plan {
	return watch.Plan{
		Journey: breakdowns, Client: c, Steps: o,
		Find: func(_ context.Context, open []breakdown.Open) (breakdown.Findings, error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.finds++
			o.open = open
			return breakdown.Findings{Found: slices.Clone(o.shows), Open: o.stands}, nil
		},
		Compare: func(context.Context, watch.Change) (watch.Shares, error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			return watch.Shares{Before: o.before, After: o.after, Sigma: o.sigma}, nil
		},
		ReportUp: func(_ context.Context, v watch.Overdue) error {
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.fails != nil {
				return o.fails
			}
			o.overdue = append(o.overdue, v)
			return nil
		},
		Tell: func(_ context.Context, n watch.News) error {
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.fails != nil {
				return o.fails
			}
			o.news = append(o.news, n)
			return nil
		},
	}
}

// start starts an instance.
func (o *town) start(store ledger.Store, opts ...watch.Option) *watch.Watch {
	o.Helper()
	return o.startPlan(store, o.plan(o.client(store)), opts...)
}

func (o *town) startPlan(store ledger.Store, p watch.Plan, opts ...watch.Option) *watch.Watch {
	o.Helper()
	// Few renewals: months pass.
	all := append([]watch.Option{watch.WithEvery(time.Hour), watch.WithLease(time.Hour), watch.WithErrorHandler(func(err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.errors = append(o.errors, err)
	})}, opts...)
	w, err := watch.New(store, p, all...)
	if err != nil {
		o.Fatal(err)
	}
	o.watching = append(o.watching, w)
	return w
}

// stop stops everything.
func (o *town) stop() {
	o.Helper()
	for _, w := range o.watching {
		if err := w.Shutdown(context.WithoutCancel(o.Context())); err != nil {
			o.Error(err)
		}
	}
	// The client of an instance that was killed waits for its store, and gives up what it has.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(o.Context()), time.Minute)
	defer cancel()
	for _, c := range o.clients {
		if err := c.Shutdown(ctx); err != nil && !o.kills {
			o.Error(err)
		}
	}
	if o.kills {
		time.Sleep(time.Hour) // its goroutines go on for a while
	}
}

// found is a finding of 30 more failures a day, since the day before the last one.
func found(s breakdown.Subject, perDay float64, also ...breakdown.Subject) breakdown.Found {
	last := time.Now().UTC().Truncate(day).Add(-day)
	return breakdown.Found{
		Subject: s, Began: last.Add(-day), Last: last, P: 0.001, Before: score.ShareOf(20, 200, 0.95), Since: score.ShareOf(60, 200, 0.95),
		Excess: 2 * perDay, Days: 2, PerDay: perDay, BaselineFrom: last.Add(-70 * day), BaselineUntil: last.Add(-14 * day), Also: also,
	}
}

// show makes the charts show these.
func (o *town) show(list ...breakdown.Found) {
	o.set(func() { o.shows = list })
}

// pass lets time pass.
func (*town) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// list returns what the store has.
func (o *town) list() []watch.Status {
	o.Helper()
	all, err := watch.List(o.Context(), o.store, "shop", "breakdown")
	if err != nil {
		o.Fatal(err)
	}
	return all
}

// one returns the only breakdown.
func (o *town) one() watch.Status {
	o.Helper()
	all := o.list()
	if len(all) != 1 {
		o.Fatalf("the store has %d breakdowns, want one: %+v", len(all), all)
	}
	return all[0]
}

// story returns what the archive has of the breakdowns, in the order of time: the stages of each run and its end.
func (o *town) story() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := slices.Clone(o.archive)
	slices.SortStableFunc(list, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	var said []string
	for i := range list {
		e := &list[i]
		if e.Journey.Name != "breakdown" {
			continue
		}
		switch e.Kind {
		case event.JourneyStageEntered:
			said = append(said, e.Stage)
		case event.JourneyEnded:
			said = append(said, e.Outcome.String()+" "+e.Cause)
		}
	}
	return strings.Join(said, ", ")
}

// told returns the kinds of the news, and of the broken promises.
func (o *town) told() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var said []string
	for _, n := range o.news {
		said = append(said, string(n.Kind))
	}
	for _, v := range o.overdue {
		said = append(said, "up: "+v.Promise)
	}
	return strings.Join(said, ", ")
}

func (o *town) want(story, told string) {
	o.Helper()
	if got := o.story(); got != story {
		o.Errorf("the archive has %q, want %q", got, story)
	}
	if got := o.told(); got != told {
		o.Errorf("told is %q, want %q", got, told)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, err := range o.errors {
		o.Error(err)
	}
}

// has reports whether the breakdown is found in the archive.
func (o *town) has(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.archive, func(e event.Event) bool { return e.Journey.ID == id && e.Kind == event.JourneyStageEntered })
}

// person returns a context of a person in the breakdown, who works in another process.
func (o *town) person(c *cx.Client, id string) context.Context {
	return breakdowns.Resume(cx.NewContext(o.Context(), c), id)
}

var errCut = errors.New("cut off")

func (o *town) String() string { return fmt.Sprint(o.story(), "; ", o.told()) }
