package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A combined package holds many mutants, so that one compilation serves them all. Each mutant is a copy of its
// function, under another name, at the end of the file, so that it has its own labels and results. The function
// itself begins with a switch that calls the copy of the active mutant, if any. A mutant runs one frame deeper, so
// files that read the stack are not combined.

// activeText is the file that reads the number of the active mutant. 0 means none.
const activeText = `package %s

import mutateos "os"

var mutateActive = func() (n int) {
	text, err := mutateos.ReadFile(%q)
	if err != nil {
		panic(err)
	}
	for _, c := range text {
		n = 10*n + int(c-'0')
	}
	return n
}()
`

// edit replaces the bytes from start to end.
type edit struct {
	start, end int
	with       string
}

// apply returns the text from start to end with the edits applied.
func apply(text []byte, start, end int, edits ...edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	for _, e := range edits {
		b.Write(text[start:e.start])
		b.WriteString(e.with)
		start = e.end
	}
	b.Write(text[start:end])
	return b.String()
}

// combine puts mutants of one file into it, each under its given number. It returns the mutants that need their
// function unchanged, which it leaves out.
func combine(file string, mutants map[int]*mutation) (text []byte, left []int, err error) {
	var source []byte
	for _, m := range mutants {
		source = m.source
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	counts := names(tree, "Caller", "Callers") // the functions that this file calls may also read the stack
	var edits []edit
	var copies bytes.Buffer
	for _, decl := range tree.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		c := copier{source: source, offset: func(p token.Pos) int { return fset.Position(p).Offset }, fn: fn}
		numbers := c.inside(mutants)
		if len(numbers) == 0 {
			continue
		}
		if counts || keepsFrames(fn) {
			left = append(left, numbers...)
			continue
		}
		c.signature()
		for _, n := range numbers {
			fmt.Fprintf(&copies, "\n//line %s:%d\n%s\n", file, fset.Position(fn.Pos()).Line, c.copy(n, mutants[n]))
		}
		edits = append(edits, c.edits...)
		edits = append(edits, c.dispatch(numbers))
	}
	text = []byte(apply(source, 0, len(source), edits...))
	return append(text, copies.Bytes()...), left, nil
}

// keepsFrames reports whether a function uses its own stack frame. One more frame would change its behaviour.
func keepsFrames(fn *ast.FuncDecl) bool {
	keeps := fn.Name.Name == "_" || names(fn.Body, "Helper")
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "recover" {
			keeps = true
		}
		_, inner := n.(*ast.FuncLit) // a function literal recovers in a frame of its own
		return !inner
	})
	return keeps
}

// names reports whether the file uses a method, or a package's function, with one of the names.
func names(tree ast.Node, list ...string) (found bool) {
	ast.Inspect(tree, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		found = found || ok && slices.Contains(list, s.Sel.Name)
		return !found
	})
	return found
}

// copier writes the copies of one function.
type copier struct {
	source   []byte
	offset   func(token.Pos) int
	fn       *ast.FuncDecl
	edits    []edit // edits of the signature, so that every parameter has a name
	receiver string
	args     []string
	types    []string
}

// inside returns the numbers of the mutants in the function.
func (c *copier) inside(mutants map[int]*mutation) []int {
	var numbers []int
	for n, m := range mutants {
		if c.offset(c.fn.Body.Lbrace) < m.start && m.end <= c.offset(c.fn.Body.Rbrace) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// signature gives names to the unnamed parts of the signature, and notes all names.
func (c *copier) signature() {
	if c.fn.Recv != nil {
		c.receiver = c.fields(c.fn.Recv.List)[0] + "."
	}
	if c.fn.Type.TypeParams != nil {
		c.types = c.fields(c.fn.Type.TypeParams.List)
	}
	c.args = c.fields(c.fn.Type.Params.List)
	if list := c.fn.Type.Params.List; len(list) > 0 {
		if _, ok := list[len(list)-1].Type.(*ast.Ellipsis); ok {
			c.args[len(c.args)-1] += "..."
		}
	}
}

func (c *copier) fields(list []*ast.Field) []string {
	var names []string
	fresh := func(start, end token.Pos, space string) {
		name := "mutateP" + strconv.Itoa(c.offset(start))
		c.edits = append(c.edits, edit{c.offset(start), c.offset(end), name + space})
		names = append(names, name)
	}
	for _, f := range list {
		if len(f.Names) == 0 {
			fresh(f.Type.Pos(), f.Type.Pos(), " ")
		}
		for _, id := range f.Names {
			if id.Name == "_" {
				fresh(id.Pos(), id.End(), "")
			} else {
				names = append(names, id.Name)
			}
		}
	}
	return names
}

// name returns the name of a mutant's copy. It is unexported, so that reflection does not see an additional
// method.
func (c *copier) name(n int) string { return "mutant" + strconv.Itoa(n) + c.fn.Name.Name }

// copy returns the function under another name with the mutant in it.
func (c *copier) copy(n int, m *mutation) string {
	id := c.fn.Name
	edits := append(slices.Clone(c.edits),
		edit{c.offset(id.Pos()), c.offset(id.End()), c.name(n)},
		edit{m.start, m.end, m.with})
	return apply(c.source, c.offset(c.fn.Pos()), c.offset(c.fn.End()), edits...)
}

// dispatch returns the switch at the beginning of the function.
func (c *copier) dispatch(numbers []int) edit {
	var b strings.Builder
	b.WriteString(" switch mutateActive { ")
	for _, n := range numbers {
		call := c.receiver + c.name(n)
		if len(c.types) > 0 {
			call += "[" + strings.Join(c.types, ", ") + "]"
		}
		call += "(" + strings.Join(c.args, ", ") + ")"
		if r := c.fn.Type.Results; r != nil && len(r.List) > 0 {
			fmt.Fprintf(&b, "case %d: return %s; ", n, call)
		} else {
			fmt.Fprintf(&b, "case %d: %s; return; ", n, call)
		}
	}
	b.WriteString("}; ")
	at := c.offset(c.fn.Body.Lbrace) + 1
	return edit{at, at, b.String()}
}
