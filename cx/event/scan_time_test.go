package event_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// TestUTC: a text that the fast way reads is one that time.Time.UnmarshalText reads as the same time. It reads every
// time in UTC up to the 28th day of a month that AppendFormat writes.
func TestUTC(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62_135_596_800, 253_402_300_799).Draw(t, "seconds"), rapid.SampledFrom([]int64{0, 1, 500_000_000, 999_999_999, 120_000}).Draw(t, "ns")).UTC()
		text := at.Format(time.RFC3339Nano)
		if got, ok := event.UTC([]byte(text)); ok != (at.Day() <= 28) || ok && got != at {
			t.Fatalf("%s is read as %v, %v", text, got, ok)
		}
		damaged := []byte(text)
		for range rapid.IntRange(1, 3).Draw(t, "damages") {
			damaged[rapid.IntRange(0, len(damaged)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("0123456789-:.,TtZz+ \x00/")).Draw(t, "byte")
		}
		checkUTC(t, string(damaged))
	})
	for _, text := range []string{
		"", "Z", "2026-01-31T09:30:00", "2026-01-28T24:00:00Z", "2026-01-28T23:60:00Z", "2026-01-28T23:59:60Z", "2026-00-28T23:59:00Z",
		"2026-13-28T23:59:00Z", "2026-01-00T23:59:00Z", "2026-01-28T23:59:00.Z", "2026-01-28T23:59:00.1234567891Z", "2026-01-28T23:59:00,5Z",
		"2026-01-28T3:59:00Z", "2026-01-28T23:59:00.123456789Z", "2026-02-28T23:59:00+00:00", "0000-01-01T00:00:00Z",
	} {
		checkUTC(t, text)
	}
}

func checkUTC(t interface{ Fatalf(string, ...any) }, text string) {
	var want time.Time
	err := want.UnmarshalText([]byte(text))
	if got, ok := event.UTC([]byte(text)); ok && (err != nil || got != want) {
		t.Fatalf("%q is read as %v, and UnmarshalText returns %v, %v", text, got, want, err)
	}
}

// TestScanFindsTheEndOfStrings: a character that does not stand for itself is found wherever it is in a string, and so
// is the end of the string.
func TestScanFindsTheEndOfStrings(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		for _, special := range []string{"", `\"`, `\\`, `\n`, "é", "\x7f", "~", " ", "\x1f", "\x00", "\xff", "\x80"} {
			for _, at := range []int{0, n / 2, n} {
				text := strings.Repeat("a", at) + special + strings.Repeat("b", n-at)
				data := []byte(fmt.Sprintf(`{"v":1,"kind":"touchpoint.ended","time":"2026-01-28T09:30:00Z","touchpoint":"%s"}`, text))
				var got event.Event
				ok := event.ScanJSON(data, &got)
				want, err := event.ParseWire(data)
				if ok && (err != nil || got.Touchpoint != want.Touchpoint) {
					t.Fatalf("%q is read as %q, and encoding/json returns %q, %v", text, got.Touchpoint, want.Touchpoint, err)
				}
				if plain := special != "\xff" && special != "\x80"; !ok && err == nil && plain {
					t.Fatalf("%q is not read, and encoding/json reads it", text)
				}
			}
		}
	}
}
