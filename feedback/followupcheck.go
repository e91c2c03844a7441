package feedback

import (
	"errors"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/nearest"
	"cairncx.dev/cairn/internal/text"
)

// MaxSeverities is how many severities a follow-up has at most.
const MaxSeverities = 16

// Validate returns every fault of the definition, joined, or nil.
func (f *FollowUp) Validate() error {
	if f == nil {
		return errors.New("feedback: the follow-up is nil")
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("follow-up %.80q: "+format, append([]any{f.name}, args...)...))
	}
	if err := f.journey.Validate(); err != nil {
		faults = append(faults, err)
	}
	if h := f.Hold(); h != "" && h != f.name && !event.ValidName(h) {
		fault("Holding: %.80q is not a valid name of a hold%s", h, text.NameHint(h))
	}
	f.checkSeverities(fault)
	if n := len(f.terms.rules); n > MaxRules {
		fault("OpenOn: it has %d rules, and %d at most are allowed", n, MaxRules)
		return errors.Join(faults...)
	}
	for i := range f.terms.rules {
		f.terms.rules[i].check(i, f.Severities(), fault)
	}
	return errors.Join(faults...)
}

func (f *FollowUp) checkSeverities(fault func(format string, args ...any)) {
	names := f.Severities()
	if len(names) > MaxSeverities {
		fault("ForSeverity: it has %d severities, and %d at most are allowed", len(names), MaxSeverities)
		return
	}
	for i := range f.terms.severities {
		s := &f.terms.severities[i]
		switch {
		case !event.ValidName(s.name):
			fault("ForSeverity: %.80q is not a valid name%s", s.name, text.NameHint(s.name))
		case slices.Contains(names[:i], s.name):
			fault("ForSeverity: %.80q is there twice: keep one", s.name)
		}
		if t := &s.terms; t.confirm != 0 || t.hold != nil || len(t.rules)+len(t.channels)+len(t.severities) > 0 {
			fault("ForSeverity: %.80q has other options than AcknowledgeWithin, AnswerWithin and UpdateEvery: give these to the follow-up", s.name)
		}
		for _, o := range []struct {
			own, all bool
			option   string
		}{
			{s.terms.acknowledge != nil, f.terms.acknowledge != nil, "AcknowledgeWithin"},
			{s.terms.answer != nil, f.terms.answer != nil, "AnswerWithin"},
			{s.terms.update != nil, f.terms.update != nil, "UpdateEvery"},
		} {
			if o.own && !o.all {
				fault("ForSeverity: %.80q has %s, and the follow-up has not: give the follow-up the time for all other severities", s.name, o.option)
			}
		}
		if err := s.journey().Validate(); err != nil {
			fault("ForSeverity: %w", err)
		}
	}
}

// check notes the faults of the i-th rule.
func (r *Rule) check(i int, severities []string, fault func(format string, args ...any)) {
	named := func(what, name string) {
		if name != "" && !event.ValidName(name) {
			fault("rule %d: the %s %.80q is not a valid name%s", i+1, what, name, text.NameHint(name))
		}
	}
	if !slices.Contains(Triggers(), r.On) {
		known := make([]string, 0, len(Triggers()))
		for _, t := range Triggers() {
			known = append(known, string(t))
		}
		fault("rule %d: there is no trigger %.80q: use one of %q%s", i+1, string(r.On), known, nearest.Meant(string(r.On), known))
	}
	named("name", r.Name)
	named("survey", r.Survey)
	named("journey", r.Journey)
	named("promise", r.Promise)
	named("purpose", r.Purpose)
	named("severity", r.Severity)
	named("owner", r.Owner)
	for _, s := range r.Segments {
		named("segment", s)
	}
	for _, c := range r.Causes {
		named("cause", c)
	}
	switch answer := r.On == OnDetractor || r.On == OnDissatisfied || r.On == OnLowEase || r.On == OnComplaint; {
	case r.Survey != "" && !answer:
		fault("rule %d: a %s answers no survey: leave Survey out", i+1, r.On)
	case r.Promise != "" && r.On != OnBrokenPromise:
		fault("rule %d: a %s is about no promise: leave Promise out", i+1, r.On)
	case r.Purpose != "" && r.On != OnContactViolation:
		fault("rule %d: a %s has no purpose: leave Purpose out", i+1, r.On)
	}
	if len(severities) > 0 && r.Severity != "" && !slices.Contains(severities, r.Severity) {
		fault("rule %d: there is no severity %.80q: it has %q%s", i+1, r.Severity, severities, nearest.Meant(r.Severity, severities))
	}
}
