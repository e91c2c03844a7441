package watch_test

import (
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
)

// TestNextSteps: nothing goes back but a new plan; one that has ended, and an improvement, wait for no person.
func TestNextSteps(t *testing.T) {
	t.Parallel()
	open := func(step string) *insight.Breakdown { return &insight.Breakdown{Step: step} }
	for _, c := range []struct {
		reason string
		b      *insight.Breakdown
		want   []string
	}{
		{"nothing", nil, nil},
		{"found", open(watch.Found), []string{"confirmed", "planned", "mended", "dismissed"}},
		{"confirmed", open(watch.Confirmed), []string{"planned", "mended", "dismissed"}},
		{"planned", open(watch.Planned), []string{"mended", "planned", "dismissed"}},
		{"mended", open(watch.Mended), []string{"verified", "planned", "dismissed"}},
		{"verified", open(watch.Verified), []string{"dismissed"}},
		{"it has ended", &insight.Breakdown{Step: watch.Mended, Ended: time.Unix(1, 0)}, nil},
		{"an improvement", &insight.Breakdown{Step: watch.Improved, Details: event.Breakdown{Better: true}}, nil},
	} {
		if got := watch.NextSteps(c.b); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
}
