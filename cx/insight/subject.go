package insight

import (
	"cmp"
	"strings"
)

// About is the kind of thing that a daily chart is about. Events count on the day on which they were decided, but for interactions: these count on the day on
// which they began, because the table has no durations. One that lasts past midnight therefore counts a day before its outcome was known.
//
// Interactions are those in a run, also those after its end; one in no run has no chart. A wait in a queue is one of a person's, and each queue of a contact has
// its own: a bot's does not count, nor does that of a customer who left at once (see assist.Level.Short). An answer counts as it was last amended.
type About string

// The kinds, and what the share of a chart is.
const (
	AboutJourney    About = "journey"    // the runs that ended in another way than completed, of those that ended on the day
	AboutStage      About = "stage"      // the visits to the stage in which the run ended without being completed, of those that were over on the day
	AboutTouchpoint About = "touchpoint" // the interactions that failed, of those that began on the day
	AboutCause      About = "cause"      // the runs of the journey that ended for the cause, and were not completed, of those that ended on the day
	AboutQueue      About = "queue"      // the contacts that the customer gave up, of those whose wait in the queue was over on the day
	AboutPromise    About = "promise"    // the promises that were broken, of those that were kept, or due and broken, on the day
	AboutSurvey     About = "survey"     // the answers that are negative, of those given on the day
)

// abouts are all kinds, in the order of charts of one journey.
var abouts = [...]About{AboutJourney, AboutStage, AboutTouchpoint, AboutCause, AboutQueue, AboutPromise, AboutSurvey}

// Subject is what a chart is about. Every name is one of the blueprint.
type Subject struct {
	About   About  `json:"about"`
	Journey string `json:"journey,omitempty"` // empty for a queue and a survey
	Name    string `json:"name,omitempty"`    // of the stage, touchpoint, cause, queue, promise or survey
}

// Compare orders subjects by journey, kind and name, as [Daily.Charts] are.
func (s Subject) Compare(o Subject) int {
	return cmp.Or(strings.Compare(s.Journey, o.Journey), cmp.Compare(s.About.order(), o.About.order()), strings.Compare(s.Name, o.Name))
}

func (a About) order() int {
	for i, one := range abouts {
		if a == one {
			return i
		}
	}
	return len(abouts)
}
