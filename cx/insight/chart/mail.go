package chart

import (
	"html"
	"html/template"
	"math"
	"slices"
	"strconv"
)

// Mail returns the chart for an e-mail: its caption, and its table with bars of coloured cells. It has no SVG, no class and no style sheet,
// because many programs drop them; its styles are those that the common programs keep. Its colours are those of paper. A nil chart is "".
func Mail(c Chart) template.HTML {
	if none(c) {
		return ""
	}
	a, t := described(c), c.table()
	if short, ok := c.(interface{ mailTable() Table }); ok {
		t = short.mailTable()
	}
	var m markup
	m.open("table", "role", "presentation", "width", "100%", "cellpadding", "0", "cellspacing", "0", "border", "0", "style", mailStyle+"margin:0 0 24px")
	m.words(a.Title, mailStyle+"font-size:17px;font-weight:bold;padding:0 0 2px")
	m.words(a.Note, mailStyle+"color:"+light.soft+";padding:0 0 8px")
	m.open("tr")
	m.open("td")
	m.mailTable(t)
	m.shut("td")
	m.shut("tr")
	m.words(t.more(), mailStyle+"color:"+light.soft+";padding:6px 0 0")
	m.words(a.Foot, mailStyle+"color:"+light.soft+";padding:6px 0 0")
	m.shut("table")
	return m.html()
}

var mailStyle = "font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:" + light.ink + ";background-color:" + light.surface + ";"

// words writes a row of the outer table with a text, unless it is "".
func (m *markup) words(text, style string) {
	if text == "" {
		return
	}
	m.open("tr")
	m.element("td", text, "dir", "auto", "style", style)
	m.shut("tr")
}

// mailTable writes the numbers, with the bars after the first column.
func (m *markup) mailTable(t Table) {
	bars := false
	for _, b := range t.bars {
		bars = bars || len(b) > 0
	}
	m.open("table", "width", "100%", "cellpadding", "4", "cellspacing", "0", "border", "0")
	m.open("tr", "valign", "bottom")
	for i, h := range t.Head {
		if t.leaves(i) {
			continue
		}
		m.open("th", "scope", "col", "align", align(t.text(i)), "style", headStyle)
		if tone, ok := t.keys[i]; ok {
			m.raw(`<span style="color:` + light.tones[tone] + `">&#9632;</span> `)
		}
		m.raw(html.EscapeString(h))
		m.shut("th")
		if i == 0 && bars {
			m.element("td", "\u00a0", "style", headStyle)
		}
	}
	m.shut("tr")
	for i, row := range t.Rows {
		m.open("tr", "valign", "top")
		m.element("th", row[0], "scope", "row", "align", align(true), "dir", "auto", "style", cellStyle+";font-weight:normal")
		if bars {
			m.open("td", "width", "25%", "style", cellStyle+";padding-top:8px;min-width:48px")
			m.mailBar(t.bars[i])
			m.shut("td")
		}
		for k := 1; k < len(row); k++ {
			m.mailCell(&t, row, k)
		}
		m.shut("tr")
	}
	m.shut("table")
}

// leaves reports whether a mail leaves out a column: what stands below another one, or has no text in any row.
func (t *Table) leaves(column int) bool {
	_, below := t.below[column]
	return below || column > 0 && !slices.ContainsFunc(t.Rows, func(row []string) bool { return column < len(row) && row[column] != "" })
}

// mailCell writes a cell, with what stands below it.
func (m *markup) mailCell(t *Table, row []string, column int) {
	if t.leaves(column) {
		return
	}
	m.open("td", "align", align(t.text(column)), "style", cellStyle)
	m.raw(html.EscapeString(row[column]))
	for _, rest := range t.rest(row, column) {
		m.element("div", rest, "style", restStyle)
	}
	m.shut("td")
}

// The styles of cells are short, because a common program cuts a mail of more than 100 kB.
var (
	cellStyle = "font:14px/20px Arial,sans-serif;border-bottom:1px solid " + light.grid
	restStyle = "font:12px/16px Arial,sans-serif;white-space:nowrap;color:" + light.soft
	headStyle = "font:14px/20px Arial,sans-serif;color:" + light.soft + ";border-bottom:1px solid " + light.axis
)

// rest returns what stands below a cell.
func (t *Table) rest(row []string, column int) (out []string) {
	for k := column + 1; k < len(row); k++ {
		word, below := t.below[k]
		if !below {
			break
		}
		if row[k] != "" {
			out = append(out, word+row[k])
		}
	}
	return out
}

func align(text bool) string {
	if text {
		return "left"
	}
	return "right"
}

// mailBar writes a bar as a table of one row, whose cells have widths in whole percent.
func (m *markup) mailBar(parts []part) {
	if len(parts) == 0 {
		m.raw("\u00a0")
		return
	}
	m.open("table", "role", "presentation", "width", "100%", "cellpadding", "0", "cellspacing", "0", "border", "0")
	m.open("tr")
	sum, at := 0.0, 0
	for _, p := range parts {
		sum += min(max(p.share, 0), 1)
		to := min(int(math.Round(sum*100)), 100)
		if to == at && p.share > 0 && at < 100 {
			to++ // what is not nothing is seen
		}
		if to > at {
			color := light.tones[p.tone]
			m.open("td", "width", strconv.Itoa(to-at)+"%", "height", "12", "bgcolor", color, "style", "background-color:"+color+";font-size:0;line-height:12px")
			m.raw("\u00a0")
			m.shut("td")
		}
		at = to
	}
	if at < 100 {
		m.open("td", "width", strconv.Itoa(100-at)+"%", "height", "12", "style", "font-size:0;line-height:12px")
		m.raw("\u00a0")
		m.shut("td")
	}
	m.shut("tr")
	m.shut("table")
}
