package insight_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/paths"
)

// permitLog returns the path of the permit log, which is not in the repository. If CAIRN_PERMITS is none, the machine does not have the
// log, and the test is skipped whatever CAIRN_NO_SKIP is.
func permitLog(t *testing.T) string {
	t.Helper()
	file := os.Getenv("CAIRN_PERMITS")
	switch {
	case file == "none":
		t.Skip("skipped: CAIRN_PERMITS is none: this machine does not have the permit log")
	case file != "":
	case os.Getenv("CAIRN_NO_SKIP") == "1":
		t.Fatal("CAIRN_NO_SKIP is 1: CAIRN_PERMITS does not say where the permit log is, permit-requests.csv, and does not say none: see examples/permits")
	default:
		t.Skip("skipped: CAIRN_PERMITS does not say where the permit log is, permit-requests.csv: see examples/permits")
	}
	return file
}

// permits returns the rows of the permit log as touchpoints of the team that did them.
func permits(t *testing.T) *memory {
	t.Helper()
	f, err := os.Open(permitLog(t)) //nolint:gosec // the file that the tester names
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{}
	for _, row := range rows[1:] {
		when, err := time.Parse("2006-01-02 15:04:05.999999-07:00", row[2])
		if err != nil {
			t.Fatal(err)
		}
		e := event.Event{
			Kind: event.TouchpointEnded, Time: when, Touchpoint: row[1], Outcome: event.OK, Journey: event.Run{Name: "permit", ID: row[0]},
			Assisted: &event.Assisted{Legs: []event.Leg{{Queue: row[5]}}},
		}
		e.ID = event.NewID(when)
		m.events = append(m.events, e)
	}
	return m
}

// TestPermits: the numbers of a real log, which were counted from the file apart: see the permit log in examples/permits. The rows arrive backwards.
func TestPermits(t *testing.T) {
	t.Parallel()
	m := permits(t)
	slices.Reverse(m.events)
	r, err := tableOf(t, m).View(insight.Everything(), time.Time{}).Paths(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Runs != 1434 || r.Variants.Runs != 1434 || r.Variants.Distinct != 116 || r.Follows.Distinct != 99 || r.Follows.Times != 7143 {
		t.Errorf("%d runs take %d paths, %d pairs occur %d times: want 1434, 116, 99 and 7143", r.Runs, r.Variants.Distinct, r.Follows.Distinct, r.Follows.Times)
	}
	if n := int64(len(r.Follows.Steps)) + r.Follows.HiddenSteps.Groups; n != 27 {
		t.Errorf("%d activities, want 27", n)
	}
	for i, want := range []int64{713, 123, 116, 115, 75} {
		if got := r.Variants.Shown[i].Share.Count; got != want {
			t.Errorf("path %d has %d cases, want %d", i+1, got, want)
		}
	}
	at := slices.IndexFunc(r.Follows.Pairs, func(x paths.Pair) bool { return strings.HasPrefix(x.From, "T04 ") && strings.HasPrefix(x.To, "T05 ") })
	if at < 0 || r.Follows.Pairs[at].Times != 1177 {
		t.Errorf("T04 is followed by T05 in %+v, want 1177 times", r.Follows.Pairs[max(0, at)])
	}
	// Of column 6, who had the cases, Python counted 564 that changed hands: see the test of package paths.
	if r.Queues == nil || r.Queues.Handovers.Changed.Count != 564 {
		t.Errorf("hands are %+v, want 564 that changed", r.Queues)
	}
	if r.Teams != nil {
		t.Error("there are handovers between teams, and no row has a team")
	}
}
