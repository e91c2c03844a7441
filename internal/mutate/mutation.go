package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mutation is one change of one place: with replaces the bytes of a file from start to end.
type mutation struct {
	pkg        *pkg
	file       string // its full path
	line       int
	op         string
	key        string
	start, end int
	with       string
	source     []byte // the whole file, unchanged
}

// mutated returns the file's content with the change.
func (m *mutation) mutated() []byte {
	return slices.Concat(m.source[:m.start], []byte(m.with), m.source[m.end:])
}

// place returns the file below the root and the line.
func (m *mutation) place() string {
	return path.Join(m.pkg.rel, filepath.Base(m.file)) + ":" + strconv.Itoa(m.line)
}

// diff returns the changed lines, before and after.
func (m *mutation) diff() string {
	first, last := m.start, m.end
	for first > 0 && m.source[first-1] != '\n' {
		first--
	}
	for last < len(m.source) && m.source[last] != '\n' {
		last++
	}
	var b strings.Builder
	write := func(sign, text string) {
		for line := range strings.SplitSeq(text, "\n") {
			if strings.TrimSpace(line) != "" {
				b.WriteString(sign + line + "\n")
			}
		}
	}
	write("-", string(m.source[first:last]))
	write("+", string(m.source[first:m.start])+m.with+string(m.source[m.end:last]))
	return b.String()
}

// mutations finds all mutants of a package. Generated files have none.
func mutations(p *pkg) ([]mutation, error) {
	var all []mutation
	for _, name := range p.GoFiles {
		file := filepath.Join(p.Dir, name)
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, file, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if ast.IsGenerated(tree) {
			continue
		}
		f := finder{pkg: p, file: file, source: source, fset: fset, seen: map[string]int{}}
		for _, decl := range tree.Decls {
			f.declaration(decl)
		}
		all = append(all, f.found...)
	}
	return all, nil
}

// finder collects the mutants of one file.
type finder struct {
	pkg    *pkg
	file   string
	source []byte
	fset   *token.FileSet
	fn     string         // the current function
	seen   map[string]int // how often a key has occurred
	found  []mutation
}

func (f *finder) declaration(decl ast.Decl) {
	fn, ok := decl.(*ast.FuncDecl)
	if !ok || fn.Body == nil {
		return
	}
	// The functions that name values are tables. A test that repeats them proves nothing, so they have no mutants.
	if fn.Name.Name == "String" || fn.Name.Name == "GoString" {
		return
	}
	f.fn = fn.Name.Name
	if fn.Recv != nil && len(fn.Recv.List) > 0 {
		f.fn = receiver(fn.Recv.List[0].Type) + "." + f.fn
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		f.node(n)
		return true
	})
}

// receiver returns the name of a receiver's type, without star and parameters.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

func (f *finder) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) text(n ast.Node) string {
	return string(f.source[f.offset(n.Pos()):f.offset(n.End())])
}

// add notes that with replaces the text between two positions.
func (f *finder) add(op string, from, to token.Pos, with string) {
	start, end := f.offset(from), f.offset(to)
	key := fmt.Sprintf("%s %s %s: %s", path.Join(f.pkg.rel, filepath.Base(f.file)), f.fn, op,
		squeeze(string(f.source[start:end])))
	if with != "" {
		key += " => " + squeeze(with)
	}
	f.seen[key]++
	if n := f.seen[key]; n > 1 {
		key += " #" + strconv.Itoa(n)
	}
	f.found = append(f.found, mutation{
		pkg: f.pkg, file: f.file, line: f.fset.Position(from).Line, op: op, key: key,
		start: start, end: end, with: with, source: f.source,
	})
}

// squeeze turns code into one short line.
func squeeze(text string) string {
	const most = 90
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
