package telemetry

import (
	"maps"
	"slices"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

// declared are the promises that definitions of journeys name. A caller can make promises of any name, so that metrics distinguish no
// others. Reading takes no lock.
type declared struct {
	m atomic.Pointer[map[string][]string] // by journey
}

// declare notes the promises of the journey.
func (d *declared) declare(journey string, promises []string) {
	for {
		was, next := d.m.Load(), map[string][]string{}
		if was != nil {
			next = maps.Clone(*was)
		}
		if _, known := next[journey]; !known && len(next) >= mostLabeled {
			return
		}
		if next[journey] = slices.Clone(promises); d.m.CompareAndSwap(was, &next) {
			return
		}
	}
}

// label returns the promise's name on metrics.
func (d *declared) label(journey, promise string) string {
	if m := d.m.Load(); m != nil && slices.Contains((*m)[journey], promise) {
		return promise
	}
	return event.Other
}
