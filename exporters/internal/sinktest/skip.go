package sinktest

import (
	"os"
	"testing"
	"time"
)

// Patience is how long a test waits for what has to happen soon, before it says that it does not. No machine needs so long.
const Patience = 2 * time.Minute

// Skip skips the test. If the environment has CAIRN_NO_SKIP=1, as in CI, it fails the test instead.
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CAIRN_NO_SKIP") == "1" {
		t.Fatalf("CAIRN_NO_SKIP is 1: "+format, args...)
	}
	t.Skipf("skipped: "+format, args...)
}
