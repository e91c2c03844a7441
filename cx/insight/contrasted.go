package insight

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// phrases stand before a value in a sentence. The others say "with", and the column.
var phrases = map[Column]string{
	Journey: "of journey", Channel: "by", Segment: "of segment", Account: "of account", Release: "of release", Arm: "in arm", Queue: "of queue", Team: "of team",
}

// columns returns the columns of the runs that are not left out, for package contrast. The arms of each experiment are a column of their own, because
// chance has put customers into the arms of one experiment.
func (s *selected) columns(leftOut []LeftOut) (columns []contrast.Column, names []Column) {
	for _, name := range s.v.table.Columns() {
		if slices.ContainsFunc(leftOut, func(l LeftOut) bool { return l.Column == name }) {
			continue
		}
		a := s.column(name)
		if name == Arm {
			arms := s.arms(a)
			columns = append(columns, arms...)
			if len(arms) > 0 {
				names = append(names, name)
			}
			continue
		}
		columns, names = append(columns, s.values(name, a, func(uint32) bool { return true })), append(names, name)
	}
	return columns, names
}

// arms returns a column for each experiment that one of the runs is in.
func (s *selected) arms(a access) (columns []contrast.Column) {
	present := make([]bool, a.size())
	for n := range s.rows {
		c, row := s.place(n)
		present[a.code(c, row)] = true
	}
	experiments := map[string]bool{}
	for code, is := range present {
		if text := a.text(uint32(code)); is && text != "" {
			name, _, _ := strings.Cut(text, ": ")
			experiments[name] = true
		}
	}
	for _, experiment := range slices.Sorted(maps.Keys(experiments)) {
		columns = append(columns, s.values(Arm, a, func(code uint32) bool {
			name, _, _ := strings.Cut(a.text(code), ": ")
			return name == experiment
		}))
	}
	return columns
}

// values returns a column with the values in the order of their texts, because codes follow arrival. Values that are not wanted, and the empty one, are not
// known.
func (s *selected) values(name Column, a access, wanted func(code uint32) bool) contrast.Column {
	column := contrast.Column{Name: string(name), Phrase: phrases[name], Values: []string{""}, Unknown: []bool{true}}
	codes := make([]uint32, 0, a.size())
	texts := make([]string, a.size())
	for code := range uint32(a.size()) { //nolint:gosec // the size of a dictionary
		if texts[code] = a.text(code); texts[code] != "" && wanted(code) {
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, func(x, y uint32) int { return cmp.Compare(texts[x], texts[y]) })
	numbers := make([]uint32, a.size())
	for _, code := range codes {
		if last := column.Values[len(column.Values)-1]; texts[code] != last {
			column.Values = append(column.Values, texts[code])
		}
		numbers[code] = uint32(len(column.Values) - 1) //nolint:gosec // at most as many as codes
	}
	if column.Read = func(from int, into []uint32) { s.read(&a, numbers, from, into) }; len(codes) == 0 {
		column.Read = func(_ int, into []uint32) { clear(into) } // all are 0
	}
	return column
}

// read fills the numbers of the values of the runs from one on.
func (s *selected) read(a *access, numbers []uint32, from int, into []uint32) {
	var c *cases.Chunk
	var codes *[cases.Rows]uint16
	at := ^uint32(0)
	for i := range into {
		place := s.rows[from+i]
		if place/cases.Rows != at {
			at = place / cases.Rows
			c = s.chunks[at]
			if a.narrow != nil {
				codes = a.narrow(c)
			}
		}
		row := int(place % cases.Rows)
		switch {
		case a.narrow == nil:
			into[i] = numbers[a.code(c, row)]
		case codes != nil:
			into[i] = numbers[codes[row]]
		default:
			into[i] = numbers[0]
		}
	}
}
