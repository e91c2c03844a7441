package agree_test

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// frictionOf returns the line of friction of the deeds that count, which are ordered by time and none at the time of another one. The other
// lines say which promises were broken; one that is broken before its due time, or at the very end, was broken by the end.
func frictionOf(lived []deed, loops int, over time.Duration, lines []string) string {
	f := event.Friction{Loops: loops}
	channels := map[event.Channel]bool{}
	for k, d := range lived {
		channels[d.channel] = true
		next, last := (*deed)(nil), d
		for i := range lived[k+1:] {
			if later := &lived[k+1+i]; later.name == d.name {
				if next == nil {
					next = later
				}
				last = *later
			}
		}
		bad := d.outcome == event.Failed || d.outcome == event.Cancelled
		if bad && next != nil {
			f.Repeats++
		}
		if d.outcome == event.Failed && (last.outcome == event.OK || last.outcome == event.Degraded) {
			f.FailuresBeforeSuccess++
		}
	}
	f.ChannelSwitches = len(channels) - 1
	for _, line := range lines {
		var name, at, due string
		if _, err := fmt.Sscanf(line, "promise.broken %s at %s due %s", &name, &at, &due); err == nil && at == due && at != over.String() { // at the very end the outcome decides
			f.Overdue++
		}
	}
	return frictionLine(&f)
}

func frictionLine(f *event.Friction) string {
	if f == nil {
		return "friction is not known"
	}
	return strings.ReplaceAll(fmt.Sprintf("friction %+v", *f), "\n", " ")
}
