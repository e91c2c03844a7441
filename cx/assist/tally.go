package assist

import (
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// MaxQueues is how many queues a [Tally] and a [Table] tell apart. Legs of further queues count under [event.Other].
const MaxQueues = 1000

// Contacts are the counts of whole contacts.
type Contacts struct {
	// All is how many contacts there were, and Answered how many of them a person answered.
	All      int `json:"all"`
	Answered int `json:"answered"`
	// Transfers is how often a contact was passed on, and Returns how many of these went back: see [Transfers].
	Transfers int `json:"transfers"`
	Returns   int `json:"returns"`
	// Resolved and Unresolved are the claims at the end of the contact. Where nothing was said, the contact is in neither.
	Resolved   int `json:"resolved"`
	Unresolved int `json:"unresolved"`
}

// Tally adds contacts up by queue. Make it with [NewTally]. It is not safe for concurrent use.
type Tally struct {
	levels   map[string]Level
	queues   map[string]*Numbers
	contacts Contacts
}

// NewTally returns an empty Tally. The levels are those of the queues by their names; a queue without one has no service level, and the
// [DefaultShortAbandon]. NewTally keeps the map, which the caller must not change while the Tally is in use.
func NewTally(levels map[string]Level) *Tally {
	return &Tally{levels: levels, queues: map[string]*Numbers{}}
}

// Add counts the event if it is a contact: an interaction with [event.Assisted]. Other events, and those of a synthetic actor, count
// nothing. It keeps nothing of the event.
func (t *Tally) Add(e *event.Event) {
	a := contact(e)
	if a == nil {
		return
	}
	t.contacts.add(a)
	for i := range a.Legs {
		leg := &a.Legs[i]
		t.of(leg.Queue).add(t.levels[leg.Queue], leg)
	}
	if a.Thread != nil {
		t.of(QueueOf(a)).thread(a.Thread)
	}
}

// contact returns what people did in the event, or nil if it is no contact of a customer.
func contact(e *event.Event) *event.Assisted {
	if e.Kind != event.TouchpointEnded || e.Actor == event.ActorSynthetic {
		return nil
	}
	return e.Assisted
}

func (c *Contacts) add(a *event.Assisted) {
	c.All++
	if ByPerson(a) {
		c.Answered++
	}
	all, returns := Transfers(a)
	c.Transfers, c.Returns = c.Transfers+all, c.Returns+returns
	switch a.Claimed {
	case event.Yes:
		c.Resolved++
	case event.No:
		c.Unresolved++
	default: // nothing was said
	}
}

// ByPerson reports whether a person, and not only the company's bot, answered the contact or replied to it.
func ByPerson(a *event.Assisted) bool {
	return slices.ContainsFunc(a.Legs, func(l event.Leg) bool { return l.Answered && !l.Bot }) || a.Thread != nil && len(a.Thread.Replies) > 0
}

// of returns the numbers of the queue.
func (t *Tally) of(queue string) *Numbers {
	queue = known(t.queues, queue)
	n := t.queues[queue]
	if n == nil {
		n = new(Numbers)
		t.queues[strings.Clone(queue)] = n
	}
	return n
}

// known returns the name of the queue, or [event.Other] for a further queue than there is room for.
func known[T any](queues map[string]T, queue string) string {
	if _, ok := queues[queue]; !ok && len(queues) >= MaxQueues {
		return event.Other
	}
	return queue
}

// Queues returns the names of the queues that had a leg, in alphabetical order. The name "" stands for contacts without a queue.
func (t *Tally) Queues() []string { return slices.Sorted(maps.Keys(t.queues)) }

// Queue returns the numbers of the queue. They are zero for a queue that had no leg.
func (t *Tally) Queue(name string) Numbers {
	if n := t.queues[name]; n != nil {
		return *n
	}
	return Numbers{}
}

// All returns the numbers of all queues together. Each leg counts by the service level of its own queue.
func (t *Tally) All() Numbers {
	var all Numbers
	for _, n := range t.queues {
		all.Merge(n)
	}
	return all
}

// Contacts returns the counts of whole contacts.
func (t *Tally) Contacts() Contacts { return t.contacts }

// Merge adds the numbers of o, such as those of another part of a log.
func (n *Numbers) Merge(o *Numbers) {
	n.Queued += o.Queued
	n.Answered += o.Answered
	n.Abandoned += o.Abandoned
	n.ShortAbandons += o.ShortAbandons
	n.Overflowed += o.Overflowed
	n.Callbacks += o.Callbacks
	n.Closed += o.Closed
	n.Unknown += o.Unknown
	n.Counted += o.Counted
	n.Good += o.Good
	n.Waited = plus(n.Waited, o.Waited)
	n.Longest = max(n.Longest, o.Longest)
	n.Lost = plus(n.Lost, o.Lost)
	n.Handled += o.Handled
	n.Talk = plus(n.Talk, o.Talk)
	n.Hold = plus(n.Hold, o.Hold)
	n.Wrap = plus(n.Wrap, o.Wrap)
	n.Transfers += o.Transfers
	n.FirstReplies.merge(o.FirstReplies)
	n.NextReplies.merge(o.NextReplies)
	n.Unanswered += o.Unanswered
}

func (r *Replies) merge(o Replies) {
	r.Count += o.Count
	r.After = plus(r.After, o.After)
	r.Open = plus(r.Open, o.Open)
}
