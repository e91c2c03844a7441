package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
)

// span is one statement of a file: the bytes from start to end.
type span struct{ start, end int }

// statements returns the statements of a file's functions in the order in which they begin, an outer one before
// those inside it. A generated file has none, because it has no mutants.
func statements(file string, source []byte) ([]span, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(tree) {
		return nil, err
	}
	var found []span
	add := func(list []ast.Stmt) {
		for _, s := range list {
			switch s.(type) {
			case *ast.CaseClause, *ast.CommClause, *ast.EmptyStmt: // no probe can stand before them
			default:
				found = append(found, span{fset.Position(s.Pos()).Offset, fset.Position(s.End()).Offset})
			}
		}
	}
	for _, decl := range tree.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				add(n.List)
			case *ast.CaseClause:
				add(n.Body)
			case *ast.CommClause:
				add(n.Body)
			}
			return true
		})
	}
	slices.SortFunc(found, func(a, b span) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	return found, nil
}

// innermost returns the index of the innermost statement that contains an offset, or -1.
func innermost(list []span, offset int) int {
	for i, s := range slices.Backward(list) {
		if s.start <= offset && offset < s.end {
			return i
		}
	}
	return -1
}
