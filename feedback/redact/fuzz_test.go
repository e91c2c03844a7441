package redact_test

import (
	"cairncx.dev/cairn/feedback/redact"
	"testing"
	"unicode/utf8"
)

type evens struct{}

func (evens) Phone(d string) (string, bool) { return d, (d[len(d)-1]-'0')%2 == 0 }
func FuzzText(f *testing.F) {
	f.Add("mail jane.doe+x@example.com (at) example (dot) com. https://user:pa:ss@example.com/path?token=abc123&x=1 @jane_doe")
	f.Add("4111 1111 1111 1111 exp 12/27 cvv 123 ４１１１ DE89 3704 0044 0532 0130 00 password: hunter2 ghp_0123456789abcdefghij0123456789abcdef")
	f.Add("call +1 202 555 0143, (202) 555-0143 030 23125 012 tel 078-05-1120 AB 12 34 56 C 12345678Z RSSMRA85T10A562S [email:3f9a62c1][card]")
	r, _ := redact.New(redact.WithHandles(), redact.WithPhones(evens{}), redact.WithPseudonyms([]byte("0123456789abcdef")))
	q, _ := redact.New()
	f.Fuzz(func(t *testing.T, s string) {
		for _, do := range []func(string) string{r.Text, r.Quick, q.Text} {
			once := do(s)
			if twice := do(once); twice != once {
				t.Fatalf("%q\n%q\n%q", s, once, twice)
			}
			if utf8.ValidString(s) && !utf8.ValidString(once) {
				t.Fatal("utf8")
			}
		}
	})
}
