package yaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/blueprint"
)

// Error is everything that is wrong with a file. Find it with [errors.As]; as [*blueprint.Error]
// it is found, too, without the places in the file.
type Error struct {
	// Name of the file, as it was given.
	Name string
	// Problems in the order of the file, the first 1,000 of them.
	Problems []Problem
}

// Problem is one thing that is wrong. Its Path is empty where the file is not YAML.
type Problem struct {
	blueprint.Problem
	// Line and Column, in characters, are counted from 1.
	Line, Column int
	// Source is the line, without what a terminal does not show, as far as it is near the place;
	// Offset is the place in it, in characters from 0.
	Source string
	Offset int
}

// Error returns every problem with its place, and the line under it.
func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s:%d:%d: ", e.Name, p.Line, p.Column)
		if p.Path != "" {
			b.WriteString(p.Path + ": ")
		}
		b.WriteString(p.String())
		if p.Source != "" {
			fmt.Fprintf(&b, "\n    %s\n    %s^", p.Source, strings.Repeat(" ", p.Offset))
		}
	}
	return b.String()
}

// Unwrap returns the problems as a [*blueprint.Error].
func (e *Error) Unwrap() error {
	all := &blueprint.Error{Problems: make([]blueprint.Problem, len(e.Problems))}
	for i, p := range e.Problems {
		all.Problems[i] = p.Problem
	}
	return all
}

// maxProblems bounds the problems that are collected: a file that has more is no blueprint.
const maxProblems = 1000

// place is a line and a column, from 1.
type place struct{ line, column int }

// problems collects what is wrong with a file.
type problems struct {
	name  string
	lines []string
	list  []Problem
}

func newProblems(name string, data []byte) *problems {
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	return &problems{name: name, lines: strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")}
}

func (p *problems) add(at place, path, suggestion, format string, args ...any) {
	if len(p.list) == maxProblems {
		return
	}
	found := Problem{
		Problem: blueprint.Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion},
		Line:    max(at.line, 1), Column: max(at.column, 1),
	}
	if found.Line <= len(p.lines) {
		found.Source, found.Offset = excerpt(p.lines[found.Line-1], found.Column-1)
	}
	p.list = append(p.list, found)
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{Name: p.name, Problems: p.list}
}

// How much of a line is shown, in characters: around the place, and before it.
const (
	shown       = 120
	shownBefore = 80
)

// excerpt returns the line around the character at the offset, and the character's offset in that.
func excerpt(line string, offset int) (string, int) {
	skip := 0
	for range max(0, offset-shownBefore) {
		_, size := utf8.DecodeRuneInString(line[skip:])
		skip += size
	}
	line, offset = line[skip:], min(offset, shownBefore)
	var b strings.Builder
	n := 0
	for _, r := range line {
		if n == shown {
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	text := strings.TrimRight(b.String(), " ")
	trimmed := strings.TrimLeft(text, " ")
	offset -= len(text) - len(trimmed)
	return trimmed, max(offset, 0)
}
