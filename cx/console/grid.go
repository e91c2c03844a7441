package console

import (
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// grid is a table whose cells may lead somewhere. The first cell of a row names it.
type grid struct {
	Label, Note string
	Head        []string
	// Words is how many columns have words, beside the first one. The others have numbers.
	Words int
	Rows  [][]cell
	Empty *empty
}

type cell struct {
	Text, Link, Tone string
	Bar              *pair
}

// pair are two shares, as lengths of 100, one below the other. Plain ones are of no bad runs.
type pair struct {
	Share, Beside int
	Plain         bool
}

// plain are cells without links.
func plain(texts ...string) []cell {
	list := make([]cell, len(texts))
	for i, t := range texts {
		list[i] = cell{Text: t}
	}
	return list
}

// IsWords reports whether a column has words.
func (g grid) IsWords(column int) bool { return column <= g.Words }

// runsWith is the address of the runs with another condition; "" for a reader who may not see single runs.
func (v *visit) runsWith(column insight.Column, values ...string) string {
	if !v.may(insight.Customers) {
		return ""
	}
	return v.linkOf(v.filter.with(column, values...), "runs")
}

// shareRange writes a share with its interval.
func shareRange(s score.Share) string {
	if !s.OK() {
		return number.None
	}
	return number.Share(s.Value) + " (" + number.Range(number.Share(s.Low), number.Share(s.High)) + ")"
}

// few stands for numbers of a group that is too small.
const few = "few customers"
