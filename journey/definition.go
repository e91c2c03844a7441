package journey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// Definition is a journey as the company promises it: its name, its stages, and when a run of it counts as abandoned. It is
// inert and immutable: it records to the client in the context, else to the default client, else nowhere. Safe for concurrent
// use. A nil Definition does nothing.
type Definition struct {
	name         string
	stages       []string
	expected     []expectation
	abandonAfter time.Duration
	channels     []event.Channel
}

// expectation is how long a visit to a stage lasts at most when all is well.
type expectation struct {
	stage string
	max   time.Duration
}

var _ event.Definition = (*Definition)(nil)

// Option is an option of [Define].
type Option interface{ apply(*Definition) }

type optionFunc func(*Definition)

func (f optionFunc) apply(d *Definition) { f(d) }

// Stages names the stages that customers pass, in the order in which the company plans them. A run may enter them in any
// order, skip some, and enter one again. Default: none.
func Stages(names ...string) Option {
	names = slices.Clone(names)
	return optionFunc(func(d *Definition) { d.stages = names })
}

// Expect says how long a visit to the stage lasts at most when all is well, up to [event.MaxDuration]; 0 is no expectation.
//
// A visit that lasts at least d is a stall. Its event journey.stalled has the time at which the visit began plus d, and comes
// once for the visit: while it lasts, or when the customer has left the stage. Give Expect once for a stage. Default: no
// expectation.
func Expect(stage string, d time.Duration) Option {
	return optionFunc(func(def *Definition) { def.expected = append(def.expected, expectation{stage, d}) })
}

// AbandonAfter ends a run in which nothing has happened for so long: the customer has left. It is at most
// [event.MaxDuration]; 0 is never.
//
// The run ends as abandoned, at its last sign of life plus this time. An event at or after that moment is late, also where the
// client has not noticed the end yet. The beginning and the end of a touchpoint are signs of life, so the time has to be longer
// than the longest touchpoint, such as a chat. Default: never.
func AbandonAfter(after time.Duration) Option {
	return optionFunc(func(d *Definition) { d.abandonAfter = after })
}

// Channels names the channels by which customers go through the journey, each once. The client exports the counters of starts
// and ends with zero for each channel as soon as it knows the journey. A backend then sees the first start as an increase; a
// counter that appears with its first value has none. A channel that is not named here counts all the same, without the
// zero. Default: [event.Web].
func Channels(channels ...event.Channel) Option {
	channels = slices.Clone(channels)
	return optionFunc(func(d *Definition) { d.channels = channels })
}

// Define returns the definition of a journey. It never fails: cx.New refuses a faulty definition and names every fault of it,
// and a client that first meets a faulty definition in use counts a fault. The same name defined twice has to mean the same.
func Define(name string, opts ...Option) *Definition {
	d := &Definition{name: name}
	for _, o := range opts {
		if o != nil {
			o.apply(d)
		}
	}
	return d
}

// Name returns the journey's name.
func (d *Definition) Name() string {
	if d == nil {
		return ""
	}
	return d.name
}

// Stages returns the names of the stages, in the order of the definition.
func (d *Definition) Stages() []string {
	if d == nil {
		return nil
	}
	return slices.Clone(d.stages)
}

// HasStage reports whether the journey has the stage.
func (d *Definition) HasStage(name string) bool {
	return d != nil && slices.Contains(d.stages, name)
}

// Expect returns how long a visit to the stage lasts at most when all is well; 0 is no expectation.
func (d *Definition) Expect(stage string) time.Duration {
	if d == nil {
		return 0
	}
	for _, e := range d.expected {
		if e.stage == stage {
			return e.max
		}
	}
	return 0
}

// AbandonAfter returns how long nothing happens in a run before it is abandoned; 0 is never.
func (d *Definition) AbandonAfter() time.Duration {
	if d == nil {
		return 0
	}
	return d.abandonAfter
}

// Channels returns the channels by which customers go through the journey: the declared ones, else [event.Web].
func (d *Definition) Channels() []event.Channel {
	if d == nil {
		return nil
	}
	if len(d.channels) == 0 {
		return []event.Channel{event.Web}
	}
	return slices.Clone(d.channels)
}

// Equal reports whether both definitions mean the same. The order of channels means nothing.
func (d *Definition) Equal(o *Definition) bool {
	return d == o || d != nil && o != nil && d.name == o.name &&
		d.abandonAfter == o.abandonAfter && slices.Equal(d.stages, o.stages) && d.expects(o) && o.expects(d) &&
		slices.Equal(slices.Sorted(slices.Values(d.Channels())), slices.Sorted(slices.Values(o.Channels())))
}

// expects reports whether d has every expectation that o has.
func (d *Definition) expects(o *Definition) bool {
	for _, e := range o.expected {
		if d.Expect(e.stage) != o.Expect(e.stage) {
			return false
		}
	}
	return true
}

// Validate returns every fault of the definition, joined, or nil.
func (d *Definition) Validate() error {
	if d == nil {
		return errors.New("journey: the definition is nil")
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("journey %.80q: "+format, append([]any{d.name}, args...)...))
	}
	if !event.ValidName(d.name) {
		fault("a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", event.MaxName, text.NameHint(d.name))
	}
	for i, s := range d.stages {
		if !event.ValidName(s) {
			fault("stage %d, %.80q: a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", i+1, s, event.MaxName, text.NameHint(s))
		}
		if slices.Index(d.stages, s) < i {
			fault("stage %d, %.80q, occurs twice: remove one", i+1, s)
		}
	}
	d.checkExpected(fault)
	for i, c := range d.channels {
		switch {
		case c.String() == "":
			fault("channel %d is the number %d, which is no channel: use one of package event, such as event.Web", i+1, c)
		case slices.Index(d.channels, c) < i:
			fault("channel %d, %q, occurs twice: remove one", i+1, c)
		}
	}
	if d.abandonAfter < 0 || d.abandonAfter > event.MaxDuration {
		fault("AbandonAfter is %v: it has to be between 0 (never) and %v", d.abandonAfter, event.MaxDuration)
	}
	return errors.Join(faults...)
}

func (d *Definition) checkExpected(fault func(format string, args ...any)) {
	for i, e := range d.expected {
		switch {
		case !slices.Contains(d.stages, e.stage):
			fault("Expect names the stage %.80q, which it does not have: it has %q", e.stage, d.stages)
		case slices.ContainsFunc(d.expected[:i], func(o expectation) bool { return o.stage == e.stage }):
			fault("Expect names the stage %.80q twice: remove one", e.stage)
		}
		if e.max < 0 || e.max > event.MaxDuration {
			fault("Expect of the stage %.80q is %v: it has to be between 0 (nothing is expected) and %v", e.stage, e.max, event.MaxDuration)
		}
	}
}

// Start begins the run with this ID for the customer, and returns a context that is in the run. The ID is the application's own:
// of an order, a cart, an application, a ticket or a session. It has 1 to 128 bytes and names one run for good.
//
// Start of a live run resumes it. Start of a run that has ended changes nothing, and counts as late. The customer of a run is
// the one of its earliest start: a second start with another customer is reported as other_customer, and the context has the
// first customer. A run that began without a customer takes the one of a later start.
//
// A touchpoint that is open in ctx, in no journey or in another journey than it declares, belongs to the run from now on, as
// touchpoint.In says. A request whose handler makes the run's ID therefore needs nothing else. The run takes its channel and
// actor from such a touchpoint, unless the options or a journey around it give others.
func (d *Definition) Start(ctx context.Context, id string, customer event.Customer, opts ...RecordOption) context.Context {
	begin := func(r flight.Recorder, ctx context.Context, e *flight.Event) {
		if p := flight.PositionIn(ctx, d.name); p != nil && p.Journey.ID == id {
			p.Confirm()
		}
		r.Record(ctx, e)
	}
	return d.begin(ctx, id, customer, opts, begin)
}

// Resume returns a context that is in the run with this ID, and records nothing. It needs no state: also in a process that has
// never seen the run, events land in the run's trace. A touchpoint that is open in ctx belongs to the run, as with Start.
func (d *Definition) Resume(ctx context.Context, id string, opts ...RecordOption) context.Context {
	open := func(r flight.Recorder, ctx context.Context, e *flight.Event) { r.Start(ctx, e) }
	return d.begin(ctx, id, event.Customer{}, opts, open)
}

func (d *Definition) begin(
	ctx context.Context, id string, customer event.Customer, opts []RecordOption,
	begin func(flight.Recorder, context.Context, *flight.Event),
) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	rec := flight.RecorderFrom(ctx)
	if d == nil || rec == nil {
		return ctx
	}
	e := flight.Get()
	defer e.Put()
	e.Kind, e.Customer = event.JourneyStarted, customer
	scope := flight.ScopeOf(ctx)
	outer, around := e.Enter(scope, d.name, id), scope.Around()
	if around != nil && (outer == nil || outer.Journey.IsZero()) { // such a position says only who acts, as in a probe's request
		around.Begin(e)
	}
	d.apply(e, opts)
	begin(rec, ctx, e)
	p := e.Entered(d.name)
	if around != nil {
		around.Met(p)
	}
	return flight.ContextWithPosition(ctx, p)
}

// Enter moves the run that ctx is in to the stage, and returns a context that is in the stage. A touchpoint that declares a
// stage with touchpoint.In moves its run itself.
func (d *Definition) Enter(ctx context.Context, stage string, opts ...RecordOption) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	e := d.change(ctx)
	if e == nil {
		return ctx
	}
	defer e.Put()
	e.Kind = event.JourneyStageEntered
	e.SetPlace(stage, 0)
	d.apply(e, opts)
	flight.RecorderFrom(ctx).Record(ctx, e)
	p := e.Position()
	p.SetAsked(d.name)
	return flight.ContextWithPosition(ctx, p)
}

// Complete ends the run that ctx is in as completed: the customer has what they came for.
func (d *Definition) Complete(ctx context.Context, opts ...RecordOption) {
	d.end(ctx, event.Completed, opts)
}

// Fail ends the run that ctx is in as failed: the customer cannot have what they came for. [Because] says why.
func (d *Definition) Fail(ctx context.Context, opts ...RecordOption) {
	d.end(ctx, event.Failed, opts)
}

// Cancel ends the run that ctx is in as cancelled: the customer, or the company, called it off.
func (d *Definition) Cancel(ctx context.Context, opts ...RecordOption) {
	d.end(ctx, event.Cancelled, opts)
}

func (d *Definition) end(ctx context.Context, o event.Outcome, opts []RecordOption) {
	e := d.change(ctx)
	if e == nil {
		return
	}
	defer e.Put()
	e.Kind, e.Outcome = event.JourneyEnded, o
	d.apply(e, opts)
	flight.RecorderFrom(ctx).Record(ctx, e)
}

// change returns an event in the run of this journey that ctx is in. It returns nil where there is no client, and where ctx is
// in no such run, which it reports.
func (d *Definition) change(ctx context.Context) *flight.Event {
	if d == nil || flight.RecorderFrom(ctx) == nil {
		return nil
	}
	p := flight.PositionIn(ctx, d.name)
	if p == nil {
		flight.Fault(ctx, fault.Report{Fault: fault.NoJourney, Name: d.name, Detail: "the context is in no run of the journey"})
		return nil
	}
	p.Confirm()
	e := flight.Get()
	e.SetPosition(p)
	return e
}

func (d *Definition) apply(e *flight.Event, opts []RecordOption) {
	e.SetDefinition(d)
	for _, o := range opts {
		if o != nil {
			o.applyRecord(e)
		}
	}
}
