package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// noSkip is the environment variable that forbids skipping.
const noSkip = "CAIRN_NO_SKIP"

// shortly is the reason of a suite that another test runs on the same code.
const shortly = "only with -short, which the README's command does not set"

// ownSkips are the skips that do not depend on the machine, by file and function, with the reason.
func ownSkips() map[string]string {
	return map[string]string{
		"internal/e2e/servers/postgres_test.go TestPostgresLeavesNothing":                  "the inner test was skipped, which the variable forbids",
		"internal/e2e/servers/postgres_test.go TestPostgresThatEndsFailsTheTest":           "the inner test was skipped, which the variable forbids",
		"exporters/nats/recover_test.go TestContractWithPermissions":                       shortly,
		"internal/e2e/stores/postgres_test.go TestPostgresKeepsTheContractBehindPgBouncer": shortly,
		"internal/e2e/stores/redis_test.go TestRedisClusterKeepsTheContract":               shortly,
		"cx/slo/backtest/counts_test.go TestPeriod":                                        shortly,
		"cx/slo/backtest/run_test.go TestComposite":                                        shortly,
		"internal/e2e/people/permits_test.go permitLog":                                    "as that of cmd/cairn",
		"internal/e2e/insight/permits_test.go permitLog":                                   "as that of cmd/cairn",
		"cx/insight/internal/cases/permits_test.go permitLog":                              "as that of cmd/cairn",
		"cx/insight/paths/permits_test.go permitLog":                                       "as that of cmd/cairn",
		"cmd/cairn/replay_test.go permitLog":                                               "CI sets CAIRN_PERMITS=none if it lacks the log, and lists the skip",
	}
}

// suites reports whether the file belongs to a conformance suite. A suite skips the cases that a user's sink or
// store declares as unsupported.
func suites(rel string) bool {
	return strings.HasPrefix(rel, "exporters/exporterstest/") || strings.HasPrefix(rel, "exporters/processortest/") ||
		strings.HasPrefix(rel, "cx/ledger/ledgertest/")
}

// TestSkips: with CAIRN_NO_SKIP=1 no test skips because of the machine. Each function that skips reads the
// variable, or calls one that does.
func TestSkips(t *testing.T) {
	t.Parallel()
	own, found := ownSkips(), 0
	for _, path := range goFiles(t) {
		list, err := skips(path)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			key := filepath.ToSlash(rel) + " " + s.function
			if found++; s.asks {
				continue
			}
			if suites(filepath.ToSlash(rel)) {
				continue
			}
			if own[key] == "" {
				t.Errorf("%s:%d: %s skips and does not read %s: fail if it is 1", path, s.line, s.function, noSkip)
			}
			delete(own, key)
		}
	}
	for key := range own {
		t.Errorf("%s is in this list and skips nothing: remove it", key)
	}
	if found < 10 {
		t.Errorf("found only %d skips", found)
	}
}

// TestSkipIsOneFunction: a package cannot import the test helper of another one, so packages have copies, and all copies are
// equal. The sinks share the one of exporters/internal/sinktest.
func TestSkipIsOneFunction(t *testing.T) {
	t.Parallel()
	body := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), "\n")
		return rest
	}
	found := 0
	want := body(filepath.Join(root, "journey", "skip_test.go"))
	_, function, _ := strings.Cut(want, "func skip")
	if shared := body(filepath.Join(root, "exporters", "internal", "sinktest", "skip.go")); function == "" || !strings.HasSuffix(shared, "func Skip"+function) {
		t.Errorf("Skip of exporters/internal/sinktest differs from skip of journey/skip_test.go")
	}
	for _, path := range goFiles(t) {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) != "skip_test.go" || rel == filepath.Join("internal", "docs", "skip_test.go") {
			continue
		}
		if found++; body(path) != want {
			t.Errorf("%s differs from journey/skip_test.go", rel)
		}
	}
	if found < 3 {
		t.Errorf("found only %d copies", found)
	}
}

// TestCIRunsTheREADMEsCommand: CI forbids skips for the same test command that the README shows.
func TestCIRunsTheREADMEsCommand(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	ci, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`(?m)^go test (\S+)$`).FindSubmatch(readme)
	done := regexp.MustCompile(`(?m)^ *CAIRN_NO_SKIP=1 go test -count=1 (\S+) `).FindSubmatch(ci)
	if said == nil || done == nil || string(said[1]) != string(done[1]) {
		t.Errorf("README.md has the command %q, and .ci/run runs %q", said, done)
	}
}

// TestSkipsAreFound: the search finds the skips of this code.
func TestSkipsAreFound(t *testing.T) {
	t.Parallel()
	const code = `package x
import ("testing"; "example.test/touchpoint"; "pgregory.net/rapid")
func plain(t *testing.T) { t.Skip("no disk") }
func helper(tb testing.TB) { if os.Getenv("CAIRN_NO_SKIP") == "1" { tb.Fatal() }; tb.Skipf("no disk") }
func now(b *testing.B) { b.SkipNow() }
func route() { touchpoint.WithSkip("GET /healthz") }
func input(t *testing.T) { rapid.Check(t, func(t *rapid.T) { t.Skip("no such name") }) }
func fuzz(f *testing.F) { f.Fuzz(func(t *testing.T, s string) { t.Skip("no such name") }) }
func inside(t *testing.T) { t.Run("a", func(t *testing.T) { t.Skip() }) }
`
	list, err := skipsIn("x.go", code)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, fmt.Sprint(s.function, " ", s.asks))
	}
	if want := "plain false, helper true, now false, inside false"; strings.Join(got, ", ") != want {
		t.Errorf("the skips are %q, want %q", got, want)
	}
}

// goFiles returns the paths of every Go file.
func goFiles(t *testing.T) (out []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go"):
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// skip is a call that skips a test.
type skip struct {
	function string
	line     int
	asks     bool // the function reads the variable
}

func skips(path string) ([]skip, error) { return skipsIn(path, nil) }

func skipsIn(path string, source any) (list []skip, err error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, decl := range tree.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		asks := false
		var calls []*ast.CallExpr
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				asks = asks || strings.Contains(n.Value, noSkip)
			case *ast.Ident:
				asks = asks || n.Name == "noSkipEnv"
			case *ast.CallExpr:
				if name := called(n); name == "rapid.Check" || strings.HasSuffix(name, ".Fuzz") {
					return false // the call skips one input of a fuzz or property test
				}
				if skipping(n) {
					calls = append(calls, n)
				}
			}
			return true
		})
		for _, c := range calls {
			list = append(list, skip{fn.Name.Name, fset.Position(c.Pos()).Line, asks})
		}
	}
	return list, nil
}

// called returns the name of a call, "a.b", or "".
func called(c *ast.CallExpr) string {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := s.X.(*ast.Ident); ok {
		return x.Name + "." + s.Sel.Name
	}
	return ""
}

// skipping reports whether the call is a test's Skip, and not an option of that name.
func skipping(c *ast.CallExpr) bool {
	receiver, method, _ := strings.Cut(called(c), ".")
	switch method {
	case "Skip", "Skipf", "SkipNow":
		return len(receiver) <= 2 // t, b, f, tb, s: the name of a package is longer
	}
	return false
}
