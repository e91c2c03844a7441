package yaml

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cairncx.dev/cairn/cx/blueprint"
)

// encoder writes a blueprint in the one form that Save gives it: each key in a line, in the order
// of the types, and text in double quotes wherever it could be taken for something else. The
// library's own encoder leaves some of those (.inf, for one) without quotes.
type encoder struct{ buf bytes.Buffer }

// structure writes the keys of a struct that are not empty. The first one goes where the cursor
// is, the others in lines that begin with the indentation.
func (e *encoder) structure(v reflect.Value, indent string) {
	next := ""
	for f, field := range v.Fields() {
		key, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(rest, "omitempty") && (field.IsZero() || field.Kind() != reflect.Int64 && field.Len() == 0) {
			continue
		}
		e.buf.WriteString(next + key + ":")
		next = indent
		e.value(field, indent)
	}
}

// value writes what comes after a key's colon, and ends the line.
func (e *encoder) value(v reflect.Value, indent string) {
	switch x := v.Interface().(type) {
	case blueprint.Duration:
		e.buf.WriteString(" " + x.String() + "\n")
	case int:
		e.buf.WriteString(" " + strconv.Itoa(x) + "\n")
	case string:
		e.buf.WriteString(" " + scalar(x) + "\n")
	case map[string]string:
		e.buf.WriteByte('\n')
		for _, key := range slices.Sorted(maps.Keys(x)) {
			e.buf.WriteString(indent + "  " + scalar(key) + ": " + scalar(x[key]) + "\n")
		}
	case []string:
		e.buf.WriteByte('\n')
		for _, s := range x {
			e.buf.WriteString(indent + "  - " + scalar(s) + "\n")
		}
	default: // a list of structs
		e.buf.WriteByte('\n')
		for i := range v.Len() {
			e.buf.WriteString(indent + "  - ")
			e.structure(v.Index(i), indent+"    ")
		}
	}
}

// scalar returns the text plain where nobody can take it for anything else, else in quotes.
func scalar(s string) string {
	if isWords(s) {
		return s
	}
	return quote(s)
}

// isWords reports whether the text is words that begin with a letter: of what may be in them
// nothing means anything to YAML, and none of them is one of its own words, old ones included.
func isWords(s string) bool {
	switch strings.ToLower(s) {
	case "", "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return false
	}
	for i, r := range s {
		switch {
		case unicode.IsLetter(r):
		case i == 0:
			return false
		case r == ' ':
			if i == len(s)-1 {
				return false
			}
		case r < unicode.MaxASCII && (unicode.IsDigit(r) || strings.ContainsRune("-_./,;()'+%&!?", r)):
		default:
			return false
		}
	}
	return true
}

// quote returns the text in double quotes, after YAML 1.2.2, section 5.7.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
