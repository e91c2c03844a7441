package main

import (
	"context"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// held is a source of events that are in memory, so that a story does not replay the log.
type held []event.Event

func (h held) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	for i := range h {
		if err := each(&h[i]); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: "all", Epoch: "1"}, nil
}

func (h held) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	for i := range h {
		if !q.Asks(&h[i]) {
			continue
		}
		e := h[i]
		if err := each(&e); err != nil {
			return err
		}
	}
	return nil
}

// heldTickets returns the events of the example, and a table of them.
func heldTickets(t *testing.T) (held, *insight.Table) {
	t.Helper()
	o := opened(t, nil, "../../examples/tickets/blueprint.yaml", "../../examples/tickets/tickets.csv")
	var list held
	_, err := o.Scan(t.Context(), event.Scan{}, func(e *event.Event) error {
		kept, err := event.ParseJSON(e.AppendJSON(nil)) // the source changes what is behind its pointers
		list = append(list, kept)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	table, err := insight.New(o.Blueprint)
	if err == nil {
		err = table.Load(t.Context(), list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list, table
}

// TestStandstill: a moment before a promise is settled, its story and the list say the due time with which the replay then settles it. The replay moves due times:
// until then the events have the one that was promised.
func TestStandstill(t *testing.T) {
	t.Parallel()
	events, table := heldTickets(t)
	promised, settled := map[event.RunRef]time.Time{}, map[event.RunRef]*event.Event{}
	for i := range events {
		e := &events[i]
		ref := e.Journey.Ref()
		switch {
		case e.Promise == nil || e.Promise.Name != "solved":
		case e.Kind == event.PromiseMade:
			promised[ref] = e.Promise.Due
		case e.Kind == event.PromiseKept && !e.Late, e.Kind == event.PromiseBroken:
			settled[ref] = e
		}
	}
	moved := 0
	for ref, e := range settled {
		due, first := e.Promise.Due, promised[ref]
		if !due.Equal(first) {
			moved++
		}
		before := until(events, e.Time)
		earlier, err := insight.New(table.Blueprint()) // it does not know what became of the promise
		if err == nil {
			err = earlier.Load(t.Context(), before)
		}
		if err != nil {
			t.Fatal(err)
		}
		for name, view := range map[string]*insight.View{"a past view": table.View(insight.Everything(), e.Time.Add(-time.Second)), "a view": earlier.View(insight.Everything(), time.Time{})} {
			run, err := view.Run(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if p := run.Promises[0]; p.State != "open" || !p.Stopped.IsZero() || !p.Due.Equal(due) || p.Promised.IsZero() != due.Equal(first) {
				t.Errorf("%s, %s: %+v, want it open and due at %s, promised for %s", ref.ID, name, p, due, first)
			}
			list, err := view.Runs(t.Context(), insight.Which{Journey: ref.Name}, insight.RunsOf{Breaking: "solved"}, insight.MaxRuns)
			if err != nil {
				t.Fatal(err)
			}
			for i := range list.List {
				if r := &list.List[i]; r.Run == ref && !r.Due.Equal(due) {
					t.Errorf("%s, %s: the list says that it is due at %s, want %s", ref.ID, name, r.Due, due)
				}
			}
		}
	}
	if moved < 10 {
		t.Errorf("%d of %d promises were moved: the log proves nothing", moved, len(settled))
	}
}

// until returns the events from before a moment.
func until(events held, at time.Time) (list held) {
	for i := range events {
		if events[i].Time.Before(at) {
			list = append(list, events[i])
		}
	}
	return list
}

// TestStandsStill: while a ticket waits for the customer, it is not about to break, and its story says that the clock stands still.
func TestStandsStill(t *testing.T) {
	t.Parallel()
	_, table := heldTickets(t)
	view := table.View(insight.Everything(), time.Time{})
	found, err := view.Find(t.Context(), event.RunRef{Name: "solution", ID: "T-0113"})
	if err != nil {
		t.Fatal(err)
	}
	run, err := view.Run(t.Context(), found[0])
	if err != nil {
		t.Fatal(err)
	}
	if p := run.Promises[0]; p.State != "open" || p.Stopped.IsZero() {
		t.Errorf("T-0113 waits for the customer, and its promise is %+v", p)
	}
	list, err := view.Runs(t.Context(), insight.Which{Journey: "solution"}, insight.RunsOf{Breaking: "solved"}, insight.MaxRuns)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.List {
		if list.List[i].Stage == "waiting" {
			t.Errorf("%s waits for the customer, and is about to break", list.List[i].Run.ID)
		}
	}
	promises, err := view.Promises(t.Context(), insight.Which{Journey: "solution"}, time.Date(2026, time.April, 30, 0, 0, 0, 0, time.UTC), "")
	if err != nil {
		t.Fatal(err)
	}
	if p := &promises.List[0]; p.Stopped == 0 || p.Breaking != list.Found || p.Stopped+p.Breaking != p.Open {
		t.Errorf("%d open, of which %d stand still and %d break, want %d to break as in the list", p.Open, p.Stopped, p.Breaking, list.Found)
	}
}
