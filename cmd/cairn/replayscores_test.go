package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/stats"
)

// scored writes a log of touchpoints or answers, replays it and returns the report.
func scored(t *testing.T, blueprint string, lines ...string) report.Report {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"blueprint.yaml": "version: 1\njourneys: [{name: j}]\n" + blueprint, "log.jsonl": strings.Join(lines, "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return replayed(t, "--blueprint", filepath.Join(dir, "blueprint.yaml"), filepath.Join(dir, "log.jsonl"))
}

// TestApdex has the worked example of the Apdex specification: T = 3 s with 60 satisfied, 30 tolerating and 10
// frustrated samples gives 0.75.
func TestApdex(t *testing.T) {
	t.Parallel()
	at := 0
	touch := func(times int, outcome, seconds string) (lines []string) {
		for range times {
			at++
			lines = append(lines, fmt.Sprintf(`{"v":1,"kind":"touchpoint.ended","time":"2026-01-31T09:%02d:%02dZ","touchpoint":"pay","outcome":%q%s}`, at/60%60, at%60, outcome, seconds))
		}
		return lines
	}
	took := func(seconds string) string { return `,"duration_seconds":` + seconds }
	join := func(parts ...[]string) (all []string) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	score := func(f float64) *float64 { return &f }
	tests := []struct {
		name, reason string
		lines        []string
		want         report.Apdex
	}{
		{
			"the specification's example", "T and 4T are the last of their zones, and a fast error is frustrated",
			join(touch(60, "ok", took("3")), touch(30, "degraded", took("12")), touch(9, "ok", took("12.000000001")), touch(1, "failed", took("0.1"))),
			report.Apdex{Satisfied: 60, Tolerating: 30, Frustrated: 10, Samples: 100, Score: score(0.75)},
		},
		{
			"a small group", "99 samples are fewer than 100", touch(99, "ok", took("1")),
			report.Apdex{Satisfied: 99, Samples: 99, Score: score(1), Small: true},
		},
		{
			"called off", "a cancelled or abandoned interaction is not a sample", join(touch(100, "ok", took("1")), touch(5, "cancelled", took("1")), touch(5, "abandoned", took("99"))),
			report.Apdex{Satisfied: 100, Samples: 100, Score: score(1)},
		},
		{
			"without durations", "failures alone would give a score of 0", join(touch(100, "ok", ""), touch(2, "failed", "")),
			report.Apdex{Frustrated: 2, Samples: 2, Unmeasured: 100, Small: true},
		},
		{
			"failures only", "every failure is frustrated", touch(2, "failed", ""),
			report.Apdex{Frustrated: 2, Samples: 2, Score: score(0), Small: true},
		},
		{
			"no sample", "a score needs samples", touch(1, "cancelled", took("1")),
			report.Apdex{},
		},
	}
	for _, tt := range tests {
		r := scored(t, "touchpoints: [{name: pay, satisfied: 3s}]\n", tt.lines...)
		got, want := *r.Touchpoints[0].Apdex, tt.want
		want.Target = 3
		if (got.Score == nil) != (want.Score == nil) || got.Score != nil && *got.Score != *want.Score {
			t.Errorf("%s: the score is %+v: %s", tt.name, got.Score, tt.reason)
		}
		if (got.Interval == nil) != (got.Score == nil) {
			t.Errorf("%s: the interval is %v", tt.name, got.Interval)
		}
		if i := got.Interval; tt.want.Satisfied == 60 && (math.Abs(i.Low-0.67733296) > 1e-8 || math.Abs(i.High-0.80810393) > 1e-8) { // computed in Python
			t.Errorf("the interval of the example is %v", i)
		}
		got.Interval = nil
		if got.Score, want.Score = nil, nil; got != want {
			t.Errorf("%s: %+v, want %+v: %s", tt.name, got, want, tt.reason)
		}
	}
}

// TestSurveyScores has values that were computed by hand, among them the mean effort of 1,000 answers, 4.08.
func TestSurveyScores(t *testing.T) {
	t.Parallel()
	answers := func(survey, scale string, from int, counts ...int) (lines []string) {
		for i, n := range counts {
			for range n {
				lines = append(lines, fmt.Sprintf(`{"v":1,"kind":"feedback.received","time":"2026-01-31T09:00:00Z","feedback":{"survey":%q,"scale":%q,"score":%d}}`, survey, scale, from+i))
			}
		}
		return lines
	}
	lines := answers("easy", "ces", 1, 80, 210, 140, 110, 160, 180, 120)
	lines = append(lines, answers("again", "nps", 0, 1, 0, 0, 0, 0, 0, 2, 1, 1, 3, 2)...)
	lines = append(lines, answers("happy", "csat", 1, 1, 1, 2, 3, 3)...)
	r := scored(t, "surveys: [{name: easy, scale: ces}, {name: again, scale: nps}, {name: happy, scale: csat}]\n", lines...)
	near := func(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }
	if s := r.Surveys[0]; s.Responses != 1000 || !near(s.Mean, 4.08) || s.Positive != 460 || s.Neutral != 110 || s.NPS != nil {
		t.Errorf("the effort is %+v; want a mean of 4.08 and 460 of 1,000 positive answers", s)
	}
	for i, want := range []stats.Interval{{Low: 3.9614266843, High: 4.1980947514}, {Low: -30.3259944, High: 61.0952252}, {Low: 0.3126737697, High: 0.8318196703}} { // computed in Python
		s := &r.Surveys[i]
		got := []*stats.Interval{s.MeanInterval, s.NPSInterval, s.PositiveInterval}[i]
		if got == nil || math.Abs(got.Low-want.Low) > 1e-6 || math.Abs(got.High-want.High) > 1e-6 {
			t.Errorf("the interval of %s is %v, want %v", s.Name, got, want)
		}
	}
	if s := r.Surveys[1]; s.Responses != 10 || !near(s.NPS, 20) || s.Positive != 5 || s.Negative != 3 {
		t.Errorf("the NPS survey is %+v; want 5 promoters and 3 detractors of 10: 20", s)
	}
	if s := r.Surveys[2]; s.Responses != 10 || !near(s.PositiveShare, 0.6) || s.NPS != nil {
		t.Errorf("the satisfaction is %+v; want 6 of 10", s)
	}
}
