package report

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

const (
	indent = "  "
	wide   = 2 // between columns
	tight  = 1 // where there is no room
	// DefaultWidth is the width of a text where none is given, in characters.
	DefaultWidth = 80
	minWidth     = 40
	ellipsis     = "…"
)

// column is one column of a table. The zero value is a column of text.
type column struct {
	head  string
	right bool // a number: to the right
	// least is to how many characters the column may be cut; 0 is that it is never cut.
	least int
	// spare columns are left out where there is no room: all of the highest number first.
	spare int
	// list says that the cells are lists, with a comma, which are cut behind a whole element. They are
	// cut before others are if they are dispensable, too.
	list, dispensable bool
}

// shortest is how short a column may become that may be cut: its head is not.
func (c *column) shortest() int { return max(c.least, displayed(c.head)) }

// table is a table of text.
type table struct {
	columns []column
	rows    [][]string
	notes   []string // sentences under the table
	first   int      // how wide the first column is, to be like those of other tables; 0 is as it needs
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write writes the table, its notes and an empty line, no line wider than width. Columns that are
// empty are left out. A table without rows is not written.
func (t *table) write(b *strings.Builder, width int) {
	if len(t.rows) == 0 {
		return
	}
	gap := wide
	if !t.fits(width, wide) && t.fits(width, tight) {
		gap = tight
	}
	widths := t.fit(width, gap)
	if total(widths, gap) > width {
		gap = tight
		widths = t.fit(width, gap)
	}
	t.line(b, widths, gap, func(i int) string { return t.columns[i].head })
	for _, row := range t.rows {
		t.line(b, widths, gap, func(i int) string { return row[i] })
	}
	for _, words := range t.notes {
		sentence(b, width, words)
	}
	b.WriteByte('\n')
}

// sentence writes words, in as many lines as they need.
func sentence(b *strings.Builder, width int, words string) {
	line := ""
	for word := range strings.FieldsSeq(words) {
		if line != "" && displayed(indent+line+" "+word) > width {
			b.WriteString(indent + line + "\n")
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
		line = cut(line, width-len(indent))
	}
	b.WriteString(indent + line + "\n")
}

func (t *table) line(b *strings.Builder, widths []int, gap int, cell func(int) string) {
	var line strings.Builder
	between := indent
	for i, c := range t.columns {
		if widths[i] < 0 {
			continue
		}
		text := cut(cell(i), widths[i])
		if c.list && strings.HasSuffix(text, ellipsis) {
			text = cutList(text)
		}
		pad := strings.Repeat(" ", widths[i]-displayed(text))
		if c.right {
			pad, text = text, pad
		}
		line.WriteString(between)
		line.WriteString(text)
		line.WriteString(pad)
		between = strings.Repeat(" ", gap)
	}
	b.WriteString(strings.TrimRight(line.String(), " "))
	b.WriteByte('\n')
}

// fit returns how wide each column is, -1 for one that is left out.
func (t *table) fit(width, gap int) []int {
	widths := t.natural()
	spare := 0
	for _, c := range t.columns {
		spare = max(spare, c.spare)
	}
	for ; spare > 0 && t.least(widths, gap) > width; spare-- {
		for i, c := range t.columns {
			if c.spare == spare {
				widths[i] = -1
			}
		}
	}
	for _, dispensable := range []bool{true, false} {
		t.shrink(widths, width, gap, dispensable)
	}
	return widths
}

// natural returns how wide each column is where there is room, -1 for an empty one.
func (t *table) natural() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		filled := i == 0
		for _, row := range t.rows {
			widths[i] = max(widths[i], displayed(row[i]))
			filled = filled || row[i] != ""
		}
		widths[i] = max(widths[i], displayed(c.head))
		if !filled {
			widths[i] = -1
		}
	}
	if t.first > 0 {
		widths[0] = t.first
	}
	return widths
}

// fits reports whether no column has to be left out.
func (t *table) fits(width, gap int) bool { return t.least(t.natural(), gap) <= width }

// shrink cuts columns, the widest first, until there is room or nothing more to cut.
func (t *table) shrink(widths []int, width, gap int, dispensable bool) {
	for total(widths, gap) > width {
		widest := -1
		for i, c := range t.columns {
			if c.dispensable == dispensable && c.least > 0 && widths[i] > c.shortest() && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// least is how wide the table is when all is cut that may be.
func (t *table) least(widths []int, gap int) int {
	cut := make([]int, len(widths))
	for i, w := range widths {
		cut[i] = w
		if c := t.columns[i]; c.least > 0 {
			cut[i] = min(w, c.shortest())
		}
	}
	return total(cut, gap)
}

func total(widths []int, gap int) int {
	sum := displayed(indent) - gap
	for _, w := range widths {
		if w >= 0 {
			sum += w + gap
		}
	}
	return sum
}

// displayed is how many characters wide a terminal shows the text.
func displayed(text string) int { return uniseg.StringWidth(text) }

// cut cuts a text to so many characters, the last of which then is an ellipsis.
func cut(text string, width int) string {
	if displayed(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	end, used := 0, displayed(ellipsis)
	for state, rest := -1, text; rest != ""; {
		var cluster string
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += w; used > width {
			break
		}
		end += len(cluster)
	}
	return strings.TrimRight(text[:end], " ") + ellipsis
}

// cutList cuts what is left of a list behind its last whole element, if there is one.
func cutList(text string) string {
	if end := strings.LastIndex(text, ","); end > 0 {
		return text[:end+1] + ellipsis
	}
	return text
}

// cutPath cuts the beginning of a path: its end says more.
func cutPath(path string, width int) string {
	if displayed(path) <= width {
		return path
	}
	rest := path
	for state := -1; rest != "" && displayed(rest)+displayed(ellipsis) > width; {
		_, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
	}
	return ellipsis + rest
}

// clean makes a name from outside fit for a terminal: what is no character to be seen is U+FFFD.
func clean(text string) string {
	const joiner = '\u200d' // as in the emoji of a family
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == joiner {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
