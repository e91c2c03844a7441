package report_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
)

// TestNothingWraps: no line of the text is wider than allowed, whatever the names are, and a terminal shows
// every character.
func TestNothingWraps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.OneOf(
			rapid.String(), rapid.StringMatching(`[a-z -]{0,200}`), rapid.StringOfN(rapid.RuneFrom([]rune("申請👩‍👩‍👧é̂ｗ\u200b\x1b")), 0, 80, -1),
		)
		r := full()
		for i := range r.Files {
			r.Files[i] = names.Draw(t, "file")
		}
		r.Blueprint = names.Draw(t, "blueprint")
		for i := range r.UnknownNames {
			r.UnknownNames[i].Name, r.UnknownNames[i].Suggestion = names.Draw(t, "unknown"), names.Draw(t, "meant")
		}
		r.UnknownChannels[0] = names.Draw(t, "channel")
		j := &r.Journeys[0]
		j.Name = names.Draw(t, "journey")
		for i := range j.Stages {
			j.Stages[i].Name = names.Draw(t, "stage")
		}
		for i := range j.Touchpoints {
			j.Touchpoints[i].Name = names.Draw(t, "touchpoint")
		}
		for i := range j.Failures {
			j.Failures[i].Touchpoint, j.Failures[i].Cause, j.Failures[i].ErrorType = names.Draw(t, "failed"), names.Draw(t, "cause"), names.Draw(t, "error")
		}
		j.Causes[0].Cause = names.Draw(t, "end")
		r.Surveys[1].Causes[0].Cause = names.Draw(t, "named")
		count := rapid.Int64Range(0, 99_999_999)
		for _, n := range []*int64{
			&r.Events, &r.Rejected, &r.Unknown, &r.Outside, &j.Started, &j.Active, &j.StartedBefore, &j.Ended.Completed, &j.Ended.Failed, &j.Ended.Abandoned,
			&j.Duration.Completed.Count, &j.AfterEnd.Abandoned.Runs, &j.AfterEnd.Abandoned.Events, &j.Stages[0].Visits, &j.Stages[0].Stalled,
			&j.Stages[0].Duration.Count, &j.Stages[1].Ended.Completed, &j.Touchpoints[0].Count, &j.Touchpoints[0].Outcomes.OK, &j.Touchpoints[0].Outcomes.Failed,
			&j.Touchpoints[0].Apdex.Satisfied, &j.Touchpoints[0].Apdex.Samples, &j.Failures[0].Count, &r.Surveys[0].Responses, &r.Surveys[0].Positive,
		} {
			*n = count.Draw(t, "count")
		}
		seconds := rapid.Float64Range(0, event.MaxDuration.Seconds())
		for _, d := range []*report.Duration{j.Duration.Completed, &j.Stages[0].Duration, &j.Stages[1].Duration} {
			d.P50, d.P90, d.Max = seconds.Draw(t, "p50"), seconds.Draw(t, "p90"), seconds.Draw(t, "max")
		}
		for i := range r.Surveys {
			r.Surveys[i].Name = names.Draw(t, "survey")
		}
		width := rapid.IntRange(80, 200).Draw(t, "width")
		var b bytes.Buffer
		if err := r.WriteText(&b, width); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if got := uniseg.StringWidth(line); got > width {
				t.Errorf("a line has the width %d, want at most %d: %q", got, width, line)
			}
			if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u200d' }); i >= 0 {
				t.Errorf("%q has an invisible character", line)
			}
			if strings.HasSuffix(line, " ") {
				t.Errorf("the line %q ends in spaces", line)
			}
		}
	})
}

// TestLeastWidth: a text is as wide as one of 40 characters, however little room there is.
func TestLeastWidth(t *testing.T) {
	t.Parallel()
	text := func(width int) string {
		var b bytes.Buffer
		if err := full().WriteText(&b, width); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	least := text(40)
	for _, width := range []int{39, 1, -1, -1000} {
		if text(width) != least {
			t.Errorf("the text of width %d is not that of width 40", width)
		}
	}
	if text(41) == least {
		t.Error("a text of width 41 has no more room")
	}
	if text(0) != text(report.DefaultWidth) {
		t.Error("the text of width 0 is not that of the default")
	}
}

// TestWiderSaysMore: a wide terminal gets long names in full and the columns that narrow tables leave out.
func TestWiderSaysMore(t *testing.T) {
	t.Parallel()
	text := func(width int) string {
		var b bytes.Buffer
		if err := full().WriteText(&b, width); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	narrow, wide := text(80), text(400)
	for _, want := range []string{"web 80.0%, email 10.0%, post 10.0%", full().Blueprint, full().Surveys[1].Name, "of asked"} {
		if !strings.Contains(wide, want) {
			t.Errorf("the wide text lacks %q", want)
		}
	}
	if !strings.Contains(narrow, "…") || strings.Contains(narrow, full().Blueprint) {
		t.Error("the narrow text has names that are too long for it")
	}
	if strings.Contains(wide, "\x1b") || !strings.Contains(wide, "\ufffd[31mred\ufffd") {
		t.Error("a name has control characters")
	}
}
