package track

import (
	"encoding/binary"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/ledger"
)

// TestTombsLikeAMap: what is known to have ended is what a map of days says, for every bound and on a
// clock that goes on and back in steps of hours to a year.
func TestTombsLikeAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keep := rapid.OneOf(rapid.Uint64Range(0, rememberMost), rapid.SampledFrom([]uint64{1, 30, 510, 511, 512, 999, 1000, forEver})).Draw(t, "keep")
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		latest := now
		var tombs tombs
		naive := map[ledger.Key]uint64{}
		id := func(n int) (id ledger.Key) {
			binary.BigEndian.PutUint64(id[:], uint64(n+1)<<20) //nolint:gosec // it is positive
			return id
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			hours := rapid.OneOf(rapid.IntRange(-50, 50), rapid.IntRange(-200*24, 400*24)).Draw(t, "hours")
			if to := now.Add(time.Duration(hours) * time.Hour); latest.Sub(to) < 900*24*time.Hour {
				now = to
			}
			if now.After(latest) {
				latest = now
			}
			day := dayOf(now)
			before, gone := len(naive), tombs.prune(day, keep)
			for run, ended := range naive {
				if keep != forEver && ended+keep < day {
					delete(naive, run)
				}
			}
			if gone != before-len(naive) {
				t.Fatalf("%d were forgotten, want %d", gone, before-len(naive))
			}
			for range rapid.IntRange(0, 3).Draw(t, "ends") {
				run := id(rapid.IntRange(0, 60).Draw(t, "run"))
				tombs.add(run, day, 1000)
				naive[run] = day
			}
			for n := range 61 {
				if _, want := naive[id(n)]; tombs.has(id(n)) != want {
					t.Fatalf("on day %d, keeping %d, run %d is known: %v, want %v", day, keep, n, !want, want)
				}
			}
		}
	})
}

// TestTombsClockGoesWild: by whatever the clock jumps, nothing is forgotten too early by the clock that it
// ended by, a table has no room for more than it was given, and after all it is forgotten.
func TestTombsClockGoesWild(t *testing.T) {
	t.Parallel()
	const keep = rememberMost
	for _, c := range []struct {
		name, reason string
		days         []uint64 // a run ends on each
	}{
		{"from 1970", "a machine without a battery", []uint64{1, 2, 20_500, 20_501}},
		{"to 1970 and back", "its battery is empty", []uint64{20_500, 1, 20_501}},
		{"ten years ahead and back", "somebody mistyped", []uint64{20_500, 24_150, 20_501}},
		{"every hundred days", "a table is moved on again and again", []uint64{20_000, 20_100, 20_200, 20_300, 20_400, 20_500, 20_600, 20_700, 20_800, 20_900, 21_000, 21_100}},
		{"without a day", "as of the last day that it knows", []uint64{20_500, noDay}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b tombs
			last := uint64(0)
			for i, day := range c.days {
				if day != noDay {
					b.prune(day, keep)
					last = max(last, day)
				}
				b.add(ledger.Key{byte(i + 1)}, day, 1000)
				if !b.has(ledger.Key{byte(i + 1)}) {
					t.Errorf("run %d has just ended on day %d, and is not known: %s", i, day, c.reason)
				}
			}
			b.prune(last+keep+1, keep)
			if b.n != 0 {
				t.Errorf("%d are known %d days after the last: %s", b.n, keep+1, c.reason)
			}
		})
	}
}

// TestDaysOf: at least as long as asked for.
func TestDaysOf(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]uint64{
		1: 1, day - 1: 1, day: 1, day + 1: 2, 36 * time.Hour: 2, 511 * day: 511, 1000 * day: 1000,
		1000*day + 1: forEver, 1001 * day: forEver, 1<<63 - 1: forEver,
	} {
		if got := daysOf(d); got != want {
			t.Errorf("%v are %d days, want %d", d, got, want)
		}
	}
}
