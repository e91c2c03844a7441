package exporterstest

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// copies says how often what was sent may be there.
type copies int

const (
	once   copies = iota // each exactly once
	repeat               // each at least once: something failed on the way
)

// has checks that the sink has what was sent, each event as it was, those of one journey in the order
// in which they were sent, and nothing else. Where the sink cannot be read back it skips the rest of
// the test.
func (s *suite) has(n copies, sent ...event.Event) {
	s.Helper()
	if s.sink.Received == nil {
		s.Skip("skipped: this sink cannot be read back, so it is unknown what arrived")
	}
	s.flush()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	end := time.Now().Add(s.sink.Late)
	for {
		fault := s.compare(n, sent, s.sink.Received(s.T))
		if fault == "" {
			return
		}
		if !time.Now().Before(end) {
			s.fail("%s", fault)
		}
		<-tick.C
	}
}

// flush flushes, where the exporter can.
func (s *suite) flush() {
	s.Helper()
	if f, ok := s.sink.Exporter.(event.Flusher); ok {
		if err := s.promptly("Flush", func() error { return f.Flush(s.Context()) }); err != nil {
			s.fail("Flush: %v", err)
		}
	}
}

// compare says what is wrong with what was received, or "".
func (s *suite) compare(n copies, sent, got []event.Event) string {
	known := make(map[string]int, len(sent)) // place in sent, by ID and by touchpoint
	for i := range sent {
		known[name(&sent[i])] = i
	}
	seen := make([]int, len(sent))
	last := map[event.Run]int{} // place in sent of the journey's last event that is there
	for i := range got {
		g := &got[i]
		at, ok := known[name(g)]
		if !ok && !g.ID.IsZero() { // a sink may give an ID to what has none
			at, ok = known["touchpoint "+g.Touchpoint]
			ok = ok && sent[at].ID.IsZero()
		}
		if !ok {
			return fmt.Sprintf("event %d of %d, %s, was not sent by the test", i, len(got), show(g))
		}
		if fault := s.differs(&sent[at], g); fault != "" {
			return fault
		}
		seen[at]++
		if seen[at] > 1 {
			continue
		}
		if run := run(&sent[at]); run.Name != "" {
			if before, ok := last[run]; ok && before > at {
				return fmt.Sprintf("%s is there after %s, and was sent before: a journey has lost its order", show(g), show(&sent[before]))
			}
			last[run] = at
		}
	}
	for i, count := range seen {
		switch {
		case count == 0:
			return fmt.Sprintf("event %d of %d, %s, is not there; %d are", i, len(sent), show(&sent[i]), len(got))
		case count > 1 && (n == once || s.sink.Deduplicates && !sent[i].ID.IsZero()):
			return fmt.Sprintf("event %d of %d, %s, is there %d times", i, len(sent), show(&sent[i]), count)
		}
	}
	return ""
}

// run returns what keeps journeys apart.
func run(e *event.Event) event.Run {
	return event.Run{Namespace: e.Journey.Namespace, Name: e.Journey.Name, ID: e.Journey.ID}
}

func name(e *event.Event) string {
	if e.ID.IsZero() {
		return "touchpoint " + e.Touchpoint
	}
	return e.ID.String()
}

func show(e *event.Event) string { return fmt.Sprintf("%.60q (%s)", e.Touchpoint, e.ID) }

// differs says how an event differs from what was sent, or "".
func (s *suite) differs(sent, got *event.Event) string {
	if got.Customer.ID != "" {
		return show(got) + " has the application's own ID of the customer"
	}
	if got.Customer.AccountID != "" {
		return show(got) + " has the application's own ID of the account"
	}
	g := *got
	if sent.ID.IsZero() {
		g.ID = event.ID{}
	}
	want, err := s.kept(sent)
	if err != nil {
		return fmt.Sprintf("what was sent cannot be read: %v", err)
	}
	have, err := s.kept(&g)
	switch {
	case err != nil:
		return fmt.Sprintf("what was received as %s cannot be read: %v", show(got), err)
	case have != want:
		at := 0
		for at < min(len(have), len(want)) && have[at] == want[at] {
			at++
		}
		from := max(0, at-40)
		return fmt.Sprintf("%s is not what was sent: from byte %d it is\n%.200q, want\n%.200q", show(got), at, have[from:], want[from:])
	default:
		return ""
	}
}

// kept returns the JSON form of what the sink keeps of the event.
func (s *suite) kept(e *event.Event) (string, error) {
	read, err := event.ParseJSON(e.AppendJSON(nil))
	if err != nil {
		return "", err
	}
	if s.sink.Keeps != nil {
		read = s.sink.Keeps(read)
	}
	return string(read.AppendJSON(nil)), nil
}
