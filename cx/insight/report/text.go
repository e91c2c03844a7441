package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/insight/number"
)

// textLines is the number of lines on a terminal.
const textLines = 15

// Text writes the first page as at most fifteen lines of plain text, each of at most width characters, at least 40. What does not fit is left out,
// the least important clauses first. Characters that terminals obey are taken out of names.
func (r *Report) Text(w io.Writer, width int) error {
	width = max(width, 40)
	list := make([]Line, len(r.Lines))
	copy(list, r.Lines)
	for i := range list {
		if list[i].clauses == nil {
			list[i].clauses = []string{strings.TrimSuffix(list[i].Text, ".")}
		}
	}
	if len(list) == 0 {
		list = append(list, r.Missing...)
	}
	head := wrapped("", r.Title+", "+r.when(), width)
	head = append(head, wrapped("", r.Headline, width)...)
	foot := wrapped("", r.restsOn(), width)
	room := textLines - len(head) - min(len(foot), 1) - 1
	lines := append(head, "")
	lines = append(lines, fit(list, width, room)...)
	lines = append(lines, foot[0])
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err //nolint:wrapcheck // the writer's own
}

// fit returns the lines in so many rows. It leaves out the last clause of the longest line until they fit, and then the last lines.
func fit(list []Line, width, room int) (rows []string) {
	for {
		rows = rows[:0]
		longest, most := -1, 1
		for i := range list {
			mark := "  "
			if list[i].Bad {
				mark = "! "
			}
			of := wrapped(mark, strings.Join(list[i].clauses, "; ")+".", width)
			if len(of) > most && len(list[i].clauses) > 1 {
				longest, most = i, len(of)
			}
			rows = append(rows, of...)
		}
		switch {
		case len(rows) <= room:
			return rows
		case longest >= 0:
			list[longest].clauses = list[longest].clauses[:len(list[longest].clauses)-1]
		case len(list) > 1:
			list = list[:len(list)-1]
		default:
			return rows[:room]
		}
	}
}

// wrapped breaks a text into lines of at most width characters. The first one begins with the mark, and the others are as far in.
func wrapped(mark, text string, width int) (lines []string) {
	row, size := mark, utf8.RuneCountInString(mark)
	indent := size
	begun := false
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		for begun && size+1+n > width || !begun && n > width-indent {
			if begun {
				lines = append(lines, row)
			} else { // a word that is longer than a line
				head := []rune(word)[:width-indent]
				lines = append(lines, row+string(head))
				word = word[len(string(head)):]
				n = utf8.RuneCountInString(word)
			}
			row, size, begun = strings.Repeat(" ", indent), indent, false
		}
		if begun {
			row, size = row+" ", size+1
		}
		row, size, begun = row+word, size+n, true
	}
	if begun || len(lines) == 0 {
		lines = append(lines, row)
	}
	return lines
}

// when says which period the report is about, and of which moment it is.
func (r *Report) when() string {
	if r.Now.IsZero() {
		return "without a period"
	}
	said := r.Now.Label()
	if r.Foot.Partial {
		said += ", as far as " + r.made()
	}
	return said
}

// restsOn says what the numbers rest on, in a sentence.
func (r *Report) restsOn() string {
	f := &r.Foot
	said := fmt.Sprintf("Rests on %s and %s", number.Of(f.Rows, "run", "runs"), number.Of(f.Events, "event", "events"))
	if !r.At.IsZero() {
		said += ", as of " + r.made()
	}
	if f.Young > 0 {
		said += "; " + number.Of(f.Young, "promise is too young", "promises are too young")
	}
	if f.Unknown > 0 {
		said += "; " + number.Of(f.Unknown, "end is", "ends are") + " not known"
	}
	return said + "."
}
