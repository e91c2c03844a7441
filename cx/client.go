package cx

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
)

// Client takes events, completes them, keeps the state of journeys, and shows and delivers
// what happened. It is safe for concurrent use. A nil Client records nothing.
type Client struct {
	resolver   *resolve.Resolver
	tracker    *journey.Tracker
	telemetry  *telemetry.Telemetry
	processors []event.Processor
	stalls     *stalls
	now        func() time.Time
	since      func(time.Time) time.Duration
	teller     *teller

	positionKeys *event.PositionKeys

	closed atomic.Bool
	stop   context.CancelFunc
	swept  chan struct{}

	flushers   []*calls // of the processors; nil for one that has nothing to flush
	waiters    []*calls // what is safe: nil where there is nothing to wait for
	forgetters []*forgetter
	losses     losses
	pressed    atomic.Bool     // a context knows of a press
	within     context.Context //nolint:containedctx // what processors are given that are shown what a store has taken

	sweeping chan struct{} // holds a token while no goroutine sweeps
	down     chan struct{} // holds a token while no goroutine shuts down
	pending  []*calls      // Shutdown of those that are not shut down yet; the goroutine with the token may change it
	finish   sync.Once

	liveLost sync.Once // the runs that are live at Shutdown are told
	replays  bool      // a log: its runs may go on when it ends
}

var (
	_ event.Recorder      = (*Client)(nil)
	_ event.FaultRecorder = (*Client)(nil)
	_ event.Joiner        = (*Client)(nil)
	_ event.Sender        = (*Client)(nil)
	_ event.KeyHolder     = (*Client)(nil)

	_ event.RequestRecorder = (*Client)(nil)
)

// New returns a client. It fails when an option or a definition is faulty, with every fault
// named, each wrapped by [ErrConfig]. Until [Client.Shutdown] the client owns one goroutine, those of
// its exporters, with a store of journeys three more, and one for each call of the hook for stalled
// journeys, and of Flush, Forget and Shutdown of a processor, of which one at a time is made. While a fault is told there
// is one more for the log, and one for the function of [WithOnFault].
func New(opts ...Option) (*Client, error) {
	cfg, err := newConfig(opts)
	c := &Client{now: cfg.resolve.Now}
	c.teller = newTeller(c, cfg.logger, cfg.onFault)
	cfg.telemetry.Tell, cfg.telemetry.Handle = c.teller.tell, c.teller.handle
	resolver, defErr := resolve.New(cfg.resolve, cfg.definitions...)
	tel, telErr := telemetry.New(cfg.telemetry)
	if err := errors.Join(err, defErr, telErr); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, errors.Join(err, tel.Shutdown(context.Background())))
	}
	c.resolver, c.telemetry, c.since = resolver, tel, cfg.since()
	resolver.OnJourney(func(d *journey.Definition) { tel.DeclareJourney(metricsOf(d)) })
	*cfg.clockFails = func(v any) { c.RecordFault(context.Background(), event.PanicReport("the function of cx.WithClock", v)) }
	c.positionKeys = cfg.signing.keys(cfg.resolve.Now)
	c.swept, c.sweeping, c.down = make(chan struct{}), make(chan struct{}, 1), make(chan struct{}, 1)
	c.replays = cfg.implicitStarts
	c.down <- struct{}{}
	c.sweeping <- struct{}{}
	c.processors = cfg.processors
	for i, e := range cfg.exporters {
		c.processors = append(c.processors, exporters.NewBatch(&watched{Exporter: e, c: c},
			exporters.WithMeterProvider(cfg.telemetry.MeterProvider),
			exporters.WithErrorHandler(c.teller.queueHandler()),
			exporters.WithName(fmt.Sprintf("batch/%T/%d", e, i))))
	}
	c.prepare()
	c.stalls = newStalls(c, cfg.onStall)
	c.track(&cfg)
	err = tel.ObserveActive(c.tracker.Active)
	if cfg.store != nil && err == nil {
		err = tel.ObserveQueue("store", fmt.Sprintf("store/%T", cfg.store), c.tracker.Queue)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, errors.Join(err, c.tracker.Shutdown(context.Background()), tel.Shutdown(context.Background())))
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	go c.sweep(ctx, cfg.sweep)
	return c, nil
}

// track makes the tracker.
func (c *Client) track(cfg *config) {
	store := fmt.Sprintf("%T", cfg.store)
	c.tracker = journey.NewTracker(journey.TrackerConfig{
		Rules: c.resolver.Journey, Now: c.now, ImplicitStarts: cfg.implicitStarts, SpanLimit: cfg.spanLimit(), Remember: cfg.remember, MaxRuns: cfg.maxRuns, QueueSize: cfg.storeQueue, EndGrace: cfg.grace(),
		Store: cfg.store, Deliver: c.committed, Uncommitted: c.uncommitted, Safe: c.safe,
		Fault: func(f event.Fault) {
			c.losses.note(f)
			if f == event.FaultStore || f == event.FaultUnsettled || f == event.FaultPanic { // Tell says what it is about
				c.telemetry.RecordFault(context.Background(), f)
				return
			}
			c.RecordFault(context.Background(), event.FaultReport{Fault: f, Name: store})
		},
		Tell: func(r event.FaultReport) {
			r.Name = store
			c.teller.tell(context.Background(), r)
		},
		Late:          func(e *event.Event) { c.telemetry.RecordLate(context.Background(), e) },
		OtherCustomer: func(name string) { c.otherCustomer(context.Background(), name) },
	})
}

// metricsOf returns what metrics have to know of a journey before anything happens in it.
func metricsOf(d *journey.Definition) telemetry.Journey {
	j := telemetry.Journey{Name: d.Name(), Stages: d.Stages(), Channels: d.Channels()}
	for _, s := range j.Stages {
		if d.Expect(s) > 0 {
			j.Expected = append(j.Expected, s)
		}
	}
	return j
}

// prepare makes the calls of the processors' methods.
func (c *Client) prepare() {
	c.within = c.marked(context.Background(), nil)
	ending := func(p event.Processor) *calls {
		return &calls{c: c, what: fmt.Sprintf("Shutdown of %T", p), method: p.Shutdown, joins: true}
	}
	c.pending = []*calls{ending(c.telemetry)}
	c.flushers, c.waiters = make([]*calls, len(c.processors)), make([]*calls, len(c.processors))
	for i, p := range c.processors {
		c.pending = append(c.pending, ending(p))
		if f, ok := p.(event.Flusher); ok {
			c.flushers[i] = &calls{c: c, what: fmt.Sprintf("Flush of %T", p), method: f.Flush}
			c.waiters[i] = c.flushers[i]
		}
		if b, ok := p.(*exporters.Batch); ok {
			c.waiters[i] = &calls{c: c, what: fmt.Sprintf("Wait of %T", p), method: b.Wait}
		}
		if f, ok := p.(event.Forgetter); ok {
			c.forgetters = append(c.forgetters, &forgetter{c: c, what: fmt.Sprintf("Forget of %T", p), f: f, turn: make(chan struct{}, 1)})
		}
	}
}

// ErrConfig is what every error of [New] wraps.
var ErrConfig = errors.New("cx: the client cannot be made")

// Start implements [event.Recorder].
func (c *Client) Start(ctx context.Context, e *event.Event) (out context.Context) {
	out = ctx //nolint:wastedassign // the answer when something below panics
	if c == nil || c.closed.Load() {
		return ctx
	}
	defer c.contain(ctx, "recording")
	c.open(ctx, e, true)
	if e.Kind == event.JourneyStarted { // a run is resumed
		c.tracker.Resume(e)
	}
	return c.press(c.telemetry.Start(ctx, e), e)
}

// Join implements [event.Joiner].
func (c *Client) Join(ctx context.Context, e *event.Event) {
	if c == nil || c.closed.Load() {
		return
	}
	defer c.contain(ctx, "recording")
	c.open(ctx, e, true)
}

// Sent implements [event.Sender].
func (c *Client) Sent(p *event.Position) {
	if c != nil {
		c.tracker.Sent(p)
	}
}

// Record implements [event.Recorder].
func (c *Client) Record(ctx context.Context, e *event.Event) {
	if c != nil {
		c.record(ctx, e, false)
	}
}

// record is Record; implied is the end that a touchpoint declares.
func (c *Client) record(ctx context.Context, e *event.Event, implied bool) {
	defer c.contain(ctx, "recording")
	if c.closed.Load() {
		c.fault(ctx, event.FaultReport{Fault: event.FaultClosed, Name: e.Subject(), Detail: "it was recorded after Shutdown"})
		if s, owned := e.Span(); owned {
			s.End()
		}
		return
	}
	if e.Time.IsZero() && e.Kind == event.TouchpointEnded && e.Duration > 0 {
		e.Time = c.now().Add(-min(e.Duration, event.MaxDuration)) // it has just ended
	}
	afterwards := c.open(ctx, e, false) // told all at once, when it is over
	if !afterwards && e.Kind == event.TouchpointEnded && e.Duration == 0 {
		e.Duration = c.since(e.Time)
	}
	ok, found := c.resolver.Close(e)
	if afterwards && e.Duration == 0 && e.Zone != event.Frustrated {
		e.Zone = 0 // nobody knows how long it took: nothing is made up
	}
	c.found(ctx, &found)
	if !ok {
		return
	}
	c.outside(ctx, e)
	ends := c.resolver.Ends(e)
	if !e.Journey.IsZero() {
		c.tracker.Joined(e)
		v := c.tracker.ApplyAs(e, c.manner(ctx, e, !afterwards, implied))
		c.notBefore(ctx, e)
		c.judge(ctx, e, v)
		if v.Drop {
			if v.Queued {
				c.telemetry.Expect(e)
			}
			return
		}
		if v.Queued { // the others see it when the store has it, in the order of its journey
			c.process(ctx, c.telemetry, e)
			if ends != 0 {
				c.end(ctx, e, ends)
			}
			return
		}
	} else if e.Kind.IsTransition() {
		return // its journey was refused, and counted
	}
	c.deliver(ctx, e)
	if ends != 0 {
		c.end(ctx, e, ends)
	}
}

// open completes e as far as it can be when it begins, and places it in its journey. It
// reports false when that has been done before.
func (c *Client) open(ctx context.Context, e *event.Event, begins bool) bool {
	first := e.Open()
	if !first && !e.Unplaced() {
		return false
	}
	if e.Definition() == nil {
		e.Excuse() // from outside
	}
	stage, found := c.resolver.Open(e)
	c.found(ctx, &found)
	e.SetUnplaced(false)
	c.request(ctx, e, begins)
	if e.Journey.IsZero() || e.Kind != event.JourneyStarted && e.Kind.IsTransition() {
		return first
	}
	if begins && e.Kind == event.TouchpointEnded && e.Claimed() && !c.tracker.Knows(e) && !c.tracker.Ended(e) {
		e.SetUnplaced(true) // until it is over, and it is known whether there is such a run
		e.SetUnended(true)
		if stage != "" {
			e.SetPlace(stage, 0)
		}
		return first
	}
	v := c.tracker.Place(e, stage)
	if e.Unended() { // the run ended in its course
		e.Late, v.Late = false, false
	}
	c.judge(ctx, e, v)
	return first
}

// request says on the span of the request in ctx that it is in the journey of e. A request that only names one may be
// in none. The span that a touchpoint describes is linked to its twin when that is over, and so is that of feedback.
func (c *Client) request(ctx context.Context, e *event.Event, begins bool) {
	if e.Kind.IsTransition() && !e.SpanContext.IsValid() {
		e.SpanContext = trace.SpanContextFromContext(ctx)
	}
	if e.Journey.IsZero() || e.Claimed() || e.Named() || !e.Kind.IsTransition() && !begins {
		return
	}
	if s, _ := e.Span(); s == nil && !shown(ctx, e) {
		c.telemetry.Request(ctx, &e.Journey, e.Trace())
	}
}

// shown reports whether the span in ctx is that of a touchpoint, which is linked to its twin in the journey of e when
// it is over.
func shown(ctx context.Context, e *event.Event) bool {
	under, ok := event.ScopeOf(ctx).Around().(event.Shower)
	return ok && under.Shows(trace.SpanFromContext(ctx), e)
}

// RecordRequest implements [event.RequestRecorder].
func (c *Client) RecordRequest(ctx context.Context, p *event.Position) {
	if c == nil || p == nil || p.Journey.IsZero() {
		return
	}
	defer c.contain(ctx, "recording")
	c.telemetry.Request(ctx, &p.Journey, p.Trace())
}

// judge counts and delivers what the tracker says of e.
func (c *Client) judge(ctx context.Context, e *event.Event, v journey.Verdict) {
	if v.Late {
		c.telemetry.RecordLate(ctx, e)
	}
	if v.Faults.Has(event.FaultStoreFull) {
		c.losses.note(event.FaultStoreFull)
	}
	if v.Faults != 0 {
		c.foundInRun(ctx, e, v.Faults)
	}
	if v.OtherCustomer {
		c.otherCustomer(ctx, e.Journey.Name)
	}
	for _, aside := range v.Aside {
		c.pass(ctx, aside)
		aside.Put()
	}
	for _, before := range v.Before {
		c.deliver(ctx, before)
		before.Put()
	}
}

// notBefore sees to it that a run whose start only the tracker knew does not end before that.
func (c *Client) notBefore(ctx context.Context, e *event.Event) {
	if e.Kind == event.JourneyEnded && e.Time.Before(e.Journey.Started) {
		e.Time = e.Journey.Started
		c.fault(ctx, event.FaultReport{Fault: event.FaultTime, Name: e.Journey.Name, Detail: "the run ends before it began"})
	}
}

// end ends the journey of a touchpoint that declares so.
func (c *Client) end(ctx context.Context, by *event.Event, o event.Outcome) {
	e := event.Get()
	defer e.Put()
	e.Kind, e.Time, e.Outcome = event.JourneyEnded, by.Time.Add(by.Duration), o
	e.Cause, e.Variant, e.SpanContext = by.Cause, by.Variant, by.Request()
	e.SetPositionOf(by)
	c.record(ctx, e, true)
}

// deliver shows the event to everybody. Telemetry comes first: it ends the live span.
func (c *Client) deliver(ctx context.Context, e *event.Event) {
	c.process(ctx, c.telemetry, e)
	c.pass(ctx, e)
}

// pass shows the event to everybody but telemetry.
func (c *Client) pass(ctx context.Context, e *event.Event) {
	if len(c.processors) == 0 {
		return
	}
	if e.ID.IsZero() {
		e.ID = event.NewID(e.Time)
	}
	e.SpanContext = e.Request()
	for _, p := range c.processors {
		c.process(ctx, p, e)
	}
}

// committed delivers what the store of journeys has taken.
func (c *Client) committed(e *event.Event, s journey.State) {
	ctx := c.within
	defer c.contain(ctx, "delivering what the store of journeys has taken")
	if !e.Kind.IsTransition() {
		c.pass(ctx, e) // telemetry has seen it
		return
	}
	c.deliver(ctx, e)
	c.stalled(e, s)
}

// uncommitted delivers a transition that the store of journeys has not taken: it is in no metric.
func (c *Client) uncommitted(e *event.Event) {
	defer c.contain(c.within, "delivering what the store of journeys has not taken")
	c.pass(c.within, e)
}

// stalled calls the application's hook, if the customer is still where the event says.
func (c *Client) stalled(e *event.Event, s journey.State) {
	if e.Kind == event.JourneyStalled && s.Ended.IsZero() && e.Stage == s.Stage && e.Visit == s.Visit {
		c.stalls.call(s)
	}
}

// process shows the event to one processor, whose panic is not the others' affair.
func (c *Client) process(ctx context.Context, p event.Processor, e *event.Event) {
	defer c.containIn(ctx, p)
	p.Process(ctx, e)
}

// SetDefault makes c the client of every context that names no other; nil is nobody.
func SetDefault(c *Client) {
	if c == nil {
		event.SetDefault(nil)
		return
	}
	event.SetDefault(c)
}

// NewContext returns a context in which c records instead of the default client: for
// tests, and for one process that is several services.
func NewContext(ctx context.Context, c *Client) context.Context { return event.NewContext(ctx, c) }
