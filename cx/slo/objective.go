package slo

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
)

// Objective promises that a share of what customers experience is good. It has one subject: a journey, a promise of a journey, a
// touchpoint, a survey, a queue, the efforts about an intent, or other objectives, which make it a composite. It is a value; nothing
// changes it after it was given away. [Objective.Validate] names its faults, and [Validate] those of a set.
type Objective struct {
	// Name is the name of the objective in metrics, rules and pages, 1 to [event.MaxName] bytes.
	Name string
	// Description has at most [event.MaxText] bytes.
	Description string
	// Owner is the name of the team that is told, and Runbook the address of the page that says what to do: an absolute URL of http or
	// https. Both may be empty.
	Owner, Runbook string

	// Journey is the name of the journey whose ends count. With Promise, the ends of that promise of the journey count instead.
	Journey, Promise string
	// Touchpoint is the name of the touchpoint whose interactions count.
	Touchpoint string
	// Survey is the name of the survey whose answers count.
	Survey string
	// Queue is the name of the queue whose contacts count: each leg in the queue by itself, or each thread of messages.
	Queue string
	// Effort is the name of the intent whose efforts count, or [AllEfforts]. An effort counts once it is over ([event.ContactResolved]) and
	// if a person answered one of its contacts.
	Effort string
	// Of makes the objective a composite: the weighted mean of the ratios of other objectives, which are no composites and have the same
	// window. A composite counts no events, so it has no Good, Except, MinEvents, By and Maintenance.
	Of []Part

	// Good says which events are good. The zero value is the default of the subject: see [Criteria].
	Good Criteria
	// Except says which events do not count at all.
	Except Except
	// Target is the share that is to be good, more than 0 and less than 1.
	Target float64
	// Window is the time over which the share is taken.
	Window Window
	// MinEvents is the number of events below which there is not enough to say. 0 means that any number is enough.
	MinEvents int
	// By splits the count, at most [MaxSeries] ways. Each dimension occurs once.
	By []Dimension
	// Maintenance is when nothing counts, at most [MaxExcepted] times. Events in it have the result [Excluded].
	Maintenance []Maintenance
}

// AllEfforts in [Objective.Effort] stands for the efforts about any intent. No intent of a blueprint has this name.
const AllEfforts = "all"

// The bounds of a weight. Backends compute with float64: beyond these bounds a sum of weights could overflow or lose a part.
const (
	MinWeight = 0.000001
	MaxWeight = 1_000_000
)

// Part is one objective of a composite, with its weight, [MinWeight] to [MaxWeight].
type Part struct {
	Objective string
	Weight    float64
}

// Criteria say which events of an objective's subject are good. An event is good if it meets all of them. The zero value
// is the default of the subject:
//
//   - a journey: the run ended as [event.Completed]
//   - a promise: it was kept. A promise asks for nothing else
//   - a touchpoint: its outcome is [event.OK]
//   - a survey: there is no default
//   - a queue: there is no default. It has one of ServiceLevel, WaitWithin and FirstReplyWithin
//   - an effort: it was resolved at the first contact, as observed ([event.Effort.FirstContact]). An effort asks for nothing else
type Criteria struct {
	// Outcomes are the outcomes of a run or of a touchpoint.
	Outcomes []event.Outcome
	// Within is the longest that the run or the touchpoint may have taken. 0 asks for nothing. A run whose duration is not known, because
	// its beginning is not, is excluded.
	Within time.Duration
	// Zones are the Apdex zones of a touchpoint. The default for the outcomes does not apply beside them, because a failure is frustrated.
	Zones []event.Zone
	// ScoreAtLeast is the lowest score of an answer, and ScoreAtMost the highest. nil asks for nothing.
	ScoreAtLeast, ScoreAtMost *float64
	// Verdicts are the verdicts on an answer.
	Verdicts []event.Verdict
	// ServiceLevel is the service level of a queue. A leg is good if it met it, and a leg that does not count for it counts for nothing:
	// see [assist.Level.Judge]. The zero value asks for nothing.
	ServiceLevel assist.Level
	// WaitWithin is the longest that a customer may have waited in a queue. A leg is good if a person answered it in this time. A leg that
	// left the queue earlier in another way does not count, because the wait that it would have had is not known. 0 asks for nothing.
	WaitWithin time.Duration
	// FirstReplyWithin is the longest that a customer may have waited for the first public reply of an employee: see
	// [assist.FirstReply]. A thread without one is bad if the last word is the customer's, and does not count otherwise. 0 asks for
	// nothing. With OpenHours the time in business hours decides, and without it the time around the clock.
	FirstReplyWithin time.Duration
	OpenHours        bool
}

// Except says which events of an objective's subject do not count. An event that one of the lists has is left out: it is in no count.
// Each list has at most [MaxExcepted] entries.
type Except struct {
	Actors   []event.Actor
	Channels []event.Channel
	Segments []string
	// Outcomes and Causes are those of a run or of a touchpoint. Promises and answers have none.
	Outcomes []event.Outcome
	Causes   []string
}

// MaxExcepted is how many entries a list of [Except] and the list of maintenances have at most.
const MaxExcepted = 100

// MaxSeries is how many series an objective has at most, over all results. Events of further values are counted under [event.Other].
const MaxSeries = 200

// Maintenance is a time in which nothing counts: see [calendar.Maintenance].
type Maintenance = calendar.Maintenance

// Result is what an event is for an objective.
type Result uint8

// The results. An event that an objective is not about has none of them.
const (
	_        Result = iota
	Good            // it meets the [Criteria]
	Bad             // it does not
	Excluded        // it happened in a [Maintenance], or is not known well enough to tell
)

func resultNames() []string { return []string{"", "good", "bad", "excluded"} }

// String returns the name of the result, as it is in metrics. It is "" for 0 and for what is no result.
func (r Result) String() string {
	if names := resultNames(); int(r) < len(names) {
		return names[r]
	}
	return ""
}

// MarshalText implements [encoding.TextMarshaler].
func (r Result) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the result as it was.
func (r *Result) UnmarshalText(text []byte) error {
	for i, name := range resultNames() {
		if name == string(text) {
			*r = Result(i)
			return nil
		}
	}
	return fmt.Errorf("slo: %.40q is no result: want one of %q", text, resultNames()[1:])
}
