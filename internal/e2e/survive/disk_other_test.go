//go:build !linux

package survive_test

import (
	"testing"

	"cairncx.dev/cairn/internal/e2e/servers"
)

func disk(t *testing.T) string {
	t.Helper()
	servers.Skip(t, "the test can mount a small disk on Linux only")
	return ""
}

func own(*testing.T, string, string) {}
