package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestNumbersRefused: a flag for a size, a percentage or a time rejects a negative number, a text that is not a number,
// and a number that overflows.
func TestNumbersRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, value string }{
		{"--memory", "0"},
		{"--memory", "-1"},
		{"--memory", "-256MiB"},
		{"--memory", "-9007199254740993K"}, // 1,024 times that is a positive int64
		{"--memory", "9223372036854775807G"},
		{"--memory", "NaN"},
		{"--memory", "1e9"},
		{"--allow", "-1%"},
		{"--allow", "-0.5%"},
		{"--allow", "NaN%"},
		{"--allow", "Inf%"},
		{"--allow", "101%"},
		{"--effort-window", "0"},
		{"--effort-window", "-1s"},
		{"--effort-window", "8760h1s"},
	} {
		var stdout, stderr bytes.Buffer
		args := []string{"replay", "--blueprint", "testdata/replay/shop.yaml", "--map", "case=a,activity=b,time=c", c.flag + "=" + c.value, "-"}
		if code := run(t.Context(), args, strings.NewReader("a,b,c\n"), &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), c.flag) {
			t.Errorf("%s %s: exit code %d, %s; want %d and the name of the flag", c.flag, c.value, code, &stderr, exitUsage)
		}
	}
}
