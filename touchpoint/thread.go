package touchpoint

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
)

// Message is one message of an exchange by mail, post or messenger, or in a social network.
type Message struct {
	// At is when it was sent. [Thread] leaves out a message without a time.
	At time.Time
	// By is the sender. A delegate writes for the customer. [Thread] leaves out the messages of a probe ([event.ActorSynthetic]).
	By event.Actor
	// Internal marks a note that the customer does not see.
	Internal bool
}

// Thread returns what the messages say about the customer's waiting, for [event.Assisted]. The order of the messages does not matter;
// of those with one time the order of the list holds. Thread does not change the list.
//
// The customer waits from the first message that has no reply yet until an employee's next public message, which is the reply. The
// time between a reply and the customer's next message does not count. An internal note stops no clock, and neither does a reply of the
// bot, which is only counted. A further message of the employee to a customer who does not wait is no reply. A thread that the company
// begins has its first reply after the customer's first message.
//
// A customer who still waits has waited until the latest message of the list, of any sender. The hours are the business hours of the
// team: they give Open and WaitedOpen. Nil hours are always open, and faulty ones never.
//
// The definitions are those of first reply time, next reply time and requester wait time in help desks, such as Zendesk's.
func Thread(messages []Message, hours *calendar.Hours) event.Thread {
	var t event.Thread
	sent := slices.DeleteFunc(slices.Clone(messages), func(m Message) bool {
		return m.At.IsZero() || m.By == event.ActorSynthetic
	})
	slices.SortStableFunc(sent, func(a, b Message) int { return a.At.Compare(b.At) })
	var since time.Time // when the customer began to wait
	wait := func(until time.Time) event.Reply {
		r := event.Reply{After: event.Seconds(until.Sub(since)), Open: event.Seconds(hours.Between(since, until))}
		t.Waited += r.After
		t.WaitedOpen += r.Open
		return r
	}
	for _, m := range sent {
		switch {
		case m.Internal:
		case m.By == event.ActorCustomer || m.By == event.ActorDelegate:
			if !t.Unanswered {
				since, t.Unanswered = m.At, true
			}
		case m.By == event.ActorAutomation:
			t.BotReplies++
		case t.Unanswered:
			t.Replies = append(t.Replies, wait(m.At))
			t.Unanswered = false
		}
	}
	if t.Unanswered {
		wait(sent[len(sent)-1].At)
	}
	return t
}
