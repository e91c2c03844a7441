package event

import (
	"slices"
	"strings"
	"time"
)

// Query says which whole events are read. Its fields are conditions, and an event has to meet all that are set. The zero
// value asks for every event.
type Query struct {
	// Runs are runs of which any may have the event. Empty sets no condition.
	Runs []RunRef
	// About are runs of which any may be the one that a follow-up is about: [FollowUp.About]. It asks for the events that move the follow-up, which are its start,
	// its steps and its end: ask for Runs, too, for all else that happened in it. Empty sets no condition.
	About []RunRef
	// Customer is a customer's [Customer.Hash]. Empty sets no condition.
	Customer string
	// Kinds are kinds of which any may be the event's. Empty sets no condition.
	Kinds []Kind
	// Outcomes are outcomes of which any may be the event's. Empty sets no condition.
	Outcomes []Outcome
	// Contacts asks for contacts with people alone: interactions with [Event.Assisted].
	Contacts bool
	// From and Until bound [Event.Time]: at or after From, and before Until. A zero time is no bound. A source that keeps times in
	// microseconds compares those: it cuts the rest of From, of Until and of the event's time.
	From, Until time.Time
	// Limit is the most events that are read, the earliest first. 0 is no limit.
	Limit int
}

// Asks reports whether the event meets all conditions. Limit is none of an event. It is for sources that look at one event after the other: they call it
// concurrently. See [Query.Asker] for many runs.
func (q *Query) Asks(e *Event) bool {
	at := e.Time.UnixMicro()
	run := e.Journey.Ref()
	switch {
	case !q.From.IsZero() && at < q.From.UnixMicro(), !q.Until.IsZero() && at >= q.Until.UnixMicro():
	case q.Customer != "" && q.Customer != e.Customer.Hash:
	case len(q.Kinds) > 0 && !slices.Contains(q.Kinds, e.Kind):
	case len(q.Outcomes) > 0 && !slices.Contains(q.Outcomes, e.Outcome):
	case q.Contacts && (e.Assisted == nil || e.Kind != TouchpointEnded):
	case len(q.Runs) > 0 && (e.Journey.IsZero() || !slices.Contains(q.Runs, run)):
	case len(q.About) > 0 && (e.FollowUp == nil || !moves(e.Kind) || !slices.Contains(q.About, e.FollowUp.About)):
	default:
		return true
	}
	return false
}

// Asker returns [Query.Asks] for many events of a query with many runs: its time does not grow with the number of runs. It keeps a table of these. It is safe for
// concurrent use, and the query must not change meanwhile.
func (q *Query) Asker() func(*Event) bool {
	const few = 8
	if len(q.Runs)+len(q.About) <= few {
		return q.Asks
	}
	runs, about, rest := tableOf(q.Runs), tableOf(q.About), *q
	rest.Runs, rest.About = nil, nil
	return func(e *Event) bool {
		if !rest.Asks(e) {
			return false
		}
		run := e.Journey.Ref()
		return (len(runs) == 0 || !e.Journey.IsZero() && runs[run]) && (len(about) == 0 || e.FollowUp != nil && moves(e.Kind) && about[e.FollowUp.About])
	}
}

func tableOf(runs []RunRef) map[RunRef]bool {
	table := make(map[RunRef]bool, len(runs))
	for _, run := range runs {
		table[run] = true
	}
	return table
}

// moves reports whether events of the kind move a run.
func moves(k Kind) bool { return strings.HasPrefix(string(k), "journey.") }

// Scan says where to read on, and what of the caller's own attributes is wanted.
type Scan struct {
	// Since is where an earlier scan of the same source ended. The zero value is the beginning.
	Since Cursor
	// Attributes are the keys of the caller's attributes that the events have to have, in any order. An event has no others.
	Attributes []string
}

// Cursor is a place between the events that a source has given and those that it has not. A caller may keep it as JSON and read on
// after a restart.
type Cursor struct {
	// Position is the place, in a form that only the source reads. Empty is the beginning.
	Position string `json:"position,omitempty"`
	// Epoch changes when events that the source may have given are no longer in it, because a customer was forgotten or a file
	// was replaced. A scan whose cursor is of another epoch reads from the beginning. The caller then drops what it has when the
	// Epoch of the returned cursor differs from the one that it passed, and passed a Position.
	Epoch string `json:"epoch,omitempty"`
	// Held is since when later events are held back: the source cannot rule out that an earlier one follows, because a
	// transaction that began then is in flight. A later scan reads them. The zero time means that nothing is held back.
	Held time.Time `json:"held,omitzero"`
}
