package touchpoint_test

import (
	"reflect"
	"strings"
	"testing"

	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestMethodsAreForUsers: no exported method of the vocabulary's types takes or returns a type that users cannot name.
func TestMethodsAreForUsers(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		(*touchpoint.Touchpoint)(nil), (*touchpoint.Definition)(nil), (*touchpoint.Contact)(nil), (*touchpoint.Approval)(nil), (*journey.Definition)(nil),
		journey.Run{},
		journey.State{},
		(*feedback.Survey)(nil), feedback.NPS,
	} {
		for m := range reflect.TypeOf(v).Methods() {
			for n := range m.Type.NumIn() {
				if is := typeName(m.Type.In(n)); strings.Contains(is, "/internal/") {
					t.Errorf("%T.%s takes a %s", v, m.Name, is)
				}
			}
			for n := range m.Type.NumOut() {
				if is := typeName(m.Type.Out(n)); strings.Contains(is, "/internal/") {
					t.Errorf("%T.%s returns a %s", v, m.Name, is)
				}
			}
		}
	}
}

// typeName returns the type's name with the path of its package.
func typeName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t.PkgPath() + "." + t.Name()
}
