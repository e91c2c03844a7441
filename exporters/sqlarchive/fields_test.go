package sqlarchive_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/fill"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// noColumn are the fields that have no column in the tables of events. The column event has them, and a query reads them from
// its JSON.
var noColumn = []string{
	"Journey.Root.TraceID", "Journey.Root.SpanID", "Attributes", "SpanContext",
}

// cells returns the cells of each event in the archive, by the event's ID: all columns, or the column event alone.
func cells(t *testing.T, path string, whole bool) map[string]string {
	t.Helper()
	db := raw(t, path)
	out := map[string]string{}
	for _, table := range []string{"transitions", "touchpoints", "feedback", "followups", "others"} {
		columns := slices.DeleteFunc(rows(t, db, "SELECT name FROM pragma_table_info('"+table+"')"), func(name string) bool {
			return name == "id" || name == "arrival" || name == "event"
		})
		if whole {
			columns = []string{"event"}
		}
		for _, line := range rows(t, db, "SELECT id, "+strings.Join(columns, ", ")+" FROM "+table) {
			id, rest, _ := strings.Cut(line, " | ")
			out[id] = table + ": " + rest
		}
	}
	for _, table := range []string{"legs", "decisions", "views", "replies"} {
		for _, line := range rows(t, db, "SELECT touchpoint_id, * FROM "+table+" ORDER BY touchpoint_id, number") {
			id, rest, _ := strings.Cut(line, " | ")
			if cells := strings.Split(rest, " | "); !whole { // without the ID and the order of arrival
				out[id] += "; " + table + ": " + strings.Join(slices.Delete(cells, 0, 3), " | ")
			}
		}
	}
	return out
}

// TestEveryField: the archive has every field of an event and of its details in the column event, and each field but those of
// noColumn in a column of its own, too. A new field fails the test until it has a column or is named there.
func TestEveryField(t *testing.T) {
	t.Parallel()
	var list []event.Event
	type variant struct {
		path     string // the field that is missing
		with, id event.ID
	}
	var variants []variant
	// Each event is of another run, because the archive knows the customer of a run, also of an event that does not say it.
	runOf := func(id event.ID) string { return "run-" + id.String() }
	next := func(e event.Event, kind event.Kind) event.ID {
		e.Kind, e.ID = kind, id(len(list)+1)
		if e.Journey.ID != "" {
			e.Journey.ID = runOf(e.ID)
		}
		list = append(list, e)
		return e.ID
	}
	for _, kind := range []event.Kind{event.JourneyEnded, event.TouchpointEnded, event.FeedbackAmended, "followup.opened", "action.taken"} {
		other := func(e event.Event) event.Event {
			e.Breakdown = nil // see below
			return e
		}
		with := next(other(fill.Event()), kind)
		for path, e := range fill.Without() {
			if e = other(e); path != "ID" && path != "Kind" { // every row has both
				variants = append(variants, variant{path, with, next(e, kind)})
			}
		}
	}
	// A breakdown has columns of its own, and some that it shares with follow-ups and actions: no run is two of these.
	alone := func(e event.Event) event.Event {
		e.FollowUp, e.Action = nil, nil
		return e
	}
	with := next(alone(fill.Event()), event.JourneyStageEntered)
	for path, e := range fill.Without() {
		if strings.HasPrefix(path, "Breakdown.") {
			variants = append(variants, variant{path, with, next(alone(e), event.JourneyStageEntered)})
		}
	}
	path := temp(t)
	export(t, open(t, path, sqlarchive.WithoutFsync()), list...)
	columns, whole := cells(t, path, false), cells(t, path, true)
	if len(columns) != len(list) {
		t.Fatalf("%d of %d events are there", len(columns), len(list))
	}
	lost := map[string]bool{}
	for _, v := range variants {
		if _, ok := lost[v.path]; !ok {
			lost[v.path] = true
		}
		row := func(id event.ID) string { return strings.ReplaceAll(columns[id.String()], runOf(id), "its run") }
		if row(v.with) != row(v.id) {
			lost[v.path] = false
		}
	}
	maps.DeleteFunc(lost, func(_ string, lost bool) bool { return !lost })
	want := append(fill.Private(), noColumn...)
	if got := slices.Sorted(maps.Keys(lost)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("no column has %q, want that none has %q", got, want)
	}
	for _, e := range list {
		if got := whole[e.ID.String()]; !strings.HasSuffix(got, ": "+string(e.AppendJSON(nil))) {
			t.Errorf("the column event of %s is %s", fmt.Sprint(e.ID), got)
		}
	}
}
