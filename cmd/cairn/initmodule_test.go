package main

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// shopModule is a module with what a draft has to tell apart.
var shopModule = map[string]string{
	"go.mod": "module example.com/shop/v2\n\ngo 1.26\n",
	"main.go": `package main

import (
	"log"
	"net/http"
	"os"
)

func serve(http.ResponseWriter, *http.Request) {}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", serve)
	mux.HandleFunc("GET /search", serve)
	mux.HandleFunc("POST /carts/{cart}/items", serve)
	mux.HandleFunc("POST /carts/{cart}/pay", serve)
	mux.HandleFunc("GET /orders/{id}", serve)
	mux.HandleFunc("GET /users/{id}", serve)
	mux.HandleFunc("GET /a \"quoted\"\x1b[31m\n\u202eone", serve)
	mux.HandleFunc("GET /` + strings.Repeat("long/", 20) + `", serve)
	mux.Handle("GET /static/", http.FileServer(http.Dir("static")))
	mux.HandleFunc(os.Getenv("BASE")+"/open", serve)
	mux.HandleFunc("/", serve)
	mux.HandleFunc("/cairn/", serve)
	rating(mux)
	rating(http.NewServeMux())
	log.Fatal(http.ListenAndServe(":8080", mux))
}

func rating(mux *http.ServeMux) {
	mux.HandleFunc("POST /rating", serve)
}
`,
}

// TestInitModule compares the draft of a module, and the lines to add to it, with testdata/init. The draft is a valid blueprint, and the
// lines are Go.
func TestInitModule(t *testing.T) {
	t.Setenv("GOWORK", "off")
	back, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(folderOf(t, shopModule))
	outputs := map[string]string{}
	for _, c := range []struct {
		name string
		args []string
		code int
	}{
		{"module", []string{"./..."}, exitOK},
		{"module-lines", []string{"--lines", "--journey", "check \"out\"", "."}, exitOK},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"init"}, c.args...), nil, &stdout, &stderr); code != c.code {
			t.Fatalf("%v: the exit code is %d, want %d: %s", c.args, code, c.code, &stderr)
		}
		if strings.ContainsAny(stdout.String()+stderr.String(), "\x1b\u202e") {
			t.Errorf("%v: what a terminal obeys is in the output", c.args)
		}
		if c.name == "module" {
			if _, err := yaml.Parse("draft", stdout.Bytes()); err != nil {
				t.Error(err)
			}
		} else {
			checkCode(t, stdout.String())
		}
		outputs["init/"+c.name] = "$ cairn init " + strings.Join(c.args, " ") + "\n" + stdout.String() + "--- stderr\n" + stderr.String()
	}
	t.Chdir(back)
	for name, text := range outputs {
		golden(t, name, text)
	}
}

// checkCode parses each place's code as Go.
func checkCode(t *testing.T, lines string) {
	t.Helper()
	var imports, body strings.Builder
	in := false
	for line := range strings.SplitSeq(lines, "\n") {
		code, ok := strings.CutPrefix(line, "\t")
		switch {
		case !ok || strings.HasPrefix(code, "go get ") || strings.HasPrefix(code, "Give "):
		case code == "import (":
			in = true
		case in && code == ")":
			in = false
		case in:
			imports.WriteString("import " + strings.TrimSpace(code) + "\n")
		default:
			body.WriteString(code + "\n")
		}
	}
	src := "package p\n" + imports.String() + "func _() {\n" + body.String() + "}\n"
	file, err := parser.ParseFile(token.NewFileSet(), "lines.go", src, parser.AllErrors)
	if err != nil {
		t.Fatalf("%v in\n%s", err, src)
	}
	if len(file.Imports) == 0 || !ast.IsGenerated(file) && body.Len() == 0 {
		t.Errorf("there is no code in\n%s", lines)
	}
	if _, err := format.Source([]byte(src)); err != nil {
		t.Error(err)
	}
}

// TestInitModuleMisused: a wrong command line, and a module without routes, say what to do.
func TestInitModuleMisused(t *testing.T) {
	t.Parallel()
	empty := folderOf(t, map[string]string{"go.mod": "module example.com/none\n\ngo 1.26\n", "a.go": "package a\n"})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"./...", "log.csv"}, exitUsage, `"./..." is a Go package and "log.csv" is none: run cairn init once for each`},
		{[]string{"--map", "case=a", empty}, exitUsage, "--map is for logs"},
		{[]string{"--lines", "log.csv"}, exitUsage, "--lines is for Go packages"},
		{[]string{"--timeout", "0s", empty}, exitUsage, "--timeout is a time above 0"},
		{[]string{"--openslo", "x.yaml", empty}, exitUsage, "--openslo is for logs"},
		{[]string{empty + "/none/..."}, exitFault, "none"},
		{[]string{empty}, exitFault, "no route was found in 1 package: cairn init knows net/http, chi v5, echo, gin, gRPC and Connect"},
		{[]string{"--timeout", "1ns", empty}, exitFault, "took too long: name fewer of them"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"init"}, c.args...), nil, &stdout, &stderr); code != c.code || stdout.Len() > 0 || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: exit code %d, %q, %q; want %d with %q", c.args, code, &stdout, &stderr, c.code, c.want)
		}
	}
}
