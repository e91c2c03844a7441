package leak_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/internal/leak"
)

// idle waits for the channel, under a name that a stack shows.
func idle(until <-chan struct{}) { <-until }

// TestLeft: a goroutine is found while it runs, also one that another has started, and those of other labels are not.
func TestLeft(t *testing.T) {
	t.Parallel()
	until, started := make(chan struct{}), make(chan struct{})
	unmark := leak.Mark(t.Context(), "TestLeft")
	go func() {
		go func() {
			close(started)
			idle(until)
		}()
	}()
	<-started
	unmark()
	if left := leak.Left("TestLeft", 0); !strings.Contains(left, "leak_test.idle") {
		t.Errorf("a goroutine that a goroutine has started is not found: %q", left)
	}
	if left := leak.Left("TestLef", 0); left != "" {
		t.Errorf("another label finds %s", left)
	}
	close(until)
	if left := leak.Left("TestLeft", time.Minute); left != "" {
		t.Errorf("found after it has ended: %s", left)
	}
}
