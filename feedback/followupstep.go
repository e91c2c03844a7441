package feedback

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/option"
	"cairncx.dev/cairn/journey"
)

// The options of the steps of follow-ups and actions are those of this package: [At], [Via], [By], [From], [Because], [Variant],
// [Attributes] and those below. [About] says which run a follow-up is about. Options of answers have no effect.

// Owner sets the team that answers the customer, or that makes a change, at most [event.MaxName] bytes. It is for follow-ups and actions.
// Default: not known.
func Owner(team string) Option { return detail(func(d *details) { d.owner = team }) }

// Severity sets how serious the matter of a follow-up is, a name of [ForSeverity] or another one of a bounded vocabulary, at most
// [event.MaxName] bytes. Default: not known.
func Severity(name string) Option { return detail(func(d *details) { d.severity = name }) }

// Remedy sets what the company did for the customer of a follow-up, from a bounded vocabulary, at most [event.MaxName] bytes, such as
// "refund". Default: not known.
func Remedy(name string) Option { return detail(func(d *details) { d.remedy = name }) }

// Note sets free text of a follow-up or an action, handled as a [Comment]. Default: none.
func Note(text string) Option { return detail(func(d *details) { d.note = text }) }

// CausedBy sets the ID of the event that a follow-up answers. [FollowUp.OpenFor] sets it. Default: not known.
func CausedBy(id event.ID) Option { return detail(func(d *details) { d.causedBy = id }) }

// ReceivedAt says when the matter of a follow-up was received, for [FollowUp.Assess] in a context that does not know it, such as that of
// [FollowUp.Resume] in another process. Default, and for the zero time: as the context knows it.
func ReceivedAt(t time.Time) Option { return detail(func(d *details) { d.received = t }) }

// details is the definition of an event that options describe before the event of a run is made: what an answer has no place for.
type details struct {
	owner, severity, remedy, note, rule string
	causedBy, feedback                  event.ID
	received                            time.Time

	changed          string // what an action has changed
	feedbacks        []event.ID
	cause            string
	from, until      time.Time
	asked            *event.RunRef // [About]
	staff, automatic bool          // the actor if neither an option nor the context says it
}

// Name implements [event.Definition].
func (*details) Name() string { return "" }

// Validate implements [event.Definition].
func (*details) Validate() error { return nil }

// detail returns an option that has no effect on what is no step of a follow-up or an action.
func detail(set func(*details)) Option {
	return recordOption(func(e *flight.Event) {
		if d, ok := e.Definition().(*details); ok {
			set(d)
		}
	})
}

// step is one step of a follow-up or an action, as the options say. Put gives it back.
type step struct {
	*details

	e     *flight.Event
	at    time.Time
	holds string // the severity whose times hold: that of the step, and else that which the context knows
	once  string // the run, if the step opens it: the tracker takes what opens a run once, however often and whenever it is told
}

// gather returns what the options say.
func gather(rec flight.Recorder, opts []Option) step {
	e, d := flight.Get(), &details{}
	e.Feedback = &event.Feedback{} // the options of answers write there
	e.SetDefinition(d)
	for _, o := range opts {
		if o != nil {
			o.apply(e)
		}
	}
	if !e.Journey.IsZero() {
		d.asked = new(e.Journey.Ref())
	}
	s := step{details: d, e: e, at: e.Time}
	if s.at.IsZero() {
		s.at = rec.Now()
	}
	return s
}

// put gives the step back.
func (s *step) put() { s.e.Put() }

// option returns the option of a call of package journey that records the step with this definition. More sets the details.
func (s *step) option(def event.Definition, more option.Option) journey.RecordOption {
	return journey.Details(func(e *flight.Event) {
		e.SetDefinition(def)
		e.Time = s.at
		if s.e.Channel != 0 {
			e.Channel = s.e.Channel
		}
		switch {
		case s.e.Actor != event.ActorCustomer:
			e.Actor = s.e.Actor
		case s.automatic:
			e.Actor = event.ActorAutomation
		case s.staff && e.Actor == event.ActorCustomer:
			e.Actor = event.ActorEmployee
		}
		if s.e.Customer != (event.Customer{}) {
			e.SetCustomer(s.e.Customer)
		}
		if s.e.Cause != "" {
			e.Cause = s.e.Cause
		}
		if s.e.Variant != nil {
			v := *s.e.Variant
			e.Variant = &v
		}
		if s.e.SpanContext.IsValid() {
			e.SpanContext = s.e.SpanContext
		}
		e.SetAttributes(s.e.Attributes...)
		for f := range s.e.Noticed().All {
			e.Notice(f)
		}
		more(e)
		if s.once != "" && e.Kind != event.JourneyStarted {
			what := "opened/" + string(e.Kind)
			if e.Promise != nil {
				what += "/" + e.Promise.Name
			}
			e.ID = flight.DeriveID(event.Run{Name: def.Name(), ID: s.once}, what)
		}
	})
}
