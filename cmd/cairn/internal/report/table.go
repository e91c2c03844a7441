package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// barWidth is how many characters the bar of a stage that every journey reached has.
const barWidth = 20

// WriteTable writes the report as plain text for people.
func (r *Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	for i := range r.Journeys {
		r.Journeys[i].write(&b)
	}
	fmt.Fprintf(&b, "Events replayed: %s; with an unknown name: %s; after the end of their journey: %s. Rows rejected: %s.\n",
		grouped(r.Events), grouped(r.Unknown), grouped(r.Late), grouped(r.Rejected))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (j *Journey) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s\n\n", j.Name)
	j.writeEnds(b)
	if len(j.Stages) > 0 {
		rows := make([][]string, 1, len(j.Stages)+1)
		rows[0] = []string{"stage", "reached by", "", "of all", "visits", "half within", "9 of 10 within", "longest"}
		for _, s := range j.Stages {
			rows = append(rows, append([]string{
				s.Name, grouped(s.Entered), bar(s.Conversion), percent(s.Conversion), grouped(s.Visits),
			}, s.Duration.cells()...))
		}
		writeRows(b, rows, "lrlrrrrr")
	}
	if len(j.Touchpoints) > 0 {
		rows := make([][]string, 1, len(j.Touchpoints)+1)
		rows[0] = []string{"touchpoint", "times", "on"}
		for _, p := range j.Touchpoints {
			rows = append(rows, []string{p.Name, grouped(p.Count), p.channels()})
		}
		writeRows(b, rows, "lrl")
	}
}

// writeEnds says how many began and how they ended.
func (j *Journey) writeEnds(b *strings.Builder) {
	rows := [][]string{{"journeys", "", "of all", "half within", "9 of 10 within", "longest"}}
	rows = append(rows, []string{"began", grouped(j.Started), "", "", "", ""})
	add := func(what string, n int64, d *Duration) {
		if n == 0 {
			return
		}
		if d == nil {
			d = &Duration{}
		}
		rows = append(rows, append([]string{what, grouped(n), percent(ratio(n, j.Started))}, d.cells()...))
	}
	add("completed", j.Ended.Completed, j.Duration.Completed)
	add("failed", j.Ended.Failed, j.Duration.Failed)
	add("cancelled", j.Ended.Cancelled, j.Duration.Cancelled)
	add("abandoned", j.Ended.Abandoned, j.Duration.Abandoned)
	add("still under way", j.Active, nil)
	writeRows(b, rows, "lrrrrr")
}

// cells are the columns about how long something took.
func (d *Duration) cells() []string {
	if d.Count == 0 {
		return []string{"", "", ""}
	}
	return []string{human(durationOf(d.P50)), human(durationOf(d.P90)), human(durationOf(d.Max))}
}

// channels says on which channels a touchpoint was met, the most used first.
func (t *Touchpoint) channels() string {
	names := channelsOf(t.Channels)
	if len(names) == 1 {
		return names[0]
	}
	for i, n := range names {
		names[i] = n + " " + percent(ratio(t.Channels[n], t.Count))
	}
	return strings.Join(names, ", ")
}

// writeRows writes the rows as a table, each column to the left or to the right, and an empty
// line.
func writeRows(b *strings.Builder, rows [][]string, align string) {
	widths := make([]int, len(align))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if align[i] == 'r' {
				pad, cell = cell, pad
			}
			line.WriteString("  " + cell + pad)
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}

// bar draws a part of all, to an eighth of a character; what is not nothing is seen.
func bar(part float64) string {
	const eighths = 8
	n := int(math.Round(min(part, 1) * barWidth * eighths))
	if n == 0 && part > 0 {
		n = 1
	}
	s := strings.Repeat("█", n/eighths)
	if rest := n % eighths; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

// percent never rounds to all or to nothing what is not.
func percent(part float64) string {
	switch p := part * 100; {
	case p > 0 && p < 0.1:
		return "<0.1%"
	case p > 99.9 && p < 100:
		return ">99.9%"
	default:
		return strconv.FormatFloat(p, 'f', 1, 64) + "%"
	}
}

// grouped writes a number with its digits in groups of three.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// human writes a duration in its two largest units.
func human(d time.Duration) string {
	const day = 24 * time.Hour
	two := func(large, small time.Duration, a, b string) string {
		d := d.Round(small)
		if rest := d % large / small; rest > 0 {
			return fmt.Sprintf("%s %s %d %s", grouped(int64(d/large)), a, rest, b)
		}
		return fmt.Sprintf("%s %s", grouped(int64(d/large)), a)
	}
	switch {
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return "<1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	case d < time.Minute-50*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Hour-time.Second/2:
		return two(time.Minute, time.Second, "min", "s")
	case d < day-time.Minute/2:
		return two(time.Hour, time.Minute, "h", "min")
	default:
		return two(day, time.Hour, "d", "h")
	}
}
