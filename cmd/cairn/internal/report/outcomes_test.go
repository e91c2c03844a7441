package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestOutcomesInText: the text has a column for each outcome that there was, and says that all were ok only if all were.
func TestOutcomesInText(t *testing.T) {
	t.Parallel()
	const allOK = "All of them were ok."
	names := []string{"ok", "degraded", "failed", "cancelled", "abandoned"}
	for there := range 1 << len(names) {
		var o report.Outcomes
		count := int64(0)
		for k, n := range []*int64{&o.OK, &o.Degraded, &o.Failed, &o.Cancelled, &o.Abandoned} {
			*n = int64(there >> k & 1)
			count += *n
		}
		r := &report.Report{Touchpoints: []report.Touchpoint{{Name: "pay", Count: count, Channels: map[string]int64{"web": count}, Outcomes: o}}}
		var b bytes.Buffer
		if err := r.WriteText(&b, 200); err != nil {
			t.Fatal(err)
		}
		_, table, _ := strings.Cut(b.String(), "  Touchpoint ")
		head, _, _ := strings.Cut(table, "\n")
		columns := strings.Fields(head)
		for k, name := range names {
			want := there>>k&1 == 1 && there != 1
			if got := strings.Contains(" "+strings.Join(columns, " ")+" ", " "+name+" "); got != want {
				t.Errorf("with the outcomes %+v there is a column %s: %v, want %v", o, name, got, want)
			}
		}
		if got := strings.Contains(table, allOK); got != (there == 1) {
			t.Errorf("with the outcomes %+v the text says %q: %v", o, allOK, got)
		}
	}
}

// TestCompletedAfterAll: a run completes after its end with a touchpoint that ends its journey as completed, if that went
// well, once.
func TestCompletedAfterAll(t *testing.T) {
	t.Parallel()
	checkout, other := journey.Define("checkout"), journey.Define("other")
	for _, c := range []struct {
		name    string
		touch   string
		outcome event.Outcome
		kind    event.Kind
		want    int64
	}{
		{"ok", "confirm", event.OK, event.TouchpointEnded, 1},
		{"degraded", "confirm", event.Degraded, event.TouchpointEnded, 1},
		{"failed", "confirm", event.Failed, event.TouchpointEnded, 0},
		{"cancelled", "confirm", event.Cancelled, event.TouchpointEnded, 0},
		{"abandoned", "confirm", event.Abandoned, event.TouchpointEnded, 0},
		{"a touchpoint that ends the journey as failed", "refuse", event.OK, event.TouchpointEnded, 0},
		{"a touchpoint that ends no journey", "look", event.OK, event.TouchpointEnded, 0},
		{"a touchpoint that ends another journey", "elsewhere", event.OK, event.TouchpointEnded, 0},
		{"one that the blueprint does not have", "unheard", event.OK, event.TouchpointEnded, 0},
		{"feedback", "", 0, event.FeedbackMentioned, 0},
	} {
		tally := report.New(
			series.NewSpool(t.TempDir(), 0), checkout, other,
			touchpoint.Define("confirm", touchpoint.In(checkout, ""), touchpoint.Ends(event.Completed)),
			touchpoint.Define("refuse", touchpoint.In(checkout, ""), touchpoint.Ends(event.Failed)),
			touchpoint.Define("look", touchpoint.In(checkout, "")),
			touchpoint.Define("elsewhere", touchpoint.In(other, ""), touchpoint.Ends(event.Completed)),
		)
		run := event.Run{Name: "checkout", ID: "1"}
		tally.Process(t.Context(), &event.Event{Kind: event.JourneyEnded, Journey: run, Outcome: event.Abandoned})
		for range 2 {
			tally.Process(t.Context(), &event.Event{Kind: c.kind, Journey: run, Touchpoint: c.touch, Outcome: c.outcome})
		}
		r, err := tally.Report(time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		feedback := int64(0)
		if c.kind != event.TouchpointEnded {
			feedback = 2
		}
		if got, want := r.Journeys[0].AfterEnd.Abandoned, (report.AfterEnd{Runs: 1, Share: 1, Events: 2, Feedback: feedback, Completed: c.want}); got != want {
			t.Errorf("%s: after the end there is %+v, want %+v", c.name, got, want)
		}
	}
}

// TestZones: only a touchpoint with a target has zones. A score needs a sample whose zone follows from a duration, or
// failures alone.
func TestZones(t *testing.T) {
	t.Parallel()
	type touch struct {
		zone event.Zone
		took time.Duration
	}
	of := func(n int, zone event.Zone, took time.Duration) (list []touch) {
		for range n {
			list = append(list, touch{zone, took})
		}
		return list
	}
	score := func(f float64) *float64 { return &f }
	for _, c := range []struct {
		name    string
		touches [][]touch
		want    report.Apdex
	}{
		{"none", nil, report.Apdex{}},
		{"satisfied", [][]touch{of(1, event.Satisfied, 1)}, report.Apdex{Satisfied: 1, Samples: 1, Score: score(1), Small: true}},
		{"of each", [][]touch{of(2, event.Satisfied, 1), of(1, event.Tolerating, 1), of(1, event.Frustrated, 1)}, report.Apdex{Satisfied: 2, Tolerating: 1, Frustrated: 1, Samples: 4, Score: score(0.625), Small: true}},
		{"failures without durations", [][]touch{of(2, event.Frustrated, 0)}, report.Apdex{Frustrated: 2, Samples: 2, Score: score(0), Small: true}},
		{"failures beside what was not measured", [][]touch{of(2, event.Frustrated, 0), of(3, 0, 0)}, report.Apdex{Frustrated: 2, Samples: 2, Unmeasured: 3, Small: true}},
		{"one that was measured beside it", [][]touch{of(1, event.Frustrated, 0), of(1, event.Satisfied, 1), of(3, 0, 0)}, report.Apdex{Satisfied: 1, Frustrated: 1, Samples: 2, Unmeasured: 3, Score: score(0.5), Small: true}},
		{"99", [][]touch{of(99, event.Satisfied, 1)}, report.Apdex{Satisfied: 99, Samples: 99, Score: score(1), Small: true}},
		{"100", [][]touch{of(100, event.Satisfied, 1)}, report.Apdex{Satisfied: 100, Samples: 100, Score: score(1)}},
	} {
		tally := report.New(series.NewSpool(t.TempDir(), 0), touchpoint.Define("pay", touchpoint.Satisfied(time.Second)), touchpoint.Define("look"))
		for _, list := range c.touches {
			for _, one := range list {
				for _, name := range []string{"pay", "look"} {
					tally.Process(t.Context(), &event.Event{Kind: event.TouchpointEnded, Touchpoint: name, Outcome: event.OK, Zone: one.zone, Duration: one.took})
				}
			}
		}
		r, err := tally.Report(time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		c.want.Target = 1
		got := r.Touchpoints[0].Apdex
		if got == nil || r.Touchpoints[1].Apdex != nil {
			t.Errorf("%s: the scores are %v and %v, want one of the touchpoint with a target", c.name, got, r.Touchpoints[1].Apdex)
			continue
		}
		if (got.Score == nil) != (c.want.Score == nil) || got.Score != nil && *got.Score != *c.want.Score {
			t.Errorf("%s: the score is %v, want %v", c.name, got.Score, c.want.Score)
		}
		one := *got
		if (one.Interval == nil) != (one.Score == nil) {
			t.Errorf("%s: the score %v has the interval %v", c.name, one.Score, one.Interval)
		}
		one.Interval = nil
		if one.Score, c.want.Score = nil, nil; one != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, one, c.want)
		}
	}
}

// TestFeedbackInText: the text has a part about feedback if there is a survey or a mention.
func TestFeedbackInText(t *testing.T) {
	t.Parallel()
	surveys := []report.Survey{{Name: "easy", Scale: "ces"}}
	for _, c := range []struct {
		r    report.Report
		want []string
	}{
		{report.Report{}, nil},
		{report.Report{Surveys: surveys}, []string{"easy"}},
		{report.Report{Mentions: report.Mentions{Count: 1}}, []string{"(mentions)"}},
		{report.Report{Surveys: surveys, Mentions: report.Mentions{Count: 1}}, []string{"easy", "(mentions)"}},
	} {
		var b bytes.Buffer
		if err := c.r.WriteText(&b, 200); err != nil {
			t.Fatal(err)
		}
		_, part, there := strings.Cut(b.String(), "Feedback\n")
		if there != (len(c.want) > 0) {
			t.Errorf("with %+v there is a part about feedback: %v", c.r, there)
		}
		for _, name := range []string{"easy", "(mentions)"} {
			want := strings.Contains(strings.Join(c.want, ","), name)
			if strings.Contains(part, name) != want {
				t.Errorf("with %+v the part has %s: %v, want %v", c.r, name, !want, want)
			}
		}
	}
}

// TestNamesAndMarksOfFeedback: a version is named where there are several, a hidden segment is explained, and mentions of unknown sentiment
// are no zeros.
func TestNamesAndMarksOfFeedback(t *testing.T) {
	t.Parallel()
	hidden := report.Survey{Name: "easy", Version: "11111111", Scale: "ces", Segments: []score.Segment{{Name: "gold", Answers: score.Answers{Hidden: true}}}}
	for _, c := range []struct {
		name      string
		r         report.Report
		has, lack string
	}{
		{"one version", report.Report{Surveys: []report.Survey{hidden}}, "easy", "11111111"},
		{"two versions", report.Report{Surveys: []report.Survey{hidden, {Name: "easy", Version: "22222222", Scale: "ces"}}}, "easy (11111111)", "xx"},
		{"hidden", report.Report{Surveys: []report.Survey{hidden}}, "hidden: fewer than 5 customers, or the next smallest segment", "xx"},
		{"unknown sentiment", report.Report{Mentions: report.Mentions{Count: 3}}, "(mentions)", "0.0%"},
		{"known sentiment", report.Report{Mentions: report.Mentions{Count: 3, Positive: 3}}, "100.0%", "xx"},
	} {
		var b bytes.Buffer
		if err := c.r.WriteText(&b, 200); err != nil {
			t.Fatal(err)
		}
		if _, part, _ := strings.Cut(b.String(), "Feedback\n"); !strings.Contains(part, c.has) || strings.Contains(part, c.lack) {
			t.Errorf("%s: want %q and not %q in\n%s", c.name, c.has, c.lack, part)
		}
	}
}
