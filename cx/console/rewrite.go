package console

import (
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// rewriting writes the numbers of finished HTML in a locale: those of texts, and of what pictures and tables are called for those who do not see them. Names and words
// from outside stay as they are: elements that have nothing else are left out, and in sentences their numbers are kept.
type rewriting struct {
	locale number.Locale
	names  *names
	out    strings.Builder
}

// rewritten returns a part of a page as its reader reads it.
func (v *visit) rewritten(html string, n *names) string {
	if v.numbers.English() {
		return html
	}
	r := rewriting{locale: v.numbers, names: n}
	r.out.Grow(len(html) + len(html)/16)
	if at := strings.Index(html, "<body"); at >= 0 { // the head has no numbers for readers
		r.out.WriteString(html[:at])
		html = html[at:]
	}
	r.elements(html, sentence)
	return r.out.String()
}

// content is what an element has.
type content uint8

const (
	sentence content = iota // words and numbers: names are in elements of their own, and in answers
	phrase                  // the same, all in one element that isolates directions
	figures                 // numbers, and no names
)

// elements rewrites what stands in an element.
func (r *rewriting) elements(html string, has content) {
	for html != "" {
		at := strings.IndexByte(html, '<')
		if at < 0 {
			at = len(html)
		}
		r.text(html[:at], has)
		html = html[at:]
		end := strings.IndexByte(html, '>') + 1 // the templates and the charts escape it in attributes
		if end == 0 {
			r.out.WriteString(html)
			return
		}
		tag := html[:end]
		html = html[end:]
		r.tag(tag)
		name := nameOf(tag)
		switch {
		case strings.HasSuffix(tag, "/>"):
		case leaves(name) || name == "bdi" && has == sentence:
			html = r.until(html, name, func(inner string) { r.out.WriteString(inner) })
		case has == sentence && contentOf(tag, name) != sentence:
			html = r.until(html, name, func(inner string) { r.elements(inner, contentOf(tag, name)) })
		}
	}
}

// until gives what stands before the end of the element to f, and returns the rest.
func (r *rewriting) until(html, name string, f func(string)) string {
	end := strings.Index(html, "</"+name+">")
	if end < 0 {
		end = len(html)
	}
	f(html[:end])
	return html[end:]
}

func (r *rewriting) text(text string, has content) {
	if has == figures {
		r.out.WriteString(r.locale.Rewrite(text, nil))
		return
	}
	r.out.WriteString(r.locale.Rewrite(text, r.names.has))
}

// label is an attribute that is read out.
const label = ` aria-label="`

// tag writes a tag.
func (r *rewriting) tag(tag string) {
	if at := strings.Index(tag, label); at >= 0 {
		at += len(label)
		if n := strings.IndexByte(tag[at:], '"'); n >= 0 {
			r.out.WriteString(tag[:at])
			r.text(tag[at:at+n], sentence)
			tag = tag[at+n:]
		}
	}
	r.out.WriteString(tag)
}

// nameOf is the name of the element that a tag begins; "" for one that ends it.
func nameOf(tag string) string {
	name := strings.TrimRight(tag[1:], "/>")
	if at := strings.IndexAny(name, " \n"); at >= 0 {
		name = name[:at]
	}
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "!") {
		return ""
	}
	return name
}

// leaves reports whether all of an element is left as it is: words of customers, IDs, times, and what a form sends.
func leaves(name string) bool {
	switch name {
	case "blockquote", "q", "code", "pre", "time", "option", "textarea", "script", "style":
		return true
	}
	return false
}

// contentOf is what an element has: a value of a tile and a cell of a column of numbers have figures.
func contentOf(tag, name string) content {
	switch {
	case name == "dd":
		return phrase
	case name == "td" && (strings.Contains(tag, ` class="n"`) || strings.Contains(tag, ` class="cx-number"`)), name == "p" && strings.Contains(tag, ` class="value"`):
		return figures
	default:
		return sentence
	}
}
