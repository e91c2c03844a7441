package redact_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/feedback/redact"
)

// pieces are parts of what rules look for, so that their ends and beginnings meet.
func pieces() []string {
	return []string{
		" ", "  ", "\n", "-", ".", "/", "(", ")", ",", ":", "+", "@", "=", "\"", "_", "#", "[", "]", "&", "\u200b", "é", "\xff", "$", "ж",
		"0", "1", "12", "123", "4111", "1111", "378282246310005", "4111 1111 1111 1111", "111222333", "bsn ", "078-05-1120", "ssn ", "2341 2341 2346", "aadhaar ",
		"030 23125 012", "tel ", "0049", "+49 30 23125 012", "202-555-0143", "order ", "01.02.2026", "2026", "978-3-16-148410-0", "4 1 1 1 ", "756.", "811228", "9874",
		"DE89", "DE89 3704 0044 ", "0532 0130 00", "AB 12 34 ", "56 C", "RSSMRA85T10A562S", "12345678", "Z", "X", "2A",
		"jane", "example", ".com", "jane@example.com", " at ", "(at)", " dot ", "://", "https://a:b@", "@jane", "\"jane doe\"@",
		"password", "password: ", "hunter2", "pin ", "4711", "eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0", "ghp_", "AKIA", "IOSFODNN7EXAMPLE", "Bearer ",
		"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9", "-----BEGIN ", "RSA PRIVATE KEY-----", "-----END ", "[email]", "[card:3f9a62c1]", "[email", ":3f9a62c1]", "[x]",
	}
}

// odd is a Phones that decides by the last digit.
type odd struct{}

func (odd) Phone(digits string) (string, bool) { return digits, (digits[len(digits)-1]-'0')%2 == 1 }

// check fails if a result breaks what Text promises of every text.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, r *redact.Redactor, text string,
) {
	t.Helper()
	for name, do := range map[string]func(string) string{"Text": r.Text, "Quick": r.Quick} {
		once := do(text)
		if again := do(once); again != once {
			t.Fatalf("%s(%q) is %q, and again %q", name, text, once, again)
		}
		if utf8.ValidString(text) && !utf8.ValidString(once) {
			t.Fatalf("%s(%q) is not UTF-8: %q", name, text, once)
		}
	}
	// The text outside of the findings is left as it is.
	var kept strings.Builder
	from := 0
	for _, f := range r.Find(text) {
		if f.Start < from || f.End <= f.Start || f.End > len(text) {
			t.Fatalf("Find(%q) has %v behind %d", text, f, from)
		}
		kept.WriteString(text[from:f.Start] + "\x00")
		from = f.End
	}
	kept.WriteString(text[from:])
	rest := r.Text(text)
	for i, part := range strings.Split(kept.String(), "\x00") {
		if strings.Contains(text, "\x00") {
			break
		}
		if i > 0 {
			_, behind, _ := strings.Cut(rest, "]")
			rest = behind
		}
		if !strings.HasPrefix(rest, part) {
			t.Fatalf("Text(%q) has %q for %q", text, rest, part)
		}
		rest = rest[len(part):]
	}
}

func redactors(t testing.TB) []*redact.Redactor {
	t.Helper()
	return []*redact.Redactor{
		must(t),
		must(t, redact.WithHandles(), redact.WithPhones(odd{})),
		must(t, redact.WithHandles(), redact.WithPhones(yes{}), redact.WithPseudonyms([]byte("a key only for tests"))),
		must(t, redact.Without(redact.Email, redact.Card)),
	}
}

func TestAgainChangesNothing(t *testing.T) {
	t.Parallel()
	all := redactors(t)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces()), 1, 40).Draw(t, "pieces"), "")
		for _, r := range all {
			check(t, r, text)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range pieces() {
		f.Add(s)
	}
	for _, s := range corpus(f)[:100] {
		f.Add(s.text)
	}
	all := redactors(f)[1:3] // those that find most
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range all {
			check(t, r, text)
		}
	})
}

// TestAnyCardAnyWriting: a number of a scheme's range with a right check digit is found whatever it is written with.
func TestAnyCardAnyWriting(t *testing.T) {
	t.Parallel()
	r := must(t)
	type scheme struct {
		prefix string
		length int
		groups []int
	}
	schemes := []scheme{
		{"4", 16, []int{4, 4, 4, 4}},
		{"51", 16, []int{4, 4, 4, 4}},
		{"55", 16, []int{8, 8}},
		{"2720", 16, []int{4, 4, 4, 4}},
		{"34", 15, []int{4, 6, 5}},
		{"37", 15, []int{4, 6, 5}},
		{"36", 14, []int{4, 6, 4}},
		{"6011", 16, []int{4, 4, 4, 4}},
		{"3528", 16, []int{4, 4, 4, 4}},
		{"62", 19, []int{6, 13}},
		{"6759", 18, []int{4, 4, 4, 6}},
		{"2204", 16, []int{4, 4, 4, 4}},
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(schemes).Draw(t, "scheme")
		digits := []byte(s.prefix)
		for len(digits) < s.length-1 {
			digits = append(digits, byte('0'+rapid.IntRange(0, 9).Draw(t, "digit")))
		}
		digits = append(digits, checkDigit(digits))
		zero := rapid.SampledFrom([]rune{'0', '０', '٠', '०', '𝟎'}).Draw(t, "script")
		gap := rapid.SampledFrom([]string{"", " ", "-", ".", "\u00a0", "–", " - ", "\n", "\u2009", "\r\n"}).Draw(t, "gap")
		var text strings.Builder
		text.WriteString("paid with ")
		next := 0
		for i, n := range s.groups {
			if i > 0 {
				text.WriteString(gap)
			}
			for range n {
				text.WriteRune(zero + rune(digits[next]-'0'))
				if rapid.IntRange(0, 9).Draw(t, "unseen") == 0 {
					text.WriteString(rapid.SampledFrom([]string{"\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad"}).Draw(t, "character"))
				}
				next++
			}
		}
		text.WriteString(" today")
		if got := r.Text(text.String()); got != "paid with [card] today" {
			t.Fatalf("%q became %q", text.String(), got)
		}
	})
}

// checkDigit is the digit that makes Luhn's sum a multiple of ten, found by trying, with the table of doubled digits.
func checkDigit(digits []byte) byte {
	doubled := [10]int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}
	sum := 0
	reversed := slices.Clone(digits)
	slices.Reverse(reversed)
	for i, d := range reversed {
		if i%2 == 0 {
			sum += doubled[d-'0']
		} else {
			sum += int(d - '0')
		}
	}
	for c := range 10 {
		if (sum+c)%10 == 0 {
			return byte('0' + c)
		}
	}
	return 0
}
