package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// pseudonymBytes is the length of a pseudonym. Its hexadecimal form is twice as long.
const pseudonymBytes = 4

// mark writes [kind] or [kind:pseudonym].
func (c *config) mark(out *strings.Builder, k Kind, canonical string) {
	out.WriteByte('[')
	out.WriteString(k.String())
	if c.pseudonym && k != Secret && k != Credentials {
		mac := hmac.New(sha256.New, c.key)
		mac.Write([]byte("cairn/redact/1/" + k.String() + "\x00" + canonical))
		out.WriteByte(':')
		out.WriteString(hex.EncodeToString(mac.Sum(nil)[:pseudonymBytes]))
	}
	out.WriteByte(']')
}

// markAt returns the length of the mark that begins at i, or 0. Marks are left alone, whatever the options: a redacted text stays
// as it is.
func markAt(f []byte, i int) int {
	const longest = len("[credentials:") + 2*pseudonymBytes + 1
	rest := f[i:min(len(f), i+longest)]
	word := 1
	for word < len(rest) && rest[word] >= 'a' && rest[word] <= 'z' {
		word++
	}
	if word == len(rest) || kindOf(rest[1:word]) == 0 {
		return 0
	}
	if rest[word] == ']' {
		return word + 1
	}
	end := word + 1 + 2*pseudonymBytes
	if rest[word] != ':' || end >= len(rest) || rest[end] != ']' {
		return 0
	}
	for _, b := range rest[word+1 : end] {
		if (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return 0
		}
	}
	return end + 1
}
