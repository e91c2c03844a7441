package event

import "fmt"

// The closed vocabularies are bytes inside the process and words outside of it. A byte keeps an event compact, and it is the
// index of the table in which telemetry finds a metric's attribute set.

// parseEnum sets into to the value that has the text as its name. The empty text is the zero value.
func parseEnum[T ~uint8](what string, names []string, text []byte, into *T) error {
	if len(text) == 0 {
		*into = 0
		return nil
	}
	for i, n := range names {
		if n == string(text) {
			*into = T(i)
			return nil
		}
	}
	if names[0] == "" {
		names = names[1:]
	}
	return fmt.Errorf("event: unknown %s %.40q: want one of %q", what, text, names)
}

func enumName[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return ""
}

// Channel is the way by which the customer and the company met. The zero value means not known. The client then takes the
// channel of the context. An event without either has no channel, and metrics count it under "other".
type Channel uint8

// The channels.
const (
	_ Channel = iota
	Web
	Mobile
	Email
	Chat
	Phone
	IVR // an automated telephone menu
	Social
	InPerson
	Kiosk
	Post
	API
	OtherChannel
)

var channelNames = []string{
	"", "web", "mobile", "email", "chat", "phone", "ivr", "social", "in_person",
	"kiosk", "post", "api", "other",
}

// String returns the channel's name as it appears in telemetry and JSON. It is "" for the zero value.
func (c Channel) String() string { return enumName(channelNames, c) }

// MarshalText implements [encoding.TextMarshaler].
func (c Channel) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the channel as it was.
func (c *Channel) UnmarshalText(b []byte) error { return parseEnum("channel", channelNames, b, c) }

// Actor is the kind of person or machine that acted. The zero value is the customer.
type Actor uint8

// The actors.
const (
	ActorCustomer   Actor = iota
	ActorDelegate         // an AI assistant or a person that acts for the customer
	ActorEmployee         // a person who works for the company
	ActorAutomation       // the company's own bot
	ActorSynthetic        // a probe: in traces and exports, never in metrics
)

var actorNames = []string{"customer", "delegate", "employee", "automation", "synthetic"}

// String returns the actor's name as it appears in telemetry and JSON.
func (a Actor) String() string { return enumName(actorNames, a) }

// MarshalText implements [encoding.TextMarshaler].
func (a Actor) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the actor as it was.
func (a *Actor) UnmarshalText(b []byte) error { return parseEnum("actor", actorNames, b, a) }

// Direction is the direction of a contact. The zero value is inbound.
type Direction uint8

// The directions.
const (
	Inbound  Direction = iota // the customer contacted the company
	Outbound                  // the company contacted the customer
)

var directionNames = []string{"inbound", "outbound"}

// String returns the direction's name as it appears in telemetry and JSON.
func (d Direction) String() string { return enumName(directionNames, d) }

// MarshalText implements [encoding.TextMarshaler].
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the direction as it was.
func (d *Direction) UnmarshalText(b []byte) error {
	return parseEnum("direction", directionNames, b, d)
}

// Outcome is how a touchpoint or a run ended. A touchpoint is ok, degraded, failed, cancelled or abandoned. A run is
// completed, failed, cancelled or abandoned. The zero value means not known, or not ended.
type Outcome uint8

// The outcomes.
const (
	_         Outcome = iota
	OK                // the touchpoint did what the customer wanted
	Degraded          // the touchpoint did it, but worse than promised
	Failed            // the customer did not get what they wanted
	Cancelled         // the customer, or the company, called it off
	Abandoned         // the customer left
	Completed         // the run reached its end, and the customer has what they came for
)

var outcomeNames = []string{"", "ok", "degraded", "failed", "cancelled", "abandoned", "completed"}

// String returns the outcome's name as it appears in telemetry and JSON. It is "" for the zero value.
func (o Outcome) String() string { return enumName(outcomeNames, o) }

// MarshalText implements [encoding.TextMarshaler].
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the outcome as it was.
func (o *Outcome) UnmarshalText(b []byte) error { return parseEnum("outcome", outcomeNames, b, o) }

// Zone is the Apdex zone of a touchpoint: how the customer experienced its duration.
type Zone uint8

// The Apdex zones, after the Apdex Technical Specification. With a target T, a duration up to and including T is satisfied,
// one up to and including 4T is tolerating, and a longer one is frustrated. A failed touchpoint with a target is frustrated.
// The zero value is no zone: the touchpoint has no target, was cancelled or abandoned, its duration is not known, or a delegate acted.
const (
	_ Zone = iota
	Satisfied
	Tolerating
	Frustrated
)

var zoneNames = []string{"", "satisfied", "tolerating", "frustrated"}

// String returns the zone's name as it appears in telemetry and JSON. It is "" for the zero value.
func (z Zone) String() string { return enumName(zoneNames, z) }

// MarshalText implements [encoding.TextMarshaler].
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the zone as it was.
func (z *Zone) UnmarshalText(b []byte) error { return parseEnum("apdex zone", zoneNames, b, z) }

// YesNo is an answer to a question that may not have been asked. The zero value means not said.
type YesNo uint8

// The answers.
const (
	NotSaid YesNo = iota
	Yes
	No
)

var yesNoNames = []string{"", "yes", "no"}

// String returns the answer as it appears in telemetry and JSON. It is "" for the zero value.
func (y YesNo) String() string { return enumName(yesNoNames, y) }

// MarshalText implements [encoding.TextMarshaler].
func (y YesNo) MarshalText() ([]byte, error) { return []byte(y.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the answer as it was.
func (y *YesNo) UnmarshalText(b []byte) error { return parseEnum("answer", yesNoNames, b, y) }

// LegEnd is how a leg of an assisted contact ended. The zero value means not known, or not ended.
type LegEnd uint8

// The ends of a leg.
const (
	_              LegEnd = iota
	LegFinished           // the contact was over
	LegTransferred        // an employee or bot who had answered passed the customer on
	LegOverflowed         // the customer was moved to another queue before an answer
	LegAbandoned          // the customer left before an answer
	LegCallback           // the customer left the queue for a promise to be called back
	LegClosed             // the company ended the leg before an answer: the line was closed, or full
)

var legEndNames = []string{"", "finished", "transferred", "overflowed", "abandoned", "callback", "closed"}

// String returns the end's name as it appears in telemetry and JSON. It is "" for the zero value.
func (l LegEnd) String() string { return enumName(legEndNames, l) }

// MarshalText implements [encoding.TextMarshaler].
func (l LegEnd) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the end as it was.
func (l *LegEnd) UnmarshalText(b []byte) error { return parseEnum("end of a leg", legEndNames, b, l) }

// SurveyEnd is what became of a request for feedback. The zero value means not known, or not ended.
type SurveyEnd uint8

// The ends of a request.
const (
	_               SurveyEnd = iota
	SurveyAnswered            // the customer answered
	SurveyDismissed           // the customer refused, or closed the question
	SurveyBounced             // the request did not reach the customer
	SurveyExpired             // the time for an answer is over
)

var surveyEndNames = []string{"", "answered", "dismissed", "bounced", "expired"}

// String returns the end's name as it appears in telemetry and JSON. It is "" for the zero value.
func (e SurveyEnd) String() string { return enumName(surveyEndNames, e) }

// MarshalText implements [encoding.TextMarshaler].
func (e SurveyEnd) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the end as it was.
func (e *SurveyEnd) UnmarshalText(b []byte) error {
	return parseEnum("end of a request", surveyEndNames, b, e)
}

// Nature is what a customer wants to say with a [Mention]. The zero value means not known.
type Nature uint8

// The natures of mentions.
const (
	_          Nature = iota
	Complaint         // an expression of dissatisfaction to which the customer expects an answer (ISO 10002:2018, 3.2)
	Compliment        // praise
	Question          // the customer wants to know something
	Suggestion        // the customer wants something to be changed
)

var natureNames = []string{"", "complaint", "compliment", "question", "suggestion"}

// String returns the nature's name as it appears in telemetry and JSON. It is "" for the zero value.
func (n Nature) String() string { return enumName(natureNames, n) }

// MarshalText implements [encoding.TextMarshaler].
func (n Nature) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the nature as it was.
func (n *Nature) UnmarshalText(b []byte) error { return parseEnum("nature", natureNames, b, n) }
