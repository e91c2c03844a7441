package blueprint

import (
	"strings"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/nearest"
)

// Suggest returns the one of known that name was probably meant to be, or "" where none is near:
// a third of the letters may be wrong, and capitals and the kind of dash do not count. Two swapped
// letters are one mistake. The first of several that are as near is returned.
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
