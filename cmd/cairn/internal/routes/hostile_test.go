package routes_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/routes"
)

// module writes a module that needs nothing but the standard library, and returns its folder.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if files["go.mod"] == "" {
		files["go.mod"] = "module example.com/app\n\ngo 1.26\n"
	}
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// alone reads a module without the workspace of this one.
func alone(t *testing.T, dir string, patterns ...string) (*routes.Found, error) {
	t.Helper()
	return routes.Find(t.Context(), routes.Config{Dir: dir, Env: append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=")}, patterns...)
}

// serving returns a main package whose main function has the body.
func serving(body string) string {
	return "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nvar _ = os.Args\n\nfunc serve(http.ResponseWriter, *http.Request) {}\n\nfunc main() {\n\tmux := http.NewServeMux()\n" + body + "\n\t_ = http.ListenAndServe(\":0\", mux)\n}\n"
}

// TestDegrades: what cannot be read or followed is told with its place, and the rest is found.
func TestDegrades(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		files        map[string]string
		patterns     []string // for a module of its own, or nil
		routes       string   // the names, separated by |
		gaps         []string
	}{
		{
			"does not compile", "a type error in one function leaves the routes of the others",
			map[string]string{"main.go": serving("\tmux.HandleFunc(\"GET /a\", serve)\n\tvar x int = \"no\"\n\tmux.HandleFunc(\"GET /b\", serve)")},
			nil, "GET /a|GET /b",
			[]string{"main.go:15: the package example.com/app has an error, so that some of its routes may be missing: cannot use \"no\""},
		},
		{
			"does not parse", "a package with a syntax error is told, another one is read",
			map[string]string{"main.go": serving("\tmux.HandleFunc(\"GET /a\", serve)"), "bad/bad.go": "package bad\n\nfunc {\n"},
			nil, "GET /a",
			[]string{"bad/bad.go:3: "},
		},
		{
			"a missing module", "no network, and not in the cache",
			map[string]string{"main.go": strings.Replace(serving("\tmux.HandleFunc(\"GET /a\", serve)"), "\"os\"\n", "\"os\"\n\t_ \"example.com/missing\"\n", 1)},
			nil, "GET /a",
			[]string{"main.go:6: the package example.com/app has an error"},
		},
		{
			"cgo", "no C compiler runs, and the file is told",
			map[string]string{"main.go": serving("\tmux.HandleFunc(\"GET /a\", serve)"), "c.go": "package main\n\n// #error this must not be compiled\nimport \"C\"\n"},
			nil, "GET /a",
			[]string{"c.go:4: the file imports C and was not read: add its routes by hand"},
		},
		{
			"no constant", "the environment decides",
			map[string]string{"main.go": serving("\tmux.HandleFunc(os.Getenv(\"P\"), serve)\n\tmux.HandleFunc(\"GET \"+os.Getenv(\"P\")+\"/x\", serve)")},
			nil, "GET …/x",
			[]string{"main.go:14: the pattern os.Getenv(\"P\") of mux.HandleFunc is no constant that could be evaluated: add its routes by hand"},
		},
		{
			"an unknown function", "a function value from outside gets the mux",
			map[string]string{"main.go": serving("\tmux.HandleFunc(\"/\", serve)\n\thooks[os.Args[1]](mux)\n}\n\nvar hooks map[string]func(*http.ServeMux)\n\nfunc other() {\n\tmux := http.NewServeMux()")},
			nil, "/",
			[]string{"main.go:15: the router goes to hooks[os.Args[1]], and which function that is could not be followed: add its routes by hand"},
		},
		{
			"a library", "the mux comes from a caller that is not there",
			map[string]string{"lib.go": "package app\n\nimport \"net/http\"\n\nfunc Routes(m *http.ServeMux, base string) {\n\tm.Handle(\"GET /a\", nil)\n\tm.Handle(base+\"/b\", nil)\n}\n"},
			nil, "GET /a|…/b", nil,
		},
		{
			"a function of Cairn", "Cairn's own functions add no routes; those of another module may",
			map[string]string{
				"go.mod": "module example.com/app\n\ngo 1.26\n\nrequire (\n\tcairncx.dev/cairn/touchpoint/cxgin v0.0.0\n\texample.com/other v0.0.0\n)\n\n" +
					"replace cairncx.dev/cairn/touchpoint/cxgin => ./cxgin\n\nreplace example.com/other => ./other\n",
				"cxgin/go.mod": "module cairncx.dev/cairn/touchpoint/cxgin\n\ngo 1.26\n", "other/go.mod": "module example.com/other\n\ngo 1.26\n",
				"cxgin/a.go": "package cxgin\n\nimport \"net/http\"\n\nfunc Routes(*http.ServeMux) {}\n",
				"other/a.go": "package other\n\nimport \"net/http\"\n\nfunc Routes(*http.ServeMux) {}\n",
				"main.go": strings.Replace(serving("\tmux.HandleFunc(\"GET /a\", serve)\n\tcxgin.Routes(mux)\n\tother.Routes(mux)"),
					"\"os\"\n", "\"os\"\n\n\t\"cairncx.dev/cairn/touchpoint/cxgin\"\n\t\"example.com/other\"\n", 1),
			},
			[]string{"."},
			"GET /a",
			[]string{"main.go:19: the router goes to other.Routes of another module, which may add routes: add them by hand"},
		},
		{
			"recursion", "functions that call themselves with ever longer prefixes end",
			map[string]string{"main.go": serving("\tdeep(mux, \"/\")\n}\n\nfunc deep(m *http.ServeMux, p string) {\n\tm.HandleFunc(\"GET /deep\", serve)\n\tdeep(m, p+p)\n\tother(m)\n}\n\nfunc other(m *http.ServeMux) {\n\tdeep(m, \"/\")\n\tmux := m")},
			nil, "GET /deep", nil,
		},
		{
			"generics", "a generic function and a generic type",
			map[string]string{"main.go": serving("\tadd(mux, \"GET /g\", 1)\n\tbox[int]{mux}.put(\"GET /h\")\n}\n\ntype box[T any] struct{ m *http.ServeMux }\n\nfunc (b box[T]) put(p string) { b.m.HandleFunc(p, serve) }\n\nfunc add[T any](m *http.ServeMux, p string, _ T) {\n\tm.HandleFunc(p, serve)\n\tmux := m")},
			nil, "GET /g|GET /h", nil,
		},
		{
			"control characters", "they stay what they are here, and the writers quote them",
			map[string]string{"main.go": serving("\tmux.HandleFunc(\"GET /a\\x1b[2J\\\"\\n\\u202e\", serve)")},
			nil, "GET /a\x1b[2J\"\n\u202e", nil,
		},
		{
			"build tags", "a file for another system is not read",
			map[string]string{"main.go": serving("\tmux.HandleFunc(\"GET /a\", serve)"), "never.go": "//go:build never\n\npackage main\n\nfunc init() { undefined() }\n"},
			nil, "GET /a", nil,
		},
		{
			"vendored", "a module that is vendored needs no cache",
			map[string]string{
				"go.mod":                        "module example.com/app\n\ngo 1.26\n\nrequire example.com/dep v1.0.0\n",
				"main.go":                       strings.Replace(serving("\tmux.HandleFunc(dep.Path, serve)\n\tdep.Add(mux)"), "\"os\"\n", "\"os\"\n\t\"example.com/dep\"\n", 1),
				"vendor/modules.txt":            "# example.com/dep v1.0.0\n## explicit; go 1.26\nexample.com/dep\n",
				"vendor/example.com/dep/dep.go": "package dep\n\nimport \"net/http\"\n\nconst Path = \"GET /dep\"\n\nfunc Add(m *http.ServeMux) { m.HandleFunc(\"GET /more\", nil) }\n",
			},
			[]string{"."},
			"GET /dep",
			[]string{"main.go:16: the router goes to dep.Add of another module, which may add routes: add them by hand"},
		},
		{
			"one program", "only what the named program uses, through another package",
			map[string]string{
				"cmd/a/main.go": "package main\n\nimport (\n\t\"net/http\"\n\n\t\"example.com/app/web\"\n)\n\nfunc main() { _ = http.ListenAndServe(\":0\", web.New(\"/a\")) }\n",
				"cmd/b/main.go": "package main\n\nimport (\n\t\"net/http\"\n\n\t\"example.com/app/web\"\n)\n\nfunc main() { _ = http.ListenAndServe(\":0\", web.New(\"/b\")) }\n",
				"web/web.go":    "package web\n\nimport \"net/http\"\n\nfunc New(p string) http.Handler {\n\tm := http.NewServeMux()\n\tm.Handle(\"GET \"+p, nil)\n\treturn m\n}\n\nfunc Unused() { http.Handle(\"/unused\", nil) }\n",
			},
			[]string{"./cmd/b"},
			"GET /b", nil,
		},
	}
	together := map[string]string{} // most cases are folders of one module, which is read once
	folder := func(i int) string { return fmt.Sprintf("case%02d/", i) }
	for i := range cases {
		if c := &cases[i]; c.patterns == nil {
			for name, text := range c.files {
				together[folder(i)+name] = text
			}
		}
	}
	all, err := alone(t, module(t, together), "./...")
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		c := &cases[i]
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found, below := all, folder(i)
			if c.patterns != nil {
				below = ""
				var err error
				if found, err = alone(t, module(t, c.files), c.patterns...); err != nil {
					t.Fatalf("%s: %v", c.reason, err)
				}
			}
			var list []*routes.Router
			for _, r := range found.Routers {
				if strings.HasPrefix(r.Place.File, below) {
					list = append(list, r)
				}
			}
			if got := strings.Join(names(list), "|"); got != c.routes {
				t.Errorf("%s: the routes are %q, want %q", c.reason, got, c.routes)
			}
			var told []string
			for _, g := range found.Gaps {
				if text, ok := strings.CutPrefix(g.Place.String()+": "+g.Text, below); ok {
					told = append(told, strings.Replace(text, "example.com/app/"+strings.TrimSuffix(below, "/"), "example.com/app", 1))
				}
			}
			for i, want := range c.gaps {
				if i >= len(told) || !strings.HasPrefix(told[i], want) {
					t.Errorf("%s: told is %q, want %q", c.reason, told, want)
				}
			}
			if len(c.gaps) == 0 && len(told) > 0 {
				t.Errorf("%s: told is %q, want nothing", c.reason, told)
			}
		})
	}
}

// TestNothing: what cannot be read at all is an error that says what to do.
func TestNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		files    map[string]string
		patterns []string
		want     string
	}{
		{"no Go file", map[string]string{"README": "x"}, []string{"./..."}, "no Go package matches"},
		{"only for a tag", map[string]string{"a.go": "//go:build never\n\npackage a\n"}, []string{"."}, "with --tags"},
		{"no such folder", map[string]string{"a.go": "package a\n"}, []string{"./none"}, "none"},
		{"a bad go.mod", map[string]string{"go.mod": "modul x\n", "a.go": "package a\n"}, []string{"./..."}, "go.mod:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := alone(t, module(t, c.files), c.patterns...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
		})
	}
}

// TestEnds: the reading ends with its context, and with its steps.
func TestEnds(t *testing.T) {
	t.Parallel()
	var b strings.Builder // each function calls the next one twice
	for i := range 40 {
		fmt.Fprintf(&b, "}\n\nfunc f%d(m *http.ServeMux) {\n\tm.HandleFunc(\"GET /f%d\", serve)\n\tf%d(m)\n\tf%d(m)\n", i, i, i+1, i+1)
	}
	dir := module(t, map[string]string{"main.go": serving("\tf0(mux)\n" + b.String() + "}\n\nfunc f40(m *http.ServeMux) {\n\tmux := m")})
	found, err := routes.Find(t.Context(), routes.Config{Dir: dir, Env: append(os.Environ(), "GOWORK=off"), Steps: 20_000}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Gaps) != 1 || !strings.Contains(found.Gaps[0].Text, "too large to follow") {
		t.Errorf("told is %v, want that the steps were used up", found.Gaps)
	}
	if len(found.Routers) != 1 || len(found.Routers[0].Routes) < 38 {
		t.Errorf("the routers are %+v, want the routes that were met", found.Routers)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := routes.Find(over, routes.Config{Dir: dir}, "./..."); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want that of the context", err)
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := routes.Find(late, routes.Config{Dir: dir}, "./..."); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "name fewer") {
		t.Errorf("the error is %v, want a remedy", err)
	}
}
