package feedback

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stats"
)

// ActedOn is what became of the feedback of a period: whether the company has changed something because of it.
type ActedOn struct {
	// WithCause is the number of answers and mentions in the period that have a cause. Acted is how many of them a made action names.
	WithCause, Acted int
	// Told is the number of customers who were told of a made action, by an outbound touchpoint in its run that was ok or degraded.
	Told int
	// Days are the days from each of Acted to the change, the first one that names it, in ascending order.
	Days []float64
}

// Share returns Acted over WithCause, which is its n, and false if there is no feedback with a cause.
func (a *ActedOn) Share() (share float64, ok bool) {
	if a.WithCause == 0 {
		return 0, false
	}
	return float64(a.Acted) / float64(a.WithCause), true
}

// Interval returns the interval of [ActedOn.Share] at the confidence, in (0, 1): 0.95 for 95%. It is that of [stats.Wilson], and [0, 1] if
// there is no feedback with a cause.
func (a *ActedOn) Interval(confidence float64) stats.Interval {
	return stats.Wilson(int64(a.Acted), int64(a.WithCause), confidence)
}

// String returns the share, its interval at 95% and n, such as "50.0% (9.5% to 90.5%), n = 2", and "none" without feedback with a cause.
func (a *ActedOn) String() string {
	share, ok := a.Share()
	if !ok {
		return "none"
	}
	i := a.Interval(0.95)
	return fmt.Sprintf("%.1f%% (%.1f%% to %.1f%%), n = %d", 100*share, 100*i.Low, 100*i.High, a.WithCause)
}

// MedianDays returns the median of Days, and false if there are none.
func (a *ActedOn) MedianDays() (days float64, ok bool) {
	n := len(a.Days)
	if n == 0 {
		return 0, false
	}
	return (a.Days[(n-1)/2] + a.Days[n/2]) / 2, true
}

// said is an answer or a mention with its causes.
type said struct {
	id     event.ID
	at     time.Time
	causes []string
}

// change is the run of an action.
type change struct {
	isAction bool
	made     time.Time
	ids      []event.ID
	periods  []event.Action
	told     []string
}

// CountActedOn counts the feedback from the first time on and before the second one, in events in any order. A zero time is no bound. An
// event counts once by its ID. An action is made at its first step [Made]. An action for a cause without an end of its period answers what
// was said before it was made. An amended answer has its last causes: of two changes at the same time the one with the higher ID holds. It
// keeps the feedback with causes and the actions in memory.
func CountActedOn(events iter.Seq[event.Event], from, until time.Time) ActedOn {
	feedback, runs := map[event.ID]*said{}, map[[3]string]*change{}
	amended := map[event.ID]said{}
	for e := range events {
		switch {
		case e.Feedback != nil && (e.Kind == event.FeedbackReceived || e.Kind == event.FeedbackMentioned):
			feedback[e.ID] = &said{e.ID, e.Time, slices.Clone(e.Feedback.Causes)}
		case e.Feedback != nil && e.Kind == event.FeedbackAmended && !e.OnlyConsent():
			last, ok := amended[e.Feedback.Amends]
			if !ok || e.Time.After(last.at) || e.Time.Equal(last.at) && slices.Compare(e.ID[:], last.id[:]) > 0 {
				amended[e.Feedback.Amends] = said{e.ID, e.Time, slices.Clone(e.Feedback.Causes)}
			}
		case e.Action != nil, e.Kind == event.TouchpointEnded && e.Direction == event.Outbound && !e.Journey.IsZero():
			key := [3]string{e.Journey.Namespace, e.Journey.Name, e.Journey.ID}
			if runs[key] == nil {
				runs[key] = &change{}
			}
			runs[key].take(&e)
		}
	}
	for id, last := range amended {
		if s := feedback[id]; s != nil {
			s.causes = last.causes
		}
	}
	return count(feedback, runs, from, until)
}

// take adds what an event says of the run.
func (c *change) take(e *event.Event) {
	a := e.Action
	if a == nil {
		if (e.Outcome == event.OK || e.Outcome == event.Degraded) && e.Customer.Hash != "" {
			c.told = append(c.told, e.Customer.Hash)
		}
		return
	}
	c.isAction = true
	if e.Kind == event.JourneyStageEntered && e.Stage == Made && (c.made.IsZero() || e.Time.Before(c.made)) {
		c.made = e.Time
	}
	c.ids = append(c.ids, a.Feedbacks...)
	if a.Cause != "" {
		c.periods = append(c.periods, *a)
	}
}

// names reports whether a made action names what was said.
func (c *change) names(id event.ID, s *said) bool {
	return slices.Contains(c.ids, id) || slices.ContainsFunc(c.periods, func(p event.Action) bool {
		until := p.Until
		if until.IsZero() {
			until = c.made
		}
		return slices.Contains(s.causes, p.Cause) && !s.at.Before(p.From) && s.at.Before(until)
	})
}

func count(feedback map[event.ID]*said, runs map[[3]string]*change, from, until time.Time) (a ActedOn) {
	told := map[string]bool{}
	var made []*change
	for _, c := range runs {
		if c.isAction && !c.made.IsZero() {
			made = append(made, c)
			for _, customer := range c.told {
				told[customer] = true
			}
		}
	}
	for id, s := range feedback {
		if len(s.causes) == 0 || s.at.Before(from) || !until.IsZero() && !s.at.Before(until) {
			continue
		}
		a.WithCause++
		var first time.Time
		for _, c := range made {
			if c.names(id, s) && (first.IsZero() || c.made.Before(first)) {
				first = c.made
			}
		}
		if !first.IsZero() {
			a.Acted++
			a.Days = append(a.Days, max(0, first.Sub(s.at).Hours()/24))
		}
	}
	a.Told = len(told)
	slices.Sort(a.Days)
	return a
}
