package track

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// TestFormatIsKept: the bytes of a log do not change by accident. Instances of several releases share a store, so that a
// new layout needs a new kind of entry, or a flag that an older release refuses.
func TestFormatIsKept(t *testing.T) {
	t.Parallel()
	const want = "a84e2ae1f79123567b7b68dd65c273921ea2034a7a0611217af98a6c421a5e0a"
	h := sha256.New()
	for _, log := range logSeeds() {
		_, _ = h.Write(log)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the logs have the digest\n%s\nwant\n%s", got, want)
	}
}
