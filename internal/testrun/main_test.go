package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram is set in a child process, in which the test binary is the command.
const asProgram = "CAIRN_TESTRUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// module makes a module that has a package of each kind, and makes its folder the current one.
func module(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/m\n\ngo 1.26\n",
		"a_test.go":   "package m\n\nimport \"testing\"\n\nfunc TestGood(*testing.T) {}\n\nfunc TestSkipped(t *testing.T) { t.Skip(\"the server is missing\") }\n\nfunc TestBad(t *testing.T) { t.Error(\"one is not two\") }\n",
		"b/b.go":      "package b\n",
		"c/c_test.go": "package c\n\nimport \"testing\"\n\nfunc TestPanics(t *testing.T) { t.Run(\"inner\", func(*testing.T) { panic(\"boom\") }) }\n",
		"d/d_test.go": "package d\n\nfunc TestBroken() { return 1 }\n",
		"e/e_test.go": "package e\n\nimport (\n\t\"fmt\"\n\t\"testing\"\n)\n\nfunc TestTalks(*testing.T) { fmt.Println(\"a test that passes says this\") }\n\nfunc TestNoReason(t *testing.T) { t.SkipNow() }\n\nfunc TestLong(t *testing.T) { t.Skip(\"one line,\\nand another\") }\n",
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
}

// TestRun runs the tests of the module.
func TestRun(t *testing.T) {
	module(t)
	for _, c := range []struct {
		name  string
		args  []string
		fail  bool
		want  []string
		never []string
		last  string
	}{
		{
			"all kinds",
			[]string{"."},
			true,
			[]string{"--- FAIL: TestBad", "one is not two", "fail    ", "  example.com/m\n", "\nskipped:\n  example.com/m TestSkipped: a_test.go:7: the server is missing\n"},
			[]string{"--- PASS", "--- SKIP", "=== RUN   TestGood"},
			"1 passed, 1 failed, 1 skipped\n",
		},
		{
			"only those that do not fail",
			[]string{"-run", "Good|Skipped", "."},
			false,
			[]string{"pass    ", "the server is missing"},
			[]string{"one is not two", "FAIL", "fail  "},
			"1 passed, 0 failed, 1 skipped\n",
		},
		{"a test of the same name again", []string{"-run", "Bad", "-count=2", "."}, true, []string{"one is not two"}, []string{"skipped:"}, "0 passed, 2 failed, 0 skipped\n"},
		{"no tests", []string{"./b"}, false, nil, []string{"example.com/m/b"}, "0 passed, 0 failed, 0 skipped\n"},
		{"a panic", []string{"./c"}, true, []string{"panic: boom", "=== RUN   TestPanics\n", "fail    "}, nil, "0 passed, 2 failed, 0 skipped\n"},
		{"no code", []string{"./d"}, true, []string{"wrong signature for TestBroken", "fail    "}, nil, "0 passed, 0 failed, 0 skipped\n"},
		{"no such folder", []string{"./none"}, true, nil, nil, "0 passed, 0 failed, 0 skipped\n"},
		{
			"reasons, in order",
			[]string{"./e"},
			false,
			[]string{"skipped:\n  example.com/m/e TestLong: e_test.go:12: one line, and another\n  example.com/m/e TestNoReason: the test gave no reason\n"},
			[]string{"says this"},
			"1 passed, 0 failed, 2 skipped\n",
		},
		{
			"many packages",
			[]string{".", "./e"},
			true,
			[]string{"fail    ", "pass    ", "example.com/m TestSkipped:", "example.com/m/e TestLong:"},
			[]string{"says this"},
			"2 passed, 1 failed, 3 skipped\n",
		},
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
			for _, never := range c.never {
				if strings.Contains(stdout.String(), never) {
					t.Errorf("the output has %q:\n%s", never, &stdout)
				}
			}
			if n := strings.Count(stdout.String(), "one is not two"); n > strings.Count(stdout.String(), "--- FAIL: TestBad") {
				t.Errorf("the output of a failed test is there %d times:\n%s", n, &stdout)
			}
			if !strings.HasSuffix(stdout.String(), "\n\n"+c.last) && stdout.String() != "\n"+c.last {
				t.Errorf("the output does not end with %q:\n%s", c.last, &stdout)
			}
		})
	}
}

// TestProgram: the command hands its arguments to "go test", and its exit code is 0 only if all tests passed or were
// skipped. What "go test" writes to its standard error goes there.
func TestProgram(t *testing.T) {
	module(t)
	for _, c := range []struct {
		name           string
		args           []string
		path           string // "" is the test's own
		code           int
		stdout, stderr string
	}{
		{"passed", []string{"-run", "Good", "."}, "", 0, "1 passed, 0 failed, 0 skipped\n", ""},
		{"skipped", []string{"-run", "Skipped", "."}, "", 0, "0 passed, 0 failed, 1 skipped\n", ""},
		{"failed", []string{"-run", "Bad", "."}, "", 1, "0 passed, 1 failed, 0 skipped\n", ""},
		{"a wrong flag", []string{"-run"}, "", 2, "0 passed, 0 failed, 0 skipped\n", "flag needs an argument"},
		{"no go command", []string{"."}, t.TempDir(), 1, "", "testrun: running go test: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], c.args...)
			cmd.Env = append(os.Environ(), asProgram+"=1")
			if c.path != "" {
				cmd.Env = append(cmd.Env, "PATH="+c.path)
			}
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("the exit code is %d, want %d: %s", code, c.code, &stderr)
			}
			if !strings.HasSuffix(stdout.String(), c.stdout) || c.stdout == "" && stdout.Len() > 0 {
				t.Errorf("the output is %q, want it to end with %q", &stdout, c.stdout)
			}
			if !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
				t.Errorf("the standard error is %q, want %q in it", &stderr, c.stderr)
			}
		})
	}
}

// TestLines: the lines may come in pieces of any length. What is not from "go test -json" goes to the output as it is. A
// package that fails has its own output there, and that of the tests that have not ended.
func TestLines(t *testing.T) {
	t.Parallel()
	const text = "# example.com/m\n\nx.go:1:1: what the compiler says\n" +
		`{"Action":"start","Package":"p"}` + "\n" +
		`{"Action":"output","Package":"p","Test":"TestA","Output":"said by A\n"}` + "\n" +
		`{"Action":"output","Package":"p","Test":"TestB","Output":"said by B\n"}` + "\n" +
		`{"Action":"pass","Package":"p","Test":"TestB"}` + "\n" +
		`{"Action":"build-output","ImportPath":"q","Output":"a fault of q\n"}` + "\n" +
		`{"Action":"output","Package":"p","Output":"said by p\n"}` + "\n" +
		`{"Action":"output","Package":"r","Output":"said by r\n"}` + "\n" +
		`{"Action":"pass","Package":"r","Elapsed":20}` + "\n" +
		`{"Action":"fail","Package":"p","Elapsed":1.5}` + "\n" +
		`{"Action":"skip","Package":"s"}` + "\n"
	const want = "# example.com/m\n\nx.go:1:1: what the compiler says\na fault of q\npass    20.0 s  r\nsaid by p\nsaid by A\nfail     1.5 s  p\n\n1 passed, 1 failed, 0 skipped\n"
	for size := 1; size <= len(text); size++ {
		var b bytes.Buffer
		totals := newTotals(&b)
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			piece := bytes.Clone(rest[:min(size, len(rest))])
			if n, err := totals.Write(piece); n != len(piece) || err != nil {
				t.Fatal(n, err)
			}
			clear(piece) // a writer does not keep what it is given
		}
		totals.print()
		if b.String() != want {
			t.Fatalf("in pieces of %d bytes the output is\n%s\nwant\n%s", size, &b, want)
		}
	}
}
