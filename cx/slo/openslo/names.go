package openslo

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// maxIdentifier is how many bytes the name of an object has at most. Source: OpenSLO v1, Notes (General Schema), after RFC 1123.
const maxIdentifier = 63

// identifier returns a name that OpenSLO allows: small letters, digits and dashes. A name that is none yet ends with a number that follows
// from it, so that two names remain two.
func identifier(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			b.WriteRune(r)
		} else if !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug == name && slug != "" && len(slug) <= maxIdentifier {
		return slug
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	suffix := fmt.Sprintf("%08x", h.Sum32())
	if most := maxIdentifier - len(suffix) - 1; len(slug) > most {
		slug = strings.TrimRight(slug[:most], "-")
	}
	return strings.TrimPrefix(slug+"-"+suffix, "-")
}

// cut returns at most that many characters of the text.
func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return text
}
