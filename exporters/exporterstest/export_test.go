package exporterstest

import (
	"testing"
	"time"
)

// RunBroken is [Run] for an exporter that is broken: what does not return is not waited for as long.
func RunBroken(t *testing.T, open func(t *testing.T) Sink) {
	t.Helper()
	(&runner{open, 5 * time.Second}).run(t)
}
