package blueprint

import (
	"fmt"
	"strconv"
	"strings"
)

// Error holds all problems of a blueprint. [Blueprint.Validate] returns it: find it with [errors.As].
type Error struct {
	Problems []Problem
}

// Problem is one fault in a blueprint.
type Problem struct {
	// Path is the place of the problem, such as journeys[0].stages[1].expect or channels["Desk"]. It is "" for
	// the whole blueprint. The path of a missing value is the place where the value belongs.
	Path string
	// Message says what is wrong and what to do about it.
	Message string
	// Suggestion is the name that was probably meant, or "".
	Suggestion string
}

// String returns the message and the suggestion on one line, without the path.
func (p Problem) String() string {
	if p.Suggestion == "" {
		return p.Message
	}
	return p.Message + ": did you mean " + strconv.Quote(p.Suggestion) + "?"
}

// Error returns all problems, each on a line of its own.
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

// problems collects the problems of one blueprint.
type problems struct {
	found []Problem
	// guessed counts the searches for a suggestion, the slowest part of validation.
	guessed int
}

// maxGuesses is the maximum number of searches for a suggestion.
const maxGuesses = 100

func (p *problems) add(path, format string, args ...any) {
	p.found = append(p.found, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// unknown adds a problem with the known name that was probably meant.
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
