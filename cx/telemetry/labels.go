package telemetry

import (
	"sync"

	"cairncx.dev/cairn/cx/event"
)

// How many stages of a journey a metric tells apart; the others are [event.Other]. The counters of starts, ends
// and exits have 200 series of a journey at most: 12 channels, 12 times 4 outcomes, and 4 outcomes times 33
// stages, the others and none. Every other metric has 200 at most by itself.
const (
	exitStages  = 33
	leftStages  = 39  // times 4 outcomes and none
	mostStages  = 198 // beside the others and none
	mostMoney   = 49  // currencies, times 4 outcomes
	mostLabeled = 4096
)

// most returns how many names of a journey a series of the kind is told apart by.
func most(w what) int {
	switch w {
	case journeyExited:
		return exitStages
	case stageLeft:
		return leftStages
	case journeyValued:
		return mostMoney
	default:
		return mostStages
	}
}

// labels are names of each journey, numbered in the order in which they were met: a metric tells the first ones
// apart, so every process that knows the same definition tells the same ones apart.
type labels struct {
	mu sync.Mutex
	m  map[string]map[string]int // by journey
}

// label returns the name as a metric has it that tells the first most of the journey's apart, and whether that
// is another one.
func (l *labels) label(journey, name string, most int) (label string, folded bool) {
	if name == "" || name == event.Other {
		return name, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, ok := l.number(journey, name); ok && n < most {
		return name, false
	}
	return event.Other, true
}

// number returns the place of the name among the journey's, which it takes if there is one. The caller has l.mu.
func (l *labels) number(journey, name string) (int, bool) {
	known, ok := l.m[journey]
	if !ok {
		if len(l.m) >= mostLabeled {
			return 0, false
		}
		if l.m == nil {
			l.m = map[string]map[string]int{}
		}
		known = map[string]int{}
		l.m[journey] = known
	}
	n, ok := known[name]
	if !ok {
		if n = len(known); n >= mostStages {
			return 0, false
		}
		known[name] = n
	}
	return n, true
}
