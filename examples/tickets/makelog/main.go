// Command makelog writes this folder's log of a support desk:
//
//	go run ./examples/tickets/makelog >examples/tickets/tickets.csv
//
// It makes up 120 tickets of four weeks, always the same. One ticket is opened again after it was closed, one is forgotten, one row occurs
// twice, and the tickets of the last days are still open.
package main

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

func main() {
	if err := write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "makelog:", err)
		os.Exit(1)
	}
}

// The tickets with a story of their own, by their numbers.
const (
	tickets   = 120
	forgotten = 12
	reopened  = 38
	twice     = 81
)

// row is a line of the log.
type row struct {
	ticket    int
	step      string
	at        time.Time
	via, team string
	impact    string
	agent     int
}

// desk makes up the rows. The times are those of a place, without an offset.
type desk struct {
	chance *rand.Rand
	end    time.Time
	rows   []row
}

// write writes the log, as a spreadsheet of the Netherlands does.
func write(to io.Writer) error {
	d := &desk{chance: rand.New(rand.NewPCG(16, 2026)), end: time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)} //nolint:gosec // the same log each time
	for n := 1; n <= tickets; n++ {
		day := time.Date(2026, 3, 2+(n-1)/6/5*7+(n-1)/6%5, 9, 0, 0, 0, time.UTC) // six each working day
		d.ticket(n, day.Add(time.Duration(d.chance.IntN(7*60))*time.Minute))
	}
	slices.SortStableFunc(d.rows, func(a, b row) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.ticket, b.ticket)) })
	if _, err := fmt.Fprint(to, "Ticket;Step;Finished at;Via;Team;Impact;Agent\n"); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	for _, r := range d.rows {
		if _, err := fmt.Fprintf(to, "T-%04d;%s;%s;%s;%s;%s;A%02d\n", r.ticket, r.step, r.at.Format("02.01.2006 15:04"), r.via, r.team, r.impact, r.agent); err != nil {
			return fmt.Errorf("writing the log: %w", err)
		}
	}
	return nil
}

// ticket makes up the rows of one ticket. Mail takes longest, and the team red is slow.
func (d *desk) ticket(n int, at time.Time) {
	r := row{ticket: n, via: []string{"Web", "Phone", "Mail"}[d.chance.IntN(3)], team: []string{"red", "green", "blue"}[d.chance.IntN(3)], impact: []string{"high", "low", "low"}[d.chance.IntN(3)], agent: 1 + d.chance.IntN(9)}
	step := func(name string, least, most time.Duration) {
		at = office(at.Add(least + time.Duration(d.chance.Int64N(int64(most-least)/int64(time.Minute)))*time.Minute))
		if at.After(d.end) {
			return
		}
		r.step, r.at = name, at
		d.rows = append(d.rows, r)
	}
	const hour = time.Hour
	r.step, r.at = "Create ticket", at
	d.rows = append(d.rows, r)
	step("Assign impact", time.Minute, 20*time.Minute)
	step("Take in charge", 10*time.Minute, 4*hour)
	if n == forgotten {
		return
	}
	if d.chance.IntN(3) == 0 {
		step("Wait - customer", hour/2, 2*hour)
		step("Take in charge", 2*hour, 30*hour)
	}
	work := 5 * hour
	if r.team == "red" {
		work = 30 * hour
	}
	step("Resolve ticket", hour/2, work)
	if n == twice {
		d.rows = append(d.rows, d.rows[len(d.rows)-1])
	}
	step("Close ticket", 24*hour, 26*hour)
	if n == reopened {
		step("Reopen ticket", 20*hour, 26*hour)
		step("Resolve ticket", 2*hour, 8*hour)
		step("Close ticket", 24*hour, 26*hour)
	}
}

// office moves a time to the next one at which the desk is open.
func office(t time.Time) time.Time {
	const opens, closes = 9, 17
	if t.Hour() >= closes {
		t = t.Add(time.Duration(24+opens-closes) * time.Hour)
	} else if t.Hour() < opens {
		t = t.Add(time.Duration(opens) * time.Hour)
	}
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 1)
	}
	return t
}
