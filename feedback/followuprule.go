package feedback

import (
	"slices"

	"cairncx.dev/cairn/cx/event"
)

// Trigger is what opens a follow-up.
type Trigger string

// The triggers of rules.
const (
	// OnDetractor is an answer of 0 to 6 on the scale [NPS].
	OnDetractor Trigger = "detractor"
	// OnDissatisfied is a negative answer on the scales [CSAT], [Stars] and [Thumbs].
	OnDissatisfied Trigger = "dissatisfied"
	// OnLowEase is an answer of 1 to 3 on the scale [CES].
	OnLowEase Trigger = "low_ease"
	// OnComplaint is a mention whose nature is a complaint.
	OnComplaint Trigger = "complaint"
	// OnFailedJourney is a run that failed. A run that was abandoned has not failed.
	OnFailedJourney Trigger = "failed_journey"
	// OnBrokenPromise is a promise that was broken.
	OnBrokenPromise Trigger = "broken_promise"
	// OnContactViolation is an outbound contact against the contact policy.
	OnContactViolation Trigger = "contact_violation"
)

// Triggers returns all triggers.
func Triggers() []Trigger {
	return []Trigger{OnDetractor, OnDissatisfied, OnLowEase, OnComplaint, OnFailedJourney, OnBrokenPromise, OnContactViolation}
}

// MaxRules is how many rules a follow-up has at most.
const MaxRules = 64

// Rule says for which events the client opens a follow-up. An event has to meet all that is set. Rules see the causes that the customer or
// the application gave with the event, and none that a program infers later from the words. They see no event of a probe, and none of the
// follow-up itself. A rule sees the failure and the broken promises of other follow-ups only if Journey names them: two services, each with
// a follow-up of its own for every broken promise, would else open follow-ups of each other's for ever.
type Rule struct {
	// On is what happened. Name is that of the rule in events, metrics and reports, at most [event.MaxCause] bytes; "" is that of On.
	On   Trigger
	Name string
	// Survey is the survey of an answer, Journey the journey of any event, Promise the name of a broken promise, and Purpose that of a
	// contact against the policy. "" is any.
	Survey, Journey, Promise, Purpose string
	// Segments are the segments of customers, and Causes the causes of the answer or of the end: one of them has to be the event's. An
	// empty list is any.
	Segments, Causes []string
	// Severity and Owner are those of the follow-up. "" is none.
	Severity, Owner string
}

// own returns a copy with lists of its own.
func (r *Rule) own() Rule {
	own := *r
	own.Segments, own.Causes = slices.Clone(r.Segments), slices.Clone(r.Causes)
	return own
}

// Equal reports whether both rules describe the same events and open the same follow-ups. The order of lists means nothing.
func (r *Rule) Equal(o *Rule) bool {
	same := func(a, b []string) bool { return slices.Equal(sorted(a), sorted(b)) }
	return same(r.Segments, o.Segments) && same(r.Causes, o.Causes) && r.title() == o.title() && r.On == o.On && r.Survey == o.Survey &&
		r.Journey == o.Journey && r.Promise == o.Promise && r.Purpose == o.Purpose && r.Severity == o.Severity && r.Owner == o.Owner
}

// title returns the name of the rule.
func (r *Rule) title() string {
	if r.Name != "" {
		return r.Name
	}
	return string(r.On)
}

// Opens returns the first rule of the follow-up that describes the event, and whether there is one. No rule describes nil.
func (f *FollowUp) Opens(e *event.Event) (Rule, bool) {
	if f == nil || e == nil || e.Actor == event.ActorSynthetic || e.Journey.Name == f.name {
		return Rule{}, false
	}
	for i := range f.terms.rules {
		if r := &f.terms.rules[i]; r.describes(e) {
			return r.own(), true
		}
	}
	return Rule{}, false
}

func (r *Rule) describes(e *event.Event) bool {
	switch {
	case !r.On.is(e),
		r.Journey == "" && e.FollowUp != nil && (r.On == OnBrokenPromise || r.On == OnFailedJourney),
		r.Journey != "" && e.Journey.Name != r.Journey,
		r.Survey != "" && (e.Feedback == nil || e.Feedback.Survey != r.Survey),
		r.Promise != "" && (e.Promise == nil || e.Promise.Name != r.Promise),
		r.Purpose != "" && (e.Contact == nil || e.Contact.Purpose != r.Purpose),
		len(r.Segments) > 0 && !slices.Contains(r.Segments, e.Customer.Segment):
		return false
	}
	return len(r.Causes) == 0 || slices.ContainsFunc(r.Causes, func(cause string) bool {
		return cause == e.Cause || e.Feedback != nil && slices.Contains(e.Feedback.Causes, cause)
	})
}

// is reports whether the event is what the trigger names.
func (t Trigger) is(e *event.Event) bool {
	switch t {
	case OnDetractor:
		return negative(e, event.NPS)
	case OnDissatisfied:
		return negative(e, event.CSAT, event.Stars, event.Thumbs)
	case OnLowEase:
		return negative(e, event.CES)
	case OnComplaint:
		return e.Kind == event.FeedbackMentioned && e.Mention != nil && e.Mention.Nature == event.Complaint
	case OnFailedJourney:
		return e.Kind == event.JourneyEnded && e.Outcome == event.Failed
	case OnBrokenPromise:
		return e.Kind == event.PromiseBroken
	case OnContactViolation:
		return e.Kind == event.ContactViolated
	default:
		return false
	}
}

// negative reports whether the event is a negative answer on one of the scales, or changes an answer to one.
func negative(e *event.Event, scales ...event.Scale) bool {
	f := e.Feedback
	if f == nil || e.Kind != event.FeedbackReceived && e.Kind != event.FeedbackAmended || !slices.Contains(scales, f.Scale) {
		return false
	}
	v, ok := f.Scale.Verdict(f.Score)
	return ok && v == event.Negative
}
