package event

import "time"

// Variant is what the customer was shown, so that a change can be compared with
// what was before.
type Variant struct {
	Release    string `json:"release,omitempty"`
	Experiment string `json:"experiment,omitempty"`
	Arm        string `json:"arm,omitempty"`
}

// Transition says what a journey left when it moved: the stage, the visit to it
// and when that began. From is empty where it was in no stage. A journey's end also
// says how its touchpoints went.
type Transition struct {
	From    string    `json:"from,omitempty"`
	Visit   int       `json:"visit,omitempty"`
	Entered time.Time `json:"entered,omitzero"`
	// Partial is a journey's end that nobody could give a start: it has no duration.
	Partial bool `json:"partial,omitempty"`
	// Failures is how many touchpoints of the run failed, on a journey's end.
	Failures int `json:"failures,omitempty"`
	// LastCause is why the journey ended, on its end: the end's own [Event.Cause], else the cause of the
	// touchpoint that was the last one to have one. It is empty where neither has a cause.
	LastCause string `json:"last_cause,omitempty"`
	// LastTouchpoint is the touchpoint that was over last, on a journey's end. It is empty where the run had
	// none, and where its state is not known to the process that tells the end.
	LastTouchpoint string `json:"last_touchpoint,omitempty"`
}

// Feedback is what a customer said.
type Feedback struct {
	Survey  string  `json:"survey"`
	Scale   Scale   `json:"scale,omitempty"`
	Score   int     `json:"score"`
	Verdict Verdict `json:"verdict,omitempty"`
	// Comment is in the customer's own words. It is never on spans or metrics, and
	// in events only when it was redacted or the application allows it as it is.
	Comment string `json:"comment,omitempty"`
	// Language of the comment as a BCP 47 tag.
	Language string `json:"language,omitempty"`
	// Causes that the customer chose or somebody read out of the comment.
	Causes []string `json:"causes,omitempty"`
	// Request is the survey.requested event that it answers.
	Request ID `json:"request,omitzero"`
	// Source of a public mention: the site or network.
	Source string `json:"source,omitempty"`
	// Sentiment of a mention or comment.
	Sentiment Verdict `json:"sentiment,omitempty"`
}

// Assisted is the human side of an interaction: a call, a chat with an agent, a
// conversation at a desk, an AI assistant that hands over.
type Assisted struct {
	// Queue is the team or line that took it.
	Queue string `json:"queue,omitempty"`
	// Agent is a pseudonymous ID of the employee.
	Agent string `json:"agent,omitempty"`
	// Wait in the queue, on hold, and for somebody's approval.
	Wait     Seconds `json:"wait_seconds,omitempty"`
	Hold     Seconds `json:"hold_seconds,omitempty"`
	Approval Seconds `json:"approval_seconds,omitempty"`
	// Transfers to another person or team.
	Transfers int `json:"transfers,omitempty"`
	// Repeat is a contact about something the customer already contacted us for.
	Repeat bool `json:"repeat,omitempty"`
	// Resolved is first-contact resolution: settled in this one contact.
	Resolved bool `json:"resolved,omitempty"`
	// Decided is an employee who settled it without asking anyone.
	Decided bool `json:"decided,omitempty"`
}

// FollowUp is the company's answer to one customer's feedback or breakdown.
type FollowUp struct {
	ID       string    `json:"id"`
	Owner    string    `json:"owner,omitempty"` // the team that answers
	Feedback ID        `json:"feedback,omitzero"`
	Due      time.Time `json:"due,omitzero"`
	Remedy   string    `json:"remedy,omitempty"` // what was done, from a bounded vocabulary
	Note     string    `json:"note,omitempty"`   // free text, treated as a comment is
}

// Action is a change that the company made to get better.
type Action struct {
	Name  string `json:"name"`
	Owner string `json:"owner,omitempty"`
	Note  string `json:"note,omitempty"` // free text, treated as a comment is
}

// Contact is a contact by the company that its contact policy decided about.
type Contact struct {
	Purpose string `json:"purpose,omitempty"`
	Rule    string `json:"rule,omitempty"`
}
