package text

import (
	"net/url"
	"strings"
)

// FileName returns the name as the name of a file, without an extension. Characters that a file's name or an address cannot have are
// escaped with %, and so is a point at the beginning, which would hide the file from people and from the patterns of a shell.
func FileName(name string) string {
	escaped := strings.NewReplacer("+", "%20", "*", "%2A").Replace(url.QueryEscape(name))
	if rest, hidden := strings.CutPrefix(escaped, "."); hidden {
		return "%2E" + rest
	}
	return escaped
}
