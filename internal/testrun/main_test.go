package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun runs the tests of a module that has one test of each kind.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/m\n\ngo 1.26\n",
		"a_test.go":   "package m\n\nimport \"testing\"\n\nfunc TestGood(*testing.T) {}\n\nfunc TestSkipped(t *testing.T) { t.Skip(\"the server is missing\") }\n\nfunc TestBad(t *testing.T) { t.Error(\"one is not two\") }\n",
		"b/b.go":      "package b\n",
		"c/c_test.go": "package c\n\nimport \"testing\"\n\nfunc TestPanics(*testing.T) { panic(\"boom\") }\n",
		"d/d_test.go": "package d\n\nfunc TestBroken() { return 1 }\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")
	for _, c := range []struct {
		name string
		args []string
		fail bool
		want []string
		last string
	}{
		{
			"all kinds",
			[]string{"."},
			true,
			[]string{"one is not two", "fail", "skipped:\n  example.com/m TestSkipped: a_test.go:7: the server is missing\n"},
			"1 passed, 1 failed, 1 skipped\n",
		},
		{"only those that do not fail", []string{"-run", "Good|Skipped", "."}, false, []string{"the server is missing", "pass"}, "1 passed, 0 failed, 1 skipped\n"},
		{"no tests", []string{"./b"}, false, nil, "0 passed, 0 failed, 0 skipped\n"},
		{"a panic", []string{"./c"}, true, []string{"panic: boom", "fail"}, "0 passed, 1 failed, 0 skipped\n"},
		{"no code", []string{"./d"}, true, []string{"wrong signature for TestBroken"}, "0 passed, 0 failed, 0 skipped\n"},
		{"no such folder", []string{"./none"}, true, nil, "0 passed, 0 failed, 0 skipped\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code, err := run(t.Context(), c.args, &stdout, &stderr)
			if err != nil || (code != 0) != c.fail {
				t.Errorf("the exit code is %d, %v; stderr %s", code, err, &stderr)
			}
			for _, want := range c.want {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("the output lacks %q:\n%s", want, &stdout)
				}
			}
			if !strings.HasSuffix(stdout.String(), "\n"+c.last) {
				t.Errorf("the output does not end with %q:\n%s", c.last, &stdout)
			}
		})
	}
}
