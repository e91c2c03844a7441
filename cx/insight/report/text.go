package report

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/insight/number"
)

// textLines is the number of lines on a terminal, of which the title and the headline take mostHead at most.
const (
	textLines = 15
	mostHead  = 8
)

// Text writes the first page as at most fifteen lines of plain text, each of at most width characters, at least 40. What does not fit is left out,
// the least important clauses first. Characters that terminals obey are taken out of names.
func (r *Report) Text(w io.Writer, width int) error {
	width = max(width, 40)
	list := slices.Clone(r.Lines)
	if len(list) == 0 {
		list = slices.Clone(r.Missing)
	}
	for i := range list {
		if list[i].clauses == nil {
			list[i].clauses = []string{strings.TrimSuffix(list[i].Text, ".")}
		}
	}
	head := wrapped("", r.Subject(), width)
	head = append(head, wrapped("", r.Headline, width)...)
	foot := wrapped("", r.restsOn(), width)
	lines := slices.Concat(head[:min(len(head), mostHead)], []string{""})
	if len(list) > 0 {
		lines = append(lines, fit(list, width, textLines-len(lines)-len(foot))...)
	}
	lines = append(lines, foot...)
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err //nolint:wrapcheck // the writer's own
}

// weights say how much a clause matters on the terminal, by its place in the line. The last weight is that of all further clauses.
var weights = map[Section][]int{
	SectionBreakdowns: {98, 82, 58, 30},
	SectionPromises:   {100, 60, 55, 10},
	SectionBacklog:    {95, 80, 72},
	SectionOpen:       {90, 80, 20},
	SectionGoesWith:   {85, 75},
	SectionVoice:      {70, 40, 30},
	SectionSupport:    {48, 46, 20, 12},
	SectionMended:     {65, 40},
	SectionGroups:     {62, 28},
	SectionTime:       {50, 32, 22, 12},
	SectionFlow:       {45, 14, 15},
	SectionReopened:   {40, 25, 18},
}

// weight returns how much the last clause of the line matters. A line with good news, such as of groups that do not differ, matters less.
func (l Line) weight() int {
	of, ok := weights[l.Section]
	if !ok {
		return 0
	}
	w := of[min(len(l.clauses), len(of))-1]
	if l.Section == SectionGroups && !l.Bad {
		w -= 30
	}
	if strings.HasPrefix(l.Text, nothingFound) {
		w = 0
	}
	return w
}

// fit returns the lines in so many rows. It leaves out the clauses that matter least until they fit.
func fit(list []Line, width, room int) (rows []string) {
	for {
		rows = rows[:0]
		least := 0
		for i := range list {
			mark := "  "
			if list[i].Bad {
				mark = "! "
			}
			rows = append(rows, wrapped(mark, strings.Join(list[i].clauses, "; ")+".", width)...)
			if list[i].weight() <= list[least].weight() {
				least = i
			}
		}
		switch {
		case len(rows) <= room:
			return rows
		case len(list) == 1 && len(list[0].clauses) == 1:
			return rows[:room]
		case len(list[least].clauses) > 1:
			list[least].clauses = list[least].clauses[:len(list[least].clauses)-1]
		default:
			list = slices.Delete(list, least, least+1)
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

// restsOn says what the numbers rest on, in a sentence: runs, which a reader can count in the source of any kind. It counts events only where no run has one.
func (r *Report) restsOn() string {
	f := &r.Foot
	said := "Rests on " + number.Of(f.Rows, "run", "runs")
	switch {
	case f.Rows == 0 && f.Events == 0 && f.Unused > 0:
		said = "Rests on " + number.Of(f.Unused, "event, which belongs to no run", "events, which belong to no run")
	case f.Rows == 0:
		said += " and " + number.Of(f.Events, "event", "events")
	}
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
