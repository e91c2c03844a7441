package assist

import (
	"math"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Numbers are the counts and times of the legs of one queue, or of several. Sums of times end at the longest [time.Duration]. In JSON times are nanoseconds.
type Numbers struct {
	// Queued is how many legs were in the queue. Each of them is in one of the next seven counts.
	Queued int `json:"queued"`
	// Answered is how many of them a person answered.
	Answered int `json:"answered"`
	// Abandoned is how many customers left the queue, without those of ShortAbandons, who left before [Level.ShortAbandon].
	Abandoned     int `json:"abandoned"`
	ShortAbandons int `json:"short_abandons"`
	// Overflowed, Callbacks and Closed are the legs that ended as [Overflowed], [Callback] and [Closed].
	Overflowed int `json:"overflowed"`
	Callbacks  int `json:"callbacks"`
	Closed     int `json:"closed"`
	// Unknown is how many legs ended in a way that is not known.
	Unknown int `json:"unknown"`

	// Counted is how many legs count for the service level, and Good how many met it: see [Level.Judge].
	Counted int `json:"service_level_counted"`
	Good    int `json:"service_level_good"`

	// Waited is how long the answered customers waited in all, Longest the longest of these waits, and Lost how long those of Abandoned
	// waited.
	Waited  time.Duration `json:"waited_ns"`
	Longest time.Duration `json:"longest_ns"`
	Lost    time.Duration `json:"lost_ns"`

	// Handled is how many legs a person answered, with or without a queue. Talk, Hold and Wrap are the times of these.
	Handled int           `json:"handled"`
	Talk    time.Duration `json:"talk_ns"`
	Hold    time.Duration `json:"hold_ns"`
	Wrap    time.Duration `json:"wrap_ns"`
	// Transfers is how many of the handled legs were passed on: see [Transfers].
	Transfers int `json:"transfers"`

	// FirstReplies and NextReplies are those of threads, and Unanswered is how many threads got no reply and have the customer's word as the
	// last one.
	FirstReplies Replies `json:"first_replies"`
	NextReplies  Replies `json:"next_replies"`
	Unanswered   int     `json:"unanswered"`
}

// Replies are the waits for replies of one kind.
type Replies struct {
	Count int `json:"count"`
	// After is the sum around the clock, and Open the sum of the parts in business hours.
	After time.Duration `json:"after_ns"`
	Open  time.Duration `json:"open_ns"`
}

// Mean returns the mean wait around the clock and in business hours, and false without replies.
func (r *Replies) Mean() (after, open time.Duration, ok bool) {
	if r.Count == 0 {
		return 0, 0, false
	}
	return r.After / time.Duration(r.Count), r.Open / time.Duration(r.Count), true
}

// ServiceLevel returns the share of the counted legs that met the service level, and false if none counted: see [Level.Judge].
func (n *Numbers) ServiceLevel() (share float64, ok bool) { return ratio(n.Good, n.Counted) }

// SpeedOfAnswer returns the mean wait of the answered, with those who did not wait at all, and false if none was answered.
//
// Source: Cisco Unified CCE, Reporting Concepts, "Average Speed of Answer": the answer wait time over the calls answered.
func (n *Numbers) SpeedOfAnswer() (mean time.Duration, ok bool) {
	if n.Answered == 0 {
		return 0, false
	}
	return n.Waited / time.Duration(n.Answered), true
}

// Abandonment returns the share of the queued legs that the customer left, and false if none was queued. Short abandons are in neither
// number. A callback is no abandonment; it is in the second number only.
//
// Source: Cisco Unified CCE, Reporting Concepts, "Abandoned calls": a call that ends before the abandon wait time is a short call and no
// abandoned one.
func (n *Numbers) Abandonment() (share float64, ok bool) {
	return ratio(n.Abandoned, n.Queued-n.ShortAbandons)
}

// Handling returns for how long people worked on the legs in all: talk, hold and wrap. It is the numerator of occupancy.
func (n *Numbers) Handling() time.Duration { return plus(plus(n.Talk, n.Hold), n.Wrap) }

// HandleTime returns the mean of [HandleTime] over the handled legs, and false if none was handled.
func (n *Numbers) HandleTime() (mean time.Duration, ok bool) {
	if n.Handled == 0 {
		return 0, false
	}
	return n.Handling() / time.Duration(n.Handled), true
}

func ratio(part, whole int) (float64, bool) {
	if whole <= 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

// plus adds times that are not negative.
func plus(a, b time.Duration) time.Duration {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + max(b, 0)
}

// add counts a leg of a queue with this level.
func (n *Numbers) add(l Level, leg *event.Leg) {
	if queued(leg) {
		n.queue(l, leg)
	}
	if _, handled := HandleTime(leg); handled {
		n.Handled++
		n.Talk = plus(n.Talk, time.Duration(leg.Talk))
		n.Hold = plus(n.Hold, time.Duration(leg.Hold))
		n.Wrap = plus(n.Wrap, time.Duration(leg.Wrap))
	}
	if transferred(leg) {
		n.Transfers++
	}
}

func (n *Numbers) queue(l Level, leg *event.Leg) {
	wait := time.Duration(leg.Wait)
	n.Queued++
	switch end := EndOf(leg); {
	case end == Answered:
		n.Answered++
		n.Waited = plus(n.Waited, wait)
		n.Longest = max(n.Longest, wait)
	case end == Abandoned && l.Short(leg):
		n.ShortAbandons++
	case end == Abandoned:
		n.Abandoned++
		n.Lost = plus(n.Lost, wait)
	case end == Overflowed:
		n.Overflowed++
	case end == Callback:
		n.Callbacks++
	case end == Closed:
		n.Closed++
	default:
		n.Unknown++
	}
	counted, good := l.Judge(leg)
	if counted {
		n.Counted++
	}
	if good {
		n.Good++
	}
}

// thread counts the replies of an exchange of messages.
func (n *Numbers) thread(t *event.Thread) {
	first, replied := FirstReply(t)
	switch {
	case replied:
		n.FirstReplies.add(first)
	case t.Unanswered:
		n.Unanswered++
	}
	for _, r := range NextReplies(t) {
		n.NextReplies.add(r)
	}
}

func (r *Replies) add(one event.Reply) {
	r.Count++
	r.After = plus(r.After, time.Duration(one.After))
	r.Open = plus(r.Open, time.Duration(one.Open))
}
