package event_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/text"
)

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
			if got, changed := text.Label(c.in, event.MaxName); got != c.label || changed != (c.in != c.label) {
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
