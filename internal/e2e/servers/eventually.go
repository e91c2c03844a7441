package servers

import (
	"context"
	"testing"
	"time"
)

// pollInterval is how often a condition is looked at again.
const pollInterval = 20 * time.Millisecond

// Eventually calls check at once and then every 20 ms until it returns nil. When
// that has not happened within the given time, it fails the test at once, with
// check's last error. check runs in the calling goroutine, so it may itself fail
// the test; its own duration counts, but is not cut short.
func Eventually(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %v", within, err)
		case <-ticker.C:
		}
	}
}
