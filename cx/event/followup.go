package event

import "time"

// MaxFeedbacks is how many answers and mentions an [Action] names. The client keeps the first ones of a longer list, and counts a fault.
const MaxFeedbacks = 256

// RunRef names a run, as [Run] does, without what else an event has of it.
type RunRef struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	ID        string `json:"id,omitempty"`
}

// Ref names the run.
func (r *Run) Ref() RunRef { return RunRef{Namespace: r.Namespace, Name: r.Name, ID: r.ID} }

// FollowUp is the company's answer to one customer: to what the customer said, or to a journey that went wrong. A follow-up is a run of
// a journey of its own, and [Event.Journey] is that run. The events of the run have the details. promise.broken of a
// follow-up has the ID only.
type FollowUp struct {
	// ID is that of the run. The client sets it where it is empty.
	ID string `json:"id"`
	// Owner is the team that answers the customer, at most [MaxName] bytes.
	Owner string `json:"owner,omitempty"`
	// Severity is how serious the matter is, and Rule the rule of the blueprint that opened the follow-up, such as "detractor". Both are
	// from bounded vocabularies, at most [MaxName] bytes. Rule is empty for a follow-up that a person opened.
	Severity string `json:"severity,omitempty"`
	Rule     string `json:"rule,omitempty"`
	// CausedBy is the ID of the event that the follow-up answers: an answer, a mention, the end of a run, a broken promise, a violation of
	// the contact policy. Feedback is the same ID where that event is an answer or a mention.
	CausedBy ID `json:"caused_by,omitzero"`
	Feedback ID `json:"feedback,omitzero"`
	// About is the run that caused it; the zero value is none.
	About RunRef `json:"about,omitzero"`
	// Due is when the next step is due; the zero time means not known.
	Due time.Time `json:"due,omitzero"`
	// Remedy is what the company did, from a bounded vocabulary, at most [MaxName] bytes.
	Remedy string `json:"remedy,omitempty"`
	// Note is free text, handled as [Feedback.Comment] is.
	Note string `json:"note,omitempty"`
	// Skipped are the steps that the follow-up left out, of assessed, acknowledged, investigated, resolved and told, in this order. Silence
	// is the longest time in which the customer heard nothing, from the receipt to the answer, or to the end: of a follow-up that promises
	// updates. Only the end of a run has them, and only where the client knows the run. The client works them out. A follow-up that the
	// customer has withdrawn skips nothing.
	Skipped []string `json:"skipped,omitempty"`
	Silence Seconds  `json:"longest_silence_seconds,omitempty"`
}

// Action is a change with which the company improves what customers experience. An action is a run of a journey of its own, and
// [Event.Journey] is that run. The events of the run have the details.
type Action struct {
	// Name is what is changed, and Owner the team that changes it, at most [MaxName] bytes each.
	Name  string `json:"name"`
	Owner string `json:"owner,omitempty"`
	// Feedbacks are the IDs of the answers and mentions that the action is an answer to, at most [MaxFeedbacks].
	Feedbacks []ID `json:"feedbacks,omitempty"`
	// Cause is the cause of the answers and mentions that the action is an answer to, at most [MaxCause] bytes: of those from From on and
	// before Until. A zero time is no bound.
	Cause string    `json:"cause,omitempty"`
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Note is free text, handled as [Feedback.Comment] is.
	Note string `json:"note,omitempty"`
}

func (f *FollowUp) appendJSON(b []byte) []byte {
	c := *f
	c.Due = expressible(c.Due)
	return appendAny(b, "followup", &c)
}

func (a *Action) appendJSON(b []byte) []byte {
	c := *a
	c.From, c.Until = expressible(c.From), expressible(c.Until)
	return appendAny(b, "action", &c)
}
