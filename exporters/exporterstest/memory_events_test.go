package exporterstest_test

import (
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// This file has what the memory keeps of the events, and the bugs of that.

// take keeps the events.
func (m *memory) take(events []event.Event) error {
	m.spoil(events)
	for _, e := range events {
		e.Customer.ID, e.Customer.AccountID = "", ""
		m.distort(&e)
		switch {
		case m.is("loses what has no ID") && e.ID.IsZero(), m.is("loses what has no journey") && e.Journey.IsZero(),
			m.is("loses what is late") && e.Late, m.is("bounds a batch") && len(m.pending) > 300,
			m.is("loses unknown kinds") && !slices.Contains(event.Kinds(), e.Kind):
			continue
		case m.is("removes duplicates by touchpoint"):
			if slices.ContainsFunc(slices.Concat(m.events, m.pending), func(o event.Event) bool { return o.Touchpoint == e.Touchpoint }) {
				continue
			}
		case m.is("twice is an error"):
			if !e.ID.IsZero() && m.seen[e.ID] {
				return errMemory
			}
			m.seen[e.ID] = true
		}
		m.pending = append(m.pending, e)
	}
	switch m.bug {
	case "sorts by time":
		slices.SortStableFunc(m.pending, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	case "sorts by ID":
		slices.SortStableFunc(m.pending, func(a, b event.Event) int { return slices.Compare(a.ID[:], b.ID[:]) })
	case "backwards":
		slices.Reverse(m.pending)
	case "keeps the slice":
		m.pending = nil
		m.kept = append(m.kept, events)
	case "writes twice":
		m.pending = append(m.pending, m.pending...)
	}
	return nil
}

// spoil does to the caller's events what is forbidden.
func (m *memory) spoil(events []event.Event) {
	for i := range events {
		switch m.bug {
		case "makes IDs in place":
			if events[i].ID.IsZero() {
				events[i].ID = event.NewID(events[i].Time)
			}
		case "moves in place":
			events[i].Journey.Root.TraceID[0]++
		case "mends in place":
			if events[i].Feedback != nil {
				events[i].Feedback.Comment = "[redacted]"
			}
		}
	}
	if m.is("writes behind the batch") {
		_ = append(events, event.Event{})
	}
}

// distort keeps less of an event than there is.
func (m *memory) distort(e *event.Event) {
	switch m.bug {
	case "forgets the kind":
		e.Kind = ""
	case "gives new IDs":
		e.ID = event.NewID(e.Time)
	case "drops attributes":
		e.Attributes = nil
	case "drops rare parts":
		e.Contact = nil
	case "milliseconds":
		e.Time = e.Time.Truncate(time.Millisecond)
	case "floats":
		if e.Journey.Value != nil {
			e.Journey.Value = &event.Money{Amount: int64(float64(e.Journey.Value.Amount)), Currency: e.Journey.Value.Currency}
		}
	case "ends at NUL":
		e.Stage, _, _ = strings.Cut(e.Stage, "\x00")
	case "trims":
		e.Stage = strings.TrimSpace(e.Stage)
	case "cuts comments":
		if e.Feedback != nil && len(e.Feedback.Comment) > 4096 {
			f := *e.Feedback
			f.Comment = f.Comment[:4096]
			e.Feedback = &f
		}
	case "shows the customer":
		e.Customer.ID = "alice"
	case "shows the account":
		e.Customer.AccountID = "acme"
	}
}
