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

// Error holds all problems of a file. Find it with [errors.As]. It unwraps to a [*blueprint.Error], which has
// the same problems without their places in the file.
type Error struct {
	// Name is the name of the file, as the caller gave it.
	Name string
	// Problems are in the order of the file. An Error holds the first 1,000.
	Problems []Problem
}

// Problem is one fault in a file. Its Path is empty if the file is not YAML.
type Problem struct {
	blueprint.Problem
	// Line and Column count from 1. Column counts characters.
	Line, Column int
	// Source is an excerpt of the line around the place, with a space for each character that a terminal does
	// not show. Offset is the place within Source, in characters from 0.
	Source string
	Offset int
}

// Error returns all problems, each with its place and the faulty line under it.
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

// maxProblems is the maximum number of problems that a file collects. A file with more is not a blueprint.
const maxProblems = 1000

// place is a line and a column, both counted from 1.
type place struct{ line, column int }

// problems collects the problems of one file.
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

// The length of an excerpt in characters, and the part of it before the place.
const (
	shown       = 120
	shownBefore = 80
)

// excerpt returns the part of the line around the character at the offset, and the character's offset in that
// part.
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
