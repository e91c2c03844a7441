//go:build !linux

package exporters_test

import "testing"

func mountSmall(t *testing.T, _ string) {
	t.Helper()
	skip(t, "only Linux mounts a file system of any size")
}
