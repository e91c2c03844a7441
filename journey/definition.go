package journey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// Definition is a journey as the company promises it: its name, its stages, and when a run of it counts as abandoned. It is
// immutable and does nothing by itself: its methods record to the client in the context, else to the default client, else
// nowhere. Safe for concurrent use. A nil Definition records nothing.
type Definition struct {
	name         string
	stages       []string
	expected     []expectation
	abandonAfter time.Duration
	channels     []event.Channel
	promises     []Promised
	byHand       []string // promises
}

// expectation is how long a visit to a stage lasts at most when all is well.
type expectation struct {
	stage string
	max   time.Duration
}

var _ event.Definition = (*Definition)(nil)

// Option is an option of [Define]. An option value may be reused.
type Option interface{ apply(*Definition) }

type optionFunc func(*Definition)

func (f optionFunc) apply(d *Definition) { f(d) }

// Stages names the stages of the journey, in the order that the company plans. A run may enter them in any order, skip
// some, and enter one again. Default: none.
func Stages(names ...string) Option {
	names = slices.Clone(names)
	return optionFunc(func(d *Definition) { d.stages = names })
}

// Expect declares how long a visit to the stage takes at most when all is well, up to [event.MaxDuration]; 0 means no
// expectation.
//
// A visit that takes d or longer is a stall. The client records one event journey.stalled for it, while the visit lasts or
// when the customer has left the stage. The time of the event is the beginning of the visit plus d. A definition with two
// Expect for one stage is faulty. Default: no expectation.
func Expect(stage string, d time.Duration) Option {
	return optionFunc(func(def *Definition) { def.expected = append(def.expected, expectation{stage, d}) })
}

// AbandonAfter ends a run as abandoned when nothing has happened in it for this time. It is at most [event.MaxDuration]; 0
// means never.
//
// The time of the end is the run's last sign of life plus this time. An event at or after that moment is late, even if the
// client has not recorded the end yet. The beginning and the end of a touchpoint are signs of life, and so is every other event
// of the run, except those that do not happen to the customer: survey.closed and contact.suppressed. Choose a
// time that is longer than the longest touchpoint, such as a chat. Default: never.
func AbandonAfter(after time.Duration) Option {
	return optionFunc(func(d *Definition) { d.abandonAfter = after })
}

// Channels names the channels by which customers go through the journey, each once. As soon as the client knows the
// journey, it exports the counters of starts and ends with the value zero for each of these channels. A backend then sees
// the first start as an increase. A channel that is not named still counts, and its counters begin with their first value.
// Default: [event.Web].
func Channels(channels ...event.Channel) Option {
	channels = slices.Clone(channels)
	return optionFunc(func(d *Definition) { d.channels = channels })
}

// Define returns the definition of a journey. It never fails. cx.New returns an error that names every fault of the
// definition; a client that first meets a faulty definition in use counts a fault. Two definitions of one name in one
// client must be equal ([Definition.Equal]).
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

// Expect returns how long a visit to the stage takes at most when all is well; 0 means no expectation.
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

// AbandonAfter returns the time without events after which a run is abandoned; 0 means never.
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

// Equal reports whether both definitions have the same name, stages, expectations, AbandonAfter, channels, promises and promises by
// hand. The order of channels, of promises, of the stages in which a promise pauses and of its maintenances does not matter. A promise
// without [Maintenance] equals one with it: only the blueprint may know of a maintenance.
func (d *Definition) Equal(o *Definition) bool {
	return d == o || d != nil && o != nil && d.name == o.name &&
		d.abandonAfter == o.abandonAfter && slices.Equal(d.stages, o.stages) && d.expects(o) && o.expects(d) &&
		slices.Equal(slices.Sorted(slices.Values(d.Channels())), slices.Sorted(slices.Values(o.Channels()))) &&
		slices.EqualFunc(d.sortedPromises(), o.sortedPromises(), func(a, b Promised) bool { return a.equal(&b) }) &&
		slices.Equal(slices.Sorted(slices.Values(d.byHand)), slices.Sorted(slices.Values(o.byHand)))
}

func (d *Definition) sortedPromises() []Promised {
	return slices.SortedFunc(slices.Values(d.promises), func(a, b Promised) int { return strings.Compare(a.Name, b.Name) })
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
	d.checkPromises(fault)
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

// Start begins the run with this ID for the customer, and returns a context that is in the run. The ID is the application's
// own ID, such as that of an order, a cart, a ticket or a session. It has 1 to 128 bytes and names one run for ever. The
// option [From] replaces the customer.
//
// Start of a live run resumes it. The customer of a run is that of its earliest start. If a later start names another
// customer, the client reports other_customer, and the context has the first customer. A run that began without a customer
// takes that of a later start.
//
// Start of a run that has ended changes nothing and records no event. It counts in the metric cx.journey.late. The context
// is in the ended run, with the customer of this call, and without stage and start; a touchpoint that is recorded with it
// is late.
//
// An open touchpoint of ctx joins the run if it is in no journey, or in another one than it declares (see touchpoint.In). A
// request whose handler creates the run's ID needs nothing else. The run takes its channel and actor from such a
// touchpoint, unless the options or a surrounding run give others.
func (d *Definition) Start(ctx context.Context, id string, customer event.Customer, opts ...RecordOption) context.Context {
	begin := func(r flight.Recorder, ctx context.Context, e *flight.Event) {
		if p := flight.PositionIn(ctx, d.name); p != nil && p.Journey.ID == id {
			p.Confirm()
		}
		r.Record(ctx, e)
	}
	return d.begin(ctx, id, customer, opts, begin)
}

// Resume returns a context that is in the run with this ID. It records nothing, and does not check whether there is such a
// run.
//
// The run's ID alone puts touchpoints, feedback and the end of the run into the run's trace. The other facts need the run's
// state, which the process that started the run has, and with cx.WithStore every process that shares the store. Without the
// state:
//
//   - [Definition.Enter] changes nothing, and counts as a fault. A touchpoint has the stage that it declares with
//     touchpoint.In, but does not move the run, and no journey.stage.entered is recorded.
//   - Complete, Fail and Cancel record an end without duration, which is marked as partial.
//   - Events have no customer, start and visit. Give the customer with [From].
//
// The options [From], [Via], [By] and [Worth] apply to the events that are recorded with the context. Other options have no
// effect. An open touchpoint of ctx joins the run, as with [Definition.Start].
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

// Enter moves the run of ctx to the stage, and returns a context that is in the stage. It needs the run's state (see
// [Definition.Resume]). After the end of the run it records nothing, and counts in the metric cx.journey.late. A touchpoint
// that declares a stage with touchpoint.In moves its run without a call of Enter.
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

// Complete ends the run of ctx as completed: the customer has what they came for. Only the first end of a run counts: a
// later Complete, Fail or Cancel records nothing, and counts in the metric cx.journey.late.
func (d *Definition) Complete(ctx context.Context, opts ...RecordOption) {
	d.end(ctx, event.Completed, opts)
}

// Fail ends the run of ctx as failed: the customer cannot have what they came for. [Because] gives the cause. See
// [Definition.Complete].
func (d *Definition) Fail(ctx context.Context, opts ...RecordOption) {
	d.end(ctx, event.Failed, opts)
}

// Cancel ends the run of ctx as cancelled by the customer or the company. See [Definition.Complete].
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
