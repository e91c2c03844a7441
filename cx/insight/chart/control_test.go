package chart_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/chart"
)

// controlDays returns days with the share, of which 10% is usual and 5% to 15% are the limits.
func controlDays(shares ...float64) (list []chart.Day) {
	for i, share := range shares {
		from := time.Date(2012, 5, 14+i, 0, 0, 0, 0, time.UTC)
		list = append(list, chart.Day{
			Period: chart.Period{From: from, Until: from.AddDate(0, 0, 1)}, Value: chart.Value{Value: share, N: 100}, Usual: 0.1, Limits: chart.Interval{Low: 0.05, High: 0.15},
		})
	}
	return list
}

// TestControlMarks: a day beyond the limits has another shape, by the side that is worse, and the table says it in words.
func TestControlMarks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason        string
		share         float64
		n             int64
		lower, out    bool
		shape, unlike string
		says          string
	}{
		{"usual", 0.1, 100, true, false, "", `class="cx-f1"`, ""},
		{"on the limit", 0.15, 100, true, false, "", `class="cx-f1"`, ""},
		{"above, and lower is better", 0.151, 100, true, false, `<path class="cx-f1"`, `<rect class="cx-f3"`, "above the limits"},
		{"below, and lower is better", 0.049, 100, true, false, `<rect class="cx-f3"`, `<path class="cx-f1"`, "below the limits"},
		{"above, and higher is better", 0.2, 100, false, false, `<rect class="cx-f3"`, `<path class="cx-f1"`, "above the limits"},
		{"below, and higher is better", 0, 100, false, false, `<path class="cx-f1"`, `<rect class="cx-f3"`, "below the limits"},
		{"above, and the day does not count", 0.9, 100, true, true, `<rect class="cx-out"`, `class="cx-f1"`, "does not count"},
		{"above, and of four", 0.9, 4, true, false, "n &lt; 5", `class="cx-f1"`, ""},
	} {
		days := controlDays(0.1, c.share, 0.1)
		days[1].N, days[1].Out = c.n, c.out
		of := chart.Control{Days: days, LowerIsBetter: c.lower}
		check(t, of)
		figure := string(chart.Figure(of))
		if !strings.Contains(figure, c.shape) || strings.Contains(figure, c.unlike) {
			t.Errorf("%s: want %q and not %q in %s", c.reason, c.shape, c.unlike, figure)
		}
		table := chart.Numbers(of)
		says := ""
		if at := slices.Index(table.Head, "What happened"); at >= 0 {
			says = table.Rows[1][at]
		}
		if says != c.says {
			t.Errorf("%s: the table says %q, want %q", c.reason, says, c.says)
		}
		if shown := strings.Contains(strings.Join(table.Rows[1], "|"), "90.0%"); shown {
			t.Errorf("%s: the share is shown", c.reason)
		}
	}
}

// TestControlEvents: what happened on a day stands above it and in the table; what is on no day, and what has no words, is left out; and of many the last ones are drawn.
func TestControlEvents(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time { return time.Date(2012, 5, day, hour, 0, 0, 0, time.UTC) }
	c := chart.Control{
		Days: controlDays(0.1, 0.1, 0.2, 0.2, 0.2), Began: chart.Event{At: at(16, 0)},
		Events: []chart.Event{{At: at(16, 23), Label: "release 2.4"}, {At: at(16, 0), Label: " "}, {At: at(13, 23), Label: "before"}, {At: at(19, 0), Label: "after"}, {Label: "never"}},
	}
	texts := strings.Join(check(t, c), "\n")
	for _, want := range []string{"began", "release 2.4"} {
		if !strings.Contains(texts, want) {
			t.Errorf("%q is nowhere", want)
		}
	}
	for _, none := range []string{"before", "after", "never"} {
		if strings.Contains(texts, none) {
			t.Errorf("%q is shown, and is on no day", none)
		}
	}
	row := chart.Numbers(c).Rows[2]
	if got := row[len(row)-1]; got != "release 2.4; began; above the limits" {
		t.Errorf("the day says %q", got)
	}
	c.Events = nil
	for i := range 3 * chart.MaxEvents {
		c.Events = append(c.Events, chart.Event{At: at(14+i%5, 1), Label: fmt.Sprint("event ", i)})
	}
	if n := strings.Count(string(chart.Figure(c)), `class="cx-when"`); n != 2*chart.MaxEvents { // in two pictures
		t.Errorf("%d events are drawn, want %d", n, 2*chart.MaxEvents)
	}
}

// TestControlOfManyDays: the last 120 days are shown, the mail has the last 21, and both say how many are not.
func TestControlOfManyDays(t *testing.T) {
	t.Parallel()
	c := chart.Control{Days: controlDays(slices.Repeat([]float64{0.1}, 400)...)}
	table := chart.Numbers(c)
	if len(table.Rows) != 120 || table.More != 280 || table.Rows[119][0] != "Mon 17 June 2013" {
		t.Errorf("%d rows, %d are left out, and the last one is %q", len(table.Rows), table.More, table.Rows[119][0])
	}
	if figure := string(chart.Figure(c)); !strings.Contains(figure, "280 days before are not drawn") {
		t.Error("the picture does not say what it leaves out")
	}
	mail := string(chart.Mail(c))
	if n := strings.Count(mail, "June 2013") + strings.Count(mail, "May 2013"); n != 21 || !strings.Contains(mail, "379 more rows are not shown.") {
		t.Errorf("the mail has %d days: %s", n, mail)
	}
	if len(mail) > 25_000 {
		t.Errorf("the mail has %d bytes", len(mail))
	}
}

// TestControlWithoutLimits: days without a baseline have no limits, and no column for them. Limits that are no numbers are none.
func TestControlWithoutLimits(t *testing.T) {
	t.Parallel()
	days := controlDays(0.1, 0.4, 0.3)
	for i, limits := range []chart.Interval{{}, {Low: math.NaN(), High: 0.2}, {Low: 0.3, High: 0.2}} {
		days[i].Limits = limits
	}
	c := chart.Control{Days: days, LowerIsBetter: true}
	check(t, c)
	if head := strings.Join(chart.Numbers(c).Head, "|"); head != "Day|Share|n" {
		t.Errorf("the columns are %s", head)
	}
	if figure := string(chart.Figure(c)); strings.Contains(figure, "cx-limits") || strings.Contains(figure, "cx-f1") {
		t.Error("limits are drawn")
	}
	few := chart.Control{Days: controlDays(0.1)}
	few.Days[0].N = 3
	if figure := string(chart.Figure(few)); !strings.Contains(figure, "No day has enough to show a share.") {
		t.Error("a chart without a share does not say so")
	}
}
