// Package leasedtest has the conformance test of a form in which a holder's state is kept: see leased.Form.
package leasedtest

import (
	"reflect"
	"testing"
	"time"

	"cairncx.dev/cairn/internal/leased"
)

// Case is a state, and what the form of an instance says of it.
type Case[S any] struct {
	Name, Reason string
	// State makes the state, which shares nothing with that of another call.
	State func() S
	// Mine says whether the instance of the form holds the record.
	Mine bool
}

// Form tests that the form keeps the laws that Held relies on. At least one case is of the instance, and Change changes everything in such a state that
// a holder may change.
func Form[S any](t *testing.T, form leased.Form[S], change func(S), cases []Case[S]) {
	t.Helper()
	own := 0
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			s := c.State()
			log := form.Encode(s)
			if string(log) != string(form.Encode(c.State())) {
				t.Error("the log of equal states differs: a change whose answer was lost is then not known again")
			}
			again, err := form.Decode(log)
			if err != nil || !reflect.DeepEqual(again, s) {
				t.Fatalf("the log is read as %+v, %v, want %+v", again, err, s)
			}
			if got := form.Mine(again); got != c.Mine {
				t.Errorf("it is of the instance: %v, want %v: %s", got, c.Mine, c.Reason)
			}
			if c.Mine {
				held(t, form, change, s)
			}
		})
		if c.Mine {
			own++
		}
	}
	if own == 0 || own == len(cases) {
		t.Errorf("%d of %d cases are of the instance: give some that are, and some that are not", own, len(cases))
	}
	for _, log := range []string{"{", `{"v":999}`, "\x00"} {
		if s, err := form.Decode([]byte(log)); err == nil {
			t.Errorf("the log %q is read as %+v: a holder would write over what a newer release has written", log, s)
		}
	}
}

// held tests what is done to the state of a holder.
func held[S any](t *testing.T, form leased.Form[S], change func(S), s S) {
	t.Helper()
	log := form.Encode(s)
	copied := form.Clone(s)
	form.Renew(copied, time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC))
	renewed := form.Encode(copied)
	change(copied)
	if string(form.Encode(s)) != string(log) {
		t.Error("a change of a copy has changed the state")
	}
	if string(renewed) == string(log) || string(form.Encode(copied)) == string(renewed) {
		t.Error("a renewal, or the change, has changed nothing")
	}
	if again, err := form.Decode(renewed); err != nil || !form.Mine(again) {
		t.Errorf("a renewal has given up the record: %+v, %v", again, err)
	}
}
