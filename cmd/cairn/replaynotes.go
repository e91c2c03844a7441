package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"cairncx.dev/cairn/cmd/cairn/internal/progress"
	"cairncx.dev/cairn/cx/blueprint"
)

const (
	// told is how many of each kind are told; the others are counted.
	told = 20
	// maxUnknown bounds the names that are counted one by one.
	maxUnknown = 20_000
)

// notes are what the user is told while a log is replayed, and afterwards. Safe for concurrent
// use.
type notes struct {
	mu        sync.Mutex
	w         io.Writer
	bar       *progress.Bar
	doing     string
	blueprint *blueprint.Blueprint
	strict    bool

	badRows    int64
	channels   map[string]bool
	activities map[string]int64
	faults     map[string]int64
	free       map[string]bool // touchpoints that were met and belong to no journey
	others     int64           // events of activities that are too many to be counted one by one
}

func newNotes(w io.Writer, bp *blueprint.Blueprint, strict bool) *notes {
	return &notes{
		w: w, bar: progress.New(w), blueprint: bp, strict: strict,
		channels: map[string]bool{}, activities: map[string]int64{}, faults: map[string]int64{}, free: map[string]bool{},
	}
}

// say tells the user something at once. The lock may be held or not.
func (n *notes) say(format string, args ...any) {
	n.bar.Clear()
	_, _ = fmt.Fprintf(n.w, format+"\n", args...)
}

// bad notes a row that is skipped, or stops there.
func (n *notes) bad(file string, line int, err error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.strict {
		return fmt.Errorf("%s:%d: %w", file, line, err)
	}
	if n.badRows++; n.badRows <= told {
		n.say("%s:%d: skipped: %v", file, line, err)
	}
	return nil
}

func (n *notes) rejected() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.badRows
}

// unknownChannel notes a spelling that means no channel.
func (n *notes) unknownChannel(spelling string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.channels[spelling] || len(n.channels) > maxUnknown {
		return
	}
	n.channels[spelling] = true
	if len(n.channels) <= told {
		n.say("the channel %.80q is unknown, and counted as other: add it under channels: in the blueprint", spelling)
	}
}

// unknownActivity counts an event whose touchpoint the blueprint does not have.
func (n *notes) unknownActivity(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, there := n.activities[name]; !there && len(n.activities) >= maxUnknown {
		n.others++
		return
	}
	n.activities[name]++
}

// heard adds what a client could not take as it was given.
func (n *notes) heard(faults map[string]int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name, times := range faults {
		n.faults[name] += times
	}
}

// withoutJourney notes a touchpoint that the blueprint puts into no journey.
func (n *notes) withoutJourney(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.free[name] {
		n.free[name] = true
		n.say("the touchpoint %.80q belongs to no journey of the blueprint: it is counted as an event only", name)
	}
}

// progress shows how far it is.
func (n *notes) progress(doing string, done, total int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if doing != n.doing {
		n.doing = doing
		n.bar.Stage()
	}
	n.bar.Show(doing, done, total)
}

// finish takes the progress away, and says what has been counted if the log was replayed wholly.
func (n *notes) finish(wholly bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bar.Clear()
	if !wholly {
		return
	}
	if n.badRows > told {
		n.say("… and %d more rows were skipped", n.badRows-told)
	}
	if len(n.channels) > told {
		n.say("… and %d more channels are unknown", len(n.channels)-told)
	}
	for _, name := range slices.Sorted(maps.Keys(n.faults)) {
		n.say("%d × %s: an event was corrected or dropped (see error.type of cx.sdk.faults)", n.faults[name], name)
	}
	if len(n.activities) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(n.activities), func(a, b string) int {
		return cmp.Or(cmp.Compare(n.activities[b], n.activities[a]), cmp.Compare(a, b))
	})
	n.say("The blueprint does not have these activities among its touchpoints:")
	known := touchpointNames(n.blueprint)
	for i, name := range names {
		if i == told {
			break
		}
		n.say("  %8d × %.80q%s", n.activities[name], name, meant(name, known))
	}
	if len(names) > told {
		rest := n.others
		for _, name := range names[told:] {
			rest += n.activities[name]
		}
		n.say("  %8d of others", rest)
	}
}
