package cx

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"golang.org/x/sync/errgroup"

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
	positions  positions

	closed atomic.Bool
	stop   context.CancelFunc
	swept  chan struct{}

	sweeping chan struct{}     // holds a token while nobody sweeps
	down     chan struct{}     // holds a token while nobody shuts down
	pending  []event.Processor // not shut down yet; who has the token may change it
}

var (
	_ event.Recorder      = (*Client)(nil)
	_ event.FaultRecorder = (*Client)(nil)
	_ event.KeyHolder     = (*Client)(nil)
)

// New returns a client. It fails when an option or a definition is faulty, with every fault
// named, each wrapped by [ErrConfig]. Until [Client.Shutdown] the client owns one goroutine, those of
// its exporters, with a store of journeys three more, and one for each call of the hook for stalled
// journeys.
func New(opts ...Option) (*Client, error) {
	cfg, err := newConfig(opts)
	resolver, defErr := resolve.New(cfg.resolve, cfg.definitions...)
	tel, telErr := telemetry.New(cfg.telemetry)
	if err := errors.Join(err, defErr, telErr); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if cfg.clockFails != nil {
		*cfg.clockFails = func() { tel.RecordFault(context.Background(), event.FaultPanic) }
	}
	c := &Client{
		resolver:   resolver,
		telemetry:  tel,
		processors: cfg.processors,
		now:        cfg.resolve.Now,
		since:      cfg.since(),
		positions:  positions{keys: cfg.signing.keys(cfg.resolve.Now)},
		swept:      make(chan struct{}),
		sweeping:   make(chan struct{}, 1),
		down:       make(chan struct{}, 1),
	}
	c.down <- struct{}{}
	c.sweeping <- struct{}{}
	for i, e := range cfg.exporters {
		c.processors = append(c.processors, exporters.NewBatch(e,
			exporters.WithMeterProvider(cfg.telemetry.MeterProvider),
			exporters.WithName(fmt.Sprintf("batch/%T/%d", e, i))))
	}
	c.stalls = newStalls(c, cfg.onStall)
	c.tracker = journey.NewTracker(journey.TrackerConfig{
		Rules: resolver.Journey, Now: c.now, ImplicitStarts: cfg.implicitStarts, SpanLimit: cfg.spanLimit(), Remember: cfg.remember, MaxRuns: cfg.maxRuns, QueueSize: cfg.storeQueue, EndGrace: cfg.endGrace,
		Store: cfg.store, Deliver: c.committed, Safe: c.safe, Report: otel.Handle,
		Fault: func(f event.Fault) { tel.RecordFault(context.Background(), f) },
		Late:  func(e *event.Event) { tel.RecordLate(context.Background(), e) },
	})
	err = tel.ObserveActive(c.tracker.Active)
	if cfg.store != nil && err == nil {
		err = tel.ObserveQueue("store", fmt.Sprintf("store/%T", cfg.store), c.tracker.Queue)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, errors.Join(err, c.tracker.Shutdown(context.Background())))
	}
	c.pending = append([]event.Processor{tel}, c.processors...)
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	go c.sweep(ctx, cfg.sweep)
	return c, nil
}

// ErrConfig is what every error of [New] wraps.
var ErrConfig = errors.New("cx: the client cannot be made")

// Start implements [event.Recorder].
func (c *Client) Start(ctx context.Context, e *event.Event) (out context.Context) {
	out = ctx //nolint:wastedassign // the answer when something below panics
	if c == nil || c.closed.Load() {
		return ctx
	}
	defer c.contain(ctx)
	c.open(ctx, e, true)
	if e.Kind == event.JourneyStarted { // a run is resumed
		c.tracker.Resume(e)
	}
	return c.telemetry.Start(ctx, e)
}

// Record implements [event.Recorder].
func (c *Client) Record(ctx context.Context, e *event.Event) {
	if c == nil {
		return
	}
	defer c.contain(ctx)
	if c.closed.Load() {
		c.telemetry.RecordFault(ctx, event.FaultClosed)
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
	ok, faults := c.resolver.Close(e)
	if afterwards && e.Duration == 0 && e.Zone != event.Frustrated {
		e.Zone = 0 // nobody knows how long it took: nothing is made up
	}
	c.telemetry.RecordFaults(ctx, faults)
	if !ok {
		return
	}
	ends := c.resolver.Ends(e)
	if !e.Journey.IsZero() {
		v := c.tracker.Apply(e)
		c.notBefore(ctx, e)
		c.judge(ctx, e, v)
		if v.Drop {
			return
		}
		if v.Queued { // the others see it when the store has it, in the order of its journey
			c.process(ctx, c.telemetry, e)
			if ends != 0 {
				c.end(ctx, e, ends)
			}
			return
		}
	} else if isTransition(e.Kind) {
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
	stage, faults := c.resolver.Open(e)
	c.telemetry.RecordFaults(ctx, faults)
	e.SetUnplaced(false)
	if e.Journey.IsZero() || e.Kind != event.JourneyStarted && isTransition(e.Kind) {
		return first
	}
	if begins && e.Kind == event.TouchpointEnded && e.Claimed() && !c.tracker.Knows(e) {
		e.SetUnplaced(true) // until it is over, and it is known whether there is such a run
		if stage != "" {
			e.SetPlace(stage, 0)
		}
		return first
	}
	c.judge(ctx, e, c.tracker.Place(e, stage))
	return first
}

func isTransition(k event.Kind) bool {
	switch k {
	case event.JourneyStarted, event.JourneyStageEntered, event.JourneyStalled, event.JourneyEnded:
		return true
	default:
		return false
	}
}

// judge counts and delivers what the tracker says of e.
func (c *Client) judge(ctx context.Context, e *event.Event, v journey.Verdict) {
	if v.Late {
		c.telemetry.RecordLate(ctx, e)
	}
	c.telemetry.RecordFaults(ctx, v.Faults)
	for _, before := range v.Before {
		c.deliver(ctx, before)
		before.Put()
	}
}

// notBefore sees to it that a run whose start only the tracker knew does not end before that.
func (c *Client) notBefore(ctx context.Context, e *event.Event) {
	if e.Kind == event.JourneyEnded && e.Time.Before(e.Journey.Started) {
		e.Time = e.Journey.Started
		c.telemetry.RecordFault(ctx, event.FaultTime)
	}
}

// end ends the journey of a touchpoint that declares so.
func (c *Client) end(ctx context.Context, by *event.Event, o event.Outcome) {
	e := event.Get()
	defer e.Put()
	e.Kind, e.Time, e.Outcome = event.JourneyEnded, by.Time.Add(by.Duration), o
	e.Cause, e.Variant, e.SpanContext = by.Cause, by.Variant, by.Request()
	e.SetPositionOf(by)
	c.Record(ctx, e)
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
	ctx := context.Background()
	defer c.contain(ctx)
	if !isTransition(e.Kind) {
		c.pass(ctx, e) // telemetry has seen it
		return
	}
	c.deliver(ctx, e)
	c.stalled(e, s)
}

// safe returns when what was delivered is where the end of this process does not matter.
func (c *Client) safe(ctx context.Context) error {
	return errors.Join(c.settleProcessors(ctx), c.stalls.wait(ctx))
}

// stalled calls the application's hook, if the customer is still where the event says.
func (c *Client) stalled(e *event.Event, s journey.State) {
	if e.Kind == event.JourneyStalled && s.Ended.IsZero() && e.Stage == s.Stage && e.Visit == s.Visit {
		c.stalls.call(s)
	}
}

// process shows the event to one processor, whose panic is not the others' affair.
func (c *Client) process(ctx context.Context, p event.Processor, e *event.Event) {
	defer c.contain(ctx)
	p.Process(ctx, e)
}

// contain is deferred around everything that runs code that is not ours.
func (c *Client) contain(ctx context.Context) {
	if r := recover(); r != nil {
		defer func() { _ = recover() }() // what panicked may be what counts
		c.telemetry.RecordFault(ctx, event.FaultPanic)
		otel.Handle(fmt.Errorf("cairn: a panic was contained: %T", r)) //nolint:err113 // a report, nobody branches on it
	}
}

// RecordFault implements [event.FaultRecorder].
func (c *Client) RecordFault(ctx context.Context, f event.Fault) {
	if c != nil {
		defer c.contain(ctx)
		c.telemetry.RecordFault(ctx, f)
		c.positions.tell(f)
	}
}

// sweep ends abandoned journeys until ctx is done.
func (c *Client) sweep(ctx context.Context, every time.Duration) {
	defer close(c.swept)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.sweepOnce(ctx)
		}
	}
}

// sweepOnce returns when everybody who is abandoned by now has been delivered, by this sweep or
// one that was under way.
func (c *Client) sweepOnce(ctx context.Context) {
	if !c.takeTurn(ctx) {
		return
	}
	defer func() { c.sweeping <- struct{}{} }()
	defer c.contain(ctx)
	c.tracker.Sweep(ctx, c.now(), func(e *event.Event, s journey.State) {
		defer c.contain(ctx) // one that cannot be shown does not stop the others
		c.deliver(context.WithoutCancel(ctx), e)
		c.stalled(e, s)
	})
}

// takeTurn waits until nobody else sweeps, at most until ctx is done: who sweeps may be waiting for the
// store.
func (c *Client) takeTurn(ctx context.Context) bool {
	select {
	case <-c.sweeping:
		return true
	default:
	}
	select {
	case <-c.sweeping:
		return true
	case <-ctx.Done():
		return false
	}
}

// Sweep ends the journeys that are abandoned by now and says which are stalled, as the client does by
// itself every now and then: for simulations and replay, whose clock jumps. It costs what is due.
func (c *Client) Sweep(ctx context.Context) {
	if c == nil || c.closed.Load() {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if c.tracker.Due(c.now()) {
		c.sweepOnce(ctx)
	}
}

// Forget erases what the client's store of journeys has of the customer, who is known by the
// application's own ID, and lets every exporter forget that can ([event.Forgetter], such as the archive),
// once it has what waits for it. Live journeys of the customer count as ended from now on, and nobody is
// told how. It returns how many journeys the store had; after an error, call it again. Without
// [WithCustomerKey] no customer is known. What other sinks have, and OpenTelemetry's backends, which
// know the hash, is not here to be erased.
func (c *Client) Forget(ctx context.Context, customerID string) (journeys int, err error) {
	if c == nil || customerID == "" {
		return 0, nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	hash := c.resolver.CustomerHash(customerID)
	if hash == "" {
		return 0, nil
	}
	journeys, err = c.tracker.Forget(ctx, hash)
	faults := []error{err}
	for _, p := range c.processors {
		if f, ok := p.(event.Forgetter); ok {
			faults = append(faults, contained(func() error {
				_, err := f.Forget(ctx, hash)
				return err
			}))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return journeys, fmt.Errorf("cx: %w", err)
	}
	return journeys, nil
}

// Flush ends the journeys that are abandoned by now, and returns when everything that was
// recorded before the call is delivered to the exporters' sinks, or ctx is done. The client
// stays usable. The OpenTelemetry providers are the user's to flush.
func (c *Client) Flush(ctx context.Context) error {
	if c == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if !c.closed.Load() {
		c.sweepOnce(ctx)
	}
	if err := c.tracker.Flush(ctx); err != nil {
		return fmt.Errorf("cx: flush: %w", err)
	}
	if err := c.flushProcessors(ctx); err != nil {
		return fmt.Errorf("cx: flush: %w", err)
	}
	return nil
}

// flushProcessors returns when what the processors were given before the call is delivered.
func (c *Client) flushProcessors(ctx context.Context) error {
	errs := make([]error, len(c.processors))
	var g errgroup.Group
	for i, p := range c.processors {
		if f, ok := p.(event.Flusher); ok {
			g.Go(func() error {
				errs[i] = contained(func() error { return f.Flush(ctx) })
				return nil
			})
		}
	}
	_ = g.Wait() // the errors are in errs: all of them count
	return errors.Join(errs...)
}

// Shutdown stops the client: what is recorded from now on is dropped and counted, and what
// was recorded before is delivered. It returns when that is done or ctx is, and may be called
// again after a timeout; once done it returns nil. Give it a context of its own: a
// request's, or one that a signal has cancelled, leaves no time.
func (c *Client) Shutdown(ctx context.Context) error {
	if c == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	c.closed.Store(true)
	c.stop()
	if err := wait(ctx, c.swept); err != nil {
		return err
	}
	if err := wait(ctx, c.down); err != nil {
		return err
	}
	defer func() { c.down <- struct{}{} }()
	trackerErr := c.tracker.Shutdown(ctx)
	hooksErr := c.stalls.wait(ctx)
	left := make([]event.Processor, len(c.pending))
	errs := make([]error, len(c.pending))
	var g errgroup.Group
	for i, p := range c.pending {
		g.Go(func() error {
			if errs[i] = contained(func() error { return p.Shutdown(ctx) }); errs[i] != nil {
				left[i] = p
			}
			return nil
		})
	}
	_ = g.Wait() // the errors are in errs: all of them count
	c.pending = c.pending[:0]
	for _, p := range left {
		if p != nil {
			c.pending = append(c.pending, p)
		}
	}
	if err := errors.Join(errors.Join(errs...), trackerErr, hooksErr); err != nil {
		return fmt.Errorf("cx: shutdown: %w", err)
	}
	return nil
}

var errPanic = errors.New("a panic was contained")

// contained calls code that is not ours: a panic in it is an error.
func contained(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %T", errPanic, r)
		}
	}()
	return f()
}

// wait receives from ch, at once if it can, else until ctx is done.
func wait(ctx context.Context, ch <-chan struct{}) error {
	select {
	case <-ch:
		return nil
	default:
	}
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("cx: shutdown: %w", context.Cause(ctx))
	}
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
