package text

import (
	"net/url"
	"strings"
)

// FileName returns the name as the name of a file, without an extension. Characters that a file's name or an address cannot have are
// escaped with %.
func FileName(name string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A").Replace(url.QueryEscape(name))
}
