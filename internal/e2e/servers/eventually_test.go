package servers

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestEventually(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		after  time.Duration // until the check succeeds
		want   string        // the failure
		took   time.Duration
	}{
		{name: "at once", reason: "no wait for a condition that holds already"},
		{name: "later", reason: "the check runs every 20 ms", after: 50 * time.Millisecond, took: 60 * time.Millisecond},
		{
			name: "never", reason: "the message has the last error",
			after: time.Hour, want: "not within 1s: not yet", took: time.Second,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				r := record(t, func(t testing.TB) {
					Eventually(t, time.Second, func() error {
						if time.Since(start) < test.after {
							return errors.New("not yet")
						}
						return nil
					})
				})
				if took := time.Since(start); r.fatal != test.want || took != test.took {
					t.Errorf("failed with %q after %s, want %q after %s: %s", r.fatal, took, test.want, test.took, test.reason)
				}
			})
		})
	}
}
