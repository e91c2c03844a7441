package telemetry

import (
	"maps"
	"slices"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

// declared are names that definitions declare: the promises of journeys, and the choices of surveys. A caller can use any name, so that
// metrics distinguish no others. Reading takes no lock.
type declared struct {
	m atomic.Pointer[map[string][]string] // by journey or survey
}

// declare notes the names of the journey or survey.
func (d *declared) declare(of string, list []string) {
	for {
		was, next := d.m.Load(), map[string][]string{}
		if was != nil {
			next = maps.Clone(*was)
		}
		if _, known := next[of]; !known && len(next) >= mostLabeled {
			return
		}
		if next[of] = slices.Clone(list); d.m.CompareAndSwap(was, &next) {
			return
		}
	}
}

// has reports whether the journey or survey declares names.
func (d *declared) has(of string) bool {
	m := d.m.Load()
	return m != nil && len((*m)[of]) > 0
}

// label returns the name on metrics.
func (d *declared) label(of, name string) string {
	if m := d.m.Load(); m != nil && slices.Contains((*m)[of], name) {
		return name
	}
	return event.Other
}
