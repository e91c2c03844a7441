package nearest

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxName bounds the names that are compared: twice the length of a valid one.
const maxName = 128

// Name returns the known name that is nearest to name, or "" if none is near. Up to a third of the letters may be wrong. Case and
// the kind of dash do not count, and two swapped letters are one mistake. Among equally near names the first wins.
func Name(name string, known []string) string {
	if name == "" || len(name) > maxName {
		return ""
	}
	want := fold(name)
	best, least := "", max(1, utf8.RuneCountInString(want)/3)+1
	for _, k := range known {
		if len(k) > maxName {
			continue
		}
		if d := Distance(want, fold(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

// Meant returns the end of a message about an unknown name: the question whether [Name] was meant, or "".
func Meant(name string, known []string) string {
	if n := Name(name, known); n != "" {
		return ": did you mean " + strconv.Quote(n) + "?"
	}
	return ""
}

func fold(s string) string {
	return strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(strings.ToLower(s))
}
