package contact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// witness is a file of what a process knows of its contacts, which no store has a part in. It survives the process: each line is
// one write, and is complete or the last one.
type witness struct{ f *os.File }

// step is what a line is about.
type step byte

const (
	asked     step = iota + 1 // Ask has answered
	using                     // Use is about to be called
	sent                      // Use has granted the contact, which is made now
	refused                   // Use has refused it
	releasing                 // Release is about to be called
)

// line is one step of one contact. The call of the step happened within From and To, by the machine's clock.
type line struct {
	What     step
	ID       event.ID
	Person   int
	From, To time.Time
	Rule     string
}

func openWitness(path string) (*witness, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return &witness{f}, err
}

func (w *witness) write(l *line) error {
	text, err := json.Marshal(l)
	if err == nil {
		_, err = w.f.Write(append(text, '\n'))
	}
	return err
}

// readWitness returns the lines of a file. One that is not complete is the last one of a killed process.
func readWitness(path string) (lines []line, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for n := 1; len(text) > 0; n++ {
		one, rest, whole := bytes.Cut(text, []byte("\n"))
		if text = rest; !whole {
			break
		}
		var l line
		if err := json.Unmarshal(one, &l); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// contact is what all witnesses say of one grant.
type contact struct {
	person int
	// The grant counts against the cap from begin to end at least. In truth it may count for longer: the times of the calls are
	// known only within bounds.
	begin, end time.Time
	sent       bool
	used       [2]time.Time // the bounds of the time of the use
}

// summary has numbers of a test.
type summary struct {
	asks, singles, granted, capped, unknown, sent, lapsed int
}

// testimony puts the lines of all witnesses together.
func testimony(all []line) (contacts []*contact, sum summary) {
	byID := map[event.ID]*contact{}
	for _, l := range all {
		c := byID[l.ID]
		if l.What == asked {
			if sum.count(&l); l.Rule != event.RuleGranted {
				continue
			}
			c = &contact{person: l.Person, begin: l.To, end: l.From.Add(life)}
			byID[l.ID] = c
			contacts = append(contacts, c)
			continue
		}
		switch l.What {
		case using, releasing: // from now on the grant may be free
			c.end = earlier(c.end, l.From)
			if l.What == releasing && c.sent {
				c.sent, c.end = false, earlier(c.used[0].Add(window), l.From)
			}
		case sent:
			c.sent, c.used, c.end = true, [2]time.Time{l.From, l.To}, l.From.Add(window)
			sum.sent++
		case refused:
			sum.lapsed++
		}
	}
	return contacts, sum
}

func (s *summary) count(l *line) {
	s.asks++
	if purposeOf(l.Person) == single {
		s.singles++
	}
	switch l.Rule {
	case event.RuleGranted:
		s.granted++
	case event.RuleCap:
		s.capped++
	case event.RuleUnknown:
		s.unknown++
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// excess returns an error for a customer of whom more contacts counted at one time than the cap allows, and for one with more
// contacts sent within a window. Reached says how many customers had as many as allowed at some time.
func excess(contacts []*contact, lines []line) (reached int, err error) {
	people := map[int][]*contact{}
	for _, c := range contacts {
		people[c.person] = append(people[c.person], c)
	}
	for person, of := range people {
		most, full := most(purposeOf(person)), false
		slices.SortFunc(of, func(a, b *contact) int { return a.begin.Compare(b.begin) })
		for i, c := range of {
			held, within := 0, 0
			for _, o := range of[:i+1] { // those that begin no later
				if c.end.After(c.begin) && o.end.After(c.begin) { // an answer may come when the grant is over already
					held++
				}
				if o.sent && c.sent && c.used[1].Sub(o.used[0]) < window && o.used[1].Sub(c.used[0]) < window {
					within++
				}
			}
			if held > most || within > most {
				return reached, fmt.Errorf("customer %d has %d grants that count at %s, and %d contacts sent within %v, and the cap is %d:\n%s",
					person, held, c.begin, within, window, most, about(lines, person))
			}
			full = full || held == most
		}
		if full {
			reached++
		}
	}
	return reached, nil
}

// about returns what all witnesses say of the customer, by time.
func about(lines []line, person int) string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return l.Person != person })
	slices.SortFunc(lines, func(a, b line) int { return a.From.Compare(b.From) })
	text := ""
	for _, l := range lines {
		text += fmt.Sprintf("%s to %s: step %d of %s: %s\n", l.From.Format("05.000000"), l.To.Format("05.000000"), l.What, l.ID, l.Rule)
	}
	return text
}
