package insight_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// TestUnits: each duration of an answer has its unit in its name in JSON, so that no reader of the JSON takes nanoseconds for seconds.
func TestUnits(t *testing.T) {
	t.Parallel()
	seen, found := map[reflect.Type]bool{}, 0
	for _, answer := range []any{
		insight.Outcomes{},
		insight.Reopened{},
		insight.Promises{},
		insight.Comparison{},
		insight.Periods{},
		insight.TimeSpent{},
		insight.Funnels{},
		insight.Paths{},
		insight.GoesWith{},
		insight.Voice{},
		insight.Support{},
		insight.RunList{},
		insight.RunSummary{},
	} {
		found += durations(t, reflect.TypeOf(answer), seen)
	}
	if found < 20 {
		t.Errorf("%d durations in the answers: the walk has lost some", found)
	}
}

// durations checks the fields of the type and of those in it, and returns how many durations there are.
func durations(t *testing.T, of reflect.Type, seen map[reflect.Type]bool) (found int) {
	switch of.Kind() { //nolint:exhaustive // the others have no fields
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return durations(t, of.Elem(), seen)
	case reflect.Struct:
	default:
		return 0
	}
	if seen[of] || !strings.HasPrefix(of.PkgPath(), "cairncx.dev/cairn/") {
		return 0
	}
	seen[of] = true
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case !field.IsExported() || name == "-":
		case field.Type == reflect.TypeFor[time.Duration]():
			found++
			if !strings.HasSuffix(name, "_ns") {
				t.Errorf("%s.%s is %q in JSON: a duration ends with _ns", of, field.Name, name)
			}
		default:
			found += durations(t, field.Type, seen)
		}
	}
	return found
}
