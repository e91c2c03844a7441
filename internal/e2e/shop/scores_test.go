package shop_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
)

// scoresByHand compares the scores of the shop's log with what awk computes from it.
func scoresByHand(t *testing.T, log string) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	tally := score.New()
	for line := range bytes.Lines(text) {
		e, err := event.ParseJSON(line)
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		tally.Add(&e)
	}
	var got []string
	for _, s := range tally.Surveys() {
		a, r, version := s.Answers, s.Response, s.Version
		if version == "" {
			version = "-"
		}
		if a.Hidden || r.Hidden {
			t.Errorf("%s is hidden: the shop has too few customers for this test", s.Name)
			continue
		}
		got = append(got, fmt.Sprintf("%s %s %d %d %d %.0f %.9g %.9g %d %d %d %d %d %d", s.Name, version, a.N, a.Positive.Count, a.Negative.Count, a.Mean.Value*float64(a.N), a.Score.Low, a.Score.High,
			r.Asked, r.Answered, r.Dismissed, r.Bounced, r.Seen+r.Unseen, r.Open))
	}
	out, err := exec.CommandContext(t.Context(), "awk", "-f", "../../../cmd/cairn/testdata/scores.awk", log).Output()
	if err != nil {
		t.Fatalf("awk: %v", err)
	}
	want := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" || len(got) == 0 {
		t.Errorf("the scores of the shop's log (-awk +score):\n%s", d)
	}
	t.Logf("the shop's scores: %q", got)
}
