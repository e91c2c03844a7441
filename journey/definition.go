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

// Definition is a journey as it is promised: its name, its stages and when it counts
// as abandoned. It is inert and immutable: it records to the client in the context,
// else to the default client, else nowhere. Safe for concurrent use; a nil
// Definition does nothing.
type Definition struct {
	name         string
	stages       []string
	expected     []expectation
	abandonAfter time.Duration
	channels     []event.Channel
}

// expectation is how long a run is in a stage when all is well.
type expectation struct {
	stage string
	max   time.Duration
}

var _ event.Definition = (*Definition)(nil)

// Option is an option of [Define].
type Option interface{ apply(*Definition) }

type optionFunc func(*Definition)

func (f optionFunc) apply(d *Definition) { f(d) }

// Stages names the stages that customers pass, in the order of the promise. They may
// be entered in any order, skipped, and entered again. Default: none.
func Stages(names ...string) Option {
	names = slices.Clone(names)
	return optionFunc(func(d *Definition) { d.stages = names })
}

// Expect says in how long a customer is done with a stage when all is well, up to [event.MaxDuration]. A
// visit that lasts at least that long is a stall: journey.stalled is raised once for the visit, at the
// time at which it was entered plus d, whether it is noticed while the visit lasts or when the customer
// has moved on. Expect is given once for each stage that has an expectation. 0 is none. Default: none.
func Expect(stage string, d time.Duration) Option {
	return optionFunc(func(def *Definition) { def.expected = append(def.expected, expectation{stage, d}) })
}

// AbandonAfter says that a run in which nothing has happened for d is abandoned: the customer has left. The
// run ends at its last sign of life plus d. An event at or after that moment comes after the end, whether
// or not a sweep has run in between: it is late and counted. Signs of life are the moments at which
// touchpoints begin and end, so d has to be longer than the longest touchpoint, such as a chat. Default:
// never.
func AbandonAfter(after time.Duration) Option {
	return optionFunc(func(d *Definition) { d.abandonAfter = after })
}

// Channels names the channels by which customers go through the journey. Its counters of starts and ends exist
// with zero for each of them from the moment at which a client knows the journey, so that a backend sees the
// first start and the first end, too: a counter that appears with its first value has no increase. A channel
// that is used and not named here counts all the same. A channel is named once. Default: [event.Web].
func Channels(channels ...event.Channel) Option {
	channels = slices.Clone(channels)
	return optionFunc(func(d *Definition) { d.channels = channels })
}

// Define returns a journey's definition. It never fails: a faulty definition is
// refused by cx.New, with every fault named, or counted where a client first meets it
// in use. The same name defined twice must mean the same.
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

// Stages returns the names of the stages in order.
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

// Expect returns how long the stage takes at most when all is well; 0 is that nothing is
// expected of it.
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

// AbandonAfter returns how long a run may be silent before it is abandoned; 0 is
// forever.
func (d *Definition) AbandonAfter() time.Duration {
	if d == nil {
		return 0
	}
	return d.abandonAfter
}

// Channels returns the channels by which customers go through the journey: those that it declares, else
// [event.Web].
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

// expects reports whether all that o expects of its stages is expected of d's.
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
			fault("stage %d, %.80q, is there twice: take one of them out", i+1, s)
		}
	}
	d.checkExpected(fault)
	for i, c := range d.channels {
		switch {
		case c.String() == "":
			fault("channel %d is the number %d, which is no channel: give one of package event, such as event.Web", i+1, c)
		case slices.Index(d.channels, c) < i:
			fault("channel %d, %q, is there twice: take one of them out", i+1, c)
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
			fault("Expect names the stage %.80q twice: take one of them out", e.stage)
		}
		if e.max < 0 || e.max > event.MaxDuration {
			fault("Expect of the stage %.80q is %v: it has to be between 0 (nothing is expected) and %v", e.stage, e.max, event.MaxDuration)
		}
	}
}

// Start begins the run with this ID for the customer and returns a context that is in
// it. The ID is the application's own (an order, cart, application, ticket or session
// ID), 1 to 128 bytes, and never used again for another run: starting a live run again
// resumes it, starting one that has ended changes nothing and is counted. The run's customer is the one of its
// earliest start: another one, with which a live run is started again, is told as other_customer, and what
// is recorded in the context is the first one's. A run that began without a customer only learns.
//
// A touchpoint that is open in ctx, in no journey or in another one than it declares, belongs to the run from now on,
// as touchpoint.In says: a request whose handler makes the run's ID needs nothing else. The run takes its channel and
// actor from such a touchpoint, unless the options or a journey around it say others.
func (d *Definition) Start(ctx context.Context, id string, customer event.Customer, opts ...RecordOption) context.Context {
	begin := func(r flight.Recorder, ctx context.Context, e *flight.Event) {
		if p := flight.PositionIn(ctx, d.name); p != nil && p.Journey.ID == id {
			p.Confirm()
		}
		r.Record(ctx, e)
	}
	return d.begin(ctx, id, customer, opts, begin)
}

// Resume returns a context that is in the run with this ID. It needs no state: in a
// process that has never seen the run, what is recorded still lands in the journey's
// trace. Nothing is recorded by Resume itself. A touchpoint that is open in ctx belongs to the run as with Start.
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
	if scope.ForRequest() {
		e.SetNamed()
	}
	outer, around := scope.Position(), scope.Around()
	if p := flight.PositionIn(ctx, d.name); p != nil && p.Journey.ID == id {
		outer = p
	}
	e.SetPosition(outer) // the customer, channel and actor go on into an inner journey
	if outer == nil || outer.Journey.Name != d.name || outer.Journey.ID != id {
		e.SetJourney(event.Run{Name: d.name, ID: id})
	}
	if outer == nil && around != nil {
		around.Begin(e)
	}
	d.apply(e, opts)
	begin(rec, ctx, e)
	p := e.Position()
	if p == nil { // its ID was refused: what follows is in no run of this journey
		p = flight.NewPosition(event.Position{Customer: e.Customer, Channel: e.Channel, Actor: e.Actor})
	}
	p.SetAsked(d.name)
	if around != nil {
		around.Met(p)
	}
	return flight.ContextWithPosition(ctx, p)
}

// Enter moves the run that ctx is in to the stage and returns a context that is there.
// Touchpoints that declare a stage do that by themselves.
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

// Complete ends the run that ctx is in: the customer has what they came for.
func (d *Definition) Complete(ctx context.Context, opts ...RecordOption) {
	d.end(ctx, event.Completed, opts)
}

// Fail ends the run that ctx is in: the customer cannot have what they came for. Say
// why with [Because].
func (d *Definition) Fail(ctx context.Context, opts ...RecordOption) {
	d.end(ctx, event.Failed, opts)
}

// Cancel ends the run that ctx is in: the customer, or the company, called it off.
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

// change returns an event in the run of this journey that ctx is in, or nil where there is
// no client to record to or no such run.
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
