package report_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// TestNothingWraps: no line of a text is wider than the text may be, whatever the names are, and a
// terminal shows each as it is.
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
				t.Errorf("a line is %d wide, and %d is all there is: %q", got, width, line)
			}
			if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u200d' }); i >= 0 {
				t.Errorf("there is a character that is not to be seen in %q", line)
			}
			if strings.HasSuffix(line, " ") {
				t.Errorf("spaces end the line %q", line)
			}
		}
	})
}

// TestWiderSaysMore: on a wide terminal long names are not cut, and everything that narrow tables
// leave out is there.
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
		t.Error("the narrow text has names that it has no room for")
	}
	if strings.Contains(wide, "\x1b") || !strings.Contains(wide, "\ufffd[31mred\ufffd") {
		t.Error("a name moves the terminal's cursor")
	}
	_ = report.DefaultWidth
}
