package insight

import (
	"net/mail"
	"strings"
)

// maxAddress is the most bytes of an address: RFC 5321, 4.5.3.1.3, without its brackets.
const maxAddress = 254

// MailAddress returns the address that the text is, in lower case, and false for any other text. It is the rule for [Viewer.Mail] and for those who get reports: an address alone,
// without a name, in ASCII, of 254 bytes at most. Spaces around it do not count.
func MailAddress(text string) (address string, ok bool) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != strings.TrimSpace(text) || len(a.Address) > maxAddress || strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", false
	}
	return strings.ToLower(a.Address), true
}
