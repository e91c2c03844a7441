package feedback

import (
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// FollowUp is how the company answers one customer: to what the customer said, or to a journey that went wrong. It is a journey with
// promises, and each follow-up is a run of it. It is immutable and does nothing by itself: its methods record to the client in the
// context, else to the default client, else nowhere. Safe for concurrent use. A nil FollowUp records nothing.
//
//	received ─▶ assessed ─▶ acknowledged ─▶ investigated ─▶ resolved ─▶ told ─┬─▶ confirmed
//	    ▲                                      escalated                      ├─▶ closed without objection
//	    └────────────────────────── reopened ─────────────────────────────────┘
//
// These are the stages of ISO 10002. A run may take them in any order, and leave some out. It may be withdrawn at any time. Each step says
// when the next promise is due, and the end which steps were left out and how long the customer heard nothing: see [event.FollowUp].
type FollowUp struct {
	name    string
	terms   followUpTerms
	journey *journey.Definition
}

var _ event.Definition = (*FollowUp)(nil)

// The steps of a follow-up are the stages of its journey.
const (
	Received     = flight.StepReceived     // the company knows of the matter
	Assessed     = flight.StepAssessed     // it is known how serious the matter is
	Acknowledged = flight.StepAcknowledged // the customer knows that the company has it
	Investigated = flight.StepInvestigated // it is known what happened, and why
	Escalated    = "escalated"             // another team has it
	Resolved     = flight.StepResolved     // the company has done what it can do
	Told         = flight.StepTold         // the customer knows the answer
	Confirmed    = flight.StepConfirmed    // the customer is content with it
)

// Steps returns the steps of a follow-up, in the order of ISO 10002.
func Steps() []string {
	return []string{Received, Assessed, Acknowledged, Investigated, Escalated, Resolved, Told, Confirmed}
}

// The further names that [FollowUp.Move] takes, beside the steps and [Withdrawn]. They are no stages of the journey.
const (
	Updated = "updated" // [FollowUp.Update]
	Closed  = "closed"  // [FollowUp.Close]
	Failed  = "failed"  // [FollowUp.Fail]
)

// Moves returns every name that [FollowUp.Move] takes: those of [Steps], then the further ones.
func Moves() []string { return append(Steps(), Updated, Closed, Withdrawn, Failed) }

// The promises of a follow-up.
const (
	PromiseAcknowledged = "acknowledged"        // of [AcknowledgeWithin]
	PromiseAnswered     = "answered"            // of [AnswerWithin]
	PromiseUpdated      = flight.PromiseUpdated // of [UpdateEvery]
)

// The causes with which the client ends a follow-up.
const (
	NoObjection = "no_objection" // the customer was told, and has said nothing since: see [ConfirmWithin]
	Withdrawn   = "withdrawn"    // the customer has withdrawn the matter: see [FollowUp.Withdraw]
)

// followUpTerms are what the options of a follow-up set.
type followUpTerms struct {
	acknowledge, answer, update *journey.Option
	confirm                     time.Duration
	severities                  []severity
	rules                       []Rule
	hold                        *string
	channels                    []event.Channel
}

// severity has the promises of a severity, as those of a journey without stages of its own.
type severity struct {
	name  string
	terms followUpTerms
}

// FollowUpOption is an option of [DefineFollowUp]. An option value may be reused.
type FollowUpOption interface{ applyFollowUp(*followUpTerms) }

type followUpOption func(*followUpTerms)

func (f followUpOption) applyFollowUp(t *followUpTerms) { f(t) }

// AcknowledgeWithin promises each customer that the company acknowledges the matter within this time after it was received. The step
// [Acknowledged] keeps the promise, and so does the answer. It is a [journey.Promise] named [PromiseAcknowledged]: the options say in which
// hours the time counts ([journey.Hours]), whether it is business days ([journey.BusinessDays]), and in which steps it does not count
// ([journey.Pauses]). Default: no such promise.
func AcknowledgeWithin(d time.Duration, opts ...journey.PromiseOption) FollowUpOption {
	o := promise(PromiseAcknowledged, Acknowledged, d, opts)
	return followUpOption(func(t *followUpTerms) { t.acknowledge = &o })
}

// AnswerWithin promises each customer an answer, the step [Told], within this time after the matter was received, as [AcknowledgeWithin]
// does. Default: no such promise.
func AnswerWithin(d time.Duration, opts ...journey.PromiseOption) FollowUpOption {
	o := promise(PromiseAnswered, Told, d, opts)
	return followUpOption(func(t *followUpTerms) { t.answer = &o })
}

// UpdateEvery promises each customer to hear from the company at least every d until the answer, as [AcknowledgeWithin] does. Each
// [FollowUp.Acknowledge] and [FollowUp.Update] keeps the promise, and makes it anew unless the customer has the answer. [FollowUp.Tell] keeps
// it. The longest time that such a promise was open is the longest silence, which the end of the follow-up has ([event.FollowUp]). Default: no such promise.
func UpdateEvery(d time.Duration, opts ...journey.PromiseOption) FollowUpOption {
	o := promise(PromiseUpdated, Told, d, opts)
	return followUpOption(func(t *followUpTerms) { t.update = &o })
}

func promise(name, until string, d time.Duration, opts []journey.PromiseOption) journey.Option {
	return journey.Promise(name, d, append(slices.Clone(opts), journey.Since(Received), journey.Until(until))...)
}

// ConfirmWithin closes a follow-up as [NoObjection] when the customer was told and has neither confirmed nor objected for this time, up to
// [event.MaxDuration]. It is a [journey.Expect] of the step [Told]: the client records journey.stalled, and then the end. The time goes on
// when further steps follow the answer, and counts anew when the customer is told anew. [FollowUp.Reopen] stops it. Default, and for
// 0: a follow-up that was told stays open until it is confirmed or closed.
func ConfirmWithin(d time.Duration) FollowUpOption {
	return followUpOption(func(t *followUpTerms) { t.confirm = d })
}

// ForSeverity sets other times for follow-ups of this severity, a name of at most [event.MaxCause] bytes: with [AcknowledgeWithin],
// [AnswerWithin] and [UpdateEvery]. They replace those of the follow-up when it is opened with the severity, and when it is assessed. Later
// steps make promises anew by the severity that the run has then, also after [FollowUp.Resume]: that of the last step that gave one.
// Default: one set of times for all.
func ForSeverity(name string, opts ...FollowUpOption) FollowUpOption {
	s := severity{name: name}
	for _, o := range opts {
		if o != nil {
			o.applyFollowUp(&s.terms)
		}
	}
	return followUpOption(func(t *followUpTerms) { t.severities = append(slices.Clip(t.severities), s) })
}

// OpenOn opens a follow-up for each event that one of the rules describes. The first rule that does counts. The client opens the
// follow-up under an ID derived from the event, so that an event opens it once, however often and in however many processes it is told.
// Default: only code opens follow-ups.
func OpenOn(rules ...Rule) FollowUpOption {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i] = rules[i].own()
	}
	return followUpOption(func(t *followUpTerms) { t.rules = append(slices.Clip(t.rules), rules...) })
}

// Holding names the hold that a follow-up opens in the record of its customer, and closes at its end. It stops each purpose of the contact
// policy that is touchpoint.StoppedBy it, such as marketing. Without such a purpose it has no effect. "" is no hold. Default: the name of
// the follow-up.
func Holding(name string) FollowUpOption {
	return followUpOption(func(t *followUpTerms) { t.hold = &name })
}

// Answers names the channels by which the company answers, as [journey.Channels] does. Default: [event.Web].
func Answers(channels ...event.Channel) FollowUpOption {
	channels = slices.Clone(channels)
	return followUpOption(func(t *followUpTerms) { t.channels = channels })
}

// DefineFollowUp returns the definition of a follow-up, whose journey has the same name. It never fails. cx.New returns an error that
// names every fault of the definition; a client that first meets a faulty definition in use counts a fault. Two definitions of one name
// in one client must be equal ([FollowUp.Equal]). A client that is to open follow-ups by rule is given the definition with
// cx.WithDefinitions, or the blueprint.
func DefineFollowUp(name string, opts ...FollowUpOption) *FollowUp {
	f := &FollowUp{name: name}
	for _, o := range opts {
		if o != nil {
			o.applyFollowUp(&f.terms)
		}
	}
	t := &f.terms
	its := append(t.promises(), journey.Stages(Steps()...), journey.Expect(Told, t.confirm))
	if len(t.channels) > 0 {
		its = append(its, journey.Channels(t.channels...))
	}
	f.journey = journey.Define(name, its...)
	return f
}

// promises returns the promises of the terms.
func (t *followUpTerms) promises() (list []journey.Option) {
	for _, o := range []*journey.Option{t.acknowledge, t.answer, t.update} {
		if o != nil {
			list = append(list, *o)
		}
	}
	return list
}

// Name returns the name of the follow-up, and of its journey.
func (f *FollowUp) Name() string {
	if f == nil {
		return ""
	}
	return f.name
}

// Journey returns the journey of the follow-up.
func (f *FollowUp) Journey() *journey.Definition {
	if f == nil {
		return nil
	}
	return f.journey
}

// Rules returns the rules that open the follow-up, in their order.
func (f *FollowUp) Rules() []Rule {
	if f == nil {
		return nil
	}
	rules := slices.Clone(f.terms.rules)
	for i := range rules {
		rules[i] = rules[i].own()
	}
	return rules
}

// Hold returns the name of the hold that [Holding] declares; "" is none.
func (f *FollowUp) Hold() string {
	switch {
	case f == nil:
		return ""
	case f.terms.hold != nil:
		return *f.terms.hold
	default:
		return f.name
	}
}

// ConfirmWithin returns the time of [ConfirmWithin]; 0 is none.
func (f *FollowUp) ConfirmWithin() time.Duration { return f.Journey().Expect(Told) }

// Severities returns the names of [ForSeverity], in their order.
func (f *FollowUp) Severities() (names []string) {
	if f == nil {
		return nil
	}
	for i := range f.terms.severities {
		names = append(names, f.terms.severities[i].name)
	}
	return names
}

// Promises returns the promises of follow-ups with this severity: those of [ForSeverity], and else those of the follow-up. With "" they
// are those of the follow-up.
func (f *FollowUp) Promises(severity string) []journey.Promised {
	if f == nil {
		return nil
	}
	all := slices.Collect(f.journey.Promises())
	for i := range f.terms.severities {
		s := &f.terms.severities[i]
		if s.name != severity {
			continue
		}
		for own := range s.journey().Promises() {
			all = slices.DeleteFunc(all, func(p journey.Promised) bool { return p.Name == own.Name })
			all = append(all, own)
		}
	}
	return all
}

// journey returns a journey that has the promises of the severity.
func (s *severity) journey() *journey.Definition {
	return journey.Define(s.name, append(s.terms.promises(), journey.Stages(Steps()...))...)
}

// Equal reports whether both definitions have the same name and options. The order of severities and channels means nothing; that of
// rules does.
func (f *FollowUp) Equal(o *FollowUp) bool {
	switch {
	case f == o:
		return true
	case f == nil || o == nil || f.name != o.name || !f.journey.Equal(o.journey) || f.Hold() != o.Hold():
		return false
	}
	return slices.EqualFunc(f.bySeverity(), o.bySeverity(), func(a, b severity) bool { return a.journey().Equal(b.journey()) }) &&
		slices.EqualFunc(f.terms.rules, o.terms.rules, func(a, b Rule) bool { return a.Equal(&b) })
}

func (f *FollowUp) bySeverity() []severity {
	return slices.SortedStableFunc(slices.Values(f.terms.severities), func(a, b severity) int { return strings.Compare(a.name, b.name) })
}
