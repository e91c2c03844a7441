package event_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
)

func TestRunIsZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		run          event.Run
		zero         bool
	}{
		{"zero", "no journey", event.Run{}, true},
		{"namespace alone", "a namespace is no run", event.Run{Namespace: "n"}, true},
		{"name alone", "half a run is one that is faulty, not none", event.Run{Name: "a"}, false},
		{"ID alone", "half a run is one that is faulty, not none", event.Run{ID: "1"}, false},
	} {
		if got := c.run.IsZero(); got != c.zero {
			t.Errorf("%s: IsZero is %v, want %v: %s", c.name, got, c.zero, c.reason)
		}
	}
}
