package telemetry

import (
	"sync"

	"cairncx.dev/cairn/cx/event"
)

// The number of stages of a journey that a metric distinguishes. The rest are [event.Other]. The counters of
// starts, ends and exits together have at most 200 series of a journey: 12 channels, 12 times 4 outcomes, and 4
// outcomes times 33 stages, other and none. Each further metric has at most 200 by itself.
const (
	exitStages  = 33
	leftStages  = 39  // times 5: 4 outcomes and none
	mostStages  = 198 // besides other and none
	mostMoney   = 49  // currencies, times 4 outcomes
	mostLabeled = 4096

	mostPurposes  = 64 // of contact policies, besides other
	mostRules     = 16 // of contact policies, besides other
	mostDecisions = 64 // of employees, besides other
)

// most returns how many names of a journey the kind of series distinguishes.
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

// labels numbers the names of each journey in the order in which it meets them. A metric distinguishes the first
// ones, so processes with the same definition distinguish the same ones.
type labels struct {
	mu sync.Mutex
	m  map[string]map[string]int // by journey
}

// label returns the name on a metric that distinguishes the journey's first most names, and reports whether it
// replaced the name.
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

// number returns the number of the name in the journey, and adds the name if there is room. The caller holds l.mu.
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

// These stand in place of a journey where the purposes and rules of contact policies, and the decisions of employees, are numbered. No
// journey has such a name.
const (
	allPurposes  = "_purposes"
	allRules     = "_rules"
	allDecisions = "_decisions"
)

// foldRule replaces the purpose and the rule of a contact if there are too many of them, and reports whether it did. A policy has
// fewer; events from outside may have any.
func (m *metrics) foldRule(k *seriesKey) (folded bool) {
	var purpose, rule bool
	k.name, purpose = m.contacts.label(allPurposes, k.name, mostPurposes)
	k.stage, rule = m.contacts.label(allRules, k.stage, mostRules)
	return purpose || rule
}
