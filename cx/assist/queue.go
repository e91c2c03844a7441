package assist

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// Queue is a team or a line for which customers wait, as a client knows it (cx.WithQueues).
type Queue struct {
	// Name is that of [event.Leg.Queue], a valid name: see [event.ValidName].
	Name string
	// Level is the service level. The zero value promises nothing.
	Level Level
	// Channels are those by which customers come to the queue. The counters of these channels begin at zero. Default: [event.Phone].
	Channels []event.Channel
	// OpenHours marks a queue that is not always open, so that the time for a reply in business hours is known.
	OpenHours bool
}

// Validate returns an error that says what is wrong with the queue, or nil.
func (q *Queue) Validate() error {
	if !event.ValidName(q.Name) {
		return fmt.Errorf("assist: %.80q is not a valid name of a queue: a name has 1 to %d bytes of printable UTF-8 and does not begin with _", q.Name, event.MaxName)
	}
	for _, c := range q.Channels {
		if c.String() == "" {
			return fmt.Errorf("assist: the queue %q has a channel that is none, %d: remove it", q.Name, c)
		}
	}
	if q.Level != (Level{}) {
		if err := q.Level.Validate(); err != nil {
			return fmt.Errorf("assist: the queue %q: %s", q.Name, strings.TrimPrefix(err.Error(), "assist: "))
		}
	}
	return nil
}
