package event

// The bounds of the lists of an assisted contact. The client keeps the first entries of a longer list, and counts a fault.
const (
	MaxLegs      = 16
	MaxReplies   = 64
	MaxDecisions = 8
	MaxViews     = 16
	MaxSkipped   = 8 // steps that one decision skipped
)

// Assisted is one contact in which people, or the company's bot, helped the customer: a call, a chat, a conversation at a desk, a
// thread of messages. Its durations are from 0 to [MaxDuration]; a 0 means no time at all, or not known. Its names are from bounded
// vocabularies, at most [MaxName] bytes.
type Assisted struct {
	// Legs are the parts of the contact in order, at most [MaxLegs]. A contact in which the customer has waited for no answer has none.
	Legs []Leg `json:"legs,omitempty"`
	// Disposition is what the employee noted as the kind of the contact, or as what became of it.
	Disposition string `json:"disposition,omitempty"`
	// Line is the highest line of support that the contact needed: 1, 2, 3. 0 means not known.
	Line int `json:"line,omitempty"`
	// Claimed is whether the matter was resolved, as the employee or the customer claimed at the end of the contact.
	Claimed YesNo `json:"claimed,omitempty"`
	// Unable is the cause for which the employee could not help.
	Unable string `json:"unable,omitempty"`
	// Again is whether the customer had contacted the company before about this matter, as the employee or the customer claimed.
	Again YesNo `json:"again,omitempty"`
	// SamePerson is whether the employee was the one who helped this customer last time.
	SamePerson YesNo `json:"same_person,omitempty"`
	// Repeated is how often the customer was asked to repeat what the company had been told before.
	Repeated int `json:"repeated,omitempty"`
	// Decisions are what the employee decided for the customer, at most [MaxDecisions].
	Decisions []Decision `json:"decisions,omitempty"`
	// Views are the parts of the customer's picture that the employee asked for, at most [MaxViews].
	Views []View `json:"views,omitempty"`
	// Thread is what an exchange of messages has in place of talk and hold. It is nil for a contact in real time.
	Thread *Thread `json:"thread,omitempty"`
}

// Leg is the part of a contact in one queue and with one employee or bot. Each transfer, and each overflow into another queue, begins a
// new leg.
type Leg struct {
	// Queue is the team or line that the leg was for.
	Queue string `json:"queue,omitempty"`
	// Queued marks a leg that was in the queue, if only for a moment: a Wait of 0 is then an immediate answer. A leg without Queued went
	// to an employee directly.
	Queued bool `json:"queued,omitempty"`
	// Answered marks a leg that an employee or, with Bot, the company's bot has answered.
	Answered bool `json:"answered,omitempty"`
	Bot      bool `json:"bot,omitempty"`
	// AgentID is the application's own ID of the employee, 1 to [MaxID] bytes. It never leaves the process: the client replaces
	// it by Agent when it records the event.
	AgentID string `json:"-"`
	// Agent is the pseudonymous ID of the employee: an HMAC of AgentID under the application's key (cx.WithCustomerKey). The
	// client computes it. It is empty without a key. It is never on metrics.
	Agent string `json:"agent,omitempty"`
	// Start is the time from the beginning of the contact to that of the leg.
	Start Seconds `json:"start_seconds,omitempty"`
	// Wait is the time until the answer, in the queue and while the employee's device rang. Ring is the part of it while the device rang.
	// Talk is the time in conversation, without the time on hold, which is Hold. Wrap is the employee's work on the contact after the
	// conversation.
	Wait Seconds `json:"wait_seconds,omitempty"`
	Ring Seconds `json:"ring_seconds,omitempty"`
	Talk Seconds `json:"talk_seconds,omitempty"`
	Hold Seconds `json:"hold_seconds,omitempty"`
	Wrap Seconds `json:"wrap_seconds,omitempty"`
	// Holds is how often the customer was put on hold.
	Holds int `json:"holds,omitempty"`
	// End is how the leg ended.
	End LegEnd `json:"end,omitempty"`
	// Warm marks a transfer in which the employee told the next one what it was about.
	Warm bool `json:"warm,omitempty"`
}

// Decision is what an employee decided for a customer.
type Decision struct {
	// What was decided, such as "refund", "replacement", "exception" or "matched_offer".
	What string `json:"what,omitempty"`
	// Amount is what the customer was given; nil means nothing, or not known.
	Amount *Money `json:"amount,omitempty"`
	// Limit is the most that the employee may give without an approval; nil means no limit, or not known.
	Limit *Money `json:"limit,omitempty"`
	// Approval marks a decision that needed an approval. Approver is the role that was asked for it, Waited is the time until the answer,
	// and Refused marks an approval that was refused. The client sets Approval where one of these three is set.
	Approval bool    `json:"approval,omitempty"`
	Approver string  `json:"approver,omitempty"`
	Waited   Seconds `json:"waited_seconds,omitempty"`
	Refused  bool    `json:"refused,omitempty"`
	// Path is the alternative path that the employee took instead of the usual one, and Skipped names the steps that were skipped
	// or changed, at most [MaxSkipped].
	Path    string   `json:"path,omitempty"`
	Skipped []string `json:"skipped,omitempty"`
}

// View is one part of the customer's picture that the employee asked for, such as the orders or the earlier contacts.
type View struct {
	Part string `json:"part,omitempty"`
	// Age is how old the data was, Took is how long it took to appear, and Found marks a part that was there.
	Age   Seconds `json:"age_seconds,omitempty"`
	Took  Seconds `json:"took_seconds,omitempty"`
	Found bool    `json:"found,omitempty"`
}

// Thread is an exchange of messages, such as mails or posts, in which time passes between a message and its answer.
type Thread struct {
	// Replies are the public replies of employees in order, at most [MaxReplies]. Each one is measured from the first message of the
	// customer that had no reply yet. For the first reply that is the creation of the thread, if the customer has created it.
	Replies []Reply `json:"replies,omitempty"`
	// BotReplies is how many replies the company's bot gave. They stop no clock.
	BotReplies int `json:"bot_replies,omitempty"`
	// Waited is how long the customer waited for the company in all: from the customer's first message to the end, or to the latest
	// message that is known, without the time in which the company waited for the customer. WaitedOpen is the part in business hours.
	Waited     Seconds `json:"waited_seconds,omitempty"`
	WaitedOpen Seconds `json:"waited_open_seconds,omitempty"`
	// Unanswered marks a thread whose last word is the customer's.
	Unanswered bool `json:"unanswered,omitempty"`
}

// Reply is how long the customer waited for one reply: around the clock, and the part of it in business hours.
type Reply struct {
	After Seconds `json:"after_seconds,omitempty"`
	Open  Seconds `json:"open_seconds,omitempty"`
}
