package insight_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestCauseWeeksOfModel: the weeks of a cause have the counts of a model that looks at all that was said.
func TestCauseWeeksOfModel(t *testing.T) {
	t.Parallel()
	events := heard(3)
	now := at(20 * weeks)
	a, err := carefulTable(t, &memory{events: events}).View(insight.Everything(), now).Voice(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	said, _, _ := heardBy(events, func(*event.Event) bool { return true }, time.Time{}, time.Time{}, now)
	all, named := map[time.Time]int64{}, map[string]int64{}
	for _, s := range said {
		week := weekOf(s.e.Time)
		all[week]++
		for _, cause := range s.causes {
			named[fmt.Sprint(cause, week)]++
		}
	}
	shown := 0
	for _, c := range a.Causes {
		if c.Hidden {
			continue
		}
		if len(c.Weeks) != len(all) || !slices.IsSortedFunc(c.Weeks, func(x, y insight.CauseWeek) int { return x.From.Compare(y.From) }) {
			t.Errorf("%s has %d weeks, want %d in their order", c.Cause, len(c.Weeks), len(all))
		}
		for _, w := range c.Weeks {
			if w.Hidden {
				continue
			}
			shown++
			if n := named[fmt.Sprint(c.Cause, w.From)]; w.Share.Count != n || w.Share.N != all[w.From] {
				t.Errorf("%s in the week of %s: %d of %d, want %d of %d", c.Cause, w.From, w.Share.Count, w.Share.N, n, all[w.From])
			}
		}
	}
	if shown < 20 {
		t.Errorf("only %d weeks are shown", shown)
	}
}

// TestFewCauseWeeks: a week in which few customers named a cause is hidden, and so is a second one from which it would follow.
func TestFewCauseWeeks(t *testing.T) {
	t.Parallel()
	m := &memory{}
	say := func(week, customers int, cause string) {
		for range customers {
			n := len(m.events)
			m.events = append(m.events, event.Event{
				ID: event.ID{0: 9, 1: byte(n)}, Kind: event.FeedbackReceived, Time: at(float64(week*weeks + 1)), Customer: event.Customer{Hash: fmt.Sprint("voice-", n)},
				Feedback: &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 1, Causes: []string{cause}},
			})
		}
	}
	for week, customers := range []int{9, 2, 6, 12} {
		say(week, customers, "slow")
		say(week, 8, "price")
	}
	say(4, 3, "slow") // nothing else was said in this week
	a, err := carefulTable(t, m).View(insight.Everything(), at(20*weeks)).Voice(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Causes {
		if c.Cause != "slow" {
			continue
		}
		var got []bool
		for _, w := range c.Weeks {
			got = append(got, w.Hidden)
			if w.Hidden && w.Share.N != 0 {
				t.Errorf("the hidden week %s has numbers", w.From)
			}
		}
		if want := []bool{false, true, false, false, true}; !slices.Equal(got, want) {
			t.Errorf("hidden: %v, want %v: the second has 2, and the last one 3; together they are five", got, want)
		}
		return
	}
	t.Error("the cause slow is not there")
}
