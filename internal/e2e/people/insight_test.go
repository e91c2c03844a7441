//go:build unix

package people_test

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// supported returns what insight answers about contacts with people, from an archive in a file, and in PostgreSQL if there is a server.
func supported(t *testing.T, events []event.Event, l assist.Level, server *servers.Postgres) insight.Support {
	t.Helper()
	var reader *sqlarchive.Reader
	var err error
	if server != nil {
		reader, err = sqlarchive.ReadPostgres(t.Context(), server.URL(), sqlarchive.WithSchema("people"))
	} else {
		path := filepath.Join(t.TempDir(), "insight.db")
		a, opened := sqlarchive.OpenSQLite(path)
		if opened != nil {
			t.Fatal(opened)
		}
		fill(t, a, events)
		reader, err = sqlarchive.ReadSQLite(t.Context(), path)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	level := blueprint.ServiceLevel{
		Within: blueprint.Duration(l.Within), Variant: l.Variant.String(), ShortAbandon: blueprint.Duration(l.ShortAbandon), FlowOuts: l.FlowOuts,
	}
	table, err := insight.New(&blueprint.Blueprint{Queues: []blueprint.Queue{{Name: "support", ServiceLevel: level}, {Name: "billing", ServiceLevel: level}, {Name: "orders"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Load(t.Context(), reader); err != nil {
		t.Fatal(err)
	}
	s, err := table.View(insight.Viewer{Rights: insight.Numbers}, begin.Add(1000*day)).Support(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// insightSums returns the numbers of the answer by the names of people.awk, without those that are zero, and the names of half hours that are hidden.
func insightSums(t *testing.T, a *insight.Support) (s sums, hidden []string) {
	t.Helper()
	s = sums{}
	put := func(name string, n int64) {
		if n != 0 {
			s[name] = float64(n)
		}
	}
	called := func(queue string) string {
		if queue == "" {
			return "(none)"
		}
		return queue
	}
	for i := range a.Queues {
		n := &a.Queues[i]
		if n.Hidden {
			t.Errorf("the queue %q is hidden", n.Queue)
		}
		for name, v := range map[string]int{
			"queued": n.Queued, "answered": n.Answered, "short": n.ShortAbandons, "abandoned": n.Abandoned, "overflowed": n.Overflowed, "callback": n.Callbacks,
			"closed": n.Closed, "unknown": n.Unknown, "counted": n.Counted, "good": n.Good, "handled": n.Handled, "unreplied": n.Unanswered,
			"first replies": n.FirstReplies.Count, "next replies": n.NextReplies.Count,
		} {
			put("tally "+called(n.Queue)+" "+name, int64(v))
		}
		for name, v := range map[string]time.Duration{
			"waited_ms": n.Waited, "handling_ms": n.Handling(), "first after_ms": n.FirstReplies.After, "first open_ms": n.FirstReplies.Open,
			"next after_ms": n.NextReplies.After, "next open_ms": n.NextReplies.Open,
		} {
			put("tally "+called(n.Queue)+" "+name, v.Milliseconds())
		}
	}
	for i := range a.Rows {
		r := &a.Rows[i]
		name := fmt.Sprintf("table %d %s ", r.Begin.Unix(), called(r.Queue))
		if r.Hidden {
			hidden = append(hidden, name)
			continue
		}
		for column, v := range map[string]int64{"queued": int64(r.Queued), "answered": int64(r.Answered), "counted": int64(r.Counted), "good": int64(r.Good), "waited_ms": r.Waited.Milliseconds()} {
			put(name+column, v)
		}
	}
	put("tally all contacts", int64(a.Contacts.All))
	put("tally all answered", int64(a.Contacts.Answered))
	put("tally all transfers", int64(a.Contacts.Transfers))
	put("tally all returns", int64(a.Contacts.Returns))
	for name, v := range map[string]int{
		"contacts": a.Resolution.Contacts, "known": a.Resolution.Known, "repeats": a.Resolution.Repeats, "efforts": a.Resolution.Efforts,
		"first": a.Resolution.FirstContact, "unanswered": a.Resolution.Unanswered,
	} {
		put("resolve "+name, int64(v))
	}
	return s, hidden
}

// insightSame compares what insight answers with awk, but for half hours that are hidden, and for times of fewer than five customers, of which awk knows as well
// how many there are.
func insightSame(t *testing.T, what string, all sums, a insight.Support) {
	t.Helper()
	got, hidden := insightSums(t, &a)
	want := maps.Clone(all.part("tally", "table", "resolve"))
	shown, few := 0, 0
	for name := range want {
		if n, of := all["customers "+name]; of && n < 5 {
			delete(want, name)
			few++
		}
		for _, h := range hidden {
			if strings.HasPrefix(name, h) {
				delete(want, name)
			}
		}
		if strings.HasPrefix(name, "table") {
			shown++
		}
	}
	same(t, what, want, got)
	if !a.Resolution.Told || shown == 0 || len(hidden) == 0 || few == 0 {
		t.Errorf("%s: efforts were told: %v; %d numbers of half hours, %d half hours are hidden, and %d times are those of few customers", what, a.Resolution.Told, shown, len(hidden), few)
	}
}

// decidedSame compares the decisions with awk.
func decidedSame(t *testing.T, want sums, a insight.Support) {
	t.Helper()
	want = want.part("sql.decisions")
	seen := 0
	for i := range a.Decisions {
		d := &a.Decisions[i]
		what := d.What
		if what == "" {
			what = "(not said)"
		}
		for part, got := range map[string]map[string]float64{
			"0": {"decisions": float64(d.Alone.Count), "~resolved_percent": 100 * d.Resolved.Value},
			"1": {
				"decisions": float64(d.N - d.Alone.Count), "refused": float64(d.Refused.Count), "~resolved_percent": 100 * d.ResolvedApproved.Value,
				"~lost_seconds": d.Waited.Seconds(),
			},
		} {
			for column, v := range got {
				w, ok := want["sql.decisions "+what+" "+part+" "+column]
				if seen++; !ok || math.Abs(w-v) > 0.05+1e-9 {
					t.Errorf("%s %s %s: awk has %v (%v), insight %v", what, part, column, w, ok, v)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("there are no decisions")
	}
}
