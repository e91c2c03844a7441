package console

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/report"
)

// names are the numbers in names and words from outside, which stay as they are where the numbers of a part of a page are written in the reader's locale. They are those of
// all texts of the answers that the part asked for, and of the page.
type names struct {
	page *names // nil for those of the page

	mu   sync.Mutex
	have map[string]struct{}
	// answers are those of answers that several readers share. They do not change.
	answers []*names
}

// newNames returns the names of a value.
func newNames(value any) *names {
	n := &names{}
	texts(reflect.ValueOf(value), deepest, n.add)
	return n
}

// rememberNames keeps the names of an answer that the part of the context shows.
func rememberNames(ctx context.Context, of *names) {
	n, _ := ctx.Value(namesKey{}).(*names)
	if n == nil || len(of.have) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers = append(n.answers, of)
}

// namesKey is the key of the names in the context of questions. A reader of English pages has none.
type namesKey struct{}

// named gives each section names of its own, which its questions fill.
func (v *visit) named(list []section) {
	if v.names == nil {
		return
	}
	v.parts = map[string]*names{}
	for i := range list {
		part, fill := &names{page: v.names}, list[i].fill
		v.parts[list[i].id] = part
		list[i].fill = func(ctx context.Context) (any, error) { return fill(context.WithValue(ctx, namesKey{}, part)) }
	}
}

// namesIn are the names of a section, or of the page.
func (v *visit) namesIn(data any) *names {
	if s, ok := data.(shown); ok {
		return v.parts[s.ID]
	}
	return v.names
}

// remember keeps the numbers in the texts of a value that the part of the context shows.
func remember(ctx context.Context, value any) {
	n, _ := ctx.Value(namesKey{}).(*names)
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	texts(reflect.ValueOf(value), deepest, n.add)
}

// add keeps the numbers of a text. A page may show it without the characters that people do not see.
func (n *names) add(text string) {
	if !strings.ContainsAny(text, ".,%") {
		return
	}
	keep := func(number string) {
		if n.have == nil {
			n.have = map[string]struct{}{}
		}
		n.have[number] = struct{}{}
	}
	number.Numbers(text, keep)
	shown := strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.IsMark(r) {
			return r
		}
		return -1
	}, text)
	if shown != text {
		number.Numbers(shown, keep)
	}
}

// has reports whether the number is in a name.
func (n *names) has(number string) bool {
	if n == nil {
		return false
	}
	n.mu.Lock()
	_, ok := n.have[number]
	for i := 0; i < len(n.answers) && !ok; i++ {
		_, ok = n.answers[i].have[number]
	}
	n.mu.Unlock()
	return ok || n.page.has(number)
}

// deepest is how deep texts looks into a value.
const deepest = 24

// sentences are the fields of answers that have sentences, whose names are in other fields; and Text of a quote, which a customer has written. A field of the same name in another type
// may have names.
var sentences = map[reflect.Type][]string{
	reflect.TypeFor[insight.Comparison](): {"Warning"},
	reflect.TypeFor[insight.Periods]():    {"Warning"},
	reflect.TypeFor[insight.GoesWith]():   {"Warning"},
	reflect.TypeFor[insight.Examples]():   {"Warning"},
	reflect.TypeFor[insight.Promise]():    {"Objectives"},
	reflect.TypeFor[insight.Step]():       {"Said"},
	reflect.TypeFor[insight.Quote]():      {"Text"},
	reflect.TypeFor[report.Report]():      {"Headline", "Lines", "Missing"},
	reflect.TypeFor[report.Promise]():     {"Objectives"},
	reflect.TypeFor[report.GoesWith]():    {"Sentences"},
}

// texts calls f with each text of an answer. What a customer has written is in an element of its own, which stays as it is: if its numbers were names, a customer
// could choose which numbers of a page stay English. What an answer points to in secret, such as the table that it was made from, is no part of it.
func texts(v reflect.Value, depth int, f func(string)) {
	if depth == 0 || !v.IsValid() || !hasTexts(v.Type()) {
		return
	}
	switch v.Kind() { //nolint:exhaustive // the others have no texts
	case reflect.String:
		f(v.String())
	case reflect.Pointer, reflect.Interface:
		texts(v.Elem(), depth-1, f)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), depth-1, f)
		}
	case reflect.Map:
		for pairs := v.MapRange(); pairs.Next(); {
			texts(pairs.Key(), depth-1, f)
			texts(pairs.Value(), depth-1, f)
		}
	case reflect.Struct:
		said := sentences[v.Type()]
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if slices.Contains(said, field.Name) || !field.IsExported() && (field.Type.Kind() == reflect.Pointer || field.Type.Kind() == reflect.Map) {
				continue
			}
			texts(v.Field(i), depth-1, f)
		}
	}
}

// texted says of the types that were met whether their values may have texts.
var texted sync.Map

// hasTexts reports whether values of a type may have texts.
func hasTexts(t reflect.Type) bool {
	if known, ok := texted.Load(t); ok {
		return known.(bool) //nolint:forcetypeassert // nothing else is stored
	}
	has := mayHaveTexts(t, deepest)
	texted.Store(t, has)
	return has
}

func mayHaveTexts(t reflect.Type, depth int) bool {
	if depth == 0 {
		return true
	}
	switch t.Kind() { //nolint:exhaustive // the others have no texts
	case reflect.String, reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return mayHaveTexts(t.Elem(), depth-1)
	case reflect.Map:
		return mayHaveTexts(t.Key(), depth-1) || mayHaveTexts(t.Elem(), depth-1)
	case reflect.Struct:
		for i := range t.NumField() {
			if t != reflect.TypeFor[time.Time]() && mayHaveTexts(t.Field(i).Type, depth-1) {
				return true
			}
		}
	}
	return false
}
