package console

import (
	"time"

	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// writeCount writes a count for readers.
func writeCount(n int64) string { return number.Count(n) }

// writeShare writes a share for readers; a share of nothing is [number.None].
func writeShare(s score.Share) string {
	if !s.OK() {
		return number.None
	}
	return number.Share(s.Value)
}

// writeTook writes a time for readers.
func writeTook(d time.Duration) string { return number.Duration(d) }

// writeKnown writes a time of which 0 says that there is none, or that too few customers have it: that is [number.None].
func writeKnown(d time.Duration) string {
	if d == 0 {
		return number.None
	}
	return number.Duration(d)
}
