package archive_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// breakdowns returns breakdowns in several steps: one that costs little, one that costs much and that a person plans to mend, one that is dismissed, and an
// improvement.
func breakdowns() (list []event.Event) {
	begin := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	for n, customers := range []int{3, 28, 14, -9} {
		at := begin.Add(time.Duration(n) * time.Hour)
		run := event.Run{Namespace: "test", Name: "breakdown", ID: fmt.Sprintf("%032x", n), Started: at}
		add := func(after time.Duration, kind event.Kind, stage string, d event.Breakdown, change func(*event.Event)) {
			e := event.Event{ID: event.NewID(at.Add(after)), Kind: kind, Time: at.Add(after), Journey: run, Stage: stage, Actor: event.ActorAutomation, Breakdown: &d}
			if change != nil {
				change(&e)
			}
			list = append(list, e)
		}
		d := event.Breakdown{
			About: "stage", Journey: "checkout", Name: "payment", Better: customers < 0, Began: begin.Truncate(24 * time.Hour).Add(-49 * time.Hour), Severity: []string{"low", "high", "low", ""}[n],
			Placed: []event.Placed{{Column: "release", Value: "2026.48"}}, Before: 0.1, Since: 0.4, Excess: 1.25 * float64(customers), Customers: customers - 1,
			Value: &event.Money{Amount: 100 * int64(customers), Currency: "EUR"},
		}
		add(0, event.JourneyStarted, "", d, nil)
		add(0, event.JourneyStageEntered, "found", d, nil)
		switch n {
		case 1:
			add(time.Minute, event.JourneyStageEntered, "planned", event.Breakdown{Owner: "payments", Action: event.RunRef{Namespace: "test", Name: "improvement", ID: "a-1"}, Note: "the provider"}, nil)
			d.Customers, d.Owner, d.Earlier = customers, "payments", fmt.Sprintf("%032x", 99)
			add(time.Hour, event.JourneyStageEntered, "mended", d, nil)
		case 2:
			add(time.Minute, event.JourneyEnded, "found", event.Breakdown{}, func(e *event.Event) { e.Outcome, e.Cause = event.Cancelled, "intended" })
		}
	}
	return list
}

// TestBreakdowns: the documented query has the breakdowns that are open, in both databases.
func TestBreakdowns(t *testing.T) {
	query := documented(t, "Breakdowns that are open")
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	inPostgres := openPostgres(t, p)
	inSQLite, db := openSQLite(t)
	shuffled(t, inPostgres, breakdowns(), 1)
	shuffled(t, inSQLite, breakdowns(), 2)
	want := []string{
		"2026-03-02 04:00:00.000000 | 00000000000000000000000000000001 | mended | stage | checkout | payment | high | 35 | 28 | payments",
		"2026-03-02 03:00:00.000000 | 00000000000000000000000000000000 | found | stage | checkout | payment | low | 3.75 | 2 | NULL",
	}
	for where, got := range map[string][]string{"PostgreSQL": askPostgres(t, p, "cairn", query), "SQLite": askSQLite(t, db, query)} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", where, diff)
		}
	}
}
