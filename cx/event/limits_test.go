package event_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

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
		{"NUL", "a control character is UTF-8; who minds asks ValidName", "a\x00b", 3, "a\x00b", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, changed := event.Cut(c.in, c.limit)
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
	got, changed := event.Cut(s, limit)
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
	if again, changed := event.Cut(got, limit); changed || again != got {
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

// TestCutAllocates only for what is not UTF-8, for it is called for every event.
func TestCutAllocates(t *testing.T) {
	long := strings.Repeat("grüße 🙂 ", 100)
	for limit := range event.MaxName { // most of them in the middle of a rune
		if n := testing.AllocsPerRun(10, func() { event.Cut(long, limit) }); n != 0 {
			t.Errorf("cutting at %d allocates %v times, want 0", limit, n)
		}
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", event.MaxName)
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
			got, changed := event.Label(c.in)
			if got != c.want || changed != (c.in != c.want) {
				t.Errorf("it is %q, changed %v; want %q: %s", got, changed, c.want, c.reason)
			}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		s := hostileText().Draw(t, "s")
		got, changed := event.Label(s)
		if len(got) > 64 || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || changed != (got != s) {
			t.Fatalf("Label(%q) is %q, changed %v", s, got, changed)
		}
		if again, changed := event.Label(got); changed || again != got {
			t.Fatalf("Label(%q) changes its own result to %q", s, again)
		}
	})
}

func TestValidIDAndName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", event.MaxName)
	longest := strings.Repeat("x", event.MaxID)
	for _, c := range []struct {
		name, reason string
		in           string
		id, isName   bool
	}{
		{"empty", "nothing has no name", "", false, false},
		{"plain", "an ordinary name", "checkout", true, true},
		{"UUID", "what most IDs are", "0b8f6c1e-5a0c-7d2e-9f00-3a1d5e2b7c44", true, true},
		{"slash and space", "order numbers have them", "2026/04 17", true, true},
		{"UTF-8", "names are in the team's own language", "prüfung-✓", true, true},
		{"emoji", "four-byte runes are text", "🛒", true, true},
		{"leading underscore", "such names are ours", "_cart", true, false},
		{"the folded name", "it stands for unknown names, nobody may define it", event.Other, true, false},
		{"underscore inside", "only a leading one is ours", "a_b", true, true},
		{"longest name", "64 bytes", long, true, true},
		{"name one too long", "65 bytes", long + "x", true, false},
		{"longest ID", "128 bytes", longest, true, false},
		{"ID one too long", "129 bytes", longest + "x", false, false},
		{"bytes count, not runes", "43 times three bytes are 129", strings.Repeat("€", 43), false, false},
		{"NUL", "C0 control", "a\x00", false, false},
		{"newline", "C0 control: it would break log lines", "a\nb", false, false},
		{"tab", "C0 control", "\ta", false, false},
		{"unit separator", "the last C0 control", "\x1f", false, false},
		{"space is the first that is none", "0x20 is printable", " ", true, true},
		{"DEL", "a control character", "a\x7f", false, false},
		{"first C1", "U+0080 is a control character", "a\u0080", false, false},
		{"next line", "U+0085 breaks lines", "a\u0085b", false, false},
		{"last C1", "U+009F is a control character", "\u009f", false, false},
		{"no-break space", "U+00A0 is the first after C1", "\u00a0", true, true},
		{"control after a rune", "looked for behind the first rune too", "é\x01", false, false},
		{"control before a rune", "looked for before it too", "\x01é", false, false},
		{"C1 after ASCII and runes", "looked for everywhere", "aé€\u0090", false, false},
		{"not UTF-8", "a lone byte", "a\xff", false, false},
		{"cut rune", "half of one", "a\xe2\x82", false, false},
		{"invalid after valid", "looked for behind the first rune too", "é\xff", false, false},
		{"surrogate half", "not UTF-8 by RFC 3629", "\xed\xa0\x80", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := event.ValidID(c.in); got != c.id {
				t.Errorf("ValidID(%q) is %v, want %v: %s", c.in, got, c.id, c.reason)
			}
			if got := event.ValidName(c.in); got != c.isName {
				t.Errorf("ValidName(%q) is %v, want %v: %s", c.in, got, c.isName, c.reason)
			}
		})
	}
}

func beyondASCII(r rune) bool { return r >= utf8.RuneSelf }

// TestNamesLookAlike: a name that looks like another one is none. An ID is the application's own, byte by byte.
func TestNamesLookAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, label string }{
		{"zero-width space", "check\u200bout", "checkout"},
		{"zero-width joiner", "check\u200dout", "checkout"},
		{"zero-width non-joiner", "check\u200cout", "checkout"},
		{"byte order mark", "\ufeffcheckout", "checkout"},
		{"word joiner", "check\u2060out", "checkout"},
		{"soft hyphen", "check\u00adout", "checkout"},
		{"right-to-left override", "\u202etuokcehc\u202c", "tuokcehc"},
		{"left-to-right mark", "checkout\u200e", "checkout"},
		{"isolate", "\u2066checkout\u2069", "checkout"},
		{"line separator", "check\u2028out", "checkout"},
		{"variation selector", "checkout\ufe0f", "checkout"},
		{"tag", "checkout\U000e0061", "checkout"},
		{"Hangul filler", "checkout\u3164", "checkout"},
		{"combining grapheme joiner", "check\u034fout", "checkout"},
		{"decomposed", "Sen\u0303al", "Se\u00f1al"},
		{"marks in another order", "a\u0302\u0323", "\u1ead"},
		{"half decomposed", "\u00e2\u0323", "\u1ead"},
		{"Hangul decomposed", "\u1112\u1161\u11ab", "\ud55c"},
		{"Hangul half decomposed", "\ud558\u11ab", "\ud55c"},
		{"Ohm for Omega", "10 \u2126", "10 \u2126"}, // a label only looks like another one
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if event.ValidName(c.in) {
				t.Errorf("%+q is a name, as what it looks like is", c.in)
			}
			if !event.ValidID(c.in) {
				t.Errorf("%+q is no ID: an ID is never lost", c.in)
			}
			if got, changed := event.Label(c.in); got != c.label || changed != (c.in != c.label) {
				t.Errorf("the label is %+q, changed %v; want %+q", got, changed, c.label)
			}
			if c.in != c.label && !event.ValidName(c.label) {
				t.Errorf("%+q is no name", c.label)
			}
		})
	}
}

// TestValidIsPrintable holds the hand-made checks against the standard library's.
func TestValidIsPrintable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := hostileText().Draw(t, "s")
		printable := utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
		if want := printable && s != "" && len(s) <= 128; event.ValidID(s) != want {
			t.Errorf("ValidID(%q) is %v", s, !want)
		}
		// What is more than ASCII has to be in normal form too, which is cmd/cairn's to test: it has the tables.
		if want := printable && s != "" && len(s) <= 64 && s[0] != '_'; event.ValidName(s) != want && (!want || strings.IndexFunc(s, beyondASCII) < 0) {
			t.Errorf("ValidName(%q) is %v", s, !want)
		}
	})
}
