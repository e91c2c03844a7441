package exporterstest

import (
	"testing"
	"time"
)

// RunImpatiently is [Run] for an exporter that is broken on purpose, and so has to fail: it fails sooner. The patience
// is still long enough for a machine under load to come to the failure that the test is about.
func RunImpatiently(t *testing.T, open func(t *testing.T) Sink) {
	t.Helper()
	runWithin(t, open, 5*time.Second)
}
