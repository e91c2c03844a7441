package logcheck

import (
	"cmp"
	"slices"
)

// Kind is what a finding is about.
type Kind string

// The kinds whose findings count against the log.
const (
	Rejected   Kind = "rejected"   // rows that cannot be read
	Unknown    Kind = "unknown"    // rows whose activity is no touchpoint
	NoEnd      Kind = "no_end"     // runs of journeys that nothing ends
	Unended    Kind = "unended"    // runs without an end in which nothing happens any more
	GoesOn     Kind = "goes_on"    // runs with rows after their end
	Early      Kind = "early"      // rows before 1990
	Future     Kind = "future"     // rows that have not happened yet
	Midnight   Kind = "midnight"   // rows at midnight exactly
	Years      Kind = "years"      // cases that span more than two years
	Order      Kind = "order"      // rows whose time contradicts their place in the file
	Duplicates Kind = "duplicates" // rows that occur twice
)

// The kinds whose findings are notes.
const (
	Unused   Kind = "unused"    // names of the blueprint that never occur
	LeftOut  Kind = "left_out"  // rows that the blueprint leaves out
	Silence  Kind = "silence"   // runs that go on after abandon_after
	Weekend  Kind = "weekend"   // activities of Saturdays and Sundays
	SameTime Kind = "same_time" // rows of one case at the same time
	Empty    Kind = "empty"     // columns without a value
	Channels Kind = "channels"  // spellings of channels that the blueprint does not have
)

// Counted returns the kinds whose findings count against the log, in the order of a report.
func Counted() []Kind {
	return []Kind{Rejected, Unknown, NoEnd, Unended, GoesOn, Early, Future, Midnight, Years, Order, Duplicates}
}

// Place is where a row is.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
}

// Finding is one thing that is dubious.
type Finding struct {
	Kind Kind `json:"kind"`
	// Note says that the finding does not count against the log.
	Note bool `json:"note,omitempty"`
	// N is how many are dubious, of how many rows, runs, cases or names: What says of what.
	N    int64   `json:"n"`
	Of   int64   `json:"of"`
	What string  `json:"what"`
	Part float64 `json:"share"` // N / Of, or 0
	// Title says what was found, and Remedy what to do.
	Title  string `json:"title"`
	Remedy string `json:"remedy"`
	// Where is the first row in the order of time, or nil.
	Where *Place `json:"example,omitempty"`
	// Items are what it was found about, with the most frequent first, at most [MaxItems]; More is the number of others.
	Items []Item `json:"items,omitempty"`
	More  int    `json:"more_items,omitempty"`
}

// Item is one name that a finding is about.
type Item struct {
	Name string `json:"name"`
	N    int64  `json:"n"`
	// Of is out of how many, or 0 if that is the Of of the finding.
	Of int64 `json:"of,omitempty"`
	// Meant is the name that was probably meant, or "". Note is a remark, or "".
	Meant string `json:"did_you_mean,omitempty"`
	Note  string `json:"note,omitempty"`
}

// MaxItems is how many items a finding lists.
const MaxItems = 20

// items sorts and shortens the items of the finding.
func (f *Finding) items(list []Item) {
	slices.SortFunc(list, func(a, b Item) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	if f.More = len(list) - MaxItems; f.More > 0 {
		list = list[:MaxItems]
	} else {
		f.More = 0
	}
	f.Items = list
}

// share completes the share of the finding.
func (f *Finding) share() {
	if f.Of > 0 {
		f.Part = float64(f.N) / float64(f.Of)
	}
}
