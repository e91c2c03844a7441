package yaml

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
)

// encoder writes a blueprint in the only form that Save produces: each key on a line of its own, in the order
// of the Go types. It puts text in double quotes wherever YAML could read it as something else. The YAML
// library's own encoder leaves some of those texts, such as .inf, without quotes.
type encoder struct{ buf bytes.Buffer }

// structure writes the keys of a struct that are not empty. The first key goes to the current position, and
// each of the others to a new line that begins with the indentation.
func (e *encoder) structure(v reflect.Value, indent string) {
	next := ""
	for f, field := range v.Fields() {
		key, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.HasPrefix(rest, "omit") && empty(field) {
			continue
		}
		e.buf.WriteString(next + key + ":")
		next = indent
		if w, ok := field.Interface().(blueprint.Within); ok && w.Days == 0 && v.FieldByName("Hours").String() != "" {
			e.buf.WriteString(" " + inHours(w.Duration) + "\n") // opened time has no days
			continue
		}
		e.value(field, indent)
	}
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		for _, field := range v.Fields() {
			if !empty(field) {
				return false
			}
		}
		return true
	default:
		return v.IsZero()
	}
}

// inHours returns the duration as text without days.
func inHours(d blueprint.Duration) string {
	rest := d % blueprint.Duration(time.Hour)
	if d < blueprint.Duration(time.Hour) {
		return rest.String()
	}
	text := strconv.FormatInt(int64(d/blueprint.Duration(time.Hour)), 10) + "h"
	if rest != 0 {
		text += rest.String()
	}
	return text
}

// value writes the value behind a key's colon and ends the line.
func (e *encoder) value(v reflect.Value, indent string) {
	switch x := v.Interface().(type) {
	case blueprint.Duration, blueprint.Within, blueprint.Share, slo.Window:
		e.buf.WriteString(" " + x.(fmt.Stringer).String() + "\n") //nolint:forcetypeassert // each of them has it
	case int:
		e.buf.WriteString(" " + strconv.Itoa(x) + "\n")
	case bool:
		e.buf.WriteString(" " + strconv.FormatBool(x) + "\n")
	case *blueprint.Contact, *blueprint.Log, *blueprint.Breakdowns:
		if empty(v.Elem()) { // breakdowns that say nothing are breakdowns, too
			e.buf.WriteString(" {}\n")
			return
		}
		e.buf.WriteString("\n" + indent + "  ")
		e.structure(v.Elem(), indent+"  ")
	case *int:
		e.buf.WriteString(" " + strconv.Itoa(*x) + "\n")
	case float64:
		e.buf.WriteString(" " + strconv.FormatFloat(x, 'f', -1, 64) + "\n")
	case blueprint.Good, blueprint.Except, blueprint.ServiceLevel, blueprint.Testimonial, blueprint.LogColumns, blueprint.MatchValue:
		e.buf.WriteString("\n" + indent + "  ")
		e.structure(v, indent+"  ")
	case blueprint.MatchSource:
		if x.Baggage == "" && !x.Trusted {
			e.buf.WriteString(" " + scalar(x.Attribute) + "\n")
			return
		}
		e.buf.WriteString("\n" + indent + "  ")
		e.structure(v, indent+"  ")
	case string:
		e.buf.WriteString(" " + scalar(x) + "\n")
	case map[string]blueprint.Pattern, map[string]string, map[string]blueprint.Hours, map[string]blueprint.Openings, map[string]blueprint.Activity:
		e.buf.WriteByte('\n')
		e.mapping(x, indent+"  ")
	case blueprint.Openings:
		e.openings(x, indent)
	case []blueprint.Holiday:
		e.buf.WriteByte('\n')
		for i, day := range x {
			e.buf.WriteString(indent + "  - ")
			if len(day.Open) == 0 {
				e.buf.WriteString(scalar(day.Date) + "\n")
				continue
			}
			e.structure(v.Index(i), indent+"    ")
		}
	case []string:
		e.texts(x, indent)
	default: // a list of structs
		e.buf.WriteByte('\n')
		for i := range v.Len() {
			e.buf.WriteString(indent + "  - ")
			e.structure(v.Index(i), indent+"    ")
		}
	}
}

// mapping writes the entries of a map, each on a line that begins with the indentation.
func (e *encoder) mapping(of any, indent string) {
	switch x := of.(type) {
	case map[string]string:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			e.buf.WriteString(indent + scalar(key) + ": " + scalar(x[key]) + "\n")
		}
	case map[string]blueprint.Pattern:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			e.buf.WriteString(indent + scalar(key) + ": " + scalar(string(x[key])) + "\n")
		}
	case map[string]blueprint.Hours:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			e.buf.WriteString(indent + scalar(key) + ":\n" + indent + "  ")
			e.structure(reflect.ValueOf(x[key]), indent+"  ")
		}
	case map[string]blueprint.Openings:
		for _, key := range slices.SortedFunc(maps.Keys(x), byWeekday) {
			e.buf.WriteString(indent + scalar(key) + ":")
			e.openings(x[key], indent)
		}
	case map[string]blueprint.Activity:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			e.buf.WriteString(indent + scalar(key) + ":")
			e.activity(x[key], indent)
		}
	}
}

// openings writes a single opening on the line of its key, and several as a list.
func (e *encoder) openings(list blueprint.Openings, indent string) {
	if len(list) == 1 {
		e.buf.WriteString(" " + scalar(list[0]) + "\n")
		return
	}
	e.texts(list, indent)
}

// activity writes a single touchpoint on the line of its key, and several or none as a list.
func (e *encoder) activity(list blueprint.Activity, indent string) {
	switch len(list) {
	case 0:
		e.buf.WriteString(" []\n")
	case 1:
		e.buf.WriteString(" " + scalar(list[0]) + "\n")
	default:
		e.texts(list, indent)
	}
}

func (e *encoder) texts(list []string, indent string) {
	e.buf.WriteByte('\n')
	for _, s := range list {
		e.buf.WriteString(indent + "  - " + scalar(s) + "\n")
	}
}

// byWeekday compares texts of weekdays by the first one that they name: "daily", then Monday to Sunday.
func byWeekday(a, b string) int {
	const order = "daily mon tue wed thu fri sat sun"
	return cmp.Compare(strings.Index(order, a[:3]), strings.Index(order, b[:3])) // valid texts have three letters or more
}

// scalar returns the text plain if YAML can read it only as text, and otherwise in quotes.
func scalar(s string) string {
	if isWords(s) {
		return s
	}
	return quote(s)
}

// isWords reports whether the text consists of words that begin with a letter. Such a text has no characters
// with a meaning in YAML, and none of the words that YAML 1.1 or 1.2 reserves.
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

// quote returns the text in double quotes, with the escapes of YAML 1.2.2, section 5.7.
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
