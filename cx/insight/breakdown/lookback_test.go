package breakdown_test

import (
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

// TestLookBack: what began before the watch did is found, with the baseline of before it began, up to six weeks later; and what is over is not.
func TestLookBack(t *testing.T) {
	t.Parallel()
	const days = 120
	for _, c := range []struct {
		name, reason string
		rate         rate
		settings     breakdown.Settings
		began        int // -1 is no breakdown
	}{
		{"three days ago", "it is found on the last day", from(117, 600, 0.05, 0.1), breakdown.Settings{}, 117},
		{"24 days ago", "it is in the last ten days of its own baseline", from(96, 600, 0.05, 0.1), breakdown.Settings{}, 96},
		{"24 days ago, without looking back", "its own baseline has ten of its days: it looks like a drift", from(96, 600, 0.05, 0.1), breakdown.Settings{LookBack: -1}, -1},
		{"24 days ago, looking back for six days", "the look back is by weeks", from(96, 600, 0.05, 0.1), breakdown.Settings{LookBack: 6}, -1},
		{"40 days ago", "the first look back sees it", from(80, 600, 0.05, 0.1), breakdown.Settings{}, 80},
		{"24 days ago, and over for two weeks", "the charts are usual", func(d int) (int64, float64) {
			if d >= 96 && d < 104 {
				return 600, 0.1
			}
			return 600, 0.05
		}, breakdown.Settings{}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := daily(days, chart(touchpoint("card"), days, c.rate), chart(touchpoint("basket"), days, always(600, 0.05)))
			got := breakdown.Find(d, shop(), nil, c.settings)
			got.Found = slices.DeleteFunc(got.Found, func(f breakdown.Found) bool { return f.Drift })
			switch {
			case c.began < 0 && len(got.Found) != 0:
				t.Errorf("%s, so that it is not found: %+v", c.reason, got.Found)
			case c.began >= 0 && (len(got.Found) != 1 || !got.Found[0].Began.Equal(d.Day(c.began)) || got.Found[0].Before.Value > 0.055):
				t.Errorf("%s, so that it is found from day %d on: %+v", c.reason, c.began, got.Found)
			}
			if len(got.Open) != 0 || got.Charts != 2 {
				t.Errorf("nothing is open, and two charts were assessed: %+v, %d", got.Open, got.Charts)
			}
		})
	}
}

// TestGivenUp: the runs of a touchpoint that fails are given up eight days later, and are one matter with it. Without such a silence they are two.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	const days = 98
	d := daily(days, chart(touchpoint("card"), days, from(86, 600, 0.05, 0.1)), chart(order, days, from(94, 600, 0.05, 0.1)))
	for silence, want := range map[time.Duration]int{0: 2, 48 * time.Hour: 2, 71 * time.Hour: 1, 8 * 24 * time.Hour: 1} {
		b := shop()
		b.Journeys[0].AbandonAfter = blueprint.Duration(silence)
		got := breakdown.Find(d, b, nil, breakdown.Settings{})
		if len(got.Found) != want || got.Found[0].Subject != touchpoint("card") {
			t.Errorf("with a silence of %v: %+v", silence, got.Found)
		}
	}
}
