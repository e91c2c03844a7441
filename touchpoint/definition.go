package touchpoint

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
	"cairncx.dev/cairn/journey"
)

// Definition is a touchpoint as it is promised. It is inert and immutable: it records
// to the client in the context, else to the default client, else to nobody. Safe for
// concurrent use; a nil Definition does nothing.
type Definition struct {
	name      string
	journey   *journey.Definition
	stage     string
	satisfied time.Duration
	ends      event.Outcome
}

var _ event.Definition = (*Definition)(nil)

// Option is an option of [Define].
type Option interface{ apply(*Definition) }

type optionFunc func(*Definition)

func (f optionFunc) apply(d *Definition) { f(d) }

// In says that the touchpoint belongs to a stage of a journey: a customer who meets it
// is in that stage. It belongs to the innermost run of j that its context is in, even where the context is in
// another journey within that run, and only where there is none to the run of another journey.
//
// A touchpoint that is open, in no journey or in another one than j, when code in its context calls Start or Resume of
// j belongs to that run, and ends it if it [Ends] its journey: POST /orders, whose handler makes the ID. The run
// hears of it at once. Where code meets two runs of j or more, as a batch does, each of them is in the stage, and the
// touchpoint itself belongs to none. One without In belongs to the first run that is met, unless there is a second
// one of the same journey. Default: none.
func In(j *journey.Definition, stage string) Option {
	return optionFunc(func(d *Definition) { d.journey, d.stage = j, stage })
}

// Satisfied sets the Apdex target T: up to and including t a customer is satisfied, up
// to and including 4t tolerating, beyond it, and by a failure, frustrated. Default: no
// target, no Apdex.
func Satisfied(t time.Duration) Option {
	return optionFunc(func(d *Definition) { d.satisfied = t })
}

// Ends says that the touchpoint ends its journey so, unless it fails: an order
// confirmation completes the order. It needs [In]. Default: it does not.
func Ends(o event.Outcome) Option {
	return optionFunc(func(d *Definition) { d.ends = o })
}

// Define returns a touchpoint's definition. It never fails: a faulty definition is
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

// Name returns the touchpoint's name.
func (d *Definition) Name() string {
	if d == nil {
		return ""
	}
	return d.name
}

// Journey returns the journey and the stage that the touchpoint belongs to, or nil.
func (d *Definition) Journey() (j *journey.Definition, stage string) {
	if d == nil {
		return nil, ""
	}
	return d.journey, d.stage
}

// Satisfied returns the Apdex target T, or 0.
func (d *Definition) Satisfied() time.Duration {
	if d == nil {
		return 0
	}
	return d.satisfied
}

// Ends returns how the touchpoint ends its journey, or 0.
func (d *Definition) Ends() event.Outcome {
	if d == nil {
		return 0
	}
	return d.ends
}

// Equal reports whether both definitions mean the same.
func (d *Definition) Equal(o *Definition) bool {
	return d == o || d != nil && o != nil && d.name == o.name && d.stage == o.stage &&
		d.journey.Name() == o.journey.Name() && d.satisfied == o.satisfied && d.ends == o.ends
}

// Validate returns every fault of the definition, joined, or nil. The journey's own
// faults are not repeated.
func (d *Definition) Validate() error {
	if d == nil {
		return errors.New("touchpoint: the definition is nil")
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("touchpoint %.80q: "+format, append([]any{d.name}, args...)...))
	}
	if !event.ValidName(d.name) {
		fault("a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", event.MaxName, text.NameHint(d.name))
	}
	if d.satisfied < 0 || d.satisfied > event.MaxDuration {
		fault("Satisfied is %v: it has to be between 0 (no target) and %v", d.satisfied, event.MaxDuration)
	}
	switch {
	case d.journey == nil && d.stage != "":
		fault("In names the stage %.80q of no journey", d.stage)
	case d.journey != nil && d.stage != "" && !d.journey.HasStage(d.stage):
		fault("the journey %.80q has no stage %.80q: it has %q", d.journey.Name(), d.stage, d.journey.Stages())
	}
	switch d.ends {
	case 0:
	case event.Completed, event.Failed, event.Cancelled:
		if d.journey == nil {
			fault("Ends needs In: which journey does it end?")
		}
	default:
		fault("Ends is %q: a touchpoint ends a journey as completed, failed or cancelled", d.ends)
	}
	return errors.Join(faults...)
}

// Start begins one interaction on the channel and returns it with a context that is in
// it. The channel may be 0: the context's applies then. End has to be called on the
// interaction; without a client it is nil, which is a safe no-op, and nothing is
// allocated.
func (d *Definition) Start(ctx context.Context, c event.Channel, opts ...StartOption) (context.Context, *Touchpoint) {
	if ctx == nil {
		ctx = context.Background()
	}
	scope := flight.ScopeOf(ctx)
	rec := scope.Recorder()
	if rec == nil || d == nil {
		return ctx, nil
	}
	return d.start(ctx, scope, rec, c, opts, nil)
}

// Record says that an interaction has happened, all of it: a call that the telephone
// system reports afterwards, a letter that was read. [At], [Took] and [Outcome] say what
// is known of it. Without Took it is counted, but has no Apdex zone and no duration: nothing is
// made up.
func (d *Definition) Record(ctx context.Context, c event.Channel, opts ...StartOption) {
	if ctx == nil {
		ctx = context.Background()
	}
	scope := flight.ScopeOf(ctx)
	rec := scope.Recorder()
	if d == nil || rec == nil {
		return
	}
	e := flight.Get()
	inner, was := scope.Position(), d.where(scope)
	e.SetPosition(was)
	d.fill(e, c, opts)
	if was != inner {
		within(e, inner)
	}
	if e.Outcome == 0 {
		e.Outcome = event.OK
	}
	rec.Record(ctx, e)
	e.Put()
}

func (d *Definition) fill(e *flight.Event, c event.Channel, opts []StartOption) {
	e.Kind = event.TouchpointEnded
	e.Touchpoint = d.name
	e.SetDefinition(d)
	if c != 0 {
		e.Channel = c
	}
	for _, o := range opts {
		if o != nil {
			o.applyStart(e)
		}
	}
}
