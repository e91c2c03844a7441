package watch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/breakdowns"
	"cairncx.dev/cairn/internal/text"
	"cairncx.dev/cairn/journey"
)

// Journey is what the company does about breakdowns: a journey, of which each breakdown is a run. It is immutable and does nothing by itself:
// its methods record to the client in the context, else to the default client, else nowhere. Safe for concurrent use. A nil Journey records
// nothing. Give the client [Journey.Journey] with cx.WithDefinitions.
//
//	found ─▶ confirmed ─▶ planned ─▶ mended ─▶ verified ─▶ closed
//	  ▲ └─────────┴──────────┴──────────┴─▶ dismissed │
//	  └──────────────────── reopened ────────────────┘
//
// A run may leave steps out. It ends completed when it is closed, and cancelled when it is dismissed. An improvement is [Improved], and closed.
type Journey struct {
	name    string
	terms   terms
	journey *journey.Definition
}

// DefaultName is the name of the journey of breakdowns: "breakdown".
const DefaultName = breakdowns.DefaultName

// The steps of a breakdown are the stages of its journey.
const (
	Found     = breakdowns.Found     // "found": the charts show it
	Confirmed = breakdowns.Confirmed // "confirmed": a person has said that it is a breakdown
	Planned   = breakdowns.Planned   // "planned": it has an action and an owner
	Mended    = breakdowns.Mended    // "mended": customers experience the change
	Verified  = breakdowns.Verified  // "verified": it is known that the change helps
)

// Improved is the only stage of an improvement, "improved". It promises nothing.
const Improved = breakdowns.Improved

// Steps returns the steps of a breakdown, in their order.
func Steps() []string { return breakdowns.Steps() }

// The promises of a breakdown. Each counts from when it was found last.
const (
	PromiseConfirmed = breakdowns.Confirmed // "confirmed", of [ConfirmWithin]
	PromisePlanned   = breakdowns.Planned   // "planned", of [PlanWithin]
	PromiseMended    = breakdowns.Mended    // "mended", of [MendWithin]
)

// Held is the cause of the end of a breakdown that is closed, "held": what mended it has held.
const Held = breakdowns.Held

// Subsided is the cause of the end of a breakdown that the charts have not shown for 28 days, and that was never mended, "subsided"; and of an improvement that the charts
// do not show any more.
const Subsided = breakdowns.Subsided

// Reasons returns the reasons of a dismissal that every client knows, whatever the causes of its blueprint are: "intended", "known", "seasonal",
// and "wrongly-measured". The caller owns the slice.
func Reasons() []string { return breakdowns.Reasons() }

// MaxSeverities is how many severities a journey of breakdowns has at most: 8.
const MaxSeverities = breakdowns.MaxSeverities

// terms are what the options of a journey set.
type terms struct {
	confirm, plan, mend *journey.Option
	severities          []severity
}

// severity has the promises of breakdowns that are at least so severe.
type severity struct {
	name  string
	from  float64 // customers a day in excess
	terms terms
}

// JourneyOption is an option of [Define]. An option value may be reused.
type JourneyOption interface{ applyJourney(*terms) }

type journeyOption func(*terms)

func (f journeyOption) applyJourney(t *terms) { f(t) }

// ConfirmWithin promises that a breakdown is confirmed or dismissed within this time after it was found, as a [journey.Promise] named
// [PromiseConfirmed]. The options say in which hours the time counts ([journey.Hours]). A step after it keeps the promise, too. Default: no
// such promise.
func ConfirmWithin(d time.Duration, opts ...journey.PromiseOption) JourneyOption {
	o := breakdowns.Promise(PromiseConfirmed, d, opts...)
	return journeyOption(func(t *terms) { t.confirm = &o })
}

// PlanWithin promises that a breakdown has an action and an owner within this time after it was found, as [ConfirmWithin] does. Default: no
// such promise.
func PlanWithin(d time.Duration, opts ...journey.PromiseOption) JourneyOption {
	o := breakdowns.Promise(PromisePlanned, d, opts...)
	return journeyOption(func(t *terms) { t.plan = &o })
}

// MendWithin promises that a breakdown is mended within this time after it was found, as [ConfirmWithin] does. Default: no such promise.
func MendWithin(d time.Duration, opts ...journey.PromiseOption) JourneyOption {
	o := breakdowns.Promise(PromiseMended, d, opts...)
	return journeyOption(func(t *terms) { t.mend = &o })
}

// ForSeverity gives breakdowns that cost at least so many customers a day in excess the severity of this name, a name of at most
// [event.MaxName] bytes, and other times: with [ConfirmWithin], [PlanWithin] and [MendWithin]. They replace those of the journey. The
// severity with the highest bound holds. A breakdown has the severity of the day on which it was found, and gets a higher one when it
// costs more; it never gets a lower one. Improvements have none, and no promises. Default: no severities.
func ForSeverity(name string, customersADay float64, opts ...JourneyOption) JourneyOption {
	s := severity{name: name, from: customersADay}
	for _, o := range opts {
		if o != nil {
			o.applyJourney(&s.terms)
		}
	}
	return journeyOption(func(t *terms) { t.severities = append(slices.Clip(t.severities), s) })
}

// Define returns the journey of breakdowns with this name; "" is [DefaultName]. It never fails; see [journey.Define]. Two definitions of one
// name in one client must be equal.
func Define(name string, opts ...JourneyOption) *Journey {
	if name == "" {
		name = DefaultName
	}
	j := &Journey{name: name}
	for _, o := range opts {
		if o != nil {
			o.applyJourney(&j.terms)
		}
	}
	j.journey = breakdowns.Define(name, j.terms.promises()...)
	return j
}

func (t *terms) promises() (list []journey.Option) {
	for _, o := range []*journey.Option{t.confirm, t.plan, t.mend} {
		if o != nil {
			list = append(list, *o)
		}
	}
	return list
}

// Name returns the name of the journey.
func (j *Journey) Name() string {
	if j == nil {
		return ""
	}
	return j.name
}

// Journey returns the definition of the journey, for cx.WithDefinitions.
func (j *Journey) Journey() *journey.Definition {
	if j == nil {
		return nil
	}
	return j.journey
}

// Severity returns the severity of a breakdown that costs so many customers a day in excess; "" is none.
func (j *Journey) Severity(customersADay float64) string {
	if s := j.severest(customersADay); s != nil {
		return s.name
	}
	return ""
}

func (j *Journey) severest(customersADay float64) (found *severity) {
	if j == nil {
		return nil
	}
	for i := range j.terms.severities {
		if s := &j.terms.severities[i]; customersADay >= s.from && (found == nil || s.from > found.from) {
			found = s
		}
	}
	return found
}

// higher reports whether the first severity is higher than the second one. One that the journey does not have is the lowest.
func (j *Journey) higher(a, b string) bool { return j.bound(a) > j.bound(b) }

func (j *Journey) bound(name string) float64 {
	if j != nil {
		for i := range j.terms.severities {
			if s := &j.terms.severities[i]; s.name == name {
				return s.from
			}
		}
	}
	return -1
}

// known returns the name of the severity, and [event.Other] for one that the journey does not have.
func (j *Journey) known(severity string) string {
	if severity == "" || j.bound(severity) >= 0 {
		return severity
	}
	return event.Other
}

// Promises returns the promises of breakdowns with this severity: those of [ForSeverity], and else those of the journey.
func (j *Journey) Promises(severity string) []journey.Promised {
	if j == nil {
		return nil
	}
	all := slices.Collect(j.journey.Promises())
	for i := range j.terms.severities {
		s := &j.terms.severities[i]
		if s.name != severity {
			continue
		}
		for own := range s.journey().Promises() {
			all = slices.DeleteFunc(all, func(p journey.Promised) bool { return p.Name == own.Name })
			all = append(all, own)
		}
	}
	slices.SortFunc(all, func(a, b journey.Promised) int { return slices.Index(Steps(), a.Name) - slices.Index(Steps(), b.Name) })
	return all
}

func (s *severity) journey() *journey.Definition {
	return breakdowns.Define(s.name, s.terms.promises()...)
}

// Validate returns every fault of the definition, joined, or nil.
func (j *Journey) Validate() error {
	if j == nil {
		return errors.New("watch: the journey of breakdowns is nil")
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("watch: the journey %.80q: "+format, append([]any{j.name}, args...)...))
	}
	if err := j.journey.Validate(); err != nil {
		faults = append(faults, err)
	}
	if n := len(j.terms.severities); n > MaxSeverities {
		fault("it has %d severities, and %d at most are allowed", n, MaxSeverities)
		return errors.Join(faults...)
	}
	for i := range j.terms.severities {
		j.terms.severities[i].check(j.terms.severities[:i], &j.terms, fault)
	}
	return errors.Join(faults...)
}

// check notes the faults of a severity that comes after others.
func (s *severity) check(before []severity, all *terms, fault func(format string, args ...any)) {
	switch {
	case !event.ValidName(s.name):
		fault("ForSeverity: %.80q is not a valid name%s", s.name, text.NameHint(s.name))
	case slices.ContainsFunc(before, func(o severity) bool { return o.name == s.name || o.from == s.from }):
		fault("ForSeverity: %.80q has the name or the bound of another one: keep one", s.name)
	case !(s.from >= 0 && s.from < breakdowns.MaxCustomers):
		fault("ForSeverity: %.80q begins at %v customers a day: use 0 to 1,000,000,000", s.name, s.from)
	case len(s.terms.severities) > 0:
		fault("ForSeverity: %.80q has severities of its own", s.name)
	}
	for _, o := range []struct {
		own, all *journey.Option
		option   string
	}{{s.terms.confirm, all.confirm, "ConfirmWithin"}, {s.terms.plan, all.plan, "PlanWithin"}, {s.terms.mend, all.mend, "MendWithin"}} {
		if o.own != nil && o.all == nil {
			fault("ForSeverity: %.80q has %s, and the journey has not: give the journey the time for all other severities", s.name, o.option)
		}
	}
	if err := s.journey().Validate(); err != nil {
		fault("ForSeverity: %w", err)
	}
}

// Equal reports whether both definitions have the same name and options. The order of severities means nothing.
func (j *Journey) Equal(o *Journey) bool {
	if j == o {
		return true
	}
	return j != nil && o != nil && j.name == o.name && j.journey.Equal(o.journey) &&
		slices.EqualFunc(j.sorted(), o.sorted(), func(a, b severity) bool { return a.from == b.from && a.journey().Equal(b.journey()) })
}

func (j *Journey) sorted() []severity {
	return slices.SortedStableFunc(slices.Values(j.terms.severities), func(a, b severity) int { return strings.Compare(a.name, b.name) })
}
