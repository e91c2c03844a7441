package insight

import "testing"

// TestMostOver: by the age at which runs are compared, 95 of 100 that have ended had ended, and with one duration fewer it would be less.
func TestMostOver(t *testing.T) {
	t.Parallel()
	for n := int64(1); n <= 1000; n++ {
		at := mostOver(n)
		if at < 0 || at >= n || 100*(at+1) < 95*n || 100*at >= 95*n {
			t.Fatalf("of %d durations the one with the rank %d: %d are at most that, which is not the nearest rank of 95%%", n, at, at+1)
		}
	}
}
