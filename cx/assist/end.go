package assist

import "cairncx.dev/cairn/cx/event"

// End is how the time of a leg in its queue ended. The zero value means that the leg was not in a queue for people, or that the end is not
// known.
type End uint8

// The ends.
const (
	_          End = iota
	Answered       // a person answered
	Abandoned      // the customer left, also while a device rang
	Overflowed     // the leg was moved to another queue
	Callback       // the customer left for a promise to be called back, which is no abandonment
	Closed         // the company ended the leg: the line was closed, or full
)

func endNames() []string {
	return []string{"", "answered", "abandoned", "overflowed", "callback", "closed"}
}

// Ends returns the names of the ends.
func Ends() []string { return endNames()[1:] }

// String returns the name of the end as it is in metrics, such as "answered". It is "" for 0 and for what is no end.
func (e End) String() string {
	if names := endNames(); int(e) < len(names) {
		return names[e]
	}
	return ""
}

// EndOf returns how the leg's time in the queue ended. It is 0 for a leg that was not in a queue, and for one that a bot has answered.
func EndOf(leg *event.Leg) End {
	if !queued(leg) {
		return 0
	}
	if leg.Answered {
		return Answered
	}
	switch leg.End {
	case event.LegAbandoned:
		return Abandoned
	case event.LegOverflowed:
		return Overflowed
	case event.LegCallback:
		return Callback
	case event.LegClosed:
		return Closed
	default:
		return 0
	}
}

// HandleTime returns for how long a person worked on the leg: talk, hold and wrap. It returns false for a leg that no person has answered.
//
// Source: Cisco Unified CCE, Reporting Concepts, "Average Handle Time": talk, hold and wrap-up time over the calls handled.
func HandleTime(leg *event.Leg) (event.Seconds, bool) {
	if !leg.Answered || leg.Bot {
		return 0, false
	}
	return leg.Talk + leg.Hold + leg.Wrap, true
}

// Transfers returns how often the contact was passed on by a person who had answered, and how many of these transfers went back to a queue
// in which the contact had been before. The two legs of a transfer within one team count as a return.
func Transfers(a *event.Assisted) (all, returns int) {
	for i := range a.Legs {
		if !transferred(&a.Legs[i]) {
			continue
		}
		all++
		if Returns(a.Legs, i) {
			returns++
		}
	}
	return all, returns
}

// transferred reports whether a person who had answered the leg passed the contact on.
func transferred(leg *event.Leg) bool {
	return leg.End == event.LegTransferred && leg.Answered && !leg.Bot
}

// Returns reports whether the leg after leg i is in a queue in which the contact had been before.
func Returns(legs []event.Leg, i int) bool {
	return i >= 0 && i+1 < len(legs) && visited(legs[:i+1], legs[i+1].Queue)
}

func visited(legs []event.Leg, queue string) bool {
	if queue == "" {
		return false
	}
	for i := range legs {
		if legs[i].Queue == queue && !legs[i].Bot {
			return true
		}
	}
	return false
}

// FirstReply returns how long the customer waited for the first public reply of an employee, and false if there was none.
//
// Source: Zendesk, "First reply time": from the creation of the ticket to the first public comment of an agent. A bot's reply is none.
func FirstReply(t *event.Thread) (event.Reply, bool) {
	if t == nil || len(t.Replies) == 0 {
		return event.Reply{}, false
	}
	return t.Replies[0], true
}

// NextReplies returns how long the customer waited for each later public reply of an employee. The slice is part of the thread.
//
// Source: Zendesk, "Next reply time": from the customer's oldest message without an answer to the next public comment of an agent.
func NextReplies(t *event.Thread) []event.Reply {
	if t == nil || len(t.Replies) == 0 {
		return nil
	}
	return t.Replies[1:]
}

// QueueOf returns the queue to which the customer came: that of the first leg that has one and is not a bot's, or "". The replies of a
// thread count for it, and the contact's span names it.
func QueueOf(a *event.Assisted) string {
	for i := range a.Legs {
		if !a.Legs[i].Bot && a.Legs[i].Queue != "" {
			return a.Legs[i].Queue
		}
	}
	return ""
}
