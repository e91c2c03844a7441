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

func TestBatchError(t *testing.T) {
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
			err := sink.BatchError("lines", batch, c.failed)
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

// TestBatchErrorAsksForTheLongest: the caller tries the whole batch again, so a try before the longest wait is too early for
// one of its events.
func TestBatchErrorAsksForTheLongest(t *testing.T) {
	t.Parallel()
	never := errors.New("never")
	for _, c := range []struct {
		name, reason string
		failed       map[int]error
		after        time.Duration // -1: no request
	}{
		{"the first", "the others ask for less", map[int]error{0: sink.RetryAfter(errAway, time.Hour), 1: sink.RetryAfter(errAway, time.Second), 2: errAway}, time.Hour},
		{"in the middle", "the first asks for less", map[int]error{0: sink.RetryAfter(errAway, time.Second), 1: sink.RetryAfter(errAway, time.Hour), 2: errAway}, time.Hour},
		{"behind one without a mark", "the first does not ask", map[int]error{0: errAway, 1: errAway, 2: sink.RetryAfter(errAway, time.Minute)}, time.Minute},
		{"no wait", "zero is a request as well", map[int]error{0: errAway, 1: sink.RetryAfter(errAway, 0), 2: errAway}, 0},
		{"none", "no reason asks", map[int]error{0: errAway, 1: errAway, 2: errAway}, -1},
		{"a part", "the longest of a PartialError", map[int]error{0: sink.RetryAfter(errAway, time.Second), 2: sink.RetryAfter(errAway, time.Hour)}, time.Hour},
		{"beside a permanent one", "the event for now asks", map[int]error{0: sink.Permanent(never), 1: errAway, 2: sink.RetryAfter(errAway, time.Minute)}, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			after, ok := sink.RetryDelay(sink.BatchError("lines", make([]event.Event, 3), c.failed))
			if !ok {
				after = -1
			}
			if after != c.after {
				t.Errorf("it asks for %v, want %v: %s", after, c.after, c.reason)
			}
		})
	}
	first, second := errors.New("first"), errors.New("second")
	if err := sink.BatchError("lines", make([]event.Event, 2), map[int]error{0: first, 1: second}); !errors.Is(err, first) {
		t.Errorf("no reason asks for a wait, and the error is %v, want the reason of the first event", err)
	}
}

// TestBatchErrorOfAMistake: a wrong index is a mistake in the sink. It must neither panic in the queue's goroutine nor lose
// an event.
func TestBatchErrorOfAMistake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, says string
		events     int
		failed     map[int]error
	}{
		{"behind the batch", "the index 3 for a batch of 3 events", 3, map[int]error{0: errAway, 3: errAway}},
		{"before the batch", "the index -1 for a batch of 3 events", 3, map[int]error{-1: errAway}},
		{"as many as the batch", "the index 7 for a batch of 1 events", 1, map[int]error{7: errAway}},
		{"an empty batch", "the index 0 for a batch of 0 events", 0, map[int]error{0: sink.Permanent(errAway)}},
		{"no reason", "a nil error for event 1 of the batch", 3, map[int]error{1: nil}},
		{"no reason for any", "a nil error for event 0 of the batch", 1, map[int]error{0: nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := sink.BatchError("lines", make([]event.Event, c.events), c.failed)
			if err == nil || !strings.HasPrefix(err.Error(), "lines: sink.BatchError got ") || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("the error is %v, want one that says %q", err, c.says)
			}
			if _, ok := errors.AsType[*sink.PartialError](err); ok || sink.IsPermanent(err) {
				t.Errorf("the error is %#v, want one about the whole batch, for now", err)
			}
		})
	}
}

// TestRetryAfter: the marks, and which of several applies.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		err          error
		after        time.Duration
		ok           bool
	}{
		{"nil", "there is no failure", sink.RetryAfter(nil, time.Second), 0, false},
		{"a time", "as the sink asks", sink.RetryAfter(errAway, time.Second), time.Second, true},
		{"zero", "it asks for no wait", sink.RetryAfter(errAway, 0), 0, true},
		{"negative", "it is no request", sink.RetryAfter(errAway, -1), 0, false},
		{"wrapped", "a prefix changes nothing", fmt.Errorf("lines: %w", sink.RetryAfter(errAway, time.Second)), time.Second, true},
		{"twice", "the outer mark applies", sink.RetryAfter(sink.RetryAfter(errAway, time.Hour), time.Second), time.Second, true},
		{"negative around a mark", "it is no request", sink.RetryAfter(sink.RetryAfter(errAway, time.Hour), -1), time.Hour, true},
		{"joined", "the longest", errors.Join(errAway, sink.RetryAfter(errAway, time.Second), sink.RetryAfter(errAway, time.Hour)), time.Hour, true},
		{"a permanent part", "it is not tried again", &sink.PartialError{Failed: []sink.Failure{
			{Err: sink.Permanent(sink.RetryAfter(errAway, time.Hour))}, {Index: 1, Err: sink.RetryAfter(errAway, time.Minute)},
		}}, time.Minute, true},
		{"no part", "it names no event", (*sink.PartialError)(nil), 0, false},
		{"joined without a mark", "none asks", errors.Join(errAway, errAway), 0, false},
		{"a deeper one", "each branch is looked at", fmt.Errorf("x: %w: %w", errAway, fmt.Errorf("y: %w", sink.RetryAfter(errAway, time.Second))), time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if after, ok := sink.RetryDelay(c.err); after != c.after || ok != c.ok {
				t.Errorf("%v, %v; want %v, %v: %s", after, ok, c.after, c.ok, c.reason)
			}
		})
	}
	if err := sink.RetryAfter(sink.Permanent(errAway), time.Second); !sink.IsPermanent(err) {
		t.Errorf("a permanent error is no longer permanent: %v", err)
	}
	if err := sink.RetryAfter(errAway, -1); !errors.Is(err, errAway) || sink.IsPermanent(err) {
		t.Errorf("a negative time changes the error: %v", err)
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

func ExampleBatchError() {
	batch := []event.Event{{Touchpoint: "search"}, {Touchpoint: "pay"}}
	failed := map[int]error{1: sink.Permanent(errors.New("the line is too long"))}
	fmt.Println(sink.BatchError("lines", batch, failed))
	// Output: event 1 of the batch was not taken: lines: the line is too long
}
