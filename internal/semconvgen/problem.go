package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// position is a place in a file of the model. Line and column count from 1.
type position struct {
	file      string
	line, col int
}

// problem is one fault of the model and its place.
type problem struct {
	at  position
	msg string
}

// Error returns the fault in the form that editors can follow.
func (p *problem) Error() string {
	if p.at.line == 0 {
		return fmt.Sprintf("%s: %s", p.at.file, p.msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.at.file, p.at.line, p.at.col, p.msg)
}

// problems collects faults, so that one run reports them all.
type problems []*problem

func (p *problems) add(at position, format string, args ...any) {
	*p = append(*p, &problem{at, fmt.Sprintf(format, args...)})
}

// err returns the faults in the order of files and lines, joined, or nil.
func (p problems) err() error {
	sorted := slices.SortedStableFunc(slices.Values(p), func(a, b *problem) int {
		return cmp.Or(
			cmp.Compare(a.at.file, b.at.file),
			cmp.Compare(a.at.line, b.at.line),
			cmp.Compare(a.at.col, b.at.col),
		)
	})
	joined := make([]error, len(sorted))
	for i, one := range sorted {
		joined[i] = one
	}
	return errors.Join(joined...)
}

// positionOf returns the start of a node. A mapping begins at its first key, because its own token is the first
// colon.
func positionOf(file string, n ast.Node) position {
	if m, ok := n.(ast.MapNode); ok {
		if it := m.MapRange(); it.Next() {
			n = it.Key()
		}
	}
	if n == nil || n.GetToken() == nil {
		return position{file: file}
	}
	p := n.GetToken().Position
	return position{file, p.Line, p.Column}
}
