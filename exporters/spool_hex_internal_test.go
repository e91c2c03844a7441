package exporters

import (
	"strconv"
	"strings"
	"testing"
)

// TestParseHex: parseHex reads what strconv reads, but for capital letters, and refuses every other byte in every place.
func TestParseHex(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for _, digits := range []int{1, 8, 16} {
			for at := range digits {
				b := []byte(strings.Repeat("7", digits))
				b[at] = byte(c)
				want, err := strconv.ParseUint(string(b), 16, 64)
				taken := err == nil && strings.ToLower(string(b)) == string(b)
				if got, ok := parseHex(b); ok != taken || taken && got != want {
					t.Fatalf("%q is read as %x, %v; want %x, %v", b, got, ok, want, taken)
				}
			}
		}
	}
}
