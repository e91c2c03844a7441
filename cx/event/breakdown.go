package event

import (
	"math"
	"time"
)

// MaxPlaced is how many places a [Breakdown] names. The client keeps the first ones of a longer list, and counts a fault.
const MaxPlaced = 4

// Breakdown is what customers have met more often since a day: a share that has lastingly become worse, or better. A breakdown is a run of a
// journey of its own, and [Event.Journey] is that run. The events of the run have the details.
type Breakdown struct {
	// About is the kind of thing that it is about, such as "stage", Journey the journey of it, and Name its name: at most [MaxName] bytes each.
	// Journey is empty for what is in no journey.
	About   string `json:"about"`
	Journey string `json:"journey,omitempty"`
	Name    string `json:"name,omitempty"`
	// Better is set for an improvement.
	Better bool `json:"better,omitempty"`
	// Began is the first moment of the day on which it began; the zero time means not known.
	Began time.Time `json:"began,omitzero"`
	// BaselineUntil is the first moment of the day after those whose share is usual, which Before is; the zero time means not known.
	BaselineUntil time.Time `json:"baseline_until,omitzero"`
	// Placed says where it is: what the runs in it have in common, at most [MaxPlaced]. All of them hold. Empty means everywhere, or not
	// known.
	Placed []Placed `json:"placed,omitempty"`
	// Severity is how serious it is, from a bounded vocabulary, at most [MaxName] bytes.
	Severity string `json:"severity,omitempty"`
	// Before and Since are the share before it began and the share since, from 0 to 1. In the step verified and in the end, Since is the share
	// since it was mended. 0 is no share, too: it is not known, or there was none.
	Before float64 `json:"share_before,omitempty"`
	Since  float64 `json:"share_since,omitempty"`
	// Excess is how many more of the events that are counted there were than usual. Customers is how many customers those are, and Value what
	// their runs were worth; 0 and nil mean not known. An improvement has negative ones.
	Excess    float64 `json:"excess,omitempty"`
	Customers int     `json:"customers_in_excess,omitempty"`
	Value     *Money  `json:"value_in_excess,omitempty"`
	// Owner is the team that mends it, at most [MaxName] bytes.
	Owner string `json:"owner,omitempty"`
	// Action is the run of the [Action] that mends it; the zero value is none.
	Action RunRef `json:"action,omitzero"`
	// Earlier is the ID of the breakdown of the same matter that ended before this one began, at most [MaxID] bytes.
	Earlier string `json:"earlier,omitempty"`
	// Note is free text, handled as [Feedback.Comment] is.
	Note string `json:"note,omitempty"`
}

// Placed is one thing that the runs in a breakdown have in common: the column of a table of cases, such as "release", and its value. Each
// has at most [MaxCause] bytes.
type Placed struct {
	Column string `json:"column"`
	Value  string `json:"value"`
}

func (d *Breakdown) appendJSON(b []byte) []byte {
	c := *d
	c.Began, c.BaselineUntil = expressible(c.Began), expressible(c.BaselineUntil)
	c.Before, c.Since, c.Excess = finite(c.Before), finite(c.Since), finite(c.Excess)
	return appendAny(b, "breakdown", &c)
}

// finite returns f, or 0 where JSON has no number for it.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}
