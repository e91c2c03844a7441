package sink_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

var errAway = errors.New("away")

func TestOutcome(t *testing.T) {
	t.Parallel()
	never := sink.Permanent(errors.New("too large"))
	batch := make([]event.Event, 3)
	for i := range batch {
		batch[i].ID = event.NewID(time.Now())
	}
	for _, c := range []struct {
		name, reason string
		failed       map[int]error
		named        []int // nil: the error is about the whole batch
		ok           bool
	}{
		{"none", "everything was taken", nil, nil, true},
		{"some", "the others were taken", map[int]error{2: errAway, 0: never}, []int{0, 2}, false},
		{"all for now", "the whole batch is tried again", map[int]error{0: errAway, 1: errAway, 2: errAway}, nil, false},
		{"all for good", "each is a dead letter", map[int]error{0: never, 1: never, 2: never}, []int{0, 1, 2}, false},
		{"all in two ways", "only some of them are tried again", map[int]error{0: errAway, 1: never, 2: errAway}, []int{0, 1, 2}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := sink.Outcome("lines", batch, c.failed)
			if (err == nil) != c.ok {
				t.Fatalf("%v: %s", err, c.reason)
			}
			var named []int
			if p, ok := errors.AsType[*sink.PartialError](err); ok {
				for _, f := range p.Failed {
					named = append(named, f.Index)
					if f.ID != batch[f.Index].ID || !errors.Is(f.Err, c.failed[f.Index]) || !strings.HasPrefix(f.Err.Error(), "lines: ") {
						t.Errorf("event %d: %+v", f.Index, f)
					}
					if sink.IsPermanent(f.Err) != sink.IsPermanent(c.failed[f.Index]) {
						t.Errorf("event %d has another mark: %v", f.Index, f.Err)
					}
				}
			}
			if !slices.Equal(named, c.named) {
				t.Errorf("it names %v, want %v: %s", named, c.named, c.reason)
			}
			if err != nil && strings.Count(err.Error(), "lines: ") != 1 {
				t.Errorf("want the prefix once: %v", err)
			}
			if c.named == nil && err != nil && (sink.IsPermanent(err) || !errors.Is(err, errAway)) {
				t.Errorf("%v: %s", err, c.reason)
			}
		})
	}
}

// TestPartialErrorText: it says how many, which is the first, and why.
func TestPartialErrorText(t *testing.T) {
	t.Parallel()
	var none *sink.PartialError
	for want, e := range map[string]*sink.PartialError{
		"some events were not taken":                                            none,
		"event 3 of the batch was not taken: away":                              {Failed: []sink.Failure{{Index: 3, Err: errAway}}},
		"2 events were not taken, the first of them event 1 of the batch: away": {Failed: []sink.Failure{{Index: 1, Err: errAway}, {Index: 4, Err: errAway}}},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if none.Unwrap() != nil {
		t.Error("no error wraps something")
	}
}

// TestCallsShutdown: what a sink holds is released once its calls are over, again after an error, and never after a success.
func TestCallsShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls sink.Calls
		end, err := calls.Begin()
		if err != nil {
			t.Fatal(err)
		}
		released := 0
		release := func() error {
			if released++; released == 1 {
				return errAway
			}
			return nil
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := calls.Shutdown(gone, release); !errors.Is(err, context.Canceled) || released != 0 {
			t.Errorf("with a call under way: %v, released %d times", err, released)
		}
		end()
		if err := calls.Shutdown(t.Context(), release); !errors.Is(err, errAway) {
			t.Errorf("the error of release: %v", err)
		}
		for range 3 {
			if err := calls.Shutdown(gone, release); err != nil {
				t.Error(err)
			}
		}
		if released != 2 || !calls.Closed() {
			t.Errorf("released %d times, want 2", released)
		}
	})
}

// TestTurn: the wait for a turn and for a channel ends with the context, and a channel that is closed counts first.
func TestTurn(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var turn sink.Turn
	if err := turn.Take(gone); err != nil {
		t.Fatal(err)
	}
	if err := turn.Take(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a turn that is taken: %v", err)
	}
	turn.Give()
	if err := turn.Take(gone); err != nil {
		t.Error(err)
	}
	done := make(chan struct{})
	if err := sink.Await(gone, done); !errors.Is(err, context.Canceled) || sink.Ended(done) {
		t.Errorf("a channel that is open: %v", err)
	}
	close(done)
	if err := sink.Await(gone, done); err != nil || !sink.Ended(done) {
		t.Errorf("a channel that is closed: %v", err)
	}
}

func ExampleOutcome() {
	batch := []event.Event{{Touchpoint: "search"}, {Touchpoint: "pay"}}
	failed := map[int]error{1: sink.Permanent(errors.New("the line is too long"))}
	fmt.Println(sink.Outcome("lines", batch, failed))
	// Output: event 1 of the batch was not taken: lines: the line is too long
}
