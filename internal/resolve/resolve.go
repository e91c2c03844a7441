// Package resolve completes events: it owns a client's catalogue of definitions, and is
// the only step that changes an event after the vocabulary has filled it.
package resolve

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// Config says how a Resolver completes events.
type Config struct {
	// Namespace of journeys that name none.
	Namespace string
	// CustomerKey is the key of the HMAC that customers are known by; without one they
	// are not known at all.
	CustomerKey []byte
	// Hashed says that a key was given, even an empty one.
	Hashed bool
	// Redact takes personal data out of free text. Without it free text is dropped,
	// unless KeepText is set.
	Redact   func(string) string
	KeepText bool
	// Now is the clock.
	Now func() time.Time
	// AnyTime takes the times of events as they are, however far ahead of the clock: those of a log
	// that is replayed.
	AnyTime bool
}

// Resolver completes events. Safe for concurrent use.
type Resolver struct {
	cfg Config
	catalogue
}

// New returns a Resolver that knows the definitions. The error joins every fault of every
// one of them.
func New(cfg Config, defs ...event.Definition) (*Resolver, error) {
	r := &Resolver{cfg: cfg}
	err := r.define(defs)
	r.closed = r.journeys.m.Load() != nil
	return r, err
}

// Open completes what can be known when something begins: names, time, customer, journey.
// It returns the stage that the touchpoint declares in the event's journey, if any.
func (r *Resolver) Open(e *event.Event) (stage string, faults event.Faults) {
	faults = e.Noticed()
	r.time(e, &faults)
	enums(e, &faults)
	if e.Journey.Value != nil {
		money(e, &faults)
	}
	if e.Visit < 0 {
		e.SetPlace(e.Stage, 0)
		faults.Add(event.FaultNumber)
	}
	if e.Variant != nil {
		e.Variant = r.variant(*e.Variant, &faults)
	}
	if e.Kind != event.TouchpointEnded || !e.Settled() {
		r.customer(e, &faults)
		r.journey(e, &faults)
	}
	switch e.Kind {
	case event.TouchpointEnded:
		stage = r.touchpoint(e, &faults)
	case event.JourneyStageEntered:
		r.stage(e, &faults)
	default:
		if e.Touchpoint != "" && !event.ValidName(e.Touchpoint) {
			e.Touchpoint = fold(e.Touchpoint, &faults)
		}
	}
	if e.Feedback != nil {
		r.survey(e, &faults)
	}
	if len(e.Kind) > event.MaxName {
		e.Kind = e.Kind[:event.MaxName]
		faults.Add(event.FaultTooLong)
	}
	return stage, faults
}

// Close completes what is known when it has happened: duration, zone, texts, sizes. It
// reports false for an event that says nothing at all.
func (r *Resolver) Close(e *event.Event) (ok bool, faults event.Faults) {
	faults = e.Noticed()
	enums(e, &faults)
	if !outcome(e, &faults) {
		return false, faults
	}
	if e.Duration < 0 {
		e.Duration = 0
		faults.Add(event.FaultDuration)
	}
	if e.Duration > event.MaxDuration {
		e.Duration = event.MaxDuration
		faults.Add(event.FaultDuration)
	}
	if e.Cause != "" || e.ErrorType != "" {
		label(&e.Cause, &faults) // which is of MaxCause bytes too
		cut(&e.ErrorType, event.MaxCause, &faults)
	}
	if e.Variant != nil {
		e.Variant = r.variant(*e.Variant, &faults)
	}
	if len(e.Attributes) > 0 {
		e.Attributes = attributes(e.Attributes, &faults)
	}
	if e.Kind == event.TouchpointEnded {
		r.zone(e)
	}
	switch {
	case e.Feedback == nil && (e.Kind == event.FeedbackReceived || e.Kind == event.SurveyRequested):
		faults.Add(event.FaultScore) // an answer without an answer
		return false, faults
	case e.Feedback != nil && !r.feedback(e, &faults):
		return false, faults
	}
	if e.Transition != nil {
		e.Transition = transition(*e.Transition, &faults)
	}
	if e.Assisted != nil || e.FollowUp != nil || e.Action != nil || e.Contact != nil {
		r.details(e, &faults)
	}
	return true, faults
}

func (r *Resolver) customer(e *event.Event, faults *event.Faults) {
	c := &e.Customer
	if c.ID != "" {
		switch {
		case !event.ValidID(c.ID):
			faults.Add(event.FaultInvalidCustomer)
			c.Hash = ""
		case len(r.cfg.CustomerKey) > 0:
			c.Hash = r.Hash(c.ID)
		default:
			c.Hash = ""
		}
		c.ID = ""
	} else if c.Hash != "" && !event.ValidID(c.Hash) {
		faults.Add(event.FaultInvalidCustomer)
		c.Hash = ""
	}
	label(&c.Segment, faults)
}

// CustomerHash returns the pseudonymous ID of a customer, or "" where customers are not known.
func (r *Resolver) CustomerHash(id string) string {
	if len(r.cfg.CustomerKey) == 0 || !event.ValidID(id) {
		return ""
	}
	return r.Hash(id)
}

// Hash returns the pseudonymous ID of a customer: 32 hexadecimal digits of the
// HMAC-SHA-256 of the ID under the application's key.
func (r *Resolver) Hash(id string) string {
	m := hmac.New(sha256.New, r.cfg.CustomerKey)
	m.Write([]byte(id))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

func (r *Resolver) journey(e *event.Event, faults *event.Faults) {
	if e.Journey.IsZero() {
		return
	}
	if !event.ValidID(e.Journey.ID) {
		faults.Add(event.FaultInvalidID)
		e.SetJourney(event.Journey{})
		return
	}
	j := e.Journey
	if j.Namespace == "" {
		j.Namespace = r.cfg.Namespace
	}
	if !event.ValidName(j.Namespace) && j.Namespace != event.Other {
		faults.Add(event.FaultInvalidName)
		j.Namespace = event.Other
	}
	if t := e.Journey.Started; !t.IsZero() && (!event.ValidTime(t) || r.ahead(t)) {
		e.Journey.Started = time.Time{} // nobody knows
		j.Started = time.Time{}
		faults.Add(event.FaultTime)
	}
	label(&e.Journey.Version, faults)
	j.Version = e.Journey.Version
	if j.Namespace != e.Journey.Namespace {
		stage, visit := e.Stage, e.Visit
		e.SetJourney(j) // another trace
		e.SetPlace(stage, visit)
	}
	if name := r.journeyName(e, faults); name != j.Name {
		e.Rename(name)
	}
	switch {
	case e.Stage == "":
		e.SetPlace("", 0)
	case e.Kind != event.JourneyStageEntered:
		r.stage(e, faults)
	}
}

// stage folds the name of a stage that the journey does not have. Of a journey that is known by
// its name only, any name is a stage.
func (r *Resolver) stage(e *event.Event, faults *event.Faults) {
	known := r.lookJourney(e.Journey.Name)
	switch {
	case known != nil && known.HasStage(e.Stage):
		return
	case known == nil && e.Journey.Name != event.Other && event.ValidName(e.Stage):
		return
	}
	e.SetPlace(fold(e.Stage, faults), 0)
}

func (r *Resolver) touchpoint(e *event.Event, faults *event.Faults) (stage string) {
	known, name := r.touchpointFor(e, faults)
	e.Touchpoint = name
	if known == nil {
		e.SetDefinition(nil)
		return ""
	}
	e.SetDefinition(known) // so that nobody looks it up again
	if j, s := known.Journey(); j.Name() == e.Journey.Name && !e.Journey.IsZero() {
		return s
	}
	return ""
}

// Ends returns how the touchpoint ends the event's journey, or 0.
func (r *Resolver) Ends(e *event.Event) event.Outcome {
	known, _ := e.Definition().(*touchpoint.Definition)
	if known == nil || known.Ends() == 0 || e.Journey.IsZero() {
		return 0
	}
	if j, _ := known.Journey(); j.Name() != e.Journey.Name {
		return 0
	}
	switch e.Outcome {
	case event.OK, event.Degraded:
		return known.Ends()
	default:
		return 0
	}
}

// zone puts a touchpoint into its Apdex zone, by the Apdex Technical Specification.
func (r *Resolver) zone(e *event.Event) {
	known, _ := e.Definition().(*touchpoint.Definition)
	if known == nil || known.Satisfied() == 0 {
		return
	}
	t := known.Satisfied()
	switch {
	case e.Outcome == event.Cancelled || e.Outcome == event.Abandoned:
		e.Zone = 0
	case e.Outcome == event.Failed:
		e.Zone = event.Frustrated
	case e.Duration <= t:
		e.Zone = event.Satisfied
	case e.Duration/4 < t || e.Duration == 4*t:
		e.Zone = event.Tolerating
	default:
		e.Zone = event.Frustrated
	}
}

func (r *Resolver) feedback(e *event.Event, faults *event.Faults) bool {
	f := *e.Feedback
	if e.Kind == event.FeedbackReceived {
		var ok bool
		if f.Verdict, ok = f.Scale.Verdict(f.Score); !ok {
			faults.Add(event.FaultScore)
			return false
		}
	}
	f.Comment = r.text(f.Comment, faults)
	cut(&f.Language, event.MaxName, faults)
	cut(&f.Source, event.MaxName, faults)
	if len(f.Causes) > event.MaxAttributes {
		f.Causes = f.Causes[:event.MaxAttributes]
		faults.Add(event.FaultTooMany)
	}
	f.Causes = slices.Clone(f.Causes)
	for i := range f.Causes {
		label(&f.Causes[i], faults)
	}
	if int(f.Sentiment) >= event.NumVerdicts || int(f.Verdict) >= event.NumVerdicts {
		f.Sentiment, f.Verdict = 0, 0
		faults.Add(event.FaultUnknownName)
	}
	e.Feedback = &f
	return true
}

// details bounds the rarer parts, on copies: the originals are the caller's.
func (r *Resolver) details(e *event.Event, faults *event.Faults) {
	if e.Assisted != nil {
		a := *e.Assisted
		cut(&a.Queue, event.MaxName, faults)
		cut(&a.Agent, event.MaxID, faults)
		for _, d := range []*event.Seconds{&a.Wait, &a.Hold, &a.Approval} {
			if *d < 0 || time.Duration(*d) > event.MaxDuration {
				*d = 0
				faults.Add(event.FaultDuration)
			}
		}
		if a.Transfers < 0 {
			a.Transfers = 0
			faults.Add(event.FaultNumber)
		}
		e.Assisted = &a
	}
	if e.FollowUp != nil {
		f := *e.FollowUp
		cut(&f.ID, event.MaxID, faults)
		cut(&f.Owner, event.MaxName, faults)
		cut(&f.Remedy, event.MaxName, faults)
		f.Note = r.text(f.Note, faults)
		if !f.Due.IsZero() && !event.ValidTime(f.Due) {
			f.Due = time.Time{}
			faults.Add(event.FaultTime)
		}
		e.FollowUp = &f
	}
	if e.Action != nil {
		a := *e.Action
		cut(&a.Name, event.MaxName, faults)
		cut(&a.Owner, event.MaxName, faults)
		a.Note = r.text(a.Note, faults)
		e.Action = &a
	}
	if e.Contact != nil {
		c := *e.Contact
		cut(&c.Purpose, event.MaxName, faults)
		cut(&c.Rule, event.MaxName, faults)
		e.Contact = &c
	}
}

// fold is what becomes of a name that is not known.
func fold(name string, faults *event.Faults) string {
	if name == event.Other {
		return name
	}
	if event.ValidName(name) {
		faults.Add(event.FaultUnknownName)
	} else {
		faults.Add(event.FaultInvalidName)
	}
	return event.Other
}
