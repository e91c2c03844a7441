package ledgertest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// The journeys of the tests.
const (
	endless = "endless" // never abandoned
	patient = "patient" // abandoned after waits without an event
	slow    = "slow"    // a visit to the stage "payment" stalls after expected
	both    = "both"
)

const (
	waits    = 30 * time.Minute
	expected = 10 * time.Minute
)

func rules(name string) *journey.Definition {
	opts := []journey.Option{journey.Stages("cart", "address", "payment")}
	if name == patient || name == both {
		opts = append(opts, journey.AbandonAfter(waits))
	}
	if name == slow || name == both {
		opts = append(opts, journey.Expect("payment", expected))
	}
	return journey.Define(name, opts...)
}

// fleet is several instances of a service that share the store, and the events that they delivered. Tests give the time of an
// event by its age: the time between the event and the start of the test, by the store's clock.
type fleet struct {
	*suite
	began     time.Time
	instances []*instance

	mu   sync.Mutex
	book []telling
}

// instance is one process: a tracker and its reported faults.
type instance struct {
	track.Tracker

	mu     sync.Mutex
	late   int
	faults map[fault.Fault]int
}

// A telling is one call of Deliver.
type telling struct {
	flight.Event
	state journey.State
	by    *instance
}

// deploy starts n instances, each on its own handle if connect returns different ones.
func (s *suite) deploy(n int) *fleet {
	f := &fleet{suite: s, began: s.now()}
	for range n {
		f.add(s.connect(), track.Config{})
	}
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.patience)
		defer cancel()
		for _, i := range f.instances {
			if err := i.Shutdown(ctx); err != nil {
				s.Errorf("Shutdown: %v", err)
			}
		}
	})
	return f
}

// add starts one more instance. The caller must shut it down.
func (f *fleet) add(store ledger.Store, cfg track.Config) *instance {
	i := f.make(store, cfg)
	f.instances = append(f.instances, i)
	return i
}

func (f *fleet) make(store ledger.Store, cfg track.Config) *instance {
	i := &instance{faults: map[fault.Fault]int{}}
	cfg.Store, cfg.Rules = store, rules
	cfg.Linger = time.Millisecond // a store that a test broke does not recover
	if cfg.EndGrace == 0 {
		cfg.EndGrace = time.Millisecond // most tests do not wait for events of other instances
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Deliver = func(e *flight.Event, s journey.State) {
		f.mu.Lock()
		defer f.mu.Unlock()
		told := telling{*e, s, i}
		if f.alter != nil {
			f.alter(&told.Event, &told.state)
		}
		f.book = append(f.book, told)
	}
	cfg.Late = func(*flight.Event) { i.count(&i.late) }
	cfg.Fault = func(r fault.Report) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.faults[r.Fault]++
	}
	i.Tracker = track.New(cfg)
	return i
}

func (i *instance) count(n *int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	*n++
}

func (i *instance) faulted(f fault.Fault) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.faults[f]
}

// say reports an event to the instance.
func (i *instance) say(e *flight.Event) track.Result {
	v := i.Apply(e, track.Manner{})
	if v.Late {
		i.count(&i.late)
	}
	return v
}

// late returns the number of events that the instances found late.
func (f *fleet) late() (n int) {
	for _, i := range f.instances {
		i.mu.Lock()
		n += i.late
		i.mu.Unlock()
	}
	return n
}

// flush waits until every recorded event is committed, delivered and settled.
func (f *fleet) flush() {
	f.Helper()
	for _, i := range f.instances {
		f.flushOne(i)
	}
}

func (f *fleet) flushOne(i *instance) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 3*f.patience)
	defer cancel()
	if err := i.Flush(ctx); err != nil {
		f.fail("Flush: %v", err)
	}
}

// sweep lets all instances sweep at the same time, and then flushes.
func (f *fleet) sweep() {
	f.Helper()
	var sweeping sync.WaitGroup
	for _, i := range f.instances {
		sweeping.Go(func() { i.Sweep(f.Context(), time.Now(), f.notHere) })
	}
	sweeping.Wait()
	f.flush()
}

// notHere fails the test. A tracker with a store delivers events and never emits them from Sweep.
func (f *fleet) notHere(e *flight.Event, _ journey.State) {
	f.Errorf("Sweep passed %s of %s to emit: a tracker with a store has to deliver it", e.Kind, e.Journey.ID)
}

// told returns the run's delivered events in their order: all, or those of the given kinds.
func (f *fleet) told(j event.Run, kinds ...event.Kind) []telling {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []telling
	for _, t := range f.book {
		if flight.SameRun(&t.Journey, &j) && (len(kinds) == 0 || slices.Contains(kinds, t.Kind)) {
			out = append(out, t)
		}
	}
	return out
}

// story returns the run's delivered events as one line.
func (f *fleet) story(j event.Run) string {
	told := f.told(j)
	lines := make([]string, 0, len(told))
	for _, t := range told {
		lines = append(lines, line(&t.Event))
	}
	return strings.Join(lines, ", ")
}

func line(e *flight.Event) string {
	switch e.Kind {
	case event.JourneyStageEntered:
		return e.Stage + "/" + strconv.Itoa(e.Visit)
	case event.JourneyStalled:
		return "stalled in " + e.Stage + "/" + strconv.Itoa(e.Visit)
	case event.JourneyEnded:
		return e.Outcome.String()
	case event.JourneyStarted:
		return "started"
	default:
		return string(e.Kind)
	}
}

// wantStory checks the run's delivered events.
func (f *fleet) wantStory(j event.Run, want string) {
	f.Helper()
	if got := f.story(j); got != want {
		f.fail("delivered for %s %s: %s\nwant: %s", j.Name, j.ID, got, want)
	}
}

// only returns the single delivered event of the kind.
func (f *fleet) only(j event.Run, kind event.Kind) telling {
	f.Helper()
	told := f.told(j, kind)
	if len(told) != 1 {
		f.fail("%s of %s %s was delivered %d times, want once: %s", kind, j.Name, j.ID, len(told), f.story(j))
	}
	return told[0]
}

// at returns the time of an event of this age.
func (f *fleet) at(ago time.Duration) time.Time { return f.began.Add(-ago).UTC() }

func named(name, id string) event.Run {
	return event.Run{Namespace: "storetest", Name: name, ID: id}
}

// on returns an event of the run with this kind and age.
func (f *fleet) on(j event.Run, kind event.Kind, ago time.Duration) *flight.Event {
	return &flight.Event{Event: event.Event{
		Kind: kind, Time: f.at(ago), Journey: j, Channel: event.Web,
		Customer: event.Customer{Hash: "customer of " + j.ID, Segment: "new"},
	}}
}

func (f *fleet) start(j event.Run, ago time.Duration) *flight.Event {
	return f.on(j, event.JourneyStarted, ago)
}

func (f *fleet) enter(j event.Run, stage string, ago time.Duration) *flight.Event {
	e := f.on(j, event.JourneyStageEntered, ago)
	e.Stage = stage
	return e
}

// touch returns a touchpoint of one second. It belongs to the stage, or to none if stage is "".
func (f *fleet) touch(j event.Run, stage string, ago time.Duration) *flight.Event {
	e := f.on(j, event.TouchpointEnded, ago)
	e.Touchpoint, e.Duration, e.ID = "touch", time.Second, event.NewID(e.Time)
	if stage != "" {
		e.SetDefinition(belongs{j.Name, stage})
	}
	return e
}

func (f *fleet) answer(j event.Run, ago time.Duration) *flight.Event {
	e := f.on(j, event.FeedbackReceived, ago)
	e.ID = event.NewID(e.Time)
	return e
}

func (f *fleet) end(j event.Run, o event.Outcome, ago time.Duration) *flight.Event {
	e := f.on(j, event.JourneyEnded, ago)
	e.Outcome = o
	return e
}

// belongs is the definition of a touchpoint that belongs to a stage.
type belongs struct{ journey, stage string }

// Name implements [event.Definition].
func (belongs) Name() string { return "touch" }

// Validate implements [event.Definition].
func (belongs) Validate() error { return nil }

// Journey returns the journey and the stage of the touchpoint.
func (b belongs) Journey() (j *journey.Definition, stage string) {
	return journey.Define(b.journey), b.stage
}

// A faulty store replaces Write, and its clock may be slow.
type faulty struct {
	ledger.Store
	write  func(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error)
	behind time.Duration // the time by which Claim's clock is slow
}

// Claim implements [ledger.Store].
func (s *faulty) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	now, due, err := s.Store.Claim(ctx, limit, lease)
	return now.Add(-s.behind), due, err
}

// Write implements [ledger.Store].
func (s *faulty) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.write(ctx, changes)
}

var errDown = errors.New("the store is down, as the test wants it")
