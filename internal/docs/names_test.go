package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	inCode    = regexp.MustCompile("(?s)```go\n.*?```|`[^`\n]+`")
	qualified = regexp.MustCompile(`(^|[^\w./"])([a-z]\w*)\.([A-Z]\w*)`)
)

// foreign are names of variables, of generated code and of other modules' packages, which are called as one of Cairn's packages is.
func foreign() map[string]bool {
	return map[string]bool{
		"mail.Start": true, "mail.End": true, "mail.Fail": true, "store.Hold": true, "sink.Export": true, "nats.Msg": true,
		"experience.JourneyCheckout": true, "experience.StageCheckoutPayment": true,
	}
}

// exported returns the exported names of each package of Cairn by "package.Name". Packages that have one name are taken together.
func exported(t *testing.T) (names, packages map[string]bool) {
	t.Helper()
	names, packages = map[string]bool{}, map[string]bool{}
	for _, path := range goFiles(t) {
		if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/testdata/") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		pkg := file.Name.Name
		packages[pkg] = true
		for _, d := range file.Decls {
			for _, name := range declared(d) {
				names[pkg+"."+name] = true
			}
		}
	}
	return names, packages
}

// declared returns the names that a declaration gives its package.
func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}

// TestNamesOfCode: every name of one of Cairn's packages that a page has in its code exists, also where the code is a part of a program and is
// not compiled. The changelog has names of before.
func TestNamesOfCode(t *testing.T) {
	t.Parallel()
	names, packages := exported(t)
	others, used, found := foreign(), map[string]bool{}, 0
	for _, path := range documents(t) {
		page, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		if page == "CHANGELOG.md" {
			continue
		}
		for _, code := range inCode.FindAllString(read(t, page), -1) {
			for _, m := range qualified.FindAllStringSubmatch(code, -1) {
				name := m[2] + "." + m[3]
				if others[name] {
					used[name] = true
					continue
				}
				if !packages[m[2]] {
					continue
				}
				if found++; !names[name] {
					t.Errorf("%s has the name %s in its code, which does not exist", page, name)
				}
			}
		}
	}
	if len(used) != len(others) {
		t.Errorf("of the names that are not Cairn's the pages have %v: remove the others of %v", used, others)
	}
	if found < 200 {
		t.Errorf("the pages have only %d names of Cairn's packages in their code: the test recognises too few", found)
	}
}
