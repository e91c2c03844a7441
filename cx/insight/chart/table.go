package chart

import (
	"html"
	"html/template"
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// Table is the numbers of a chart as texts.
type Table struct {
	Head []string   // the columns' names
	Rows [][]string // a row's cells; the first names the row
	Text []bool     // whether a column has words, which are on the left. The others have numbers
	More int64      // rows that are left out

	bars [][]part     // of a row, for e-mail: how long its coloured cells are
	keys map[int]Tone // the columns that a tone stands for
	// The columns that e-mails write below the value on their left, because they have no room for many columns, and the word before them.
	below map[int]string
}

// head adds the columns of a value.
func (t *Table) head(c columns, word string) {
	names := c.head(word)
	if t.below == nil {
		t.below = map[int]string{}
	}
	at := len(t.Head)
	if c.intervals() {
		at++
		t.below[at] = ""
	}
	if c.counts() {
		t.below[at+1] = "n "
	}
	t.Head = append(t.Head, names...)
}

// part is a piece of a bar, as a share of the longest bar.
type part struct {
	share float64
	tone  Tone
}

// Numbers returns the chart's numbers. The texts are clean, not escaped. A nil chart has none.
func Numbers(c Chart) Table {
	if none(c) {
		return Table{}
	}
	return c.table()
}

// text reports whether a column has words.
func (t *Table) text(column int) bool { return column == 0 || column < len(t.Text) && t.Text[column] }

// more says that rows are left out.
func (t *Table) more() string {
	if t.More == 0 {
		return ""
	}
	return number.Of(t.More, "more row is", "more rows are") + " not shown."
}

// markup writes HTML.
type markup struct{ b strings.Builder }

func (m *markup) raw(s string)        { m.b.WriteString(s) }
func (m *markup) html() template.HTML { return template.HTML(m.b.String()) } //nolint:gosec // element and open escape all texts

// open begins an element with pairs of an attribute and its value.
func (m *markup) open(name string, attributes ...string) {
	if breaks[name] {
		m.b.WriteString("\n")
	}
	m.b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		m.b.WriteString(" " + attributes[i] + `="` + html.EscapeString(attributes[i+1]) + `"`)
	}
	m.b.WriteString(">")
}

// breaks are the elements that begin a line, so that the page can be read and compared.
var breaks = map[string]bool{"figure": true, "figcaption": true, "div": true, "details": true, "table": true, "thead": true, "tbody": true, "tr": true, "p": true}

func (m *markup) shut(name string) { m.b.WriteString("</" + name + ">") }

// element writes an element with a text.
func (m *markup) element(name, text string, attributes ...string) {
	m.open(name, attributes...)
	m.b.WriteString(html.EscapeString(text))
	m.shut(name)
}

// numbers writes the table beside a picture.
func (m *markup) numbers(t Table, a About, l layout) {
	name := "Numbers: " + a.Title
	if l.folded {
		m.open("details", "class", "cx-numbers")
		m.element("summary", "Numbers", "aria-label", name)
	} else {
		m.open("div", "class", "cx-numbers")
	}
	m.open("div", "class", "cx-scroll", "role", "group", "tabindex", "0", "aria-label", name)
	m.open("table")
	m.element("caption", name, "class", "cx-hidden")
	m.open("thead")
	m.open("tr")
	for i, h := range t.Head {
		m.element("th", h, "scope", "col", "class", side(t.text(i)))
	}
	m.shut("tr")
	m.shut("thead")
	m.open("tbody")
	for _, row := range t.Rows {
		m.open("tr")
		for i, cell := range row {
			if i == 0 {
				m.open("th", "scope", "row", "class", side(true))
				m.raw("<bdi>" + html.EscapeString(cell) + "</bdi>")
				m.shut("th")
				continue
			}
			m.open("td", "class", side(t.text(i)))
			m.raw("<bdi>" + html.EscapeString(cell) + "</bdi>")
			m.shut("td")
		}
		m.shut("tr")
	}
	m.shut("tbody")
	m.shut("table")
	m.shut("div")
	if more := t.more(); more != "" {
		m.element("p", more, "class", "cx-foot")
	}
	if l.folded {
		m.shut("details")
	} else {
		m.shut("div")
	}
}

// side is the class of a cell: words are on the left, numbers on the right.
func side(text bool) string {
	if text {
		return "cx-text"
	}
	return "cx-number"
}
