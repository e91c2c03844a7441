package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// ErrTooFar is the error of a result that lies more than [MaxSearch] after the given instant.
var ErrTooFar = errors.New("the result lies more than 50 years ahead")

// Error holds every fault of the definition of hours or of a maintenance. [Hours.Validate] and [Maintenance.Validate] return it: find it
// with [errors.As].
type Error struct {
	// Name is the name of the hours or of the maintenance.
	Name string
	// Faults are in the order of the definition: name, zone, weekdays, holidays.
	Faults []Fault

	of string // what is faulty, in the message; "" is hours
}

// Fault is one fault of hours.
type Fault struct {
	// Path is the faulty part: "name", "zone", "open", open["mon-fri"], open["mon-fri"][1], holidays[2].date or
	// holidays[2].open[0]. Lists count from 0. The dates of [Closed] and [OpenOn] are one list, in the order of the options.
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
		fmt.Fprintf(&b, "%s %.80q: %s: %s", cmp.Or(e.of, "hours"), e.Name, f.Path, f.Message)
	}
	return b.String()
}

// faults collects the faults of one definition.
type faults []Fault

func (f *faults) add(path, format string, args ...any) {
	*f = append(*f, Fault{path, fmt.Sprintf(format, args...)})
}
