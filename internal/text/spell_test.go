package text_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/internal/text"
)

func TestSpell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d           time.Duration
		want, hours string
	}{
		{0, "0 milliseconds", "0 milliseconds"},
		{time.Microsecond, "0.001 milliseconds", "0.001 milliseconds"},
		{800 * time.Millisecond, "800 milliseconds", "800 milliseconds"},
		{time.Second, "1 second", "1 second"},
		{1500 * time.Millisecond, "1.5 seconds", "1.5 seconds"},
		{90 * time.Second, "1 minute 30 seconds", "1 minute 30 seconds"},
		{time.Hour, "1 hour", "1 hour"},
		{24 * time.Hour, "1 day", "24 hours"},
		{36*time.Hour + 5*time.Minute + time.Second, "1 day 12 hours 5 minutes 1 second", "36 hours 5 minutes 1 second"},
		{56 * 24 * time.Hour, "56 days", "1344 hours"},
	} {
		if got := text.Spell(c.d); got != c.want {
			t.Errorf("%v is %q, want %q", c.d, got, c.want)
		}
		if got := text.SpellHours(c.d); got != c.hours {
			t.Errorf("%v in hours is %q, want %q", c.d, got, c.hours)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := text.List(words, "or"); got != want {
			t.Errorf("%q are %q, want %q", words, got, want)
		}
	}
}
