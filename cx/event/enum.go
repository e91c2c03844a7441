package event

import "fmt"

// The small closed vocabularies below are bytes inside the process (an event
// stays compact, and a metric's attribute set is found by index) and words
// everywhere else.

// parseEnum finds text among names. The empty text is the zero value.
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

// Channel is the way a customer and the company met. The zero value means that
// the caller did not say; the journey's channel applies then, else [OtherChannel].
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

// String returns the channel's name as it appears in telemetry and JSON, or ""
// for the zero value.
func (c Channel) String() string { return enumName(channelNames, c) }

// MarshalText implements [encoding.TextMarshaler].
func (c Channel) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; it fails on an unknown name.
func (c *Channel) UnmarshalText(b []byte) error { return parseEnum("channel", channelNames, b, c) }

// Actor is who acted. The zero value is the customer.
type Actor uint8

// The actors.
const (
	ActorCustomer   Actor = iota
	ActorDelegate         // an AI assistant or a person who acts for the customer
	ActorEmployee         // somebody of the company
	ActorAutomation       // the company's own bot
	ActorSynthetic        // a probe: in traces, never in metrics, objectives or scores
)

var actorNames = []string{"customer", "delegate", "employee", "automation", "synthetic"}

// String returns the actor's name as it appears in telemetry and JSON.
func (a Actor) String() string { return enumName(actorNames, a) }

// MarshalText implements [encoding.TextMarshaler].
func (a Actor) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; it fails on an unknown name.
func (a *Actor) UnmarshalText(b []byte) error { return parseEnum("actor", actorNames, b, a) }

// Direction is who contacted whom. The zero value is inbound.
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

// UnmarshalText implements [encoding.TextUnmarshaler]; it fails on an unknown name.
func (d *Direction) UnmarshalText(b []byte) error {
	return parseEnum("direction", directionNames, b, d)
}

// Outcome is how a touchpoint or a journey ended. A touchpoint is ok, degraded,
// failed, cancelled or abandoned; a journey is completed, failed, cancelled or
// abandoned. The zero value means that it has not ended, or is not known.
type Outcome uint8

// The outcomes.
const (
	_         Outcome = iota
	OK                // it did what the customer wanted
	Degraded          // it did, but worse than promised
	Failed            // it did not
	Cancelled         // the customer, or the company, called it off
	Abandoned         // the customer left
	Completed         // a journey reached its end
)

var outcomeNames = []string{"", "ok", "degraded", "failed", "cancelled", "abandoned", "completed"}

// String returns the outcome's name as it appears in telemetry and JSON, or ""
// for the zero value.
func (o Outcome) String() string { return enumName(outcomeNames, o) }

// MarshalText implements [encoding.TextMarshaler].
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; it fails on an unknown name.
func (o *Outcome) UnmarshalText(b []byte) error { return parseEnum("outcome", outcomeNames, b, o) }

// Zone is the Apdex zone of one touchpoint: how its duration felt.
type Zone uint8

// The Apdex zones, after the Apdex Technical Specification: with a target T, up
// to and including T is satisfied, up to and including 4T tolerating, anything
// longer, and every failure, frustrated. The zero value is a touchpoint without a
// target, or one that the customer called off.
const (
	_ Zone = iota
	Satisfied
	Tolerating
	Frustrated
)

var zoneNames = []string{"", "satisfied", "tolerating", "frustrated"}

// String returns the zone's name as it appears in telemetry and JSON, or "" for
// the zero value.
func (z Zone) String() string { return enumName(zoneNames, z) }

// MarshalText implements [encoding.TextMarshaler].
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; it fails on an unknown name.
func (z *Zone) UnmarshalText(b []byte) error { return parseEnum("apdex zone", zoneNames, b, z) }
