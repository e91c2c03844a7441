package insight

import (
	"errors"
	"strings"
)

// Right is something that a [Viewer] may do. Rights are bits: add them with |.
type Right uint8

// The rights.
const (
	// Numbers lets a viewer see counts, shares and times of groups.
	Numbers Right = 1 << iota
	// Words lets a viewer see what customers have written.
	Words
	// Customers lets a viewer see single customers, single runs and accounts, by their pseudonyms.
	Customers
	// Act lets a viewer change something, such as the state of a follow-up. No question needs it.
	Act
)

var rightNames = []string{"numbers", "words", "customers", "act"}

// String returns the names of the rights, such as "numbers, words", and "none" without one.
func (r Right) String() string {
	var names []string
	for i, name := range rightNames {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Viewer is the person or the program for whom a question is answered. The zero value may see nothing.
type Viewer struct {
	Rights Right
	// Journeys and Owners are the scope of journeys: those with one of these names, and those whose owner in the blueprint is one of these.
	// A viewer without both sees all journeys.
	Journeys, Owners []string
	// Segments are the segments of customers that the viewer sees. Empty is all of them, also those of whom it is not known.
	Segments []string
	// Name is the viewer, as the application names its employees: an ID without a meaning for others. It is recorded with what the viewer does. Empty is
	// a viewer without a name. No question needs it, and no answer depends on it.
	Name string
	// Mail is an address that is verified to be the viewer's, as [MailAddress] returns it. Empty is none. No question needs it, and no answer depends on it.
	Mail string
}

// Everything returns a viewer with all rights and without a bound: the operator of the program.
func Everything() Viewer { return Viewer{Rights: Numbers | Words | Customers | Act} }

// Errors of questions. A question returns one of them, or an error that wraps it.
var (
	// ErrLoading means that the table had not been loaded when the view was made, that it is being loaded anew, or that a customer was forgotten since: see [View].
	ErrLoading = errors.New("insight: the table has not been loaded, or was loaded anew since the view was made: make a view and ask again when Table.Load has returned")
	// ErrDenied is in every [*DeniedError].
	ErrDenied = errors.New("insight: the viewer lacks a right")
	// ErrWhich is in every error about a [Which] that cannot be answered.
	ErrWhich = errors.New("insight: the question cannot be answered")
)

// DeniedError says which right a viewer lacks for a question.
type DeniedError struct {
	Question string
	Right    Right
}

// Error implements error.
func (e *DeniedError) Error() string {
	return "insight: " + e.Question + " needs the right " + e.Right.String() + ", which the viewer does not have: grant it in Viewer.Rights"
}

// Unwrap returns [ErrDenied].
func (e *DeniedError) Unwrap() error { return ErrDenied }

// needs returns an error if the viewer lacks one of the rights.
func (v *Viewer) needs(question string, rights Right) error {
	if missing := rights &^ v.Rights; missing != 0 {
		return &DeniedError{question, missing}
	}
	return nil
}
