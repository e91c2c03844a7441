package main

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// TestReplayEfforts: the report has the efforts of the log. Those that are over are events in the archive, for its queries.
func TestReplayEfforts(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "archive.db")
	args := []string{
		"--blueprint=testdata/replay/efforts.yaml", "--map=case=ref,activity=what,time=at,channel=on,customer=who,outcome=how,resource=agent,wait=wait,talk=talk,intent=why",
		"--allow=unknown", "testdata/replay/efforts.csv",
	}
	if r := replayed(t, args...); r.Efforts != nil {
		t.Errorf("without a key for customers the efforts are %+v", r.Efforts)
	}
	args = append(args, "--customer-key-file=testdata/replay/key")
	r := replayed(t, append(slices.Clip(args), "--archive", archive)...)
	half, none := 0.5, (*float64)(nil)
	bill := report.EffortCounts{Answered: 2, FirstContact: 1, Resolution: &half, Escalated: 1, Repeats: 2, Switches: 1}
	whole := bill
	whole.Unanswered = 1
	want := &report.Efforts{
		Window: 7 * 24 * 3600, Contacts: 9, Known: 7, Coverage: 7.0 / 9, EffortCounts: whole, Open: 2,
		Intents: []report.EffortIntent{{Name: "bill", EffortCounts: bill}, {Name: "move", EffortCounts: report.EffortCounts{Unanswered: 1, Resolution: none}}},
		From:    []report.EffortFrom{{Touchpoint: "login", Count: 1}},
	}
	if d := cmp.Diff(want, r.Efforts); d != "" {
		t.Errorf("the efforts (-want +got):\n%s", d)
	}
	if r.Events != 11 {
		t.Errorf("%d events were replayed, want the 11 rows", r.Events)
	}
	db, err := sql.Open("sqlite", archive)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sums := make([]int, 9)
	for _, line := range inArchive(t, db, "First-contact resolution and repeats by week") {
		for i, cell := range strings.Split(line, "|") {
			if n, err := strconv.Atoi(cell); err == nil {
				sums[i] += n
			}
		}
	}
	if got := []int{sums[1], sums[3], sums[4], sums[6], sums[7], sums[8]}; !slices.Equal(got, []int{9, 2, 1, 1, 2, 1}) {
		t.Errorf("the archive's contacts, efforts, first contacts, unanswered, repeats and switches are %v", got)
	}
	short := replayed(t, append(args, "--effort-window=12h")...)
	if f := short.Efforts; f.Answered != 5 || f.FirstContact != 5 || f.Open != 0 || f.Window != 12*3600 {
		t.Errorf("with a window of 12 hours the efforts are %+v", f)
	}
}
