package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fixture enters a copy of the module under testdata.
func fixture(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/fixture")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "-buildvcs=false")
	return dir
}

// called runs the command, without a cache unless the arguments name one. It returns the output and the JSON's
// score of one package.
func called(t *testing.T, rel string, args ...string) (string, score) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"-json", file, "-cache", ""}, args...), &stdout, &stderr); code != 0 {
		t.Fatalf("the exit code is %d, want 0\n%s%s", code, &stdout, &stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rep struct{ Packages []score }
	if err := json.Unmarshal(text, &rep); err != nil {
		t.Fatal(err)
	}
	for _, s := range rep.Packages {
		if s.Package == rel {
			return stdout.String() + stderr.String(), s
		}
	}
	t.Fatalf("the report has no score of %s: %s", rel, text)
	return "", score{}
}

// TestVerdicts: in a package with known tests, exactly the mutants survive that its tests do not notice.
func TestVerdicts(t *testing.T) {
	dir := fixture(t)
	out, got := called(t, "exporters/sqlarchive", "-n", "0", "-p", "1", "./exporters/sqlarchive")
	want := []string{
		"exporters/sqlarchive/code.go Adult bound: age >= 18 => age > 18",
		"exporters/sqlarchive/code.go Adult number: 18 => 19",
		"exporters/sqlarchive/code.go First number: 0 => 1", // no test calls it with a list of one
		"exporters/sqlarchive/code.go Sum bound: n < 0 => n <= 0",
		"exporters/sqlarchive/code.go Sum number: 0 => 1",
	}
	keys := make([]string, 0, len(got.Survivors))
	for _, s := range got.Survivors {
		keys = append(keys, s.Key)
	}
	slices.Sort(keys)
	if !slices.Equal(keys, want) {
		t.Errorf("survivors:\n%s\nwant:\n%s", strings.Join(keys, "\n"), strings.Join(want, "\n"))
	}
	if got.Equivalent != 1 || got.NotCompiled == 0 || got.Killed+len(got.Survivors) != got.Tried {
		t.Errorf("the score does not add up: %+v", got)
	}
	if !strings.Contains(out, "-func Adult(age int) bool { return age >= 18 }\n+func Adult(age int) bool { return age > 18 }\n") {
		t.Errorf("the report does not show the change:\n%s", out)
	}
	for _, s := range got.Survivors {
		if !strings.HasPrefix(s.Place, "exporters/sqlarchive/code.go:") || strings.Contains(s.Key, "String") {
			t.Errorf("a mutant of %s, which should have none: %s", s.Place, s.Key)
		}
	}
	before, err := os.ReadFile(filepath.Join(dir, "exporters/sqlarchive/code.go"))
	if err != nil || !bytes.Contains(before, []byte("return age >= 18")) {
		t.Errorf("the source was changed: %v", err)
	}
}

// TestElsewhere: a suite in another package kills a mutant that the package's own tests do not notice.
func TestElsewhere(t *testing.T) {
	fixture(t)
	_, got := called(t, "exporters/sqlarchive", "-n", "0", "-match", " Both ", "./exporters/sqlarchive")
	if got.Killed != 1 || got.Tried != 1 {
		t.Fatalf("%+v, want the one mutant of Both killed", got)
	}
	if err := os.RemoveAll("internal/e2e/archive/archive_test.go"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("internal/e2e/archive/archive_test.go", []byte("package archive\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, got = called(t, "exporters/sqlarchive", "-n", "0", "-match", " Both ", "./exporters/sqlarchive")
	if got.Killed != 0 || got.Tried != 1 {
		t.Fatalf("%+v, want a survivor without the suite", got)
	}
}

// TestHung: a mutant that never ends counts as killed and as hung.
func TestHung(t *testing.T) {
	fixture(t)
	out, got := called(t, "loop", "-n", "0", "-least", "1s", "-match", "drop: i++", "./loop")
	if got.Killed != 1 || got.Hung != 1 || got.Tried != 1 {
		t.Fatalf("%+v, want one that hung\n%s", got, out)
	}
}

// TestRefuses: the command fails if it could not measure, and says why.
func TestRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T)
		args    []string
		code    int
		says    string
	}{
		{"the unmutated tests fail", func(t *testing.T) {
			put(t, "loop/loop_test.go", "package loop\n\nimport \"testing\"\n\nfunc TestNo(t *testing.T) { t.Fatal(\"no\") }\n")
		}, []string{"-n", "1", "./loop"}, 1, "the unmutated tests of example.test/fixture/loop"},
		{"a stale equivalent", func(t *testing.T) {
			put(t, "internal/mutate/equivalents.txt", "loop/loop.go Count drop: j++ -- no reason\n")
		}, []string{"./loop"}, 1, "the code no longer has"},
		{"an equivalent without a reason", func(t *testing.T) {
			put(t, "internal/mutate/equivalents.txt", "loop/loop.go Count drop: i++\n")
		}, []string{"./loop"}, 1, "equivalents.txt:1: "},
		{"no such package", func(*testing.T) {}, []string{"./nowhere"}, 1, "nowhere"},
		{"a negative number", func(*testing.T) {}, []string{"-n", "-1"}, 2, "too small"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fixture(t)
			tc.prepare(t)
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), append([]string{"-cache", ""}, tc.args...), &stdout, &stderr); code != tc.code || !strings.Contains(stderr.String(), tc.says) {
				t.Errorf("the exit code is %d, want %d with %q\n%s", code, tc.code, tc.says, &stderr)
			}
		})
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// sample returns the keys in a list of mutants.
func sample(t *testing.T, args ...string) []string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"-list"}, args...), &stdout, &stderr); code != 0 {
		t.Fatalf("the exit code is %d, want 0: %s", code, &stderr)
	}
	var keys []string
	for line := range strings.Lines(stdout.String()) {
		if strings.Contains(line, ".go ") {
			keys = append(keys, strings.TrimSpace(line))
		}
	}
	return keys
}

// TestSample: the seed decides the sample, and an edit above a mutant does not remove the mutant from it.
func TestSample(t *testing.T) {
	fixture(t)
	const code = "exporters/sqlarchive/code.go"
	args := []string{"-n", "6", "-seed", "5", "./exporters/sqlarchive"}
	first := sample(t, args...)
	if len(first) != 6 || !slices.Equal(first, sample(t, args...)) {
		t.Fatalf("two runs with one seed differ, or do not have 6 mutants: %q", first)
	}
	if slices.Equal(first, sample(t, "-n", "6", "-seed", "6", "./exporters/sqlarchive")) {
		t.Error("another seed gives the same sample")
	}
	if got := sample(t, "-total", "3", "./..."); len(got) != 3 {
		t.Errorf("%d mutants over all packages, want 3: %q", len(got), got)
	}
	text, err := os.ReadFile(code)
	if err != nil {
		t.Fatal(err)
	}
	put(t, code, strings.Replace(string(text), "func Greater", "// Greater is moved\n// by two lines.\nfunc Greater", 1))
	if got := sample(t, args...); !slices.Equal(first, got) {
		t.Errorf("after a moved line the sample is %q, want %q", got, first)
	}
}

// TestSuites: each suite that this repository lists imports the package that it tests.
func TestSuites(t *testing.T) {
	t.Chdir("../..")
	packages, err := list(t.Context(), []string{"work"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	type use struct{ suite, of string }
	var uses []use
	suites := []string{"list", "-test", "-f", "{{.ImportPath}} {{join .Deps \" \"}}"}
	for _, p := range w.packages {
		for _, suite := range p.tests {
			if suite != p.ImportPath {
				uses, suites = append(uses, use{suite, p.ImportPath}), append(suites, suite)
			}
		}
	}
	out, err := goOutput(t.Context(), suites...)
	if err != nil {
		t.Fatal(err)
	}
	deps := map[string][]string{} // by test binary
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		deps[fields[0]] = fields[1:]
	}
	for _, u := range uses {
		if !slices.Contains(deps[u.suite+".test"], u.of) {
			t.Errorf("the suite %s does not import %s, which it should test", u.suite, u.of)
		}
	}
	if len(uses) < 10 || len(packages) != len(w.packages) {
		t.Errorf("the test checked only %d suites", len(uses))
	}
	if _, err := w.plan(settings{}); err != nil {
		t.Error(err)
	}
}
