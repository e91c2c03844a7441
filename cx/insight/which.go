package insight

import (
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
)

// By says which time of a run puts it into a period.
type By uint8

// The times of a run.
const (
	// Begun: runs that began in the period. It is the way to compare periods.
	Begun By = iota
	// Ended: runs that ended in the period, at the moment of the view.
	Ended
	// FellDue: promises that are due in the period, whichever run they are of. Only [View.Promises] and [View.PromiseTrends] take it, and [View.Runs] with
	// [RunsOf.Broke].
	FellDue
)

// Which says which runs a question is about. The zero value is about all that the viewer may see.
type Which struct {
	// Journey is the name of a journey; "" is all of them. Namespace is one of its environments; "" is all of them.
	Journey, Namespace string
	// From and Until are the period: from the first time on and before the second one. A zero time is no bound.
	From, Until time.Time
	// By says what puts a run into the period.
	By By
	// Where are conditions that a run has to meet, all of them.
	Where []Where
}

// Where is a condition on a column: the run has one of the values. "" is a value that is not known.
type Where struct {
	Column Column
	Values []string
	// Not turns the condition: the run has none of the values.
	Not bool
}

// check returns an error that says what is wrong with the question.
func (v *View) check(w *Which, promises bool) error {
	if !w.From.IsZero() && !w.Until.IsZero() && !w.From.Before(w.Until) {
		return fmt.Errorf("%w: its period ends at %s, which is not after its beginning at %s", ErrWhich, w.Until.Format(time.RFC3339), w.From.Format(time.RFC3339))
	}
	if w.By > FellDue || w.By == FellDue && !promises {
		return fmt.Errorf("%w: By is %d: want Begun or Ended, and FellDue only of promises", ErrWhich, w.By)
	}
	for _, c := range w.Where {
		if err := v.checkColumn(c.Column); err != nil {
			return err
		}
		if len(c.Values) == 0 {
			return fmt.Errorf("%w: the condition on %q has no value: give one, \"\" for what is not known", ErrWhich, c.Column)
		}
	}
	return nil
}

// checkColumn returns an error if there is no such column, or the viewer may not see it.
func (v *View) checkColumn(c Column) error {
	all := v.table.Columns()
	if slices.Contains(all, c) {
		if c == Account {
			return v.viewer.needs("the column account", Customers)
		}
		return nil
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = string(all[i])
	}
	hint := "see Columns"
	if name := blueprint.Suggest(string(c), names); name != "" {
		hint = fmt.Sprintf("did you mean %q?", name)
	}
	return fmt.Errorf("%w: there is no column %.64q: %s", ErrWhich, c, hint)
}

// journeys returns the journeys of the blueprint that the viewer may see and the question is about, and an error if the question names one that the viewer
// may not see. It does not tell whether there is one.
func (v *View) checkJourney(w *Which, known func(name string) bool) error {
	if w.Journey == "" || v.sees(w.Journey) && known(w.Journey) {
		return nil
	}
	return fmt.Errorf("%w: there is no journey %.64q that this viewer may see", ErrWhich, w.Journey)
}

// Sees reports whether a journey of this name is in the viewer's scope, whether or not there is one. It reads no rows, and needs no right.
func (v *View) Sees(journey string) bool { return v.sees(journey) }

// sees reports whether the journey is in the viewer's scope.
func (v *View) sees(journey string) bool {
	if len(v.viewer.Journeys)+len(v.viewer.Owners) == 0 || slices.Contains(v.viewer.Journeys, journey) {
		return true
	}
	owner := v.table.owners[journey]
	return owner != "" && slices.Contains(v.viewer.Owners, owner)
}
