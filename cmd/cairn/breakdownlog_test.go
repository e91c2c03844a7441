package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// broken returns the runs of six breakdowns as a service's events: each found, planned by a person, mended, and every other one closed.
func broken() (list []event.Event) {
	for n := range 6 {
		at := time.Date(2026, 3, 2+n, 3, 0, 0, 0, time.UTC)
		run := event.Run{Namespace: "shop", Name: "breakdown", ID: fmt.Sprintf("%032x", n+1), Started: at}
		add := func(after time.Duration, kind event.Kind, stage string, d event.Breakdown) *event.Event {
			e := event.Event{Kind: kind, Time: at.Add(after), Journey: run, Stage: stage, Channel: event.Web, Actor: event.ActorAutomation, Breakdown: &d}
			e.ID = event.NewID(e.Time)
			list = append(list, e)
			return &list[len(list)-1]
		}
		d := event.Breakdown{
			About: "stage", Journey: "checkout", Name: "payment", Began: at.Truncate(24 * time.Hour), Placed: []event.Placed{{Column: "release", Value: "2026.48"}}, Severity: "high",
			Before: 0.1, Since: 0.4, Excess: 31.5, Customers: 28, Value: &event.Money{Amount: 12300, Currency: "EUR"},
		}
		add(0, event.JourneyStarted, "", d)
		add(0, event.JourneyStageEntered, "found", d).Visit = 1
		add(time.Hour, event.JourneyStageEntered, "planned", event.Breakdown{Owner: "payments", Action: event.RunRef{Namespace: "shop", Name: "improvement", ID: "retry"}, Note: "the provider"}).Visit = 1
		add(48*time.Hour, event.JourneyStageEntered, "mended", d).Visit = 1
		if n%2 == 0 {
			e := add(40*24*time.Hour, event.JourneyEnded, "mended", d)
			e.Outcome, e.Cause = event.Completed, "held"
		}
	}
	return list
}

// TestBreakdownsInALog: a source that has breakdowns is asked, shown and reported as one with any other journey, from lines of JSON and from an archive.
func TestBreakdownsInALog(t *testing.T) {
	t.Setenv("COLUMNS", "200")
	var text bytes.Buffer
	for _, e := range broken() {
		text.Write(append(e.AppendJSON(nil), '\n'))
	}
	dir := folderOf(t, map[string]string{"b.yaml": "version: 1\njourneys: [{name: breakdown, stages: [{name: found}, {name: planned}, {name: mended}]}]\n", "events.jsonl": text.String()})
	archive, err := sqlarchive.OpenSQLite(filepath.Join(dir, "archive.db"))
	if err == nil {
		err = archive.Export(t.Context(), broken())
	}
	if err == nil {
		err = archive.Shutdown(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"events.jsonl", "archive.db"} {
		for _, c := range []struct{ args, says string }{
			{"ask outcomes --journey breakdown", "6 runs"},
			{"ask time --journey breakdown", "planned 4.8%"},
			{"ask goes-with --bad ended-in:mended", `runs that came to the stage "mended"`},
			{"show " + fmt.Sprintf("%032x", 2) + " -b", "mended"},
			{"report --from 2026-03-01 --until 2026-05-01", "breakdown"},
		} {
			var out, errs bytes.Buffer
			args := strings.Fields(c.args)
			at := []string{filepath.Join(dir, "b.yaml"), filepath.Join(dir, source)}
			code := run(t.Context(), append(args, at...), nil, &out, &errs)
			if said := strings.Join(strings.Fields(out.String()), " "); code != exitOK || !strings.Contains(said, c.says) || strings.Contains(errs.String(), "skipped") {
				t.Errorf("cairn %s of %s: exit code %d, want %q in it:\n%s%s", c.args, source, code, c.says, out.String(), errs.String())
			}
		}
	}
}
