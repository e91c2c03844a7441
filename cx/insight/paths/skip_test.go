package paths_test

import (
	"os"
	"testing"
)

// skip skips the test. If the environment has CAIRN_NO_SKIP=1, as in CI, it fails the test instead.
func skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CAIRN_NO_SKIP") == "1" {
		t.Fatalf("CAIRN_NO_SKIP is 1: "+format, args...)
	}
	t.Skipf("skipped: "+format, args...)
}
