package main

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback/score"
)

// TestWatchLine: a line says what has become of a breakdown, and each thing once.
func TestWatchLine(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 20, 9, 30, 0, 0, time.UTC)
	began := time.Date(2026, 3, 2, 0, 0, 0, 0, berlin)
	lasts := watch.Status{
		ID: "5b1c", Subject: breakdown.Subject{About: breakdown.OfJourney, Journey: "checkout"}, Stage: watch.Found,
		Found: breakdown.Found{
			Subject: breakdown.Subject{About: breakdown.OfJourney, Journey: "checkout"}, Began: began, PerDay: 6,
			Coincides: []insight.DailyChange{{Kind: insight.ReleaseChange, Name: "2", Day: began}, {Kind: insight.ExperimentChange, Name: "blue", Day: began}},
		},
		Placement: watch.Placement{Placed: []event.Placed{{Column: "release", Value: "2"}, {Column: "channel", Value: "web"}}},
	}
	lasts.Found.Before.Value, lasts.Found.Since.Value = 0.1, 0.2
	ended := func(cause string, better bool) watch.Status {
		s := lasts
		s.Ended, s.Cause, s.Found.Better = at, cause, better
		return s
	}
	compared := func(before, after int64) watch.Status {
		s := lasts
		c := &watch.Comparison{Before: score.ShareOf(before, 1000, 0.95), After: score.ShareOf(after, 1000, 0.95)}
		c.Difference = score.Shares(c.After, c.Before, 0.95)
		s.Compared = c
		return s
	}
	few := lasts
	few.Compared = &watch.Comparison{}
	for _, c := range []struct {
		name   string
		news   watch.Kind
		status watch.Status
		still  bool
		says   string
		not    string
	}{
		{"the day is that of the charts", watch.NewsFound, lasts, false, "from 10.0% to 20.0% since 2 March 2026: ", ""},
		{"a release is named once", watch.NewsFound, lasts, false, "It goes with release 2, which began on 2 March 2026, and channel web.", `The release "2"`},
		{"another change stays", watch.NewsFound, lasts, false, `The experiment "blue" began on 2 March 2026. It goes with`, ""},
		{"a mending that has not helped", watch.NewsReturned, lasts, true, "returned 5b1c It was mended, and the charts show it ever since: the mending has not helped. The share", ""},
		{"a return", watch.NewsReturned, lasts, false, "the charts show it again.", "has not helped"},
		{"an end that was mended", watch.NewsClosed, ended(watch.Held, false), false, "What mended it has held.", "subsided"},
		{"an end without a mending", watch.NewsClosed, ended(watch.Subsided, false), false, "It has subsided: the charts have not shown it for weeks, and nothing has mended it.", "held"},
		{"an improvement that has lasted", watch.NewsClosed, ended(watch.Held, true), false, "It has lasted, and is no news any more.", "mended"},
		{"an improvement that is over", watch.NewsClosed, ended(watch.Subsided, true), false, "It has subsided: the charts do not show it any more.", "mended"},
		{"clearly less", watch.NewsCompared, compared(300, 100), false, "30.0% before it was mended, and 10.0% since, which is less by more than chance.", "would explain"},
		{"clearly more", watch.NewsCompared, compared(100, 300), false, "10.0% before it was mended, and 30.0% since, which is more by more than chance.", "would explain"},
		{"about the same", watch.NewsCompared, compared(100, 101), false, "10.0% before it was mended, and 10.1% since, a difference that chance would explain.", "more than chance"},
		{"too few to compare", watch.NewsCompared, few, false, "", "Compared"},
	} {
		l := lineOf(string(c.news), at, &c.status)
		l.Still = c.still
		if got := l.text(time.UTC); !strings.HasPrefix(got, "2026-03-20 09:30 "+string(c.news)+" 5b1c ") || !strings.Contains(got, c.says) || c.not != "" && strings.Contains(got, c.not) {
			t.Errorf("%s: %s\nwant …%s…, and nothing of %q", c.name, got, c.says, c.not)
		}
	}
}

// TestLatest: a watch says since when the archive is silent, and its own steps are no events of customers.
func TestLatest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 20, 0, 30, 0, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"an empty archive", time.Time{}, "the archive has no events"},
		{"the last whole day has one", time.Date(2026, 3, 18, 23, 0, 0, 0, time.UTC), ""},
		{"it has none", time.Date(2026, 3, 18, 22, 59, 59, 0, time.UTC), "the archive has no events since 2026-03-18: a day without events says nothing"},
	} {
		l := latest{at: c.at}
		if got := l.silence(now); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
