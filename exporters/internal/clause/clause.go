// Package clause has what the conformance suites of exporters and of processors share: calls that have to return in time, and
// the search for goroutines that are left.
package clause

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/internal/leak"
)

// Call is a call in a goroutine of its own.
type Call struct{ returned chan result }

type result struct {
	err      error
	panicked any
}

// Start calls f in another goroutine.
func Start(f func() error) Call {
	c := Call{make(chan result, 1)}
	go func() {
		var r result
		defer func() {
			r.panicked = recover()
			c.returned <- r
		}()
		r.err = f()
	}()
	return c
}

// Await returns the error of the call. If the call panics, or has not returned after patience, the fault says so; else it is
// "". what names the call in the fault.
func (c Call) Await(what string, patience time.Duration) (err error, fault string) { //nolint:staticcheck // the error is the call's result, the fault is about the call
	select {
	case r := <-c.returned:
		if r.panicked != nil {
			return nil, fmt.Sprintf("%s panics: %v", what, r.panicked)
		}
		return r.err, ""
	case <-time.After(patience):
		return nil, fmt.Sprintf("%s has not returned after %v", what, patience)
	}
}

// Leaves runs the subtest that finds goroutines that are left after a Shutdown. It calls use twice: what tests share, such as
// a server, starts in the first call and does not count. reason says why it matters.
func Leaves(t *testing.T, reason string, patience time.Duration, use func(t *testing.T)) {
	t.Helper()
	t.Run("no goroutine is left", func(t *testing.T) {
		t.Helper() // a failure is at the line of the clause
		t.Run("before", use)
		label := t.Name()
		t.Run("looked at", func(t *testing.T) {
			defer leak.Mark(context.Background(), label)()
			use(t)
		})
		if left := leak.Left(label, patience); left != "" && !t.Failed() {
			t.Errorf("goroutines are left after Shutdown:\n%s\nwhy it matters: %s", left, reason)
		}
	})
}
