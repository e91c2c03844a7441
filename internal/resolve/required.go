package resolve

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// Admit reports whether the event has a kind that may be recorded, and what its kind requires. It is the first step of an
// event, before anything of the event changes a run.
func (r *Resolver) Admit(e *flight.Event) (ok bool, found Findings) {
	if e.Kind == event.TouchpointEnded { // what is missing is replaced
		return true, found
	}
	found.of = e
	ok = r.admit(e, &found)
	found.of = nil
	return ok, found
}

func (r *Resolver) admit(e *flight.Event, f *Findings) bool {
	switch e.Kind {
	case event.JourneyStarted, event.JourneyStageEntered, event.JourneyEnded:
		if e.Journey.IsZero() {
			return f.missing(e, "run: neither the journey's name nor the run's ID")
		}
		if e.Kind == event.JourneyEnded && e.Outcome == 0 {
			return f.missing(e, "outcome")
		}
	case event.JourneyStalled:
		if !r.cfg.AnyTime { // a log of events that is replayed has them
			f.add(fault.InvalidKind, "", "only the client makes a journey.stalled")
			return false
		}
	case event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
		return r.promised(e, f)
	case event.SurveyRequested, event.SurveyShown, event.SurveyClosed, event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned:
		return answered(e, f)
	case event.ContactResolved:
		if e.Contact == nil && e.Effort == nil {
			return f.missing(e, "Effort or Contact")
		}
	case event.ContactSuppressed, event.ContactViolated:
		if e.Contact == nil {
			return f.missing(e, "Contact")
		}
	case event.EmployeeLooked, event.EmployeeActed:
		if e.Assisted == nil {
			return f.missing(e, "Assisted")
		}
	default: // the set of kinds is open
		return kind(e, f)
	}
	return true
}

// answered checks an event of what a customer said or was asked.
func answered(e *flight.Event, f *Findings) bool {
	switch a := e.Feedback; {
	case a == nil:
		return f.missing(e, "Feedback")
	case (e.Kind == event.SurveyShown || e.Kind == event.SurveyClosed) && a.Request.IsZero():
		return f.missing(e, "the Request in its Feedback")
	case e.Kind == event.SurveyClosed && a.Ended == 0:
		return f.missing(e, "the end (Ended) in its Feedback")
	case e.Kind == event.FeedbackAmended && a.Amends.IsZero():
		return f.missing(e, "what it Amends in its Feedback")
	default:
		return true
	}
}

// promised checks an event of a promise. The client makes these events, and a replayed log of events may have them.
func (r *Resolver) promised(e *flight.Event, f *Findings) bool {
	switch {
	case !r.cfg.AnyTime && (e.Definition() == nil || e.Kind != event.PromiseMade && e.Kind != event.PromiseKept):
		f.add(fault.InvalidKind, "", "only the client makes a "+string(e.Kind))
		return false
	case e.Journey.IsZero():
		return f.missing(e, "run: neither the journey's name nor the run's ID")
	case e.Promise == nil || e.Promise.Name == "":
		return f.missing(e, "Promise with a name")
	case e.Kind == event.PromiseMade && e.ByHand() && e.Promise.Due.IsZero():
		return f.missing(e, "Promise with a due time")
	case e.Kind == event.PromiseMade && e.ByHand() && !event.ValidTime(e.Promise.Due):
		f.add(fault.Time, e.Promise.Name, "the time until which the promise is to be kept is"+outOfRange)
		return false
	default:
		return true
	}
}

// kind bounds a kind that this version does not define. It returns false where nothing is left of it.
func kind(e *flight.Event, f *Findings) bool {
	name := string(e.Kind)
	cut(&name, event.MaxName, "the kind of the event", f)
	e.Kind = event.Kind(name)
	switch {
	case name == "":
		f.add(fault.InvalidKind, "", "it has no kind")
		return false
	case name[0] == '_':
		f.add(fault.InvalidKind, name, "a kind that begins with _ is the client's own")
		return false
	}
	return true
}

// missing notes what an event of this kind has to have. It returns false.
func (f *Findings) missing(e *flight.Event, what string) bool {
	f.add(fault.MissingDetail, "", "it is a "+string(e.Kind)+" without "+what)
	return false
}
