package cx

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/lifecycle"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Client records events. It completes each event, keeps the state of runs, emits telemetry, and passes the event to
// processors and exporters. It is safe for concurrent use. A nil Client records nothing.
type Client struct {
	resolver   *resolve.Resolver
	tracker    track.Tracker
	book       book // customers' records; nil for a client that keeps none
	requests   requests
	efforts    effortTerms
	stumbles   stumbles
	telemetry  *telemetry.Telemetry
	objectives *slo.Counter // nil for a client without objectives
	processors []event.Processor
	hooks      hooks
	clock      *clock
	reporter   *reporter

	positionKeys *propagate.Keys

	closed     atomic.Bool
	unfollowed atomic.Bool // see leave
	stop       context.CancelFunc
	swept      chan struct{}

	flushers           []*calls     // Flush of the processors; nil for one without
	waiters            []*calls     // returns when what a processor has is safe; nil for one that has nothing to wait for
	forgetters         []*forgetter // the processors that can forget a customer
	employeeForgetters []*forgetter // the processors that can forget an employee
	losses             losses
	stamps             stamps
	pressed            atomic.Bool     // some context has a press: see manner
	within             context.Context //nolint:containedctx // what processors are given with what a store has committed

	sweeping lifecycle.Turn // to sweep, or to forget a customer
	down     lifecycle.Turn // to shut down
	pending  []*calls       // Shutdown of those that are not shut down yet; the goroutine that has the turn may change it
	finish   sync.Once

	liveLost sync.Once // to report the runs that are live at Shutdown
	replays  bool      // it replays a log, whose runs may go on when the log ends
}

// New returns a client. If options or definitions are faulty, it returns an error that wraps [ErrConfig] and names every
// fault.
//
// Until [Client.Shutdown], the client has one goroutine, one for the queue of each exporter, three more with a store, and
// a fourth one with a store once a contact policy has asked it (touchpoint.ContactPolicy) or efforts are looked for ([WithEffortWindow]).
// A fifth one writes the contacts that join efforts, once there is one. With a store that has shelves, three more keep what becomes of
// requests for feedback, once there is a request or a survey with options.
// Each call of a hook has a goroutine of its own. So has each call of a processor's Flush, Forget or
// Shutdown, of which the client makes one at a time. While the client reports a fault, it has one goroutine for the log and
// one for the function of [WithOnFault].
func New(opts ...Option) (*Client, error) {
	cfg := newConfig(opts)
	c := &Client{replays: cfg.implicitStarts, processors: cfg.processors, efforts: cfg.efforts, stamps: cfg.stamps()}
	c.clock = cfg.clock(c.clockPanicked)
	c.reporter = newReporter(c, cfg.logger, cfg.onFault)
	resolver, defErr := cfg.resolver(c.clock)
	objectives, sloErr := cfg.counter(c.clock, c.reporter)
	tel, telErr := cfg.instruments(c.reporter, objectives)
	if err := errors.Join(cfg.check(), defErr, sloErr, telErr); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, errors.Join(err, tel.Shutdown(context.Background())))
	}
	c.resolver, c.telemetry, c.objectives = resolver, tel, objectives
	resolver.OnJourney(func(d *journey.Definition) { tel.DeclareJourney(metricsOf(d)) })
	resolver.OnSurvey(func(d *feedback.Survey) {
		tel.DeclareSurvey(telemetry.Survey{Name: d.Name(), Version: d.Version(), Scale: d.Scale(), Channels: d.Channels(), Choices: d.Choices()})
	})
	c.positionKeys = cfg.signing.keys(c.clock.Now)
	c.swept = make(chan struct{})
	for i, e := range cfg.exporters {
		c.processors = append(c.processors, exporters.NewBatch(&watched{Exporter: e, c: c},
			exporters.WithMeterProvider(cfg.telemetry.MeterProvider),
			exporters.WithErrorHandler(c.reporter.queueHandler()),
			exporters.WithName(fmt.Sprintf("batch/%T/%d", e, i))))
	}
	c.prepare()
	c.hooks = newHooks(c, &cfg)
	c.newTracker(&cfg)
	err := tel.ObserveActive(c.tracker.Active)
	if cfg.store != nil && err == nil {
		err = tel.ObserveQueue("store", fmt.Sprintf("store/%T", cfg.store), c.tracker.Queue)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, errors.Join(err, c.tracker.Shutdown(context.Background()), tel.Shutdown(context.Background())))
	}
	c.beginAtZero()
	ctx, cancel := context.WithCancel(context.Background())
	for _, r := range resolver.Unmet() {
		c.fault(ctx, r)
	}
	c.stop = cancel
	c.book = c.newBook(&cfg)
	c.prepareRequests(&cfg)
	go c.sweep(ctx, cfg.sweep)
	return c, nil
}

// Namespace returns the namespace of journeys that name none ([WithNamespace]). A nil Client has none. Safe for concurrent use.
func (c *Client) Namespace() string {
	if c == nil {
		return ""
	}
	return c.resolver.Namespace()
}

// Touchpoint returns the definition that the client has for the name of a touchpoint, or nil for a name that it would fold into
// [event.Other]. An adapter asks before it records a name that a stranger has sent. A nil Client has none. Safe for concurrent use.
func (c *Client) Touchpoint(name string) *touchpoint.Definition {
	if c == nil {
		return nil
	}
	return c.resolver.TouchpointNamed(name)
}

// KnowsCause reports whether the client records this cause as it is: any, if neither [WithCauses] nor the blueprint has causes, and else one of theirs or of those that
// breakdowns and follow-ups have. It would record another one as [event.Other]. A form asks before it records what an employee has typed. A nil Client knows every cause.
// Safe for concurrent use.
func (c *Client) KnowsCause(cause string) bool { return c == nil || c.resolver.KnowsCause(cause) }

// newTracker makes the tracker, which calls the client back.
func (c *Client) newTracker(cfg *config) {
	store := fmt.Sprintf("%T", cfg.store)
	tc := cfg.runs()
	tc.Rules, tc.Now = c.resolver.Journey, c.clock.Now
	tc.Deliver, tc.Uncommitted, tc.Safe = c.committed, c.uncommitted, c.safe
	tc.Fault = func(r fault.Report) {
		c.losses.note(r.Fault)
		r.Name = store
		c.RecordFault(context.Background(), r)
	}
	tc.Late = func(e *flight.Event) { c.telemetry.RecordLate(context.Background(), e) }
	tc.OtherCustomer = func(name string) { c.otherCustomer(context.Background(), name) }
	tc.PromiseFault = func(f fault.Fault, name string) {
		c.RecordFault(context.Background(), fault.Report{Fault: f, Name: name, Detail: aboutRun(f)})
	}
	c.tracker = track.New(tc)
}

// clockPanicked reports a panic of the clock of [WithClock].
func (c *Client) clockPanicked(v any) {
	if c.telemetry == nil {
		return // New has not returned yet
	}
	c.RecordFault(context.Background(), fault.PanicReport("the function of cx.WithClock", v))
}

// metricsOf returns what telemetry has to know of a journey before anything happens in it, so that counters begin at zero.
func metricsOf(d *journey.Definition) telemetry.Journey {
	j := telemetry.Journey{Name: d.Name(), Stages: d.Stages(), Channels: d.Channels()}
	j.FollowUp = slices.Equal(j.Stages, feedback.Steps())
	for _, s := range j.Stages {
		if d.Expect(s) > 0 {
			j.Expected = append(j.Expected, s)
		}
	}
	j.Promises = d.PromiseNames()
	return j
}

// prepare makes a [calls] for each method of a processor that the client calls.
func (c *Client) prepare() {
	c.within = c.marked(context.Background(), nil)
	ending := func(p interface{ Shutdown(context.Context) error }) *calls {
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
		if f, ok := p.(event.Eraser); ok {
			c.forgetters = append(c.forgetters, &forgetter{c: c, what: fmt.Sprintf("Forget of %T", p), forget: f.Forget})
		}
		if f, ok := p.(event.EmployeeEraser); ok {
			c.employeeForgetters = append(c.employeeForgetters, &forgetter{c: c, what: fmt.Sprintf("ForgetEmployee of %T", p), forget: f.ForgetEmployee})
		}
	}
}

// ErrConfig is wrapped by every error of [New].
var ErrConfig = errors.New("cx: the client cannot be made")
