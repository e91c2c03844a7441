package slo

import (
	"fmt"
	"strings"
)

// Error holds every fault of one objective. [Objective.Validate] returns it, and [Validate] joins one for each faulty objective: find it
// with [errors.As].
type Error struct {
	// Name is the name of the objective.
	Name   string
	Faults []Fault
}

// Fault is one fault of an objective.
type Fault struct {
	// Path is the faulty part, in the words of the blueprint: "name", "target", "good.within", "except.outcome[1]", "by[0]",
	// "of[0].weight", "maintenance[2].until". Lists count from 0. It is "" for the whole objective.
	Path string
	// Message says what is wrong and what to do about it.
	Message string
}

// Error returns all faults, each on a line of its own.
func (e *Error) Error() string {
	var b strings.Builder
	for i, f := range e.Faults {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "objective %.80q: ", e.Name)
		if f.Path != "" {
			b.WriteString(f.Path + ": ")
		}
		b.WriteString(f.Message)
	}
	return b.String()
}

// faults collects the faults of one objective.
type faults []Fault

func (f *faults) add(path, format string, args ...any) {
	*f = append(*f, Fault{path, fmt.Sprintf(format, args...)})
}

func (f *faults) of(name string) error {
	if len(*f) == 0 {
		return nil
	}
	return &Error{Name: name, Faults: *f}
}
