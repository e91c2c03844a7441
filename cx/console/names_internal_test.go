package console

import (
	"reflect"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/slo"
)

// answers are the types of answers that pages show.
var answers = []reflect.Type{
	reflect.TypeFor[insight.Comparison](), reflect.TypeFor[insight.Periods](), reflect.TypeFor[insight.GoesWith](), reflect.TypeFor[insight.Examples](), reflect.TypeFor[insight.Promises](),
	reflect.TypeFor[insight.Voice](), reflect.TypeFor[insight.Support](), reflect.TypeFor[insight.Run](), reflect.TypeFor[insight.Customer](), reflect.TypeFor[insight.RunList](),
	reflect.TypeFor[insight.Live](), reflect.TypeFor[insight.Outcomes](), reflect.TypeFor[report.Report](), reflect.TypeFor[paths.Detours](), reflect.TypeFor[slo.Status](),
}

// namedAlike are fields which are called like those that have sentences, and have names.
var namedAlike = map[reflect.Type]string{reflect.TypeFor[paths.Detour](): "Missing"}

// TestSentencesOfAnswers: each field of an answer that is called like one with sentences is either known to have them, or to have names.
func TestSentencesOfAnswers(t *testing.T) {
	t.Parallel()
	var called []string
	for of, fields := range sentences {
		for _, name := range fields {
			if field, ok := of.FieldByName(name); !ok || !mayHaveTexts(field.Type, deepest) {
				t.Errorf("%s has no text %s", of, name)
			}
			if name != "Text" {
				called = append(called, name)
			}
		}
	}
	met := map[reflect.Type]bool{}
	var walk func(of reflect.Type)
	walk = func(of reflect.Type) {
		if met[of] {
			return
		}
		met[of] = true
		switch of.Kind() { //nolint:exhaustive // the others have no fields
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			walk(of.Elem())
		case reflect.Struct:
			for field := range of.Fields() {
				if slices.Contains(called, field.Name) && mayHaveTexts(field.Type, deepest) && !slices.Contains(sentences[of], field.Name) && namedAlike[of] != field.Name {
					t.Errorf("%s.%s: has it sentences, whose numbers are written for the reader, or names, whose numbers stay as they are?", of, field.Name)
				}
				walk(field.Type)
			}
		}
	}
	for _, of := range answers {
		walk(of)
	}
	for of := range sentences {
		if !met[of] {
			t.Errorf("%s is in no answer", of)
		}
	}
	n := newNames(paths.Detours{Detours: []paths.Detour{{Missing: []string{"step 1.5"}}}})
	if !n.has("1.5") {
		t.Error("the number in the name of a step is written anew")
	}
}
