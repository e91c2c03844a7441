package event

import "context"

// Excuse says that the event need not be in the journey that its touchpoint declares, so that
// [FaultOutsideJourney] is not told: the request was refused, or the event comes from outside and
// carries no definition. It is for the vocabulary and for a [Recorder].
func (e *Event) Excuse() { e.excused = true }

// Excused reports whether Excuse was called.
func (e *Event) Excused() bool { return e.excused }

// SetAbout puts the event into the run with this ID of the journey d, which code names. Where that is the
// run that its context is in, it stays as it is. It is for the vocabulary.
func (e *Event) SetAbout(d Definition, id string) {
	name := d.Name()
	e.about = nil
	if e.Journey.Name == name && e.Journey.ID == id && id != "" {
		return
	}
	if e.SetJourney(Journey{Name: name, ID: id}); e.Journey.IsZero() {
		e.Notice(FaultInvalidID)
	}
	e.about = d
}

// About returns the journey that SetAbout was given, or nil where the context says the same.
func (e *Event) About() Definition { return e.about }

// Refused reports whether a run of the journey was to begin in ctx, and was refused for its ID or its
// name: that fault has been told.
func Refused(ctx context.Context, journey string) bool {
	if ctx == nil {
		return false
	}
	for s := ScopeOf(ctx); s != nil; s = s.outer {
		if s.position.Refused(journey) {
			return true
		}
	}
	return false
}

// Refused reports whether a run of the journey was to begin at the position, and was refused for its ID or its
// name: that fault has been told.
func (p *Position) Refused(journey string) bool {
	return p != nil && p.asked == journey && (p.Journey.IsZero() || p.Journey.Name == Other)
}
