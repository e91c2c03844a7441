package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// askReply is the answer as JSON.
type askReply struct {
	Question string      `json:"question"`
	At       time.Time   `json:"at"`
	Answers  []askAnswer `json:"answers"`
}

// askAnswer is an answer: in words, as tables of numbers, and as the value of package insight.
type askAnswer struct {
	Journey   string     `json:"journey,omitempty"`
	Column    string     `json:"column,omitempty"`
	Sentences []string   `json:"sentences"`
	Answer    any        `json:"answer"`
	hints     []string   // for people: what the source lacks. The answer itself is the same from every source
	tables    []askTable // for people
	foot      *insight.Basis
}

// askTable is a table of numbers. The first column has names, and the others numbers.
type askTable struct {
	head []string
	rows [][]string
	note string // what a reader needs to know to read it; "" for most
}

func (t *askTable) add(cells ...string) { t.rows = append(t.rows, cells) }

// writeAnswers writes the answers for people: the sentences first.
func (s *askSettings) writeAnswers(w io.Writer, o *openedTable, answers []askAnswer) error {
	width := textWidth(w, os.Getenv("COLUMNS"))
	var b strings.Builder
	explained := map[string]bool{}
	for i := range answers {
		a := &answers[i]
		if i > 0 {
			b.WriteString("\n")
		}
		if title := a.title(); title != "" {
			fmt.Fprintf(&b, "%s\n%s\n", title, strings.Repeat("─", utf8.RuneCountInString(title)))
		}
		for _, said := range slices.Concat(a.Sentences, a.hints) {
			b.WriteString(wrap("", shown(said), width))
		}
		for k := range a.tables {
			t := &a.tables[k]
			if text := t.text(s.top); text != "" {
				b.WriteString("\n" + text)
				if t.note != "" && !explained[t.note] {
					explained[t.note] = true
					b.WriteString(wrap("", t.note, width))
				}
			}
		}
		if a.foot != nil {
			b.WriteString("\n" + wrap("", footText(a.foot, o.Zone), width))
		}
	}
	_, err := io.WriteString(w, legibly(b.String()))
	return err //nolint:wrapcheck // of the standard output
}

func (a *askAnswer) title() string {
	parts := []string{a.Journey}
	if a.Column != "" {
		parts = append(parts, "by "+a.Column)
	}
	return shown(strings.TrimSpace(strings.Join(parts, " ")))
}

// text writes the table with at most so many rows.
func (t *askTable) text(most int) string {
	if len(t.rows) == 0 {
		return ""
	}
	var b strings.Builder
	tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tab, "  "+strings.Join(t.head, "\t"))
	for _, row := range t.rows[:min(most, len(t.rows))] {
		cells := make([]string, len(row))
		for i, cell := range row {
			most := event.MaxID
			if i+1 == len(row) { // it may be what a customer wrote, and pads no other row
				most = event.MaxText
			}
			cells[i] = shown(cut(cell, most))
		}
		_, _ = fmt.Fprintln(tab, "  "+strings.Join(cells, "\t"))
	}
	_ = tab.Flush()
	if left := len(t.rows) - most; left > 0 {
		fmt.Fprintf(&b, "  and %s: --top shows them\n", number.Of(int64(left), "more", "more"))
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// cut returns the text, or that many bytes of it at most and an ellipsis: an archive may have longer names than a client records.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// footText says what an answer rests on.
func footText(f *insight.Basis, zone *time.Location) string {
	said := fmt.Sprintf("%s of %s in the table", number.Of(f.Runs, "run", "runs"), number.Count(f.Rows))
	switch {
	case !f.From.IsZero() && !f.Until.IsZero():
		said += ", begun " + spanText(f.From, f.Until, zone)
	case !f.From.IsZero():
		said += ", begun from " + clockText(f.From, zone) + " on"
	case !f.Until.IsZero():
		said += ", begun until " + lastText(f.Until, zone)
	}
	return said + ", as of " + clockText(f.At, zone) + " (" + zone.String() + ")."
}

// spanText writes a period that ends before until: its first and last day, if it has whole days.
func spanText(from, until time.Time, zone *time.Location) string {
	if !startsDays(&insight.Which{From: from, Until: until}, zone) {
		return clockText(from, zone) + " to " + lastText(until, zone)
	}
	first, last := from.In(zone).Format(time.DateOnly), until.Add(-time.Microsecond).In(zone).Format(time.DateOnly)
	if first == last {
		return "on " + first
	}
	return first + " to " + last
}

// lastText writes the last moment before a time, to the minute, or the last day if it is the beginning of one.
func lastText(until time.Time, zone *time.Location) string {
	if last := until.Add(-time.Microsecond).In(zone); startOf(until.In(zone)).Equal(until) {
		return last.Format(time.DateOnly)
	}
	return clockText(until.Add(-time.Microsecond), zone)
}

func clockText(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02 15:04") }

// shareCells writes a share in three cells: itself, its interval and its n.
func shareCells(s score.Share) []string {
	if !s.OK() {
		return []string{number.None, number.None, "0"}
	}
	return []string{number.Share(s.Value), number.Range(number.Share(s.Low), number.Share(s.High)), number.Count(s.N)}
}

// known returns the value of a column, in words if it is not known.
func known(value string) string {
	if value == "" {
		return "(not known)"
	}
	return value
}
