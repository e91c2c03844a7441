package text_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/internal/text"
)

// hostile are strings that have broken things elsewhere.
var hostile = []string{
	"", " ", "_", "_other", "a", "checkout", "0", "-1", "null", "true", "{}", "[", `"`, `\`, `\u0000`,
	"\x00", "\x1f", "\x7f", "\n", "\r\n", "\t", "\u0080", "\u009f", "\u00a0", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff",
	"é", "e\u0301", "€", "🙂", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u202eevil", "</script><script>", "a/b", "a~2Fb", "~", "~~", "%2F", "a,b", "a;b", "a=b",
	"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "a\xffb", "\x80\x80\x80\x80\x80",
	strings.Repeat("x", 63), strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("€", 21) + "x", strings.Repeat("€", 22),
	strings.Repeat("x", 127), strings.Repeat("x", 128), strings.Repeat("x", 129), strings.Repeat("🙂", 33),
}

// hostileText is any string, whether UTF-8 or not.
func hostileText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(hostile),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 140), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 4), func(s []string) string { return strings.Join(s, "") }),
	)
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		in           string
		limit        int
		want         string
		changed      bool
	}{
		{"empty", "nothing to cut", "", 0, "", false},
		{"fits", "as it is", "payment", 7, "payment", false},
		{"one over", "cut to the bound", "payments", 7, "payment", true},
		{"limit zero", "nothing is left", "a", 0, "", true},
		{"two-byte rune on the border", "a rune is kept whole or not at all", "abé", 3, "ab", true},
		{"two-byte rune inside", "it fits whole", "abéx", 4, "abé", true},
		{"three-byte rune, one byte fits", "a rune is kept whole or not at all", "ab€", 3, "ab", true},
		{"three-byte rune, two bytes fit", "a rune is kept whole or not at all", "ab€", 4, "ab", true},
		{"four-byte rune, one byte fits", "a rune is kept whole or not at all", "ab🙂", 3, "ab", true},
		{"four-byte rune, two bytes fit", "a rune is kept whole or not at all", "ab🙂", 4, "ab", true},
		{"four-byte rune, three bytes fit", "a rune is kept whole or not at all", "ab🙂", 5, "ab", true},
		{"four-byte rune fits", "it fits whole", "ab🙂c", 6, "ab🙂", true},
		{"rune larger than the bound", "nothing of it fits", "🙂", 3, "", true},
		{"replacement character", "U+FFFD is a character like others", "\uFFFD", 3, "\uFFFD", false},
		{"invalid", "what is not UTF-8 is taken out", "a\xffb", 10, "ab", true},
		{"truncated rune at the end", "half a rune is not UTF-8", "a\xe2\x82", 10, "a", true},
		{"surrogate half", "RFC 3629, section 3: surrogates are not UTF-8", "a\xed\xa0\x80b", 10, "ab", true},
		{"overlong", "RFC 3629, section 3: overlong forms are not UTF-8", "a\xc0\xafb", 10, "ab", true},
		{"beyond Unicode", "RFC 3629, section 3: nothing above U+10FFFF", "a\xf4\x90\x80\x80b", 10, "ab", true},
		{"only continuation bytes", "nothing of it is UTF-8", strings.Repeat("\x80", 100), 64, "", true},
		{"NUL", "a control character is UTF-8: Printable refuses it", "a\x00b", 3, "a\x00b", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, changed := text.Cut(c.in, c.limit)
			if got != c.want || changed != c.changed {
				t.Errorf("Cut(%q, %d) is %q, %v; want %q, %v: %s", c.in, c.limit, got, changed, c.want, c.changed, c.reason)
			}
		})
	}
}

// checkCut is what holds of every string and bound.
func checkCut(t interface {
	Helper()
	Errorf(string, ...any)
}, s string, limit int,
) {
	t.Helper()
	got, changed := text.Cut(s, limit)
	if len(got) > limit {
		t.Errorf("Cut(%q, %d) has %d bytes", s, limit, len(got))
	}
	if !utf8.ValidString(got) {
		t.Errorf("Cut(%q, %d) is %q, which is not UTF-8", s, limit, got)
	}
	if changed != (got != s) {
		t.Errorf("Cut(%q, %d) is %q, and says changed %v", s, limit, got, changed)
	}
	if utf8.ValidString(s) {
		if !strings.HasPrefix(s, got) {
			t.Errorf("Cut(%q, %d) is %q, which is not its beginning", s, limit, got)
		}
		// Nothing more would have fitted.
		if rest := s[len(got):]; rest != "" {
			if _, n := utf8.DecodeRuneInString(rest); len(got)+n <= limit {
				t.Errorf("Cut(%q, %d) is %q, though the next rune fits too", s, limit, got)
			}
		}
	}
	if again, changed := text.Cut(got, limit); changed || again != got {
		t.Errorf("Cut(%q, %d) changes its own result to %q", s, limit, again)
	}
}

func TestCutProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkCut(t, hostileText().Draw(t, "s"), rapid.IntRange(0, 80).Draw(t, "limit"))
	})
}

func FuzzCut(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 3)
		f.Add(s, 64)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		checkCut(t, s, max(0, limit%4096))
	})
}

// TestCutAllocates: Cut runs for every event, so it allocates only for what is not UTF-8.
func TestCutAllocates(t *testing.T) {
	long := strings.Repeat("grüße 🙂 ", 100)
	for limit := range 64 { // most of them in the middle of a rune
		if n := testing.AllocsPerRun(10, func() { text.Cut(long, limit) }); n != 0 {
			t.Errorf("cutting at %d allocates %v times, want 0", limit, n)
		}
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	for _, c := range []struct{ name, reason, in, want string }{
		{"empty", "no label", "", ""},
		{"plain", "as it is", "gold", "gold"},
		{"leading underscore", "a label is not a definition's name", "_internal", "_internal"},
		{"longest", "64 bytes", long, long},
		{"too long", "cut", long + "x", long},
		{"cut in a rune", "a rune is kept whole or not at all", long[:62] + "€", long[:62]},
		{"control characters", "they break what shows it", "a\tb\x00c\n\u0085\x7f", "abc"},
		{"not UTF-8", "what is not text is taken out", "a\xffb", "ab"},
		{"only control characters", "nothing is left", "\x00\x01", ""},
		{"more control characters than text", "the text behind them is kept where that is little work", strings.Repeat("\x00", 100) + "gold", "gold"},
		{"no end of control characters", "the work is bounded", strings.Repeat("\x00", 1<<20) + "gold", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, changed := text.Label(c.in, 64)
			if got != c.want || changed != (c.in != c.want) {
				t.Errorf("it is %q, changed %v; want %q: %s", got, changed, c.want, c.reason)
			}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		s := hostileText().Draw(t, "s")
		got, changed := text.Label(s, 64)
		if len(got) > 64 || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || changed != (got != s) {
			t.Fatalf("Label(%q) is %q, changed %v", s, got, changed)
		}
		if again, changed := text.Label(got, 64); changed || again != got {
			t.Fatalf("Label(%q) changes its own result to %q", s, again)
		}
	})
}

// TestNameHint: the hint names the byte, the character and what to write instead; a text without such a fault has none.
func TestNameHint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing to hint at", "checkout", ""},
		{"empty", "", ""},
		{"not UTF-8", "a\xff", ""},
		{"control character", "a\nb", ""},
		{"zero-width space", "check\u200bout", ": byte 6 is U+200B, which cannot be seen: take it out"},
		{"decomposed", "Sen\u0303al", `: it is not in Unicode's normal form C, which is "Se\u00f1al"`},
		{"Ohm for Omega", "10 \u2126", ": byte 4 is U+2126, which stands for another character that looks the same: write that"},
	} {
		if got := text.NameHint(c.in); got != c.want {
			t.Errorf("%s: the hint is %q, want %q", c.name, got, c.want)
		}
	}
}

// A name that is refused although it looks right gets a hint.
func ExampleNameHint() {
	fmt.Println("the name is refused" + text.NameHint("check\u200bout"))
	// Output: the name is refused: byte 6 is U+200B, which cannot be seen: take it out
}
