package event_test

import (
	"math"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

const (
	none = event.Verdict(0)
	pos  = event.Positive
	neu  = event.Neutral
	neg  = event.Negative
)

// TestVerdicts holds every score of every scale against the scale's published reading.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reason string
		scale  event.Scale
		low    int
		want   []event.Verdict // from low on
	}{
		{
			name: "NPS", scale: event.NPS, low: 0,
			reason: "9 and 10 promoters, 7 and 8 passives, 0 to 6 detractors: Reichheld, " +
				"The One Number You Need to Grow, Harvard Business Review, December 2003",
			want: []event.Verdict{neg, neg, neg, neg, neg, neg, neg, neu, neu, pos, pos},
		},
		{
			name: "CSAT", scale: event.CSAT, low: 1,
			reason: "top two box of five: 4 and 5 are satisfied",
			want:   []event.Verdict{neg, neg, neu, pos, pos},
		},
		{
			name: "CES", scale: event.CES, low: 1,
			reason: "CES 2.0, agreement from 1 to 7 with the company made it easy: 5 to 7 agree somewhat " +
				"or more; Dixon, Toman, DeLisi, The Effortless Experience, 2013",
			want: []event.Verdict{neg, neg, neg, neu, pos, pos, pos},
		},
		{
			name: "Stars", scale: event.Stars, low: 1,
			reason: "five stars are read as a five-point scale is",
			want:   []event.Verdict{neg, neg, neu, pos, pos},
		},
		{
			name: "Thumbs", scale: event.Thumbs, low: 0,
			reason: "down or up, nothing between",
			want:   []event.Verdict{neg, pos},
		},
		{name: "no scale", scale: 0, reason: "a number on no scale says nothing"},
		{name: "unknown scale", scale: 200, reason: "a scale of a later version says nothing here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			high := c.low + len(c.want) - 1
			if c.want != nil && (c.scale.Min() != c.low || c.scale.Max() != high) {
				t.Errorf("it goes from %d to %d, want %d to %d: %s", c.scale.Min(), c.scale.Max(), c.low, high, c.reason)
			}
			scores := []int{math.MinInt, math.MinInt32, -1000, math.MaxInt32, math.MaxInt}
			for s := -20; s <= 120; s++ {
				scores = append(scores, s)
			}
			for _, s := range scores {
				want, wantOK := none, false
				if s >= c.low && s <= high && c.want != nil {
					want, wantOK = c.want[s-c.low], true
				}
				if got, ok := c.scale.Verdict(s); got != want || ok != wantOK {
					t.Errorf("%d is %v, %v; want %v, %v: %s", s, got, ok, want, wantOK, c.reason)
				}
			}
		})
	}
}
