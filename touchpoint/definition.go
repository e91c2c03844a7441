package touchpoint

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/nearest"
	"cairncx.dev/cairn/internal/text"
	"cairncx.dev/cairn/journey"
)

// Definition is a touchpoint as the company promises it. It is immutable and does nothing by itself: its methods record to
// the client in the context, else to the default client, else nowhere. Safe for concurrent use. A nil Definition records
// nothing.
type Definition struct {
	name      string
	journey   *journey.Definition
	stage     string
	satisfied time.Duration
	ends      event.Outcome
	keeps     []kept
	purpose   string
}

// kept is a promise that the touchpoint keeps.
type kept struct {
	journey *journey.Definition
	promise string
}

var _ event.Definition = (*Definition)(nil)

// Option is an option of [Define]. An option value may be reused.
type Option interface{ apply(*Definition) }

type optionFunc func(*Definition)

func (f optionFunc) apply(d *Definition) { f(d) }

// In declares the stage of the journey j in which the touchpoint happens: an interaction moves its run to the stage. An
// empty stage declares the journey alone. Default: no journey.
//
// An interaction belongs to the innermost run of j in its context, even if the context is also in another journey within
// that run. If the context is in no run of j, the interaction belongs to the run of the context and does not move it. The
// client then reports the fault outside_journey, except for probes and for requests that were refused.
//
// A handler such as that of POST /orders creates the run's ID while its interaction is open. An open interaction that is in
// no run of j joins the run that code in its context starts or resumes. It moves the run to the stage at once, and ends it
// if the touchpoint has [Ends]. If that code starts or resumes several runs of j, as a batch does, each of them moves to
// the stage and the interaction joins none. An interaction without In joins the first run, unless code starts or resumes
// another run of the same journey.
func In(j *journey.Definition, stage string) Option {
	return optionFunc(func(d *Definition) { d.journey, d.stage = j, stage })
}

// Satisfied sets the Apdex target T, at most [event.MaxDuration]. A customer is satisfied up to and including t, tolerating
// up to and including 4t, and frustrated beyond that and by a failure. Default, and for 0: no target, and no Apdex zone.
func Satisfied(t time.Duration) Option {
	return optionFunc(func(d *Definition) { d.satisfied = t })
}

// Ends makes the touchpoint end its run with the outcome: [event.Completed], [event.Failed] or [event.Cancelled]. An order
// confirmation, for example, completes the order. An interaction that is failed, cancelled or abandoned ends nothing. Ends
// needs [In]. Default: the touchpoint ends nothing.
func Ends(o event.Outcome) Option {
	return optionFunc(func(d *Definition) { d.ends = o })
}

// Keeps makes the touchpoint keep a promise of the journey j when it is over: an answer by phone keeps "answered". It keeps the promise of
// the run of j that it is recorded in. An interaction that is failed, cancelled or abandoned keeps nothing. The definition of j names the
// promise (journey.Promise or journey.ByHand). For a promise that a single touchpoint keeps, journey.UntilTouchpoint says the same in the
// definition of the journey. Keeps may be given several times. Default: the touchpoint keeps nothing.
func Keeps(j *journey.Definition, promise string) Option {
	return optionFunc(func(d *Definition) { d.keeps = append(slices.Clip(d.keeps), kept{j, promise}) })
}

// Define returns the definition of a touchpoint. It never fails. cx.New returns an error that names every fault of the
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

// Name returns the touchpoint's name.
func (d *Definition) Name() string {
	if d == nil {
		return ""
	}
	return d.name
}

// Journey returns the journey and the stage that the touchpoint declares with [In], or nil and "".
func (d *Definition) Journey() (j *journey.Definition, stage string) {
	if d == nil {
		return nil, ""
	}
	return d.journey, d.stage
}

// Satisfied returns the Apdex target T; 0 means no target.
func (d *Definition) Satisfied() time.Duration {
	if d == nil {
		return 0
	}
	return d.satisfied
}

// Ends returns the outcome with which the touchpoint ends its run; 0 means none.
func (d *Definition) Ends() event.Outcome {
	if d == nil {
		return 0
	}
	return d.ends
}

// Keeps returns the names of the promises of the journey that the touchpoint keeps, as the option [Keeps] gave them. [Definition.Promises]
// returns those of all journeys.
func (d *Definition) Keeps(journey string) (promises []string) {
	if d == nil {
		return nil
	}
	for _, k := range d.keeps {
		if k.journey.Name() == journey {
			promises = append(promises, k.promise)
		}
	}
	return promises
}

// Promises returns every promise that the touchpoint keeps ([Keeps]), each as the name of its journey, a slash and its own name, sorted. The
// promises that a journey makes are those of journey.Definition.Promises.
func (d *Definition) Promises() (all []string) {
	if d == nil {
		return nil
	}
	for _, k := range d.keepsInOrder() {
		all = append(all, k[0]+"/"+k[1])
	}
	return all
}

// Purpose returns the purpose for which the touchpoint contacts customers, as the option [For] gave it, or "".
func (d *Definition) Purpose() string {
	if d == nil {
		return ""
	}
	return d.purpose
}

// Equal reports whether both definitions have the same name, journey name, stage, target, outcome of [Ends], promises of
// [Keeps] and purpose of [For].
func (d *Definition) Equal(o *Definition) bool {
	return d == o || d != nil && o != nil && d.name == o.name && d.stage == o.stage &&
		d.journey.Name() == o.journey.Name() && d.satisfied == o.satisfied && d.ends == o.ends && d.purpose == o.purpose &&
		slices.Equal(d.keepsInOrder(), o.keepsInOrder())
}

// keepsInOrder returns journey and promise of each promise that it keeps, sorted.
func (d *Definition) keepsInOrder() (all [][2]string) {
	for _, k := range d.keeps {
		all = append(all, [2]string{k.journey.Name(), k.promise})
	}
	slices.SortFunc(all, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return all
}

// Validate returns every fault of the definition, joined, or nil. The faults of its journey are not among them.
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
		fault("In names the stage %.80q and no journey: give it the journey's definition", d.stage)
	case d.journey != nil && d.stage != "" && !d.journey.HasStage(d.stage):
		fault("the journey %.80q has no stage %.80q: it has %q%s", d.journey.Name(), d.stage, d.journey.Stages(), nearest.Meant(d.stage, d.journey.Stages()))
	}
	switch d.ends {
	case 0:
	case event.Completed, event.Failed, event.Cancelled:
		if d.journey == nil {
			fault("Ends needs In: say which journey it ends")
		}
	default:
		fault("Ends is %q: a touchpoint ends a journey as completed, failed or cancelled", d.ends)
	}
	if d.purpose != "" && !event.ValidName(d.purpose) {
		fault("For names the purpose %.80q: a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", d.purpose, event.MaxName, text.NameHint(d.purpose))
	}
	for i, k := range d.keeps {
		switch {
		case k.journey == nil:
			fault("Keeps names the promise %.80q and no journey: give it the journey's definition", k.promise)
		case !event.ValidName(k.promise):
			fault("Keeps names the promise %.80q: a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", k.promise, event.MaxName, text.NameHint(k.promise))
		case !k.journey.HasPromise(k.promise):
			names := k.journey.PromiseNames()
			fault("Keeps names the promise %.80q, which the journey %.80q does not have: it has %q%s", k.promise, k.journey.Name(), names, nearest.Meant(k.promise, names))
		case slices.Contains(d.keeps[:i], k):
			fault("Keeps names the promise %.80q of the journey %.80q twice: remove one", k.promise, k.journey.Name())
		}
	}
	return errors.Join(faults...)
}

// Start begins one interaction on the channel, and returns it with a context that is in it. For 0 the channel is that of
// the context; an event without either has no channel. The caller must call [Touchpoint.End]. Without a client, Start
// returns nil, which is a safe no-op, and allocates nothing.
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

// Record records an interaction that is over: a call that the telephone system reports afterwards, a letter that was read.
// [At], [Took] and [Outcome] give the known facts. An interaction without Took has no duration, and no Apdex zone unless it
// failed. For 0 the channel is that of the context; an event without either has no channel.
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
	e.SetSpan(nil, false) // of OnSpan: it is over
	if was != inner {
		within(e, inner)
	}
	e.Begin(ctx)
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
	if d.purpose != "" {
		forPurpose(d.purpose).applyStart(e)
	}
	for _, o := range opts {
		if o != nil {
			o.applyStart(e)
		}
	}
}
