package blueprint

import (
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// validateFollowUps notes the faults of the follow-ups. It comes after journeys, surveys, hours and the contact policy, which they name.
func (b *Blueprint) validateFollowUps(p *problems, journeys []string, promises keeping, purposes []string) {
	p.names("follow_ups", len(b.FollowUps), func(i int) string { return b.FollowUps[i].Name })
	surveys := namesOf(b.Surveys, surveyName)
	for i := range b.FollowUps {
		f, path := &b.FollowUps[i], at("follow_ups", i)
		p.about(path, f.Description, f.Owner)
		if slices.Contains(journeys, f.Name) {
			p.add(path+".name", "%.80q is the name of a journey, too, and a follow-up is a journey of its own: rename one of the two", f.Name)
		}
		p.duration(path+".confirm", f.Confirm, "it stays open")
		if f.Hold != "" {
			p.name(path+".hold", f.Hold)
		}
		p.hours(path+".hours", f.Hours, b)
		usual := Severity{Acknowledge: f.Acknowledge, Answer: f.Answer, Update: f.Update}
		usual.validate(p, path, f, nil)
		b.validateSeverities(p, path, f, &usual)
		if n := len(f.Open); n > feedback.MaxRules {
			p.add(path+".open", "has %d rules, and at most %d are allowed: remove some", n, feedback.MaxRules)
			continue
		}
		for k := range f.Open {
			f.Open[k].validate(p, at(path+".open", k), b, f, journeys, promises, surveys, purposes)
		}
	}
}

func (b *Blueprint) validateSeverities(p *problems, path string, f *FollowUp, usual *Severity) {
	if n := len(f.Severities); n > feedback.MaxSeverities {
		p.add(path+".severities", "has %d entries, and at most %d are allowed: remove some", n, feedback.MaxSeverities)
		return
	}
	p.names(path+".severities", len(f.Severities), func(i int) string { return f.Severities[i].Name })
	for i := range f.Severities {
		f.Severities[i].validate(p, at(path+".severities", i), f, usual)
	}
}

// validate checks the times. Usual are those of the follow-up, or nil for these themselves.
func (s *Severity) validate(p *problems, path string, f *FollowUp, usual *Severity) {
	for _, x := range [...]struct {
		key string
		w   Within
		all Within
	}{{"acknowledge", s.Acknowledge, times(usual).Acknowledge}, {"answer", s.Answer, times(usual).Answer}, {"update", s.Update, times(usual).Update}} {
		switch {
		case x.w == Within{}:
			continue
		case usual != nil && x.all == Within{}:
			p.add(path+"."+x.key, "the follow-up %.80q has no %s: add it there for all other severities", f.Name, x.key)
		}
		p.within(path+"."+x.key, x.w, f.Hours, "follow-up")
	}
}

func times(s *Severity) Severity {
	if s == nil {
		return Severity{}
	}
	return *s
}

func (r *OpenRule) validate(p *problems, path string, b *Blueprint, f *FollowUp, journeys []string, promises keeping, surveys, purposes []string) {
	switch {
	case r.On == "":
		p.add(path+".on", "it is missing: set it to %s", oneOf(Triggers()))
	case !slices.Contains(Triggers(), r.On):
		p.unknown(path+".on", r.On, Triggers(), "there is no trigger %.80q: use %s", r.On, oneOf(Triggers()))
	}
	for _, x := range [...]struct{ key, name string }{{"name", r.Name}, {"owner", r.Owner}, {"severity", r.Severity}} {
		if x.name != "" {
			p.name(path+"."+x.key, x.name)
		}
	}
	p.journey(path, r.Journey, journeys)
	answer := r.On == string(feedback.OnDetractor) || r.On == string(feedback.OnDissatisfied) || r.On == string(feedback.OnLowEase) || r.On == string(feedback.OnComplaint)
	switch {
	case r.Survey == "":
	case !answer:
		p.add(path+".survey", "a %s answers no survey: remove the key", r.On)
	case !slices.Contains(surveys, r.Survey):
		p.unknown(path+".survey", r.Survey, surveys, "there is no survey %.80q%s", r.Survey, allOf("the surveys are", surveys))
	}
	r.validatePromise(p, path, promises)
	if r.Purpose != "" && r.On != string(feedback.OnContactViolation) {
		p.add(path+".purpose", "a %s has no purpose: remove the key", r.On)
	} else {
		p.purpose(path+".purpose", r.Purpose, b, purposes)
	}
	if names := namesOf(f.Severities, func(s *Severity) string { return s.Name }); len(names) > 0 && r.Severity != "" && !slices.Contains(names, r.Severity) {
		p.unknown(path+".severity", r.Severity, names, "the follow-up has no severity %.80q%s", r.Severity, allOf("it has", names))
	}
	p.list(path+".segments", len(r.Segments), func(i int) (string, string) { return at(path+".segments", i), r.Segments[i] })
	p.list(path+".causes", len(r.Causes), func(i int) (string, string) { return at(path+".causes", i), r.Causes[i] })
}

func (r *OpenRule) validatePromise(p *problems, path string, promises keeping) {
	if r.Promise == "" {
		return
	}
	if r.On != string(feedback.OnBrokenPromise) {
		p.add(path+".promise", "a %s is about no promise: remove the key", r.On)
		return
	}
	its, known := promises[r.Journey]
	switch {
	case r.Journey == "":
		if !event.ValidName(r.Promise) {
			p.name(path+".promise", r.Promise)
		}
	case known && !its.known[r.Promise]:
		p.unknown(path+".promise", r.Promise, its.names, "the journey %.80q has no promise %.80q%s", r.Journey, r.Promise, allOf("it has", its.names))
	}
}
