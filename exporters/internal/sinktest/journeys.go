package sinktest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Noon is the time of the events.
func Noon() time.Time { return time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC) }

// Touch returns event n of a journey, or of none if that is "". Its visit is n+1. The same arguments give the same event.
func Touch(n int, journey string) event.Event {
	e := event.Event{
		ID: IDOf(event.Run{ID: journey}, strconv.Itoa(n)), Kind: event.TouchpointEnded, Time: Noon(),
		Touchpoint: fmt.Sprintf("%s %d", journey, n), Outcome: event.OK, Visit: n + 1,
	}
	if journey != "" {
		e.Journey = event.Run{Namespace: "test", Name: "checkout", ID: journey}
	}
	return e
}

// Mixed returns n events from number first on, which belong to so many journeys in turn.
func Mixed(first, n, journeys int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = Touch((first+i)/journeys, fmt.Sprint("order-", (first+i)%journeys))
	}
	return list
}

// IDOf returns the ID of an event in the run, the same one for the same name.
func IDOf(r event.Run, name string) event.ID {
	sum := sha256.Sum256([]byte(r.Name + "/" + r.ID + "/" + name))
	return event.ID(sum[:16])
}

// InOrder checks that each event of [Mixed] is there, once if once is true, and that those of one journey are in the order in
// which they were sent. If an event is there more often, the first time counts.
func InOrder(tb testing.TB, sent, got []event.Event, once bool) {
	tb.Helper()
	seen := map[event.ID]bool{}
	last := map[string]int{}
	for _, e := range got {
		if seen[e.ID] {
			if once {
				tb.Errorf("%s is there twice", e.Touchpoint)
			}
			continue
		}
		seen[e.ID] = true
		if e.Visit <= last[e.Journey.ID] {
			tb.Errorf("%s comes after visit %d", e.Touchpoint, last[e.Journey.ID])
		}
		last[e.Journey.ID] = e.Visit
	}
	for i := range sent {
		if !seen[sent[i].ID] {
			tb.Errorf("event %d of %d, %s, is not there", i, len(sent), sent[i].Touchpoint)
		}
	}
}

// Rest returns the events of the batch that the error of Export names. All of them have to be worth another try. Any goroutine
// may call it.
func Rest(tb testing.TB, batch []event.Event, err error) []event.Event {
	tb.Helper()
	refused, left := Split(batch, err)
	if len(refused) > 0 {
		tb.Errorf("%d events failed for good: %v", len(refused), err)
	}
	var p *sink.PartialError
	if errors.As(err, &p) {
		for _, f := range p.Failed {
			if f.ID != batch[f.Index].ID {
				tb.Errorf("event %d is named as %v: %v", f.Index, f.ID, f.Err)
			}
		}
	}
	return left
}

// Split returns the events of the batch that failed for good, and those that are to be tried again.
func Split(batch []event.Event, err error) (refused, left []event.Event) {
	var p *sink.PartialError
	switch {
	case err == nil:
		return nil, nil
	case !errors.As(err, &p) && sink.IsPermanent(err):
		return batch, nil
	case !errors.As(err, &p):
		return nil, batch
	}
	for _, f := range p.Failed {
		if sink.IsPermanent(f.Err) {
			refused = append(refused, batch[f.Index])
		} else {
			left = append(left, batch[f.Index])
		}
	}
	return refused, left
}

// Refused checks that the error of Export names the events at these indexes, each as refused for good and with its ID, and
// returns the other events of the batch. is checks the error of each event.
func Refused(tb testing.TB, batch []event.Event, err error, indexes []int, is func(error) bool) (others []event.Event) {
	tb.Helper()
	var p *sink.PartialError
	if !errors.As(err, &p) {
		tb.Fatalf("%v, want a PartialError", err)
	}
	named := map[int]bool{}
	list := make([]int, 0, len(p.Failed))
	for _, f := range p.Failed {
		named[f.Index] = true
		list = append(list, f.Index)
		if !sink.IsPermanent(f.Err) || f.ID != batch[f.Index].ID || !is(f.Err) {
			tb.Errorf("event %d failed with %v", f.Index, f.Err)
		}
	}
	if fmt.Sprint(list) != fmt.Sprint(indexes) {
		tb.Fatalf("it names %v, want %v", list, indexes)
	}
	for i := range batch {
		if !named[i] {
			others = append(others, batch[i])
		}
	}
	return others
}
