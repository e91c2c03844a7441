package text_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"cairncx.dev/cairn/internal/text"
)

// TestNormalForm compares labels with the normal form C of golang.org/x/text, which cmd/cairn writes to
// testdata/normal.txt, and holds that a text is distinct only in that form.
func TestNormalForm(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/normal.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	n := 0
	lines := bufio.NewScanner(file)
	for ; lines.Scan(); n++ {
		var in, want string
		if _, err := fmt.Sscanf(lines.Text(), "%q %q", &in, &want); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if got, changed := text.Label(in, 64); got != want || changed != (in != want) {
			t.Errorf("the label of %+q is %+q, changed %v; want %+q", in, got, changed, want)
		}
		if got := text.Distinct(in); got != (in == want) {
			t.Errorf("Distinct(%+q) is %v, and the normal form is %+q", in, got, want)
		}
		if hint := text.NameHint(in); (hint == "") != (in == want) {
			t.Errorf("the hint about %+q is %q, and the normal form is %+q", in, hint, want)
		}
	}
	if err := lines.Err(); err != nil || n == 0 {
		t.Fatalf("%d texts, %v", n, err)
	}
}

// TestStandsForAnother: no text in normal form C has a singleton or a composition exclusion (UAX #15, section 5). The
// characters beside them may be in one.
func TestStandsForAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		r    rune
		want bool
	}{
		{"before the first", 0x33f, true},
		{"grave tone mark, the first", 0x340, false},
		{"acute tone mark", 0x341, false},
		{"Greek perispomeni, between two", 0x342, true},
		{"Greek koronis", 0x343, false},
		{"Greek question mark", 0x37e, false},
		{"Kelvin sign", 0x212a, false},
		{"Angstrom sign", 0x212b, false},
		{"after the Angstrom sign", 0x212c, true},
		{"a compatibility ideograph", 0xfa0d, false},
		{"a unified ideograph among them", 0xfa0e, true},
		{"the last compatibility ideograph", 0x2fa1d, false},
		{"an ideograph after it", 0x30000, true},
	} {
		for _, s := range []string{string(c.r), "a" + string(c.r), string(c.r) + "é"} {
			if got := text.Distinct(s); got != c.want {
				t.Errorf("%s: Distinct(%+q) is %v, want %v", c.name, s, got, c.want)
			}
			if hint := text.NameHint(s); (hint == "") != c.want {
				t.Errorf("%s: the hint about %+q is %q", c.name, s, hint)
			}
		}
	}
}

// TestEachCharacter: Unicode's categories and properties decide about each character, wherever it is in a text.
func TestEachCharacter(t *testing.T) {
	t.Parallel()
	for r := range rune(0xe1000) { // no later character is unseen
		if 0xd800 <= r && r <= 0xdfff || 0x30000 <= r && r < 0xe0000 {
			continue // a surrogate is no character, and no character is assigned in these planes
		}
		control := unicode.IsControl(r)
		unseen := control || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
		if text.Unseen(r) != unseen {
			t.Errorf("Unseen(%U) is %v, want %v", r, !unseen, unseen)
		}
		c := string(r)
		for _, s := range []string{c, "a" + c + "b", "é" + c, c + "é"} {
			if text.Printable(s) == control {
				t.Errorf("Printable(%+q) is %v, want %v", s, control, !control)
			}
			if !unseen {
				continue
			}
			if text.Distinct(s) {
				t.Errorf("Distinct(%+q) is true, and people do not see one of its characters", s)
			}
			if label, _ := text.Label(s, 16); label != strings.ReplaceAll(s, c, "") {
				t.Errorf("the label of %+q is %+q", s, label)
			}
		}
	}
	for _, s := range hostile {
		if text.Printable(s) && (s != string([]rune(s))) {
			t.Errorf("Printable(%q) is true, and it is not UTF-8", s)
		}
	}
}
