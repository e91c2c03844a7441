package blueprint

import (
	"fmt"
	"strconv"
	"strings"
)

// Error is everything that is wrong with a blueprint. It is what [Blueprint.Validate] returns:
// find it with [errors.As].
type Error struct {
	Problems []Problem
}

// Problem is one thing that is wrong.
type Problem struct {
	// Path is where it is: journeys[0].stages[1].expect, channels["Desk"], or "" for the whole
	// blueprint. What is missing is where it should be.
	Path string
	// Message says what is wrong and what to do.
	Message string
	// Suggestion is the name that was probably meant, or "".
	Suggestion string
}

// String returns the problem in a line, without its place.
func (p Problem) String() string {
	if p.Suggestion == "" {
		return p.Message
	}
	return p.Message + ": did you mean " + strconv.Quote(p.Suggestion) + "?"
}

// Error returns every problem, one in a line.
func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("blueprint: ")
		if p.Path != "" {
			b.WriteString(p.Path + ": ")
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// problems collects what is wrong.
type problems struct {
	found []Problem
	// guessed is how many suggestions were looked for, which is what takes long.
	guessed int
}

// maxGuesses bounds how often a suggestion is looked for.
const maxGuesses = 100

func (p *problems) add(path, format string, args ...any) {
	p.found = append(p.found, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// unknown adds a problem with the name that was probably meant.
func (p *problems) unknown(path, name string, known []string, format string, args ...any) {
	suggestion := ""
	if p.guessed++; p.guessed <= maxGuesses {
		suggestion = Suggest(name, known)
	}
	p.found = append(p.found, Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

func (p *problems) err() error {
	if len(p.found) == 0 {
		return nil
	}
	return &Error{Problems: p.found}
}
