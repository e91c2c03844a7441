package watch_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
)

// log is a source of events in memory.
type log []event.Event

func (m log) Scan(_ context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	from, _ := strconv.Atoi(s.Since.Position)
	for i := from; i < len(m); i++ {
		e := m[i]
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: strconv.Itoa(len(m))}, nil
}

func (m log) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	asks := q.Asker()
	var list []event.Event
	for i := range m {
		if asks(&m[i]) {
			list = append(list, m[i])
		}
	}
	slices.SortStableFunc(list, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	for i := range list {
		if err := each(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// dayOne is the first day of the log of broken.
var dayOne = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// broken is a log of so many days with 60 runs of "checkout" each, worth 20.00 EUR: 6 fail as a rule, and 24 from day 80 on until day 110, those of the release 2 all.
func broken(days int) (m log) {
	for day := range days {
		for n := range 60 {
			bad, release := n%10 == 0, "1"
			if day >= 80 && day < 110 && n%10 >= 1 && n%10 <= 3 {
				bad, release = true, "2"
			}
			begun := dayOne.AddDate(0, 0, day).Add(time.Duration(n) * 20 * time.Minute)
			for i, kind := range []event.Kind{event.JourneyStarted, event.JourneyEnded} {
				e := event.Event{
					Kind: kind, Time: begun.Add(time.Duration(i) * time.Minute), Customer: event.Customer{Hash: fmt.Sprint("customer-", (day*60+n)%4000)},
					Journey: event.Run{Name: "checkout", ID: fmt.Sprint(day, "-", n), Started: begun, Value: &event.Money{Amount: 2000, Currency: "EUR"}},
					Variant: &event.Variant{Release: release},
				}
				if kind == event.JourneyEnded {
					if e.Outcome = event.Completed; bad {
						e.Outcome = event.Failed
					}
				}
				binary.BigEndian.PutUint64(e.ID[8:], uint64(len(m))+1)
				m = append(m, e)
			}
		}
	}
	return m
}

// TestCharts: what is found of a table, where it is, what it costs, and before and after. On day 90 ten days have 18 runs more than the usual 6 that fail; all 24 are at stake.
func TestCharts(t *testing.T) {
	t.Parallel()
	table, err := insight.New(&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "checkout"}}})
	if err != nil {
		t.Fatal(err)
	}
	now := dayOne.AddDate(0, 0, 90).Add(5 * time.Hour)
	charts := watch.Charts{Table: table, Now: func() time.Time { return now }}
	if _, err := charts.Find(t.Context(), nil); !errors.Is(err, insight.ErrLoading) {
		t.Fatalf("a table that is not loaded: %v", err)
	}
	if err := table.Load(t.Context(), broken(130)); err != nil {
		t.Fatal(err)
	}
	answer, err := charts.Find(t.Context(), nil)
	list := answer.Found
	if err != nil || len(list) != 1 || list[0].Subject != checkout || !list[0].Began.Equal(dayOne.AddDate(0, 0, 80)) || list[0].Better {
		t.Fatalf("on day 90: %v %+v", err, list)
	}
	f := list[0]
	if f.Excess < 178 || f.Excess > 182 || f.Since.Count != 240 || f.Since.N != 600 {
		t.Errorf("18 more a day on 10 days: %+v", f)
	}
	p, err := charts.Place(t.Context(), f)
	if err != nil || p.Customers < 178 || p.Customers > 182 || p.Value == nil || p.Value.Currency != "EUR" || p.Value.Amount < 178*2000 || p.Value.Amount > 182*2000 {
		t.Errorf("placed: %v %+v %v", err, p, p.Value)
	}
	if want := (event.Placed{Column: "release", Value: "2"}); len(p.Placed) != 1 || p.Placed[0] != want {
		t.Errorf("placed: %+v, want %v", p.Placed, want)
	}

	// Four weeks later the new share would look usual to a baseline of its own.
	now = now.AddDate(0, 0, 18)
	is := breakdown.Open{Subject: f.Subject, BaselineFrom: f.BaselineFrom, BaselineUntil: f.BaselineUntil}
	for _, open := range [][]breakdown.Open{nil, {is}} {
		answer, err = charts.Find(t.Context(), open)
		list = answer.Found
		if err != nil {
			t.Fatal(err)
		}
		if kept := len(list) == 1 && list[0].BaselineFrom.Equal(f.BaselineFrom) && list[0].Since.N == 28*60; kept != (len(open) == 1) {
			t.Errorf("with %d open: %+v", len(open), list)
		}
	}
	now = dayOne.AddDate(0, 0, 130)
	shares, err := charts.Compare(t.Context(), watch.Change{
		Subject: checkout, From: f.Began, Mended: dayOne.AddDate(0, 0, 109).Add(20 * time.Hour), Until: now, BaselineFrom: f.BaselineFrom, BaselineUntil: f.BaselineUntil,
	})
	before, after := shares.Before, shares.After
	if err != nil || shares.Sigma < 1 || before.Count != 29*24 || before.N != 29*60 || after.Count != 20*6 || after.N != 20*60 {
		t.Errorf("mended on day 109: %v %+v %+v", err, before, after)
	}
}

// The charts of a table show that runs fail more often. A watch does this by itself: see New.
func ExampleCharts() {
	table, err := insight.New(&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "checkout"}}})
	if err == nil {
		err = table.Load(context.Background(), broken(90)) // in production an archive
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	charts := &watch.Charts{Table: table, Now: func() time.Time { return dayOne.AddDate(0, 0, 90) }}
	answer, err := charts.Find(context.Background(), nil)
	for i := range answer.Found {
		fmt.Println(answer.Found[i].Sentence())
	}
	fmt.Println(err)
	// Output:
	// The share of runs of "checkout" that were not completed rose from 10.0% to 40.0% since 26 March 2026: 18.0 more a day than usual. The release "2" began on 26 March 2026.
	// <nil>
}
