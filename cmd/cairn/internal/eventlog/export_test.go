package eventlog

import (
	"bufio"
	"bytes"
	"io"
)

// ReadStored reads back rows that were sorted on disk, and returns how many there are.
func ReadStored(b []byte) (rows int, err error) {
	s := &stored{in: bufio.NewReader(bytes.NewReader(b))}
	var row Row
	for {
		if err := s.next(&row); err != nil {
			if err == io.EOF {
				return rows, nil
			}
			return rows, err
		}
		rows++
	}
}

// Meanings returns the names of the forms that a text may be a time in, and the time in each.
func Meanings(text []byte) (names []string, at []int64) {
	r := (&timeReader{}).read(text)
	for f := range numForms {
		if r.forms.has(f) {
			names = append(names, forms(1<<f).String())
			at = append(at, r.at[f.index()])
		}
	}
	return names, at
}
