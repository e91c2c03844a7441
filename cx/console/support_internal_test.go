package console

import (
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// cellTexts are the texts of the cells.
func cellTexts(cells []cell) []string {
	list := make([]string, len(cells))
	for i := range cells {
		list[i] = cells[i].Text
	}
	return list
}

// TestTimesOfFewCustomers: a time that is not known, or that is of few customers, is no time of 0 seconds.
func TestTimesOfFewCustomers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		q      insight.QueueNumbers
		want   []string
	}{
		{"four were answered, whose times are hidden", insight.QueueNumbers{Numbers: assist.Numbers{Answered: 4}, Level: score.ShareOf(2, 7, 0.95)}, []string{"4", "28.6%", "–", "–", "–", "–", "–"}},
		{"times", insight.QueueNumbers{Numbers: assist.Numbers{Answered: 9, Longest: time.Minute}, Speed: 2 * time.Second, Handle: 5 * time.Minute}, []string{"9", "–", "2 s", "1 min", "–", "5 min", "–"}},
		{"a small queue", insight.QueueNumbers{Hidden: true}, []string{few, "", "", "", "", "", ""}},
	} {
		if got := cellTexts(queueCells(&c.q)); !slices.Equal(got, c.want) {
			t.Errorf("%s: the cells are %q, want %q", c.reason, got, c.want)
		}
	}
	g := (&visit{}).decisions(&insight.Support{Decisions: []insight.Decided{{What: "replacement", N: 27}}}).Grids[0]
	if got := g.Rows[0][4].Text; g.Head[4] != "Waited" || got != "–" {
		t.Errorf("the decision that nobody waited for has %q under %q, want –", got, g.Head[4])
	}
}

// TestStepsOfFollowUps: the number beside a step is that of the follow-ups which have come to it, and not that of all.
func TestStepsOfFollowUps(t *testing.T) {
	t.Parallel()
	a := insight.Voice{FollowUps: insight.FollowUps{Received: 17, Now: 17, Steps: []insight.Named{
		{Name: "told", Share: score.ShareOf(9, 17, 0.95)}, {Share: score.ShareOf(8, 17, 0.95), Hidden: true},
	}}}
	all := (&visit{}).followUps(&a).Grids
	got := all[len(all)-1]
	want := [][]string{{"told", "9"}, {"other steps", "8"}}
	if got.Label != "Open now, by step" || len(got.Rows) != len(want) {
		t.Fatalf("the steps are %+v", got)
	}
	for i := range want {
		if row := cellTexts(got.Rows[i]); !slices.Equal(row, want[i]) {
			t.Errorf("row %d is %q, want %q", i, row, want[i])
		}
	}
}
