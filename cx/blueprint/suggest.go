package blueprint

import (
	"strings"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/nearest"
)

// Suggest returns the known name that is nearest to name, or "" if none is near. Up to a third of the letters may be wrong.
// Case and the kind of dash do not count, and two swapped letters are one mistake. Among equally near names the first wins.
func Suggest(name string, known []string) string {
	if name == "" || len(name) > 2*event.MaxName {
		return ""
	}
	want := fold(name)
	best, least := "", max(1, utf8.RuneCountInString(want)/3)+1
	for _, k := range known {
		if len(k) > 2*event.MaxName {
			continue
		}
		if d := nearest.Distance(want, fold(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

var dashes = strings.NewReplacer("-", "_", " ", "_", ".", "_")

func fold(s string) string { return dashes.Replace(strings.ToLower(s)) }
