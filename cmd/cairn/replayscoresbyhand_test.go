package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
)

// surveyLog returns a log of requests with every end, answers, changes of answers and of consents, and duplicates.
func surveyLog(n int) string {
	rng := rand.New(rand.NewPCG(6, 15)) //nolint:gosec // the same numbers each time
	var lines []string
	ids := 0
	add := func(at time.Time, kind event.Kind, f event.Feedback) event.ID {
		ids++
		e := event.Event{ID: event.ID{6: 0x70, 8: 0x80, 13: byte(ids >> 16), 14: byte(ids >> 8), 15: byte(ids)}, Kind: kind, Time: at, Feedback: &f}
		for range 1 + rng.IntN(8)/7 {
			lines = append(lines, string(e.AppendJSON(nil)))
		}
		return e.ID
	}
	for range n {
		scale := []event.Scale{event.NPS, event.CSAT, event.CES, event.Stars, event.Thumbs}[rng.IntN(5)]
		at := time.Date(2026, 2, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(rng.IntN(60*24*60)) * time.Minute)
		of := event.Feedback{Survey: "ask-" + scale.String(), Scale: scale, Version: []string{"", "b"}[rng.IntN(2)]}
		value := func(f event.Feedback) event.Feedback {
			f.Score = scale.Min() + rng.IntN(scale.Max()-scale.Min()+1)
			return f
		}
		end := event.SurveyEnd(rng.IntN(6)) //nolint:gosec // small; 5 is not asked for
		if end < 5 {
			of.Request = add(at, event.SurveyRequested, of)
		}
		switch end {
		case 0: // open
		case event.SurveyAnswered, 5:
			answer := add(at.Add(time.Hour), event.FeedbackReceived, value(of))
			for i := range rng.IntN(3) {
				f := value(of)
				f.Amends = answer
				add(at.Add(time.Duration(i+2)*time.Hour), event.FeedbackAmended, f)
			}
			if rng.IntN(3) == 0 {
				add(at.Add(9*time.Hour), event.FeedbackAmended, event.Feedback{Amends: answer, Testimonial: &event.Testimonial{Version: "9", Withdrawn: at}})
			}
		default:
			of.Ended = end
			add(at.Add(2*time.Hour), event.SurveyClosed, of)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// byHand returns what the program of testdata computes from the log.
func byHand(t *testing.T, log string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "awk", "-f", "testdata/scores.awk", log).Output()
	if err != nil {
		t.Fatalf("awk: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	return lines
}

// inReport returns the same numbers from the report.
func inReport(surveys []report.Survey) (lines []string) {
	for i := range surveys {
		s := &surveys[i]
		if s.Responses+s.Requested == 0 {
			continue
		}
		by, sum := s.PositiveInterval, 0.0
		switch s.Scale {
		case "nps":
			by = s.NPSInterval
		case "ces", "stars":
			by = s.MeanInterval
		}
		if s.Mean != nil {
			sum = *s.Mean * float64(s.Responses)
		}
		version := s.Version
		if version == "" {
			version = "-"
		}
		r := s.Response
		lines = append(lines, fmt.Sprintf("%s %s %d %d %d %.0f %.9g %.9g %d %d %d %d %d %d", s.Name, version, s.Responses, s.Positive, s.Negative, sum, by.Low, by.High,
			r.Asked, r.Answered, r.Dismissed, r.Bounced, r.Seen+r.Unseen, r.Open))
	}
	slices.Sort(lines)
	return lines
}

// TestScoresByHand: the report of a log of Cairn's events has the numbers that awk computes from it.
func TestScoresByHand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log, blueprint := filepath.Join(dir, "log.jsonl"), filepath.Join(dir, "blueprint.yaml")
	for path, text := range map[string]string{
		log: surveyLog(1500),
		blueprint: "version: 1\njourneys: [{name: j}]\nsurveys: [{name: ask-nps, scale: nps}, {name: ask-csat, scale: csat}, {name: ask-ces, scale: ces}, " +
			"{name: ask-stars, scale: stars}, {name: ask-thumbs, scale: thumbs}]\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := replayed(t, "--blueprint", blueprint, log)
	want := byHand(t, log)
	if len(want) != 10 {
		t.Fatalf("awk finds %q", want)
	}
	if d := cmp.Diff(want, inReport(r.Surveys)); d != "" {
		t.Errorf("(-awk +report):\n%s", d)
	}
	if r.Surveys[0].Amended == 0 || r.Again == 0 {
		t.Errorf("%d amended, %d duplicates: the log shows too little", r.Surveys[0].Amended, r.Again)
	}
}
