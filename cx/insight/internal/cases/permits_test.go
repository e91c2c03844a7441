package cases_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
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

// permitEvents returns the rows of the permit log as touchpoints.
func permitEvents(t *testing.T) (events []event.Event) {
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
	for _, row := range rows[1:] {
		at, err := time.Parse("2006-01-02 15:04:05.999999-07:00", row[2])
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event.Event{
			Kind: event.TouchpointEnded, Time: at, Touchpoint: row[1], Outcome: event.OK, Journey: event.Run{Name: "permit", ID: row[0]},
		})
	}
	return events
}

// TestPermits: the table has what was counted in the file of the permit log by other means, also if the rows arrive backwards.
func TestPermits(t *testing.T) {
	t.Parallel()
	events := permitEvents(t)
	slices.Reverse(events)
	table := cases.New(cases.Config{})
	load(t, table, &memory{events: events, most: 1000})
	for range len(events) / 1000 {
		load(t, table, &memory{events: events, most: 1000})
	}
	type counts struct{ Cases, Activities, Times, Pairs, Variants, Most int }
	var got counts
	pairs, variants := map[[2]string]int{}, map[string]int{}
	for _, c := range table.Snapshot().Chunks() {
		got.Cases += c.N
		for row := range c.N {
			var names []string
			for _, w := range c.Words(row) {
				names = append(names, table.Snapshot().Names.Text(uint32(table.Snapshot().Codes()[cases.CodeOf(w)].Name)))
			}
			for i := range len(names) - 1 {
				got.Times++
				pairs[[2]string{names[i], names[i+1]}]++
			}
			variants[strings.Join(names, "\x00")]++
		}
	}
	got.Activities, got.Pairs, got.Variants = table.Snapshot().Names.Len()-2, len(pairs), len(variants)
	for pair, n := range pairs {
		if strings.HasPrefix(pair[0], "T04") && strings.HasPrefix(pair[1], "T05") {
			got.Most = n
		}
	}
	want := counts{Cases: 1434, Activities: 27, Times: 7143, Pairs: 99, Variants: 116, Most: 1177}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-counted from the file +table):\n%s", diff)
	}
}
