package engine //nolint:testpackage // it bounds calls of stores, and no store can be seen to be waited for

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWithin: a call of code that is not ours returns what that returns; a context that can end bounds the wait for it,
// whatever it does, and a panic in it is an error.
func TestWithin(t *testing.T) {
	t.Parallel()
	errOwn, errCause := errors.New("its own"), errors.New("no time left")
	for _, c := range []struct {
		name, reason string
		bounded      bool
		call         func(hangs chan struct{}) (int, error)
		v            int
		err          error
		took         time.Duration
	}{
		{"an answer", "", true, func(chan struct{}) (int, error) { return 7, nil }, 7, nil, 0},
		{"an answer without a bound", "", false, func(chan struct{}) (int, error) { return 7, nil }, 7, nil, 0},
		{"an error", "", true, func(chan struct{}) (int, error) { return 3, errOwn }, 3, errOwn, 0},
		{"an error without a bound", "", false, func(chan struct{}) (int, error) { return 3, errOwn }, 3, errOwn, 0},
		{"it hangs", "a driver that ignores its context", true, func(hangs chan struct{}) (int, error) { <-hangs; return 7, nil }, 0, errCause, time.Second},
		{"it is slow without a bound", "the caller waits", false, func(chan struct{}) (int, error) { time.Sleep(time.Hour); return 7, nil }, 7, nil, time.Hour},
		{"a panic", "", true, func(chan struct{}) (int, error) { panic("secret") }, 0, errPanic, 0},
		{"a panic without a bound", "", false, func(chan struct{}) (int, error) { panic("secret") }, 0, errPanic, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hangs := make(chan struct{})
				defer close(hangs)
				ctx := context.Background()
				if c.bounded {
					bound, cancel := context.WithTimeoutCause(ctx, time.Second, errCause)
					defer cancel()
					ctx = bound
				}
				watch := time.AfterFunc(2*time.Hour, func() { panic("it waits for ever") })
				defer watch.Stop()
				began := time.Now()
				v, err := within(ctx, func() (int, error) { return c.call(hangs) })
				if v != c.v || !errors.Is(err, c.err) || c.err == nil && err != nil || time.Since(began) != c.took {
					t.Errorf("%d, %v after %v; want %d, %v after %v: %s", v, err, time.Since(began), c.v, c.err, c.took, c.reason)
				}
			})
		})
	}
}
