package gogen

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// names gives identifiers, and notes two things that need the same one.
type names struct {
	taken  map[string]string // what has an identifier, such as `the journey "checkout"`
	faults []error
}

// of returns the identifier of a thing: its kind, followed by the words of the names, of which the last one is its own. The parameter
// what describes the thing in errors.
func (n *names) of(kind, what string, of ...string) string {
	id := kind
	for _, name := range of {
		id = join(id, words(name))
	}
	switch other, taken := n.taken[id]; {
	case !taken:
		n.taken[id] = what
	case other != what:
		said := fmt.Sprintf("gogen: %s and %s both have the name %s in Go: rename one of them in the blueprint", other, what, id)
		if !slices.ContainsFunc(n.faults, func(err error) bool { return err.Error() == said }) {
			n.faults = append(n.faults, errors.New(said))
		}
	}
	return id
}

func (n *names) err() error { return errors.Join(n.faults...) }

// words returns the name as a part of an identifier: without what an identifier cannot have, and with each word in a capital. A name of
// nothing but such characters becomes their code points.
func words(name string) string {
	out := ""
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		first := true
		out = join(out, strings.Map(func(r rune) rune {
			if first {
				first, r = false, unicode.ToUpper(r)
			}
			return r
		}, word))
	}
	if out != "" {
		return out
	}
	var codes strings.Builder
	for _, r := range name {
		fmt.Fprintf(&codes, "U%04X", r)
	}
	return codes.String()
}

// join puts an underscore between two digits, so that 1-12 and 11-2 differ.
func join(a, b string) string {
	if a != "" && b != "" && isDigit(lastRune(a)) && isDigit(firstRune(b)) {
		return a + "_" + b
	}
	return a + b
}

func isDigit(r rune) bool { return unicode.IsDigit(r) }

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func lastRune(s string) (last rune) {
	for _, r := range s {
		last = r
	}
	return last
}
