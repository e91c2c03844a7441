package redact_test

import (
	"strings"
	"testing"
	"unicode"
)

// TestEveryScript: a card in the digits of each script of Unicode is found. The digits of a script follow each other from zero
// (The Unicode Standard, section 4.6).
func TestEveryScript(t *testing.T) {
	t.Parallel()
	r := must(t)
	scripts := 0
	for zero := rune(0); zero <= unicode.MaxRune; zero++ {
		if !unicode.Is(unicode.Nd, zero) {
			continue
		}
		scripts++
		var text strings.Builder
		for _, d := range "4111111111111111" {
			text.WriteRune(zero + d - '0')
		}
		if got := r.Text(text.String()); got != "[card]" {
			t.Errorf("digits from %U: %q became %q", zero, text.String(), got)
		}
		zero += 9
	}
	if scripts < 60 {
		t.Errorf("%d scripts were tried", scripts)
	}
}

// TestEveryCharacter: no character between two addresses hides them, or is changed. It tries the basic plane, and of the others
// each 17th.
func TestEveryCharacter(t *testing.T) {
	t.Parallel()
	r := must(t)
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if c >= 0xD800 && c <= 0xDFFF || c > 0xFFFF && c%17 != 0 {
			continue
		}
		between := " " + string(c) + " "
		if got := r.Text("a@example.com" + between + "b@example.com"); got != "[email]"+between+"[email]" {
			t.Errorf("with %U it became %q", c, got)
		}
	}
}

// TestLetters: the base letter of each Latin letter with a mark, in a name that decides.
func TestLetters(t *testing.T) {
	t.Parallel()
	texts{
		{"French", "an acute", "téléphone 0123456, TÉLÉPHONE 0123456", "téléphone [phone], TÉLÉPHONE [phone]"},
		{"Spanish", "a tilde", "contraseña: x1yz", "contraseña: [secret]"},
		{"Polish", "a stroke", "hasło: x1yz", "hasło: [secret]"},
		{"Swedish", "two dots", "lösenord: x1yz", "lösenord: [secret]"},
		{"combined", "a mark of its own", "Te\u0301le\u0301phone 0123456", "Te\u0301le\u0301phone [phone]"},
	}.run(t)
}
