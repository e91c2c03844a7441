package event

import "time"

// Variant is what the customer saw: a release, or an arm of an experiment. It makes two of them comparable. Each field has
// at most [MaxName] bytes; an empty field means not known.
type Variant struct {
	Release    string `json:"release,omitempty"`
	Experiment string `json:"experiment,omitempty"`
	Arm        string `json:"arm,omitempty"`
}

// Transition has the state that a run left when its state changed: the stage, the visit to that stage, and when the visit
// began. From is empty if the run was in no stage. At the end of a run it also summarises the run's touchpoints.
type Transition struct {
	From    string    `json:"from,omitempty"`
	Visit   int       `json:"visit,omitempty"`
	Entered time.Time `json:"entered,omitzero"`
	// Partial marks the end of a run whose start is not known. Such an end has no duration.
	Partial bool `json:"partial,omitempty"`
	// Failures is the number of the run's touchpoints that failed. Only the end of a run has it.
	Failures int `json:"failures,omitempty"`
	// LastCause is why the run ended: the [Event.Cause] of the end, else that of the last touchpoint with a cause, else "".
	// Only the end of a run has it.
	LastCause string `json:"last_cause,omitempty"`
	// LastTouchpoint is the touchpoint that ended last. It is empty for a run without touchpoints, and if the process that
	// delivers the end does not know the state of the run. Only the end of a run has it.
	LastTouchpoint string `json:"last_touchpoint,omitempty"`
	// Friction is what made the run harder for the customer. It is nil if it is not known: the process that delivers the end does
	// not know the state of the run, or an earlier release has written the event. Only the end of a run has it.
	Friction *Friction `json:"friction,omitempty"`
}

// Promise is what a run was promised: that something happens by a due time. The events of one promise have the same Name and
// Number: promise.made, again each time that it is made by hand while it is open, and then one of promise.kept, promise.broken and
// promise.withdrawn.
//
// A promise that is made or kept by hand while the store of journeys does not take the change leaves as an event without Number and
// Made, and a promise.kept also without Due: whether it was kept in time is not known.
//
// [Event.Duration] of those three is the time from Made to [Event.Time]; it is 0 where no delay is recorded, as when the end of
// the run breaks what is still open.
type Promise struct {
	// Name is the name of the promise in the blueprint, at most [MaxName] bytes.
	Name string `json:"name"`
	// Number counts the promises of this name in the run from 1. A promise that is made again after it was settled is a new
	// one. 0 means not known.
	Number int `json:"number,omitempty"`
	// Made is when the promise was made; the zero time means not known.
	Made time.Time `json:"made,omitzero"`
	// Due is the last moment at which the promise can be kept; the zero time means not known.
	Due time.Time `json:"due,omitzero"`
	// ByHand marks a promise.made and a promise.kept that code caused with Promise and Keep of a journey's definition. They do not
	// follow from the other events of the run, so that a replay takes them as they are, and works out the other events of promises.
	ByHand bool `json:"by_hand,omitempty"`
}

// Contact is what the company's contact policy decided about one contact by the company. [Event.Channel] is that of the contact,
// and [Event.Cause] says more of the rule. A touchpoint with which the company contacts a customer has the purpose, and the grant
// that it carries. No field names the addressee.
type Contact struct {
	// Purpose is why the company contacts the customer, by its name in the policy, at most [MaxName] bytes.
	Purpose string `json:"purpose,omitempty"`
	// Rule is the rule that decided, such as [RuleCap], at most [MaxName] bytes. A touchpoint has none.
	Rule string `json:"rule,omitempty"`
	// Grant is the ID of the grant. A refusal, and a contact without a grant, have none.
	Grant ID `json:"grant,omitzero"`
}

// Effort is one matter of one customer, across channels and contacts: all contacts with the same customer and the same
// [Event.Intent], each within the window of the one before. Only an event of the kind [ContactResolved] without [Event.Contact] has
// the whole effort; a touchpoint has the effort so far.
type Effort struct {
	// Began is when the first contact of the effort began.
	Began time.Time `json:"began,omitzero"`
	// Window is the time without a further contact after which the effort is over.
	Window Seconds `json:"window_seconds,omitempty"`
	// Contacts counts the contacts of the effort, and Answered those that an employee answered.
	Contacts int `json:"contacts,omitempty"`
	Answered int `json:"answered,omitempty"`
	// Switches is how often the channel of a contact differed from that of the one before. Contacts without a channel are passed over.
	Switches int `json:"switches,omitempty"`
	// From is the touchpoint of self-service that failed last before the first assisted contact. It is empty for an effort that
	// began with an employee.
	From string `json:"from,omitempty"`
	// FirstContact marks first-contact resolution as observed: one contact was answered, and none began after it within the window.
	// Contacts before it that no employee answered do not matter.
	FirstContact bool `json:"first_contact,omitempty"`
}
