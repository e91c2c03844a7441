//go:build unix

package insight_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The desk whose answers are known. It has 40 tickets on each working day: 16 of the team north, 16 of south, 8 of west, and half of each has a high impact.
// A ticket is taken an hour after it was created, resolved two hours later, and closed an hour after that. What was planted:
//
//   - On Fridays every other ticket is taken after six hours, when four were promised: 20 of 200 a week.
//   - Of west's 40 tickets a week, 10 take 30 hours until they are resolved, when 24 were promised; in the last week all 40 do; a year ago 5 did.
//   - 20 tickets of south a week wait three hours for a supplier.
//   - 10 tickets of south a week are opened again 20 hours after they were closed, and resolved an hour later.
//   - 7 tickets are created in the last four hours of the last week. The first one was promised to be taken by the very end of the
//     week, and the last one waits for the supplier.
//
// plantedWeeks returns for how many weeks the desk has a log, beside the one a year ago.
func plantedWeeks() int {
	if whole() {
		return 12
	}
	return 4
}

// plantedMonday is the beginning of the last week.
var plantedMonday = time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC)

// planting writes the rows of the log.
type planting struct {
	out     *csv.Writer
	tickets int
	// The ticket in hand:
	team, impact, via string
	created           time.Time
	weekday           string
}

func (p *planting) begin(at time.Time, team, impact, via string) {
	p.tickets++
	p.team, p.impact, p.via, p.created, p.weekday = team, impact, via, at, at.Format("Mon")
	p.row("created", 0)
}

// row writes what happened so long after the ticket was created.
func (p *planting) row(step string, after time.Duration) {
	_ = p.out.Write([]string{fmt.Sprintf("T%05d", p.tickets), step, p.created.Add(after).Format(time.RFC3339), p.via, p.team, p.impact, p.weekday})
}

// ticket writes the ticket of a day with this number, from 0 to 39. Slow says whether it takes 30 hours.
func (p *planting) ticket(day time.Time, n int, slow bool) {
	p.begin(day.Add(8*time.Hour+time.Duration(n)*time.Minute), []string{"north", "north", "south", "south", "west"}[n%5], []string{"high", "low"}[n/10%2], []string{"email", "phone"}[n/20])
	taken := time.Hour
	if p.weekday == "Fri" && n%2 == 1 {
		taken = 6 * time.Hour
	}
	p.row("taken", taken)
	if n%10 == 2 {
		p.row("asked-supplier", taken+time.Hour)
		taken += 4 * time.Hour
		p.row("taken", taken)
	}
	resolved := taken + 2*time.Hour
	if slow {
		resolved = 30 * time.Hour
	}
	p.row("resolved", resolved)
	p.row("closed", resolved+time.Hour)
	if n%20 == 7 {
		p.row("reopened", resolved+21*time.Hour)
		p.row("resolved", resolved+22*time.Hour)
	}
}

// week writes a week. Slow says which of west's tickets take 30 hours, by the number of the ticket on its day.
func (p *planting) week(monday time.Time, slow func(n int) bool) {
	for day := range 5 {
		for n := range 40 {
			p.ticket(monday.AddDate(0, 0, day), n, n%5 == 4 && slow(n))
		}
	}
}

// planted writes the log and what customers said, and returns their paths.
func planted(t *testing.T) (log, mentions string) {
	t.Helper()
	dir := t.TempDir()
	var rows, said bytes.Buffer
	p := &planting{out: csv.NewWriter(&rows)}
	_ = p.out.Write([]string{"Ticket", "Step", "At", "Via", "Team", "Impact", "Weekday"})
	p.week(plantedMonday.AddDate(0, 0, -364), func(n int) bool { return n == 4 })
	for week := range plantedWeeks() - 1 {
		p.week(plantedMonday.AddDate(0, 0, -7*(week+1)), func(n int) bool { return n%20 == 4 })
	}
	p.week(plantedMonday, func(int) bool { return true })
	for n := range 7 {
		p.begin(plantedMonday.AddDate(0, 0, 6).Add(20*time.Hour+time.Duration(n)*time.Minute), "north", "low", "email")
		p.row("taken", time.Hour)
		if n == 6 {
			p.row("asked-supplier", 2*time.Hour)
		}
		p.row("resolved", 14*time.Hour)
		p.row("closed", 15*time.Hour)
	}
	p.out.Flush()
	said.WriteString("id,time,source,nature,stars,text,causes\n")
	for n := range 15 {
		nature, stars, words, cause := "complaint", "1.5", "I had to wait", "waiting"
		if n >= 9 {
			nature, stars, words, cause = "compliment", "5", "They were kind", "kindness"
		}
		fmt.Fprintf(&said, "m%d,%s,letters,%s,%s,%s,%s\n", n, plantedMonday.Add(time.Duration(n)*7*time.Hour).Format(time.RFC3339), nature, stars, words, cause)
	}
	for name, data := range map[string][]byte{"log.csv": rows.Bytes(), "mentions.csv": said.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "log.csv"), filepath.Join(dir, "mentions.csv")
}
