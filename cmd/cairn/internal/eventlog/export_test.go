package eventlog

import (
	"bufio"
	"bytes"
	"io"
)

// ReadStored reads rows as the sorter wrote them to disk, and returns their number.
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

// Meanings returns the names of the forms that fit a text, and the time in each form.
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
