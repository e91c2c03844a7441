package routes_test

import (
	"context"
	"encoding/json"
	"errors"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/routes"
)

const apps = "testdata/apps"

// wordsOf returns the elements of the paths in the texts of the file. The oracle asks a mux for what they make.
func wordsOf(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var s scanner.Scanner
	s.Init(fset.AddFile(name, -1, len(src)), src, nil, 0)
	words := map[string]bool{"x": true} // x stands for a parameter
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		if tok != token.STRING {
			continue
		}
		text, err := strconv.Unquote(lit)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == '/' || r == ' ' }) {
			if !strings.ContainsAny(w, "{}%,=") && w != "net" && w != "http" && w != "fmt" && w != "example.com" {
				words[w] = true
			}
		}
	}
	var list []string
	for w := range words {
		list = append(list, w)
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

// ask runs the oracle: what the running routers say that they serve.
func ask(t *testing.T) map[string][]string {
	t.Helper()
	var services []string
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(apps, "grpc_testingconnect", "test.connect.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range file.Scope.Objects { //nolint:staticcheck // the names of constants are enough
		if strings.HasSuffix(name, "ServiceName") && o != nil {
			services = append(services, "grpc.testing."+strings.TrimSuffix(name, "Name"))
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "./oracle",
		wordsOf(t, filepath.Join(apps, "nethttpapp", "nethttpapp.go"))+",gin", strings.Join(services, ","))
	cmd.Dir = apps
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderrOf(err))
	}
	var said map[string][]string
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return said
}

func stderrOf(err error) string {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(exit.Stderr)
	}
	return ""
}

// allMethods are the methods that a route for every method serves, by the router's own word.
func allMethods(r *routes.Router) []string {
	switch r.Framework {
	case routes.Chi:
		return []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
	case routes.Gin:
		return []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
	case routes.Echo:
		return []string{"echo_route_any"}
	default:
		return []string{""}
	}
}

// names returns the routes as the router names them.
func names(list []*routes.Router) (all []string) {
	for _, r := range list {
		for _, route := range r.Routes {
			methods := []string{route.Method}
			if route.Method == "" {
				methods = allMethods(r)
			}
			for _, m := range methods {
				all = append(all, strings.TrimSpace(m+" "+route.Pattern))
			}
		}
	}
	slices.Sort(all)
	return all
}

// appsOnce reads the services, for all tests.
var appsOnce = sync.OnceValues(func() (*routes.Found, error) {
	return routes.Find(context.Background(), routes.Config{Dir: apps}, "./...")
})

func readApps(t *testing.T) *routes.Found {
	t.Helper()
	found, err := appsOnce()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestFindsWhatRuns: for each service, the routes in the source are those that the running router says it has.
func TestFindsWhatRuns(t *testing.T) {
	t.Parallel()
	said := ask(t)
	found := readApps(t)
	if len(found.Gaps) != 0 {
		for _, g := range found.Gaps {
			t.Errorf("%s: %s", g.Place, g.Text)
		}
	}
	for _, c := range []struct{ app, folder, reason string }{
		{"nethttpapp", "nethttpapp", "constants, formats, tables, a wrapper of the mux, a mux in a mux"},
		{"chiapp", "chiapp", "routes, groups, mounts of routers that one function makes, tables, method values"},
		{"echoapp", "echoapp", "groups through functions and through an interface"},
		{"ginapp", "ginapp", "an embedded engine, chained registrations, joined paths"},
		{"connectapp", "connectapp", "handlers of Connect at a mux"},
		{"mixed/net/http", "mixed", "a mux in front of two routers"},
		{"mixed/chi", "mixed", "an interface, function values in a list, a branch"},
		{"mixed/gin", "mixed", "one of three routers of a process"},
	} {
		t.Run(c.app, func(t *testing.T) {
			t.Parallel()
			var list []*routes.Router
			for _, r := range found.Routers {
				if strings.HasPrefix(r.Place.File, c.folder+"/") && (!strings.Contains(c.app, "/") || r.Framework.String() == c.app[len("mixed/"):]) {
					list = append(list, r)
				}
			}
			got, want := names(list), said[c.app]
			if c.app == "nethttpapp" {
				want = append(want, "GET /inner/list") // the mux in the mux, which no request of the oracle can name
			}
			want = slices.DeleteFunc(want, func(name string) bool { return strings.HasPrefix(name, "echo_route_not_found") })
			if c.app == "mixed/chi" { // the oracle runs without what the environment decides
				got = slices.DeleteFunc(got, func(n string) bool { return n == "GET /sometimes" })
				for i := range got {
					got[i] = strings.Replace(got[i], "…", "", 1)
				}
				slices.Sort(got)
			}
			slices.Sort(want)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s: - the router has, + the source has:\n%s", c.reason, diff)
			}
		})
	}
	t.Run("grpcapp", func(t *testing.T) {
		t.Parallel()
		var got []string
		for _, s := range found.Services {
			for _, m := range s.Methods {
				if s.Framework == routes.GRPC {
					got = append(got, strings.TrimSpace(s.Name+"/"+m.Name+map[bool]string{true: " stream"}[m.Streams]))
				}
			}
		}
		slices.Sort(got)
		if diff := gocmp.Diff(said["grpcapp"], got); diff != "" {
			t.Errorf("- the server has, + the source has:\n%s", diff)
		}
	})
}

// TestPlaces: a route has the place where its pattern is written, and a router the one that makes it.
func TestPlaces(t *testing.T) {
	t.Parallel()
	found := readApps(t)
	lineOf := func(file, text string) routes.Place {
		src, err := os.ReadFile(filepath.Join(apps, file))
		if err != nil {
			t.Fatal(err)
		}
		before, _, ok := strings.Cut(string(src), text)
		if !ok {
			t.Fatalf("%s has no %q", file, text)
		}
		return routes.Place{File: file, Line: strings.Count(before, "\n") + 1}
	}
	for _, r := range found.Routers {
		for _, route := range r.Routes {
			switch route.Pattern {
			case "/api/carts/{cart}/pay":
				if want := lineOf("chiapp/chiapp.go", `"/{cart}/pay"`); route.Place != want || route.Handler != "a.serve" {
					t.Errorf("the route in a group is at %s with %s, want %s", route.Place, route.Handler, want)
				}
			case "/contact":
				if want := lineOf("chiapp/chiapp.go", `"/contact"`); route.Place != want {
					t.Errorf("the route of a table is at %s, want %s", route.Place, want)
				}
			case "/files/*":
				if !route.Files {
					t.Error("a file server is not known as one")
				}
			case "/api/account/":
				if !route.Root {
					t.Error("the root of a mounted router is not known as one")
				}
			}
		}
	}
	i := slices.IndexFunc(found.Routers, func(r *routes.Router) bool { return r.Place.File == "mixed/mixed.go" && r.Framework == routes.NetHTTP })
	if i < 0 {
		t.Fatal("the mux of mixed is not found")
	}
	mux := found.Routers[i]
	if want := []routes.Place{lineOf("mixed/mixed.go", "mux, Read")}; !slices.Equal(mux.Served, want) || mux.Name != "mux" {
		t.Errorf("the mux %s is served at %v, want %v", mux.Name, mux.Served, want)
	}
	for _, route := range mux.Routes {
		if route.To == nil {
			t.Errorf("%s goes to no router", route.Pattern)
		}
	}
	for _, s := range found.Services {
		if s.Framework == routes.GRPC && (s.Server != lineOf("grpcapp/grpcapp.go", "grpc.NewServer") || s.ServerName != "s") {
			t.Errorf("%s is at the server %s %s", s.Name, s.ServerName, s.Server)
		}
		if s.Framework == routes.Connect && !strings.HasPrefix(s.Handler, "grpc_testingconnect.New") {
			t.Errorf("the handler of %s is %q", s.Name, s.Handler)
		}
	}
}
