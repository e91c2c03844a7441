package paths_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cx/insight/paths"
)

// permitLog returns the path of the permit log, which is not in the repository. If CAIRN_PERMITS is none, the machine does not have the
// log, and the test is skipped whatever CAIRN_NO_SKIP is.
func permitLog(t *testing.T) string {
	t.Helper()
	switch file := os.Getenv("CAIRN_PERMITS"); file {
	case "none":
		t.Skip("skipped: CAIRN_PERMITS is none: this machine does not have the permit log")
	case "":
		skip(t, "CAIRN_PERMITS does not say where the permit log is, permit-requests.csv, and does not say none: see examples/permits")
	default:
		return file
	}
	return ""
}

// permits returns the log with the column as the steps. A case is a customer, and ends with its last step.
func permits(t *testing.T, column int) *world {
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
	w, cases, names := &world{few: 5}, map[string]int{}, map[string]bool{}
	var begins []time.Time
	for _, row := range rows[1:] {
		at, err := time.Parse("2006-01-02 15:04:05.999999-07:00", row[2])
		if err != nil {
			t.Fatal(err)
		}
		n, ok := cases[row[0]]
		if !ok {
			n = len(w.lives)
			cases[row[0]], begins = n, append(begins, at)
			w.lives = append(w.lives, life{start: at.UnixMicro(), ended: true, completed: true})
		}
		l := &w.lives[n]
		if at.Before(begins[n]) {
			t.Fatalf("%s is not in the order of time", row[0])
		}
		l.end = at.UnixMicro()
		w.at = max(w.at, l.end)
		l.steps = append(l.steps, moment{at.Sub(begins[n]).Microseconds(), row[column]})
		names[row[column]] = true
	}
	for n := range names {
		w.names = append(w.names, n)
	}
	slices.Sort(w.names)
	return w
}

// TestPermits: the numbers of a real log, which were counted from the file apart: see the permit log in examples/permits.
func TestPermits(t *testing.T) {
	t.Parallel()
	w := permits(t, 1)
	p := w.open(t)
	p.ShowAll()
	variants, follows := p.Variants(0), p.Follows(0)
	if variants.Runs != 1434 || variants.Distinct != 116 || len(w.names) != 27 {
		t.Errorf("%d cases of %d activities take %d paths, want 1434, 27 and 116", variants.Runs, len(w.names), variants.Distinct)
	}
	for i, want := range []int64{713, 123, 116, 115, 75} {
		if got := variants.Shown[i].Share.Count; got != want {
			t.Errorf("path %d has %d cases, want %d", i+1, got, want)
		}
	}
	if follows.Distinct != 99 || follows.Times != 7143 {
		t.Errorf("%d pairs occur %d times, want 99 and 7143", follows.Distinct, follows.Times)
	}
	at := slices.IndexFunc(follows.Pairs, func(x paths.Pair) bool { return strings.HasPrefix(x.From, "T04 ") && strings.HasPrefix(x.To, "T05 ") })
	if at < 0 || follows.Pairs[at].Times != 1177 {
		t.Errorf("T04 is followed by T05 in %+v, want 1177 times", follows.Pairs[max(0, at)])
	}
	p = asked(t, w.log(7)) // with the small groups hidden, in another order
	got := []any{p.Time(), p.Variants(10), p.Follows(0.8), p.Follows(1), p.Loops()}
	want := []any{w.time(), w.variants(10), w.follows(0.8), w.follows(1), w.loops()}
	if diff := gocmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 1e-6)); diff != "" {
		t.Errorf("-model +answers:\n%s", diff)
	}
	hidden := 0
	for _, v := range w.paths() {
		if v.times < 5 {
			hidden++
		}
	}
	if got := p.Variants(0).Hidden.Groups; got != int64(hidden) {
		t.Errorf("%d paths are hidden, want %d, which have fewer than five cases", got, hidden)
	}
}

// TestPermitHands: who had the cases of the permit log. 564 cases changed hands between employees, which Python has counted from the file.
func TestPermitHands(t *testing.T) {
	t.Parallel()
	for column, changed := range map[int]int64{4: -1, 5: 564} {
		w := permits(t, column)
		p := w.open(t)
		got, want := []any{p.Handovers(), p.PingPong()}, []any{w.handovers(), w.pingPong()}
		if diff := gocmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 1e-6)); diff != "" {
			t.Errorf("column %d (-model +answers):\n%s", column, diff)
		}
		if got := p.Handovers(); len(got.Pairs) == 0 || changed >= 0 && got.Changed.Count != changed {
			t.Errorf("column %d: %d cases changed hands between %d pairs", column, got.Changed.Count, len(got.Pairs))
		}
	}
}
