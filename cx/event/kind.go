package event

// Kind says what happened. The set is open: a later version of Cairn adds constants. A processor or an exporter therefore
// passes on kinds that it does not know.
type Kind string

// The kinds of events. cx.Client.Record takes each kind but JourneyStalled and those of promises, which the client makes.
const (
	// Package journey records that a run changes its state.

	JourneyStarted      Kind = "journey.started"
	JourneyStageEntered Kind = "journey.stage.entered"
	JourneyStalled      Kind = "journey.stalled"
	JourneyEnded        Kind = "journey.ended"

	// The client records these of a promise on a run, when it was made and when it is settled.

	PromiseMade      Kind = "promise.made"
	PromiseKept      Kind = "promise.kept"
	PromiseBroken    Kind = "promise.broken"
	PromiseWithdrawn Kind = "promise.withdrawn"

	// Package touchpoint records that an interaction ends.

	TouchpointEnded Kind = "touchpoint.ended"

	// Package feedback records that a customer is asked, has seen the question, and answers. The client records that a request has
	// ended without an answer.

	SurveyRequested  Kind = "survey.requested"
	SurveyShown      Kind = "survey.shown"
	SurveyClosed     Kind = "survey.closed"
	FeedbackReceived Kind = "feedback.received"

	// A customer changes an answer or a mention, or withdraws the consent to show its words.

	FeedbackAmended Kind = "feedback.amended"

	// A customer says something that the company has not asked for: a review, a post, a letter, a complaint in a call.

	FeedbackMentioned Kind = "feedback.mentioned"

	// Package touchpoint records that a contact policy refuses a contact. The client records that an outbound touchpoint broke the
	// policy. Only cx.Client.Record records that a contact has resolved the customer's matter.

	ContactSuppressed Kind = "contact.suppressed"
	ContactViolated   Kind = "contact.violated"
	ContactResolved   Kind = "contact.resolved"

	// An employee looked at what is stored of one customer or run, or moved a run on by hand: package console records it. No customer
	// experiences either: they change no state, and no metric, objective or answer counts them. The employee is the Agent of the only leg of
	// [Event.Assisted]; its View is what was looked at, and its Disposition what was done.

	EmployeeLooked Kind = "employee.looked"
	EmployeeActed  Kind = "employee.acted"
)

// Kinds returns every kind that this version of Cairn defines, in the order of the constants.
func Kinds() []Kind {
	return []Kind{
		JourneyStarted, JourneyStageEntered, JourneyStalled, JourneyEnded,
		PromiseMade, PromiseKept, PromiseBroken, PromiseWithdrawn,
		TouchpointEnded,
		SurveyRequested, SurveyShown, SurveyClosed, FeedbackReceived, FeedbackAmended, FeedbackMentioned,
		ContactSuppressed, ContactViolated, ContactResolved,
		EmployeeLooked, EmployeeActed,
	}
}

// IsEmployee reports whether the kind says what an employee did with what is stored. Such an event is no part of what a customer experiences.
func (k Kind) IsEmployee() bool { return k == EmployeeLooked || k == EmployeeActed }

// IsTransition reports whether the kind is a change of a run's state: its start, a visit to a stage, a stall, its end, and what
// becomes of a promise to it. Each such change has an ID of its own and happens once
// in a run; a promise may be made several times.
func (k Kind) IsTransition() bool {
	switch k {
	case JourneyStarted, JourneyStageEntered, JourneyStalled, JourneyEnded:
		return true
	default:
		return k.IsPromise()
	}
}

// IsPromise reports whether the kind says what becomes of a promise. Such an event has an [Event.Promise].
func (k Kind) IsPromise() bool {
	switch k {
	case PromiseMade, PromiseKept, PromiseBroken, PromiseWithdrawn:
		return true
	default:
		return false
	}
}
