package sqlarchive_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestTooLong: an event whose JSON no reader takes is refused, because it would make the whole archive unreadable. The longest one that readers take is kept.
func TestTooLong(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 8 {
		events = append(events, event.Event{
			ID: event.ID{0: 1, 15: byte(n)}, Kind: event.TouchpointEnded, Time: noon, Touchpoint: "pay", Journey: event.Run{Name: "order", ID: fmt.Sprint(n)}, Customer: event.Customer{Hash: "c"},
		})
	}
	fit := func(e *event.Event, length int) {
		e.Cause = "x"
		e.Cause = strings.Repeat("x", length+1-len(e.AppendJSON(nil)))
		if n := len(e.AppendJSON(nil)); n != length {
			t.Fatalf("%d bytes, want %d", n, length)
		}
	}
	fit(&events[2], event.MaxJSON)
	fit(&events[5], event.MaxJSON+1)
	path := temp(t)
	a := open(t, path, sqlarchive.WithoutFsync())
	for range 2 { // the second time the others are known
		var partial *sink.PartialError
		if err := a.Export(t.Context(), events); !errors.As(err, &partial) || len(partial.Failed) != 1 {
			t.Fatalf("the error is %v, want one event that is refused", err)
		}
		if f := partial.Failed[0]; f.Index != 5 || !sink.IsPermanent(f.Err) || !strings.Contains(f.Err.Error(), "its JSON is longer than 2097152 bytes") || len(f.Err.Error()) > 300 {
			t.Errorf("the failure is %.400v", f)
		}
	}
	r := reader(t, path)
	n := 0
	if err := r.Events(t.Context(), event.Query{}, func(*event.Event) error { n++; return nil }); err != nil || n != len(events)-1 {
		t.Errorf("%d events, want %d: %v", n, len(events)-1, err)
	}
	if got, _ := scanned(t, r, event.Cursor{}); len(got) != len(events)-1 {
		t.Errorf("%d events are scanned", len(got))
	}
}
