package servers

import (
	"context"
	"testing"
	"time"
)

// pollInterval is the time between two checks of a condition.
const pollInterval = 20 * time.Millisecond

// Eventually calls check at once and then every 20 ms until it returns nil. If that does not happen within the
// given time, it fails the test at once with check's last error. check runs in the calling goroutine, so it may
// fail the test itself. The duration of check counts, and Eventually does not interrupt it.
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
