package rules

import (
	"encoding/json"
	"strconv"
	"strings"
)

// writer writes YAML: mappings, lists and texts, which is all that the files need. A text is a double-quoted string of JSON, which YAML
// reads as the same string, or a block of lines.
type writer struct {
	b      strings.Builder
	indent int
	dash   bool // the next line is the first one of an element
}

func (w *writer) bytes() []byte { return []byte(w.b.String()) }

func (w *writer) line(s string) {
	margin := strings.Repeat(" ", w.indent)
	if w.dash {
		w.dash, margin = false, margin[2:]+"- "
	}
	w.b.WriteString(strings.TrimRight(margin+s, " ") + "\n")
}

// in writes a key, and what is below it.
func (w *writer) in(key string, below func()) {
	w.line(key + ":")
	w.indent += 2
	below()
	w.indent -= 2
}

// item writes an element of a list. Its first line follows the dash.
func (w *writer) item(below func()) {
	w.dash = true
	w.indent += 2
	below()
	w.indent -= 2
}

// text writes a key with a text on one line.
func (w *writer) text(key, value string) { w.line(key + ": " + quote(value)) }

// block writes a key with a text of several lines, as they are. The text has no other control characters.
func (w *writer) block(key, value string) {
	w.line(key + ": |-")
	w.indent += 2
	for l := range strings.SplitSeq(value, "\n") {
		w.line(l)
	}
	w.indent -= 2
}

// plain writes a key with a value that needs no quotes: a number, a duration, a word of ours.
func (w *writer) plain(key, value string) { w.line(key + ": " + value) }

// pairs writes the pairs under a key, if there are any.
func (w *writer) pairs(key string, list []pair) {
	if len(list) == 0 {
		return
	}
	w.in(key, func() {
		for _, p := range list {
			w.text(p.key, p.value)
		}
	})
}

// quote returns the text as a string of JSON on one line.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // a string has an encoding
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// promText returns the text as a string of PromQL.
func promText(s string) string { return strconv.Quote(s) }

// comments writes the lines as comments. A character that would end a line becomes a space.
func (w *writer) comments(list []string) {
	for _, l := range list {
		w.line("# " + strings.Map(func(r rune) rune {
			if !strconv.IsPrint(r) {
				return ' '
			}
			return r
		}, l))
	}
}

// file writes a file of rules.
func (w *writer) file(f file) {
	w.comments(f.comments)
	w.in("groups", func() {
		for _, g := range f.groups {
			w.item(func() { w.group(g) })
		}
	})
}

func (w *writer) group(g group) {
	w.text("name", g.name)
	w.plain("interval", span(g.interval))
	if g.limit > 0 {
		w.plain("limit", strconv.Itoa(g.limit))
	}
	w.in("rules", func() {
		for i := range g.rules {
			w.item(func() { w.rule(&g.rules[i]) })
		}
	})
}

func (w *writer) rule(r *rule) {
	if r.record != "" {
		w.plain("record", r.record)
	} else {
		w.plain("alert", r.alert)
	}
	w.block("expr", r.expr)
	if r.hold > 0 {
		w.plain("for", span(r.hold))
	}
	w.pairs("labels", r.labels)
	w.pairs("annotations", r.annotations)
}
