package nats

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"cairncx.dev/cairn/cx/event"
)

// A subject is a parsed template: texts, and functions for the placeholders.
type subject []token

type token struct {
	text  string
	field func(*event.Event) string
	parts bool // each part of the field is a token
}

const maxTemplate = 256

var (
	errEmpty    = errors.New("a token is empty: use texts and placeholders divided by single dots")
	errToken    = errors.New("a token has spaces, wildcards or control characters")
	errCut      = fmt.Errorf("a token is longer than %d bytes, or is not UTF-8", event.MaxName)
	errReserved = errors.New("subjects that begin with $ or _INBOX are the server's own")
	errLength   = fmt.Errorf("a template is 1 to %d bytes", maxTemplate)
	errField    = errors.New("a placeholder is unknown: use <kind>, <namespace>, <journey>, <stage>, <touchpoint> or <channel>")
)

func parseSubject(template string) (subject, error) {
	if template == "" || len(template) > maxTemplate {
		return nil, errLength
	}
	var s subject
	for text := range strings.SplitSeq(template, ".") {
		t := token{text: text}
		switch {
		case text == "":
			return nil, errEmpty
		case text[0] == '<':
			if t.field = field(text); t.field == nil {
				return nil, errField
			}
			t.parts = text == "<kind>"
		case cut(text) != text:
			return nil, errCut
		case clean(text) != text:
			return nil, errToken
		case len(s) == 0 && first(text) != text:
			return nil, errReserved
		}
		s = append(s, t)
	}
	return s, nil
}

func field(name string) func(*event.Event) string {
	switch name {
	case "<kind>":
		return func(e *event.Event) string { return string(e.Kind) }
	case "<namespace>":
		return func(e *event.Event) string { return e.Journey.Namespace }
	case "<journey>":
		return func(e *event.Event) string { return e.Journey.Name }
	case "<stage>":
		return func(e *event.Event) string { return e.Stage }
	case "<touchpoint>":
		return func(e *event.Event) string { return e.Touchpoint }
	case "<channel>":
		return func(e *event.Event) string { return e.Channel.String() }
	default:
		return nil
	}
}

// of returns the event's subject.
func (s subject) of(e *event.Event) string {
	var b strings.Builder
	add := func(text string) {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(text)
	}
	for _, t := range s {
		switch {
		case t.field == nil:
			add(t.text)
		case t.parts:
			text := cut(t.field(e))
			for part := range strings.SplitSeq(text, ".") {
				add(clean(part))
			}
		default:
			add(clean(t.field(e)))
		}
	}
	return first(b.String())
}

// first keeps a subject that the service has named out of the server's own subjects and of the inboxes for answers.
func first(s string) string {
	if rest, own := strings.CutPrefix(s, "$"); own {
		return "_" + rest
	}
	if strings.HasPrefix(s, "_INBOX") {
		return "_" + s
	}
	return s
}

// all returns a subject that matches everything the template can produce, or false if the template begins with a
// placeholder.
func (s subject) all() (string, bool) {
	i := slices.IndexFunc(s, func(t token) bool { return t.field != nil })
	if i == 0 {
		return "", false
	}
	var texts []string
	for _, t := range s {
		if t.field != nil {
			texts = append(texts, ">")
			break
		}
		texts = append(texts, t.text)
	}
	return strings.Join(texts, "."), true
}

// clean turns a text into one token of a subject.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if special(r) {
			return '_'
		}
		return r
	}, cut(text))
	if text == "" {
		return "_"
	}
	return text
}

// special reports whether a character has a meaning in a subject or is invisible.
func special(r rune) bool {
	return r <= ' ' || r >= 0x7f && r <= 0xa0 || r == '.' || r == '*' || r == '>'
}

// legible turns a text into a valid header value: one line of at most 64 bytes.
func legible(text string) string {
	return cut(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), 4*event.MaxName)], "")))
}

// cut returns text as UTF-8 of at most [event.MaxName] bytes.
func cut(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), event.MaxName)], "")
}
