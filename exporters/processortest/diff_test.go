package processortest_test

import (
	"testing"

	"cairncx.dev/cairn/exporters/processortest"
)

func TestDifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, got, want, difference string }{
		{"equal", `{"a":1,"b":["x"]}`, `{"b":["x"],"a":1}`, ""},
		{"a value", `{"a":1}`, `{"a":2}`, "a is 1, want 2"},
		{"large numbers", `{"a":9007199254740993}`, `{"a":9007199254740992}`, "a is 9007199254740993, want 9007199254740992"},
		{"a field too few", `{}`, `{"a":"x"}`, `a is missing, want "x"`},
		{"a field too many", `{"a":"x"}`, `{}`, `a is "x", want none`},
		{"within", `{"a":{"b":["x",null]},"c":true}`, `{"a":{"b":["y"]},"c":true}`, "a.b[0] is \"x\", want \"y\"\na.b[1] is null, want none"},
		{"no JSON", `{`, `{}`, "the event is {, want none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if d := processortest.Difference([]byte(c.got), []byte(c.want)); d != c.difference {
				t.Errorf("%q, want %q", d, c.difference)
			}
		})
	}
}
