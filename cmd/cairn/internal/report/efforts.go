package report

import "cairncx.dev/cairn/cx/event"

// Efforts has the numbers of the matters of customers, as a live service would have told them: all contacts with one customer and one
// intent, each within the window of those before. The definitions are those of assist.Resolve.
type Efforts struct {
	// Window is the time without a further contact after which an effort is over, in seconds.
	Window float64 `json:"window_seconds"`
	// Contacts counts the contacts by customers, and Known those of them with a customer and an intent, which joined efforts. Coverage is
	// Known over Contacts. No other number here is complete without it.
	Contacts int64   `json:"contacts"`
	Known    int64   `json:"with_customer_and_intent"`
	Coverage float64 `json:"coverage"`
	// Lost counts known contacts that joined no effort, because their customer had too many open ones.
	Lost int64 `json:"lost"`
	EffortCounts
	// Open counts the efforts whose window was not over at the end of the log. They are in no other number.
	Open int64 `json:"open"`
	// Intents are in alphabetical order, and From, the steps of self-service that failed last before the first contact, with the most
	// frequent first.
	Intents []EffortIntent `json:"intents"`
	From    []EffortFrom   `json:"from"`
}

// EffortCounts are numbers of efforts that are over.
type EffortCounts struct {
	// Answered counts the efforts with a contact that a person answered, and FirstContact those that one of these was enough for.
	// Resolution is FirstContact over Answered, or nil. Unanswered counts the other efforts.
	Answered     int64    `json:"answered"`
	FirstContact int64    `json:"first_contact"`
	Resolution   *float64 `json:"first_contact_resolution"`
	Unanswered   int64    `json:"unanswered"`
	// Escalated counts the efforts before which self-service had failed, Repeats the contacts after the first one of an effort, and Switches
	// those on another channel than the contact before.
	Escalated int64 `json:"escalated"`
	Repeats   int64 `json:"repeats"`
	Switches  int64 `json:"switches"`
}

// EffortIntent has the efforts about one intent.
type EffortIntent struct {
	Name string `json:"name"`
	EffortCounts
}

// EffortFrom counts the efforts that began after one step of self-service.
type EffortFrom struct {
	Touchpoint string `json:"touchpoint"`
	Count      int64  `json:"count"`
}

func (c *EffortCounts) count(f *event.Effort) {
	c.Repeats += int64(f.Contacts - 1)
	c.Switches += int64(f.Switches)
	c.Escalated += count(f.From != "")
	c.Unanswered += count(f.Answered == 0)
	c.Answered += count(f.Answered > 0)
	c.FirstContact += count(f.FirstContact)
}

func (c *EffortCounts) finish() {
	if c.Answered > 0 {
		share := ratio(c.FirstContact, c.Answered)
		c.Resolution = &share
	}
}
