package event_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
)

func TestRunIsZeroAndSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		a, b         event.Run
		zero, same   bool
	}{
		{"zero", "no journey", event.Run{}, event.Run{}, true, true},
		{"namespace alone", "a namespace is no run", event.Run{Namespace: "n"}, event.Run{}, true, false},
		{"name alone", "half a run is one that is faulty, not none", event.Run{Name: "a"}, event.Run{Name: "a"}, false, true},
		{"ID alone", "half a run is one that is faulty, not none", event.Run{ID: "1"}, event.Run{ID: "1"}, false, true},
		{"another ID", "another run", event.Run{Name: "a", ID: "1"}, event.Run{Name: "a", ID: "2"}, false, false},
		{"another name", "another run", event.Run{Name: "a", ID: "1"}, event.Run{Name: "b", ID: "1"}, false, false},
		{"another namespace", "staging is not production", event.Run{Namespace: "p", Name: "a", ID: "1"}, event.Run{Namespace: "s", Name: "a", ID: "1"}, false, false},
		{"more is known", "the same run all the same", event.Run{Name: "a", ID: "1", Version: "v", Started: at, Value: &event.Money{}}, event.Run{Name: "a", ID: "1"}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.a.IsZero(); got != c.zero {
				t.Errorf("IsZero is %v, want %v: %s", got, c.zero, c.reason)
			}
			if got := c.a.Same(&c.b); got != c.same || c.b.Same(&c.a) != got {
				t.Errorf("Same is %v, want %v: %s", got, c.same, c.reason)
			}
		})
	}
}
