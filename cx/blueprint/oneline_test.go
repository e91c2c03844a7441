package blueprint_test

import (
	"fmt"
	"testing"

	"cairncx.dev/cairn/cx/blueprint"
)

func TestOneLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, reason, in, printable, line string }{
		{"plain", "nothing is to be done", "A customer pays.", "A customer pays.", "A customer pays."},
		{"lines", "a line that ends would end a comment, too", "one\r\ntwo\u2028three\u0085four", "one  two three four", "one two three four"},
		{"edges", "a table has no room for them", "\t a  b \n", "  a  b  ", "a b"},
		{"order", "U+202E shows what follows from right to left", "pay\u202eyap", "payyap", "payyap"},
		{"hidden", "a zero-width space and a zero byte are not seen", "a\u200bb\x00c", "abc", "abc"},
		{"broken", "what is no UTF-8 becomes U+FFFD in a Map, which is left out as well", "a\xffb\ufffdc", "abc", "abc"},
		{"other scripts", "their letters and accents are printable", "Zahlung für 東京", "Zahlung für 東京", "Zahlung für 東京"},
		{"wide space", "the ideographic space is a space", "東\u3000京", "東 京", "東 京"},
		{"empty", "nothing stays nothing", "", "", ""},
	} {
		if got := blueprint.Printable(c.in); got != c.printable {
			t.Errorf("%s: Printable(%q) is %q, want %q: %s", c.name, c.in, got, c.printable, c.reason)
		}
		if got := blueprint.OneLine(c.in); got != c.line {
			t.Errorf("%s: OneLine(%q) is %q, want %q: %s", c.name, c.in, got, c.line, c.reason)
		}
	}
}

func ExampleOneLine() {
	fmt.Printf("%q\n", blueprint.OneLine("Pays at the first\n  attempt.\x07"))
	// Output: "Pays at the first attempt."
}
