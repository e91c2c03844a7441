package insight

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestStorable: every byte at every place of a text is kept if the text is UTF-8 without NUL, and replaced otherwise.
func TestStorable(t *testing.T) {
	t.Parallel()
	for length := range 20 {
		for at := range length {
			for c := range 256 {
				text := []byte(strings.Repeat("~", length))
				text[at] = byte(c)
				s := string(text)
				plain := c > 0 && c < utf8.RuneSelf
				if plainText(s) != plain {
					t.Fatalf("%q is plain: %v", s, !plain)
				}
				want := s
				if !plain {
					want = s[:at] + "\uFFFD" + s[at+1:]
				}
				if got := storable(s); got != want {
					t.Fatalf("%q is stored as %q, want %q", s, got, want)
				}
			}
		}
	}
	for _, s := range []string{"", "käse", "日本語 8 bytes", "a\u0080b", "\x7f\x01 is ASCII"} {
		if got := storable(s); got != s {
			t.Errorf("%q is stored as %q", s, got)
		}
	}
}
