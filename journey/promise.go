package journey

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// AtStart and AtEnd are the beginning and the end of a run, for [Since] and [Until]. No stage has these names.
const (
	AtStart = "start"
	AtEnd   = "end"
)

// Promised is a promise that a definition declares.
type Promised struct {
	Name string
	// Within is the time until the promise is due, in opened hours if there are Hours. It is 0 where Days, which are business
	// days, are more than 0.
	Within time.Duration
	Days   int
	Hours  *calendar.Hours
	// Since and Until are stages, or "start" and "end". They are "" where a touchpoint makes or keeps the promise instead.
	Since, Until                     string
	SinceTouchpoint, UntilTouchpoint string
	// Pauses are the stages in which the clock stops.
	Pauses []string
	// Maintenance is when the promise is not due.
	Maintenance []calendar.Maintenance
	// Target is the share of the promises that are to be kept, more than 0 and at most 1; 0 is none.
	Target float64
}

// MaxPromises is how many promises, by their names, a run can have.
const MaxPromises = 16

// PromiseOption is an option of [Promise].
type PromiseOption interface{ applyPromise(*Promised) }

type promiseOption func(*Promised)

func (f promiseOption) applyPromise(p *Promised) { f(p) }

// Promise promises each customer of the journey that something happens within this time, up to [event.MaxDuration]: an answer
// within a day, a confirmation within a minute.
//
// The client records promise.made when a run reaches [Since], and then one of promise.kept, promise.broken and
// promise.withdrawn. The promise is kept if the run reaches [Until] not after the due time, and broken when the due time has
// passed. A run that ends as completed or cancelled withdraws its open promises; one that fails or is abandoned breaks them.
// While a promise is open, reaching Since again changes nothing. A run has at most [MaxPromises], by their names. Default: from the start of
// the run until it is completed.
func Promise(name string, within time.Duration, opts ...PromiseOption) Option {
	p := Promised{Name: name, Within: within, Since: AtStart, Until: AtEnd}
	for _, o := range opts {
		if o != nil {
			o.applyPromise(&p)
		}
	}
	if p.Days > 0 {
		p.Within = 0 // it does not count, so that promises that differ in it alone are equal
	}
	return optionFunc(func(d *Definition) { d.promises = append(slices.Clip(d.promises), p) })
}

// Since says when the promise is made: when the customer enters the stage, or at the "start" of the run. Default: "start".
func Since(stage string) PromiseOption {
	return promiseOption(func(p *Promised) { p.Since, p.SinceTouchpoint = stage, "" })
}

// SinceTouchpoint says that a touchpoint makes the promise when it is over, unless it failed or was cancelled or abandoned.
// Default: see [Since].
func SinceTouchpoint(name string) PromiseOption {
	return promiseOption(func(p *Promised) { p.Since, p.SinceTouchpoint = "", name })
}

// Until says what keeps the promise: that the customer enters the stage, or the "end" of the run, completed. A touchpoint that
// declares it with touchpoint.Keeps keeps the promise too. Default: "end".
func Until(stage string) PromiseOption {
	return promiseOption(func(p *Promised) { p.Until, p.UntilTouchpoint = stage, "" })
}

// UntilTouchpoint says that a touchpoint keeps the promise when it is over, unless it failed or was cancelled or abandoned. It
// says in the journey's definition what touchpoint.Keeps says in the touchpoint's. Default: see [Until].
func UntilTouchpoint(name string) PromiseOption {
	return promiseOption(func(p *Promised) { p.Until, p.UntilTouchpoint = "", name })
}

// Pauses stops the clock of the promise while the customer is in one of the stages, such as one in which the company waits for
// the customer. Default: the clock always runs.
func Pauses(stages ...string) PromiseOption {
	stages = slices.Clone(stages)
	return promiseOption(func(p *Promised) { p.Pauses = stages })
}

// Hours counts the time of the promise, and of its pauses, in opened hours. The due time is worked out when the promise is made:
// later changes of the hours change no promise. Default: every hour counts.
func Hours(h *calendar.Hours) PromiseOption {
	return promiseOption(func(p *Promised) { p.Hours = h })
}

// Maintenance moves a due time that lies in one of these times to the end of it, and of those that touch it: see
// [calendar.MaintenanceEnd]. It is worked out when the promise is made: later changes change no promise. The time that is left after a pause
// counts on from there, and a due time that it leads to is not moved. A promise by hand is due when the code says. Default: none.
func Maintenance(list ...calendar.Maintenance) PromiseOption {
	list = slices.Clone(list)
	return promiseOption(func(p *Promised) { p.Maintenance = list })
}

// BusinessDays makes the promise due at the close of the n-th business day after the day on which it is made, 1 or more, instead
// of within a time. It needs [Hours]. Default: the time of [Promise].
func BusinessDays(n int) PromiseOption {
	return promiseOption(func(p *Promised) { p.Days = n })
}

// Target says which share of the promises is to be kept, more than 0 and at most 1: 0.9 is nine of ten. Reports show it.
// Default: no target.
func Target(share float64) PromiseOption {
	return promiseOption(func(p *Promised) { p.Target = share })
}

// String returns what is promised, in the form of the blueprint.
func (p *Promised) String() string {
	within := p.Within.String()
	if p.Days > 0 {
		within = strconv.Itoa(p.Days) + "bd"
	}
	s := fmt.Sprintf("within %s from %s until %s", within, cmp.Or(p.Since, "the touchpoint "+p.SinceTouchpoint), cmp.Or(p.Until, "the touchpoint "+p.UntilTouchpoint))
	if p.Hours != nil {
		s += ", in the hours " + p.Hours.Name()
	}
	if len(p.Pauses) > 0 {
		s += ", not in " + strings.Join(p.Pauses, ", ")
	}
	if len(p.Maintenance) > 0 {
		s += ", not due in the maintenance " + strings.Join(p.maintenances(), ", ")
	}
	if p.Target != 0 {
		s += ", " + text.Percent(p.Target) + " of them"
	}
	return s
}

// maintenances returns the names of the maintenances, sorted.
func (p *Promised) maintenances() []string {
	names := make([]string, len(p.Maintenance))
	for i, m := range p.Maintenance {
		names[i] = m.Name
	}
	slices.Sort(names)
	return names
}

// Due returns when the promise is due if it is made then: its time later, and not in Maintenance.
func (p *Promised) Due(made time.Time) time.Time {
	var due time.Time
	var err error
	switch {
	case p.Days > 0:
		due, err = p.Hours.AddDays(made, p.Days)
	case p.Hours != nil:
		due, err = p.Hours.Add(made, p.Within)
	default:
		due = made.Add(p.Within)
	}
	if err != nil { // beyond the years that the calendar is searched for
		return made.Add(event.MaxDuration)
	}
	return calendar.MaintenanceEnd(p.Maintenance, due)
}

// Promises returns the promises that the definition declares. Their slices belong to the definition.
func (d *Definition) Promises() iter.Seq[Promised] {
	return func(yield func(Promised) bool) {
		if d == nil {
			return
		}
		for _, p := range d.promises {
			if !yield(p) {
				return
			}
		}
	}
}

// Promise promises the customer of ctx's run by hand that something happens by the due time, such as a call back. Made again
// while it is open, it moves to the new due time. The name is declared with the option [Promise], or is one of the
// [MaxPromises] names that a run can have. A due time that has passed breaks the promise at once; one without a due time is a fault. Nothing
// withdraws or pauses a promise by hand: keep it, or let the end of the run settle it.
func (d *Definition) Promise(ctx context.Context, name string, due time.Time, opts ...RecordOption) {
	d.agree(ctx, event.PromiseMade, name, due, opts)
}

// Keep keeps the open promise of ctx's run with this name. At a time that is after the due time, it is late: the promise stays
// broken. Without an open promise it changes nothing.
func (d *Definition) Keep(ctx context.Context, name string, opts ...RecordOption) {
	d.agree(ctx, event.PromiseKept, name, time.Time{}, opts)
}

func (d *Definition) agree(ctx context.Context, kind event.Kind, name string, due time.Time, opts []RecordOption) {
	e := d.change(ctx)
	if e == nil {
		return
	}
	defer e.Put()
	e.Kind, e.Promise = kind, &event.Promise{Name: name, Due: due}
	d.apply(e, opts)
	flight.RecorderFrom(ctx).Record(ctx, e)
}

// checkPromises notes the faults of the promises.
func (d *Definition) checkPromises(fault func(format string, args ...any)) {
	if len(d.promises) > MaxPromises {
		fault("it has %d promises, and a run can have %d: remove some", len(d.promises), MaxPromises)
	}
	for i, p := range d.promises {
		if slices.ContainsFunc(d.promises[:i], func(o Promised) bool { return o.Name == p.Name }) {
			fault("the promise %.80q occurs twice: remove one", p.Name)
		}
		if !event.ValidName(p.Name) {
			fault("promise %d, %.80q: a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", i+1, p.Name, event.MaxName, text.NameHint(p.Name))
		}
		p.checkTime(fault)
		d.checkMoments(&p, fault)
		if !(p.Target >= 0 && p.Target <= 1) {
			fault("the target of the promise %.80q is %v: it is a share of 1, such as 0.9", p.Name, p.Target)
		}
	}
	for _, s := range d.stages {
		if s == AtStart || s == AtEnd {
			fault("a stage is named %q, which stands for the beginning or the end of a run: rename it", s)
		}
	}
}

// checkTime notes the faults of when the promise is due.
func (p *Promised) checkTime(fault func(format string, args ...any)) {
	if p.Days == 0 && (p.Within <= 0 || p.Within > event.MaxDuration) {
		fault("the promise %.80q is within %v: it has to be more than 0, and %v at most", p.Name, p.Within, event.MaxDuration)
	}
	if p.Days < 0 || p.Days > maxDays {
		fault("the promise %.80q is within %d business days: 1 to %d are possible", p.Name, p.Days, maxDays)
	}
	if p.Days > 0 && p.Hours == nil {
		fault("the promise %.80q counts business days and has no hours: give journey.Hours", p.Name)
	}
	if p.Hours != nil {
		if err := p.Hours.Validate(); err != nil {
			fault("the hours of the promise %.80q: %w", p.Name, err)
		}
	}
	for _, m := range p.Maintenance {
		if err := m.Validate(); err != nil {
			fault("the maintenance of the promise %.80q: %w", p.Name, err)
		}
	}
}

// checkMoments notes the faults of what makes, keeps and pauses the promise.
func (d *Definition) checkMoments(p *Promised, fault func(format string, args ...any)) {
	switch {
	case p.Since == "" && !event.ValidName(p.SinceTouchpoint):
		fault("the promise %.80q is made by the touchpoint %.80q, which is no name", p.Name, p.SinceTouchpoint)
	case p.Since != "" && p.Since != AtStart && !d.HasStage(p.Since):
		fault("the promise %.80q is made since %.80q, which is no stage: it has %q, and \"start\"; a touchpoint is named with SinceTouchpoint", p.Name, p.Since, d.stages)
	}
	switch {
	case p.Until == "" && !event.ValidName(p.UntilTouchpoint):
		fault("the promise %.80q is kept by the touchpoint %.80q, which is no name", p.Name, p.UntilTouchpoint)
	case p.Until != "" && p.Until != AtEnd && !d.HasStage(p.Until):
		fault("the promise %.80q is kept until %.80q, which is no stage: it has %q, and \"end\"; a touchpoint is named with UntilTouchpoint", p.Name, p.Until, d.stages)
	}
	if p.SinceTouchpoint != "" && p.SinceTouchpoint == p.UntilTouchpoint {
		fault("the promise %.80q is made and kept by the touchpoint %.80q: name another one", p.Name, p.SinceTouchpoint)
	}
	for _, s := range p.Pauses {
		if !d.HasStage(s) {
			fault("the promise %.80q pauses in %.80q, which is no stage: it has %q", p.Name, s, d.stages)
		}
	}
}

// maxDays bounds business days: some ten years of them.
const maxDays = 2500

// sameMaintenance reports whether both promises have the same maintenances, in any order, or one of them has none: the code of a service
// does not know of a maintenance that the blueprint announces.
func (p *Promised) sameMaintenance(o *Promised) bool {
	if len(p.Maintenance) == 0 || len(o.Maintenance) == 0 {
		return true
	}
	byName := func(a, b calendar.Maintenance) int { return strings.Compare(a.Name, b.Name) }
	return slices.EqualFunc(slices.SortedStableFunc(slices.Values(p.Maintenance), byName), slices.SortedStableFunc(slices.Values(o.Maintenance), byName), calendar.Maintenance.Equal)
}

// equal reports whether both promises are the same. The order of Pauses does not matter.
func (p *Promised) equal(o *Promised) bool {
	return p.Name == o.Name && p.Within == o.Within && p.Days == o.Days && p.Since == o.Since && p.Until == o.Until &&
		p.SinceTouchpoint == o.SinceTouchpoint && p.UntilTouchpoint == o.UntilTouchpoint && p.Target == o.Target &&
		slices.Equal(slices.Sorted(slices.Values(p.Pauses)), slices.Sorted(slices.Values(o.Pauses))) && p.Hours.Equal(o.Hours) && p.sameMaintenance(o)
}
