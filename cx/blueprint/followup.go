package blueprint

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// NoHold is the text of [FollowUp.Hold] for a follow-up that opens no hold.
const NoHold = "none"

// FollowUp is how the company answers one customer: a journey with promises. See [feedback.FollowUp].
type FollowUp struct {
	// Name is the name of the follow-up and of its journey, which no other journey has.
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// Owner is the team that has follow-ups whose rule names none.
	Owner string `json:"owner,omitempty" yaml:"owner,omitempty"`
	// Acknowledge, Answer and Update are the times of [feedback.AcknowledgeWithin], [feedback.AnswerWithin] and [feedback.UpdateEvery]. The
	// zero value is no promise. Business days need Hours.
	Acknowledge Within `json:"acknowledge,omitzero" yaml:"acknowledge,omitzero"`
	Answer      Within `json:"answer,omitzero"      yaml:"answer,omitzero"`
	Update      Within `json:"update,omitzero"      yaml:"update,omitzero"`
	// Confirm is the time of [feedback.ConfirmWithin]; 0 is none.
	Confirm Duration `json:"confirm,omitempty" yaml:"confirm,omitempty"`
	// Hours names the hours of the blueprint in which the times of the promises count. "" counts every hour.
	Hours string `json:"hours,omitempty" yaml:"hours,omitempty"`
	// Hold is the name of the hold in the customer's record; "" is the name of the follow-up, and [NoHold] none. See [feedback.Holding].
	Hold string `json:"hold,omitempty" yaml:"hold,omitempty"`
	// Severities are other times by severity, at most [feedback.MaxSeverities]. See [feedback.ForSeverity].
	Severities []Severity `json:"severities,omitempty" yaml:"severities,omitempty"`
	// Open are the rules that open the follow-up, at most [feedback.MaxRules]. See [feedback.OpenOn].
	Open []OpenRule `json:"open,omitempty" yaml:"open,omitempty"`
}

// Severity has the times of the follow-ups of one severity. The zero value of a time is that of the follow-up.
type Severity struct {
	Name        string `json:"name"                 yaml:"name"`
	Acknowledge Within `json:"acknowledge,omitzero" yaml:"acknowledge,omitzero"`
	Answer      Within `json:"answer,omitzero"      yaml:"answer,omitzero"`
	Update      Within `json:"update,omitzero"      yaml:"update,omitzero"`
}

// OpenRule says for which events the client opens a follow-up. See [feedback.Rule].
type OpenRule struct {
	// On is one of [Triggers].
	On string `json:"on" yaml:"on"`
	// Name is that of the rule in events and reports; "" is that of On.
	Name string `json:"name,omitempty" yaml:"name,omitempty"`
	// Survey, Journey, Promise and Purpose are names of the blueprint; "" is any.
	Survey  string `json:"survey,omitempty"  yaml:"survey,omitempty"`
	Journey string `json:"journey,omitempty" yaml:"journey,omitempty"`
	Promise string `json:"promise,omitempty" yaml:"promise,omitempty"`
	Purpose string `json:"purpose,omitempty" yaml:"purpose,omitempty"`
	// Segments and Causes are those of which the event has to have one; empty is any.
	Segments []string `json:"segments,omitempty" yaml:"segments,omitempty"`
	Causes   []string `json:"causes,omitempty"   yaml:"causes,omitempty"`
	// Severity and Owner are those of the follow-up. "" is none, and the owner of the follow-up.
	Severity string `json:"severity,omitempty" yaml:"severity,omitempty"`
	Owner    string `json:"owner,omitempty"    yaml:"owner,omitempty"`
}

// Triggers returns what an [OpenRule] may be on.
func Triggers() (names []string) {
	for _, t := range feedback.Triggers() {
		names = append(names, string(t))
	}
	return names
}

func followUpName(f *FollowUp) string { return f.Name }

// promises returns the names of the promises of the follow-up.
func (f *FollowUp) promises() (names []string) {
	for _, x := range [...]struct {
		w    Within
		name string
	}{{f.Acknowledge, feedback.PromiseAcknowledged}, {f.Answer, feedback.PromiseAnswered}, {f.Update, feedback.PromiseUpdated}} {
		if x.w != (Within{}) {
			names = append(names, x.name)
		}
	}
	return names
}

// FollowUp returns the definition of the named follow-up. It returns nil if the blueprint has no such follow-up; a nil definition records
// nothing. Each call makes a new definition: call it once and keep the result.
func (b *Blueprint) FollowUp(name string) *feedback.FollowUp {
	if b == nil {
		return nil
	}
	f := find(b.FollowUps, name, followUpName)
	if f == nil {
		return nil
	}
	return (&definer{blueprint: b}).followUp(f)
}

func (d *definer) followUp(f *FollowUp) *feedback.FollowUp {
	hours := d.calendar(f.Hours)
	opts := d.times(f.Name, hours, f.Acknowledge, f.Answer, f.Update)
	if f.Confirm != 0 {
		opts = append(opts, feedback.ConfirmWithin(time.Duration(f.Confirm)))
	}
	switch f.Hold {
	case "":
	case NoHold:
		opts = append(opts, feedback.Holding(""))
	default:
		opts = append(opts, feedback.Holding(f.Hold))
	}
	for _, s := range f.Severities {
		opts = append(opts, feedback.ForSeverity(s.Name, d.times(f.Name, hours, s.Acknowledge, s.Answer, s.Update)...))
	}
	for i := range f.Open {
		opts = append(opts, feedback.OpenOn(f.Open[i].rule(f.Owner)))
	}
	return feedback.DefineFollowUp(f.Name, opts...)
}

// times returns the options of the promises that have a time.
func (d *definer) times(name string, hours *calendar.Hours, acknowledge, answer, update Within) (opts []feedback.FollowUpOption) {
	for _, x := range []struct {
		w      Within
		name   string
		option func(time.Duration, ...journey.PromiseOption) feedback.FollowUpOption
	}{
		{acknowledge, feedback.PromiseAcknowledged, feedback.AcknowledgeWithin},
		{answer, feedback.PromiseAnswered, feedback.AnswerWithin},
		{update, feedback.PromiseUpdated, feedback.UpdateEvery},
	} {
		if x.w == (Within{}) {
			continue
		}
		within, its := d.promised(name, x.name, x.w, hours)
		opts = append(opts, x.option(within, its...))
	}
	return opts
}

func (r *OpenRule) rule(owner string) feedback.Rule {
	if r.Owner != "" {
		owner = r.Owner
	}
	return feedback.Rule{
		On: feedback.Trigger(r.On), Name: r.Name, Survey: r.Survey, Journey: r.Journey, Promise: r.Promise, Purpose: r.Purpose,
		Segments: slices.Clone(r.Segments), Causes: slices.Clone(r.Causes), Severity: r.Severity, Owner: owner,
	}
}

func (b *Blueprint) addFollowUp(p *problems, path string, d *feedback.FollowUp) {
	if d == nil {
		p.add(path, "the follow-up is nil: pass a definition, or leave it out")
		return
	}
	if known := b.FollowUp(d.Name()); known != nil {
		p.same(path, d.Name(), known.Equal(d))
		return
	}
	if err := d.Validate(); err != nil {
		p.add(path, "%s", err)
	}
	f := FollowUp{Name: d.Name(), Confirm: Duration(d.ConfirmWithin())}
	if h := d.Hold(); h == "" {
		f.Hold = NoHold
	} else if h != d.Name() {
		f.Hold = h
	}
	var usual Severity
	usual.take(b, p, path, &f, d.Promises(""))
	f.Acknowledge, f.Answer, f.Update = usual.Acknowledge, usual.Answer, usual.Update
	for _, name := range d.Severities() {
		s := Severity{Name: name}
		s.take(b, p, path, &f, d.Promises(name))
		s.leave(&usual)
		f.Severities = append(f.Severities, s)
	}
	for _, r := range d.Rules() {
		f.Open = append(f.Open, OpenRule{
			On: string(r.On), Name: r.Name, Survey: r.Survey, Journey: r.Journey, Promise: r.Promise, Purpose: r.Purpose,
			Segments: r.Segments, Causes: r.Causes, Severity: r.Severity, Owner: r.Owner,
		})
	}
	b.FollowUps = append(b.FollowUps, f)
}

// take takes the times of the promises, and their hours into the follow-up.
func (s *Severity) take(b *Blueprint, p *problems, path string, f *FollowUp, promises []journey.Promised) {
	for i := range promises {
		w := b.within(p, path, "follow-up", f.Name, &promises[i], &f.Hours)
		switch promises[i].Name {
		case feedback.PromiseAcknowledged:
			s.Acknowledge = w
		case feedback.PromiseAnswered:
			s.Answer = w
		case feedback.PromiseUpdated:
			s.Update = w
		}
	}
}

// leave removes the times that are those of the follow-up.
func (s *Severity) leave(usual *Severity) {
	for _, x := range [...]struct{ own, usual *Within }{{&s.Acknowledge, &usual.Acknowledge}, {&s.Answer, &usual.Answer}, {&s.Update, &usual.Update}} {
		if *x.own == *x.usual {
			*x.own = Within{}
		}
	}
}
