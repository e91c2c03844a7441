package report

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestHuman: a duration has its two largest units, rounded to the smaller one, or days alone from 100 days on. What is
// rounded up to the next unit is written in that one.
func TestHuman(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		0: "0 s", 1: "<1 ms", time.Millisecond - 1: "<1 ms", time.Millisecond: "1 ms", 999*time.Millisecond + 999: "999 ms",
		time.Second: "1 s", 1500 * time.Millisecond: "1.5 s", 59*time.Second + 900*time.Millisecond: "59.9 s",
		time.Minute - 50*time.Millisecond - 1: "59.9 s", time.Minute - 50*time.Millisecond: "1 min", time.Minute: "1 min",
		61 * time.Second: "1 min 1 s", 61*time.Second + 499*time.Millisecond: "1 min 1 s",
		time.Hour - time.Second/2 - 1: "59 min 59 s", time.Hour - time.Second/2: "1 h", time.Hour: "1 h", 90 * time.Minute: "1 h 30 min",
		day - time.Minute/2 - 1: "23 h 59 min", day - time.Minute/2: "1 d", day: "1 d", 25 * time.Hour: "1 d 1 h", 2*day - time.Minute: "2 d",
		100*day - time.Hour/2 - 1: "99 d 23 h", 100*day - time.Hour/2: "100 d", 100 * day: "100 d", 100*day + 12*time.Hour: "101 d",
		1000 * day: "1,000 d",
	} {
		if got := human(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// TestPercent: neither 0 nor 100% is ever said of a share that is neither.
func TestPercent(t *testing.T) {
	t.Parallel()
	for part, want := range map[float64]string{
		0: "0.0%", math.SmallestNonzeroFloat64: "<0.1%", 0.00099: "<0.1%", 0.001: "0.1%", 0.0044: "0.4%", 0.5: "50.0%",
		0.999: "99.9%", 0.9991: ">99.9%", math.Nextafter(1, 0): ">99.9%", 1: "100.0%", 1.5: "150.0%",
	} {
		if got := percent(part); got != want {
			t.Errorf("the share %v is %q, want %q", part, got, want)
		}
	}
	for _, c := range []struct {
		n, of        int64
		share        string
		number, part string
	}{
		{0, 0, "", "", ""},
		{0, 7, "0.0%", "", ""},
		{1, 1, "100.0%", "1", "100.0%"},
		{1, 2, "50.0%", "1", "50.0%"},
		{1, 0, "", "1", ""},
		{1234, 2468, "50.0%", "1,234", "50.0%"},
	} {
		if got := share(c.n, c.of); got != c.share {
			t.Errorf("the share %d of %d is %q, want %q", c.n, c.of, got, c.share)
		}
		if number, part := counted(c.n, c.of); number != c.number || part != c.part {
			t.Errorf("%d of %d is %q and %q, want %q and %q", c.n, c.of, number, part, c.number, c.part)
		}
	}
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 999_999: "999,999", 1_000_000: "1,000,000"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 rows", 1: "1 row", 2: "2 rows", 1000: "1,000 rows"} {
		if got := plural(n, "row", "rows"); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// TestBar: a bar is as long as its share, to an eighth of a character, and a share above 0 is always visible.
func TestBar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		part  float64
		width int
		want  string
	}{
		{0, 20, ""},
		{1e-9, 20, "▏"},
		{1. / 16, 1, "▏"},
		{1. / 8, 1, "▏"},
		{2. / 8, 1, "▎"},
		{3. / 8, 1, "▍"},
		{4. / 8, 1, "▌"},
		{5. / 8, 1, "▋"},
		{6. / 8, 1, "▊"},
		{7. / 8, 1, "▉"},
		{1, 1, "█"},
		{0.5, 2, "█"},
		{0.5, 3, "█▌"},
		{1, 4, "████"},
		{7, 4, "████"},
	} {
		if got := bar(c.part, c.width); got != c.want {
			t.Errorf("the bar of %v in %d characters is %q, want %q", c.part, c.width, got, c.want)
		}
	}
}

// TestCut: a text that fits is not cut. A longer one fills the room beside the ellipsis.
func TestCut(t *testing.T) {
	t.Parallel()
	texts := rapid.OneOf(rapid.StringMatching(`[a-z ,/]{0,30}`), rapid.StringOfN(rapid.RuneFrom([]rune("申請👩‍👩‍👧é̂ｗ a,/")), 0, 20, -1))
	rapid.Check(t, func(t *rapid.T) {
		text, width := texts.Draw(t, "text"), rapid.IntRange(-1, 30).Draw(t, "width")
		got, path := cut(text, width), cutPath(text, width)
		if displayed(text) <= width {
			if got != text || path != text {
				t.Fatalf("%q is cut to %q and %q for %d characters", text, got, path, width)
			}
			return
		}
		if width <= 0 {
			if got != "" && displayed(got) > 0 {
				t.Fatalf("%q is cut to %q for %d characters", text, got, width)
			}
			return
		}
		const widest = 2 // a character of two columns may not fit into the last one
		kept, whole := strings.CutSuffix(got, ellipsis)
		if w := displayed(got); !whole || w > width || !strings.HasPrefix(text, kept) || !utf8.ValidString(got) || strings.HasSuffix(kept, " ") {
			t.Fatalf("%q is cut to %q for %d characters", text, got, width)
		}
		if w := displayed(got) + len(text[len(kept):]) - len(strings.TrimLeft(text[len(kept):], " ")); w < width-widest+1 {
			t.Fatalf("%q is cut to %q for %d characters, which has room for more", text, got, width)
		}
		end, whole := strings.CutPrefix(path, ellipsis)
		if w := displayed(path); !whole || w > width || w < width-widest+1 || !strings.HasSuffix(text, end) {
			t.Fatalf("the path %q is cut to %q for %d characters", text, path, width)
		}
	})
	for text, want := range map[string]string{"web 80.0%, em…": "web 80.0%,…", "web 80.0%, email 10.0%, p…": "web 80.0%, email 10.0%,…", "web 8…": "web 8…", ", a…": ", a…", "": ""} {
		if got := cutList(text); got != want {
			t.Errorf("the list %q is cut to %q, want %q", text, got, want)
		}
	}
}

// TestSentence: words fill a line as far as it goes, and a word that is longer than a line is cut.
func TestSentence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ words, want string }{
		{"", "  \n"},
		{"aaa bbb", "  aaa bbb\n"},
		{"aaaa bbbb", "  aaaa\n  bbbb\n"},
		{"aaa bbb c", "  aaa bbb\n  c\n"},
		{"aaaaaaaaaaaa b", "  aaaaaa…\n  b\n"},
		{"a bbbbbbbbbb c", "  a\n  bbbbbb…\n  c\n"},
	} {
		var b strings.Builder
		sentence(&b, 9, c.words)
		if b.String() != c.want {
			t.Errorf("%q becomes %q, want %q", c.words, &b, c.want)
		}
	}
}
