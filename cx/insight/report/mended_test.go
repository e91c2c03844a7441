package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/report"
)

// TestMended: the report has what was changed or verified in its period, and says whether it helped.
func TestMended(t *testing.T) {
	t.Parallel()
	then := monday.Add(24 * time.Hour)
	for _, c := range []struct {
		name, reason  string
		then          time.Time
		before, after int // of 80 each that name the cause
		want          string
	}{
		{
			"it helped", "60 of 80 named it before, and 20 of 80 since", then, 60, 20,
			`“faster form” was made on DATE; it helped: 25.0% of 80 (16.8% to 35.5%) of what customers said names “slow form”, 75.0% before (association, not proof).`,
		},
		{
			"it did not help", "20 of 80 named it before, and 60 of 80 since", then, 20, 60,
			`“faster form” was made on DATE; it did not help: 75.0% of 80 (64.5% to 83.2%) of what customers said names “slow form”, 25.0% before (association, not proof).`,
		},
		{
			"chance", "41 of 80 named it before, and 40 of 80 since", then, 41, 40,
			`“faster form” was made on DATE; 50.0% of what customers said names “slow form”, 51.2% before: no clear change.`,
		},
		{"too early", "nobody has said anything since", then, 0, -1, `“faster form” was made on DATE; it is too early to tell whether it helped.`},
		{"before the period", "the report of the week before had it", then.AddDate(0, 0, -7), 60, 20, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := &memory{}
			n := 0
			add := func(e event.Event) {
				n++
				e.ID = event.ID{0: 1, 14: byte(n >> 8), 15: byte(n)}
				m.events = append(m.events, e)
			}
			for i, step := range []string{"proposed", "made"} {
				add(event.Event{
					Kind: event.JourneyStageEntered, Time: c.then.AddDate(0, 0, i-1), Journey: event.Run{Name: "improvement", ID: "a"}, Stage: step,
					Action: &event.Action{Name: "faster form", Owner: "product", Cause: "slow form"}, Actor: event.ActorEmployee,
				})
			}
			say := func(many, naming int, first time.Time) {
				for i := range many {
					f := &event.Feedback{Survey: "form", Scale: event.Thumbs}
					if i < naming {
						f.Causes = []string{"slow form"}
					}
					add(event.Event{Kind: event.FeedbackReceived, Time: first.Add(time.Duration(i) * 15 * time.Minute), Customer: event.Customer{Hash: fmt.Sprint("said-", n)}, Feedback: f})
				}
			}
			say(80, c.before, c.then.Add(-20*time.Hour))
			if c.after >= 0 {
				say(80, c.after, c.then.Add(time.Minute))
			}
			s := week()
			s.At = c.then.Add(20*time.Hour + time.Minute)
			b := desk()
			b.Actions = []blueprint.Action{{Name: "improvement"}}
			r := made(t, tableOf(t, b, m), s)
			var got []string
			for _, line := range r.Lines {
				if line.Section == report.SectionMended {
					got = append(got, line.Text)
				}
			}
			if want := strings.ReplaceAll(c.want, "DATE", c.then.Format("2 January")); strings.Join(got, " ") != want {
				t.Errorf("%q\nwant %q: %s", got, want, c.reason)
			}
			if len(r.Voice.Mended) != len(got) {
				t.Errorf("%d actions are mended", len(r.Voice.Mended))
			}
		})
	}
}
