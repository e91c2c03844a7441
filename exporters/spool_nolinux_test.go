//go:build !linux

package exporters_test

import (
	"testing"

	"cairncx.dev/cairn/exporters/internal/sinktest"
)

func mountSmall(t *testing.T, _ string) {
	t.Helper()
	sinktest.Skip(t, "only Linux mounts a file system of any size")
}
