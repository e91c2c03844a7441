package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"cairncx.dev/cairn/cmd/cairn/internal/progress"
	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
)

const (
	// told is the number of messages of each kind that the command prints. It only counts further messages.
	told = 20
	// maxUnknown is the number of different names that notes counts separately.
	maxUnknown = 20_000
	// listed is the number of unknown names, and of unknown channels, that the report lists.
	listed = 100
)

// notes collects messages about a replay for the user, and prints them during the replay and at its end. It is safe for
// concurrent use.
type notes struct {
	mu        sync.Mutex
	w         io.Writer
	bar       *progress.Bar
	doing     string
	blueprint *blueprint.Blueprint
	strict    bool

	badRows   int64
	channels  map[string]bool
	strangers map[stranger]int64
	faults    map[string]int64
	rows      int64 // that were played, with those that leftOut counts
	leftOut   int64 // rows with activities that the log of the blueprint leaves out
	others    int64 // occurrences of names beyond maxUnknown
}

// stranger is a name that is not in the blueprint.
type stranger struct{ kind, name string }

// The kinds of names.
const (
	kindTouchpoint = "touchpoint"
	kindJourney    = "journey"
	kindStage      = "stage"
	kindSurvey     = "survey"
	kindPurpose    = "purpose"
	kindQueue      = "queue"
	kindIntent     = "intent"
	kindCause      = "cause"
)

func newNotes(w io.Writer, bp *blueprint.Blueprint, strict bool) *notes {
	return &notes{
		w: w, bar: progress.New(terminalOf(w)), blueprint: bp, strict: strict,
		channels: map[string]bool{}, strangers: map[stranger]int64{}, faults: map[string]int64{},
	}
}

// say prints a message at once. The caller may or may not hold the lock.
func (n *notes) say(format string, args ...any) {
	n.bar.Clear()
	_, _ = fmt.Fprintf(n.w, format+"\n", args...)
}

// bad records a row that is skipped. With --strict it returns an error that stops the replay.
func (n *notes) bad(file string, line int, err error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.strict {
		return &stoppedError{fmt.Errorf("%s:%d: %w", file, line, err)}
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

// unknownChannel records a spelling that stands for no channel.
func (n *notes) unknownChannel(spelling string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.channels[spelling] || len(n.channels) > maxUnknown {
		return
	}
	n.channels[spelling] = true
	if len(n.channels) <= told {
		n.say("the channel %.80q is unknown and counts as other: add it under channels: in the blueprint", spelling)
	}
}

// unknownNames counts the names of an event that are not in the blueprint.
func (n *notes) unknownNames(list []stranger) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range list {
		if _, there := n.strangers[s]; !there && len(n.strangers) >= maxUnknown {
			n.others++
			continue
		}
		n.strangers[s]++
	}
}

// heard adds the faults that a client reported.
func (n *notes) heard(faults map[string]int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name, times := range faults {
		n.faults[name] += times
	}
}

// progress updates the progress bar.
func (n *notes) progress(doing string, done, total int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if doing != n.doing {
		n.doing = doing
		n.bar.Stage()
	}
	n.bar.Show(doing, done, total)
}

// finish removes the progress bar. If the replay reached the end of the log, it prints the remaining counts.
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
		n.say("%d × %s: events were corrected or dropped (see error.type of the metric cx.sdk.faults)", n.faults[name], name)
	}
	if n.leftOut > 0 {
		n.say("rows with an activity that log.activities of the blueprint leaves out: %d", n.leftOut)
	}
	if len(n.strangers) > 0 {
		n.say("some names of the log are not in the blueprint: the report lists them")
	}
}

// report adds to the report the names and the channels that are not in the blueprint.
func (n *notes) report(rep *report.Report) {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := slices.SortedFunc(maps.Keys(n.strangers), func(a, b stranger) int {
		return cmp.Or(cmp.Compare(n.strangers[b], n.strangers[a]), cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
	rep.UnknownRest.Count = n.others
	for i, s := range list {
		if i >= listed {
			rep.UnknownRest.Names++
			rep.UnknownRest.Count += n.strangers[s]
			continue
		}
		u := report.UnknownName{Kind: s.kind, Name: s.name, Count: n.strangers[s], Stage: isStage(n.blueprint, s.kind, s.name)}
		if !u.Stage {
			u.Suggestion = blueprint.Suggest(s.name, namesOf(n.blueprint, s.kind))
		}
		rep.UnknownNames = append(rep.UnknownNames, u)
	}
	for _, spelling := range slices.Sorted(maps.Keys(n.channels)) {
		if len(rep.UnknownChannels) < listed {
			rep.UnknownChannels = append(rep.UnknownChannels, spelling)
		}
	}
}
