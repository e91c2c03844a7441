package report

import (
	"slices"
	"strings"
)

// step is what a reader can do next: in words, and as a command.
type step struct{ Text, Command string }

// next are the steps: list the runs that are late, and those that break their promise soon. Each is about the promise that has most of them.
func (r *Report) next() (list []step) {
	if len(r.Backlog) > 0 && r.Backlog[0].Late > 0 {
		b := &r.Backlog[0]
		if name, ok := r.argument(b.Journey, b.Promise); ok {
			list = append(list, step{"List the late runs", "cairn runs --broke " + name + " --where outcome=open"})
		}
	}
	var most *Promise
	for i := range r.Promises {
		if p := &r.Promises[i]; p.Breaking > 0 && (most == nil || p.Breaking > most.Breaking) {
			most = p
		}
	}
	if most != nil {
		if name, ok := r.argument(most.Journey, most.Name); ok {
			list = append(list, step{"List the runs that break it next", "cairn runs --breaking " + name})
		}
	}
	return list
}

// argument returns a promise as an argument of a shell, with its journey where several have a promise of this name. A name that cannot be shown as it is has none.
func (r *Report) argument(journey, promise string) (string, bool) {
	said := shell(promise)
	if slices.ContainsFunc(r.Promises, func(p Promise) bool { return p.Name == promise && p.Journey != journey }) {
		if label(journey) != journey {
			return "", false
		}
		said += " --journey " + shell(journey)
	}
	return said, label(promise) == promise
}

// shell quotes a word for a POSIX shell, if it needs that.
func shell(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.'
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
