package report

import (
	"slices"
	"strings"
)

// step is what a reader can do next: in words, and as a command.
type step struct{ Text, Command string }

// next are the steps.
func (r *Report) next() []step { return append(r.listLate(), r.listBreaking()...) }

// listLate lists the runs that are late with the promise that most of them are late with.
func (r *Report) listLate() []step {
	if len(r.Backlog) == 0 || r.Backlog[0].Late == 0 {
		return nil
	}
	name, ok := r.argument(r.Backlog[0].Journey, r.Backlog[0].Promise)
	if !ok {
		return nil
	}
	return []step{{"List the late runs", "cairn runs --broke " + name + " --where outcome=open"}}
}

// listBreaking lists the runs that break a promise next, of the promise that most of them break by Friday.
func (r *Report) listBreaking() []step {
	var most *Promise
	for i := range r.Promises {
		if p := &r.Promises[i]; p.Breaking > 0 && (most == nil || p.Breaking > most.Breaking) {
			most = p
		}
	}
	if most == nil {
		return nil
	}
	name, ok := r.argument(most.Journey, most.Name)
	if !ok {
		return nil
	}
	return []step{{"List the runs that break " + quote(most.Name) + " next", "cairn runs --breaking " + name}}
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
