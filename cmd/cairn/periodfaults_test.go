package main

import (
	"strings"
	"testing"
	"time"
)

// TestPeriodFaults: each fault of --from and --until is told once, and that one is before the other only where both can
// be read.
func TestPeriodFaults(t *testing.T) {
	t.Parallel()
	const before = "is before"
	for _, tt := range []struct {
		from, until string
		faults      []string
	}{
		{"", "", nil},
		{"2026-01-01", "", nil},
		{"", "2026-01-01", nil},
		{"2026-01-01", "2026-01-01", nil}, // the whole day
		{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", nil},
		{"2026-01-02", "2026-01-01", []string{before}},
		{"2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z", []string{before}},
		{"nonsense", "2026-01-01", []string{"--from"}},
		{"2026-01-01", "nonsense", []string{"--until"}},
		{"nonsense", "nonsense", []string{"--from", "--until"}},
		{"nonsense", "", []string{"--from"}},
		{"", "nonsense", []string{"--until"}},
	} {
		_, err := parsePeriod(tt.from, tt.until, time.UTC)
		lines := 0
		if err != nil {
			lines = len(strings.Split(err.Error(), "\n"))
		}
		if lines != len(tt.faults) {
			t.Errorf("from %q until %q: %v, want %d faults", tt.from, tt.until, err, len(tt.faults))
			continue
		}
		for _, want := range tt.faults {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("from %q until %q: %v, want %q", tt.from, tt.until, err, want)
			}
		}
	}
}
