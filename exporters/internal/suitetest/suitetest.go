// Package suitetest tests the conformance suites of exporters and of processors: a suite has to find each bug of an
// implementation that is broken on purpose.
package suitetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// found is a bug that a subtest of the suite has to find.
type found = struct {
	Bug    string
	Test   string // the subtest that finds it
	Says   string // a part of what the subtest says
	Reason string // why the bug matters
}

// Broken runs the test TestBroken of this binary again for each case, in a process of its own because TestBroken has to fail.
// The environment variable env then names the bug. A bug that is in misuse is a mistake of the test that uses the suite: its
// failure need not say why it matters.
func Broken[Case ~found](t *testing.T, env string, cases []Case, misuse ...string) {
	t.Helper()
	outs := make([]string, len(cases))
	free := make(chan struct{}, 4)
	var running sync.WaitGroup
	for i, c := range cases {
		c := found(c)
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			outs[i], _ = Again(t, "TestBroken", c.Test, env+"="+c.Bug)
		})
	}
	running.Wait()
	for i, c := range cases {
		c := found(c)
		t.Run(c.Bug+"/"+c.Test, func(t *testing.T) { check(t, c, outs[i], !slices.Contains(misuse, c.Bug)) })
	}
}

// check looks at the output of the suite.
func check(t *testing.T, c found, out string, reason bool) {
	t.Helper()
	if !strings.Contains(out, "--- FAIL: TestBroken/"+Pattern(c.Test)) {
		t.Errorf("the suite lets it pass, though %s:\n%s", c.Reason, out)
	}
	if !strings.Contains(out, c.Says) || reason && !strings.Contains(out, "why it matters: ") {
		t.Errorf("the suite does not say %q, and why it matters:\n%s", c.Says, out)
	}
	if strings.Contains(out, "\npanic:") {
		t.Errorf("the suite panics:\n%s", out)
	}
	at := regexp.MustCompile(`(?m)^ +(\w+\.go):(\d+): `).FindStringSubmatch(out)
	if at == nil || strings.HasPrefix(enclosing(t, at[1], at[2]), "*suite") {
		t.Errorf("a failure names no line of a clause, and %q:\n%s", at, out)
	}
}

// enclosing returns the receiver of the method that the line is in, or "" for a function. The file is in the working directory,
// which is the folder of the package under test.
func enclosing(t *testing.T, file, line string) string {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		d, ok := d.(*ast.FuncDecl)
		if n, _ := strconv.Atoi(line); ok && d.Recv != nil && fset.Position(d.Pos()).Line <= n && n <= fset.Position(d.End()).Line {
			return types.ExprString(d.Recv.List[0].Type)
		}
	}
	return ""
}

// Again runs a subtest of a test of this binary again, in a process of its own with one more environment variable, and returns
// what it writes. The error is that of the process.
func Again(t *testing.T, test, subtest, env string) (out string, err error) {
	t.Helper()
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$/^"+Pattern(subtest)+"$", "-test.v", "-test.count=1") //nolint:gosec // this test's own binary
	again.Env = append(os.Environ(), env)
	text, err := again.CombinedOutput()
	return string(text), err
}

// Pattern returns the name as go test writes it.
func Pattern(name string) string { return strings.ReplaceAll(name, " ", "_") }
