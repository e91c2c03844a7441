package report

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

const (
	indent = "  "
	wide   = 2 // the gap between columns
	tight  = 1 // the gap if there is little room
	// DefaultWidth is the default width of the text in characters.
	DefaultWidth = 80
	minWidth     = 40
	ellipsis     = "…"
)

// column is one column of a table. The zero value is a column of text.
type column struct {
	head  string
	right bool // a column of numbers, aligned to the right
	// least is the minimum width to which the column may be cut. A column with 0 is never cut.
	least int
	// spare columns are left out if the room is too small, those with the highest number first.
	spare int
	// list means that the cells are comma-separated lists, which are cut after a whole element. A dispensable column is cut
	// before others.
	list, dispensable bool
}

// shortest returns the minimum width of a column that may be cut. The head is never cut.
func (c *column) shortest() int { return max(c.least, displayed(c.head)) }

// table is a table of text.
type table struct {
	columns []column
	rows    [][]string
	notes   []string // sentences under the table
	first   int      // the width of the first column, to align tables; 0 means the natural width
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write writes the table, its notes and an empty line. No line is wider than width. It leaves out empty
// columns, and writes nothing for a table without rows.
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

// sentence writes words on as many lines as they need.
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

// fit returns the width of each column, or -1 for a column that is left out.
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

// natural returns the width of each column without a limit on the table's width, or -1 for an empty column.
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

// fits reports whether every column has room.
func (t *table) fits(width, gap int) bool { return t.least(t.natural(), gap) <= width }

// shrink cuts columns, the widest first, until the table fits or no column can be cut further.
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

// least returns the width of the table when every column is cut to its minimum.
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

// displayed returns the width of the text on a terminal in characters.
func displayed(text string) int { return uniseg.StringWidth(text) }

// cut cuts a text to width characters, the last of which is an ellipsis.
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

// cutList cuts a shortened list after its last whole element, if it has one.
func cutList(text string) string {
	if end := strings.LastIndex(text, ","); end > 0 {
		return text[:end+1] + ellipsis
	}
	return text
}

// cutPath cuts the beginning of a path, because its end is more useful.
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

// clean prepares an external name for a terminal: it replaces invisible characters by U+FFFD.
func clean(text string) string {
	const joiner = '\u200d' // part of emoji such as families
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == joiner {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
