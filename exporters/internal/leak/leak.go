// Package leak finds the goroutines that code under test has started and left behind. A goroutine inherits the profiler's
// labels of the one that starts it, so those of one test are told apart from those of tests beside it.
package leak

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"
	"time"
)

const (
	key = "cairn.leak"
	// pace is how often the goroutines are looked at again.
	pace = 10 * time.Millisecond
)

// Mark labels the calling goroutine, and every one that it starts until unmark is called.
func Mark(ctx context.Context, label string) (unmark func()) {
	pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(key, label)))
	return func() { pprof.SetGoroutineLabels(ctx) }
}

// Left waits until no goroutine has the label, for as long as patience, and returns the stacks of those that still have it,
// or "". Neither the caller nor a goroutine that waits for it may have the label.
func Left(label string, patience time.Duration) string {
	for end := time.Now().Add(patience); ; time.Sleep(pace) {
		left := labelled(label)
		if left == "" || time.Now().After(end) {
			return left
		}
	}
}

// labelled returns the stacks of the goroutines that have the label.
func labelled(label string) string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return "" // a buffer takes everything
	}
	var left []string
	for group := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(group, `"`+key+`":"`+label+`"`) {
			left = append(left, group)
		}
	}
	return strings.Join(left, "\n\n")
}
