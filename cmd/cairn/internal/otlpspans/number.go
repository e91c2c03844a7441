package otlpspans

import (
	"bytes"
	"fmt"
	"strconv"
)

// number is a whole number of 64 bits, written as a number or as a text.
type number int64

// UnmarshalJSON implements [json.Unmarshaler].
func (n *number) UnmarshalJSON(b []byte) error {
	text := string(bytes.Trim(b, `"`))
	if text == "" || text == "null" {
		return nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%.40q is not a whole number of 64 bits", text)
	}
	*n = number(v)
	return nil
}

// word is a value of an enumeration: its number or its name.
type word string

// UnmarshalJSON implements [json.Unmarshaler].
func (w *word) UnmarshalJSON(b []byte) error {
	*w = word(bytes.Trim(b, `"`))
	return nil
}

// double is a number, written as a number or as a text. The JSON mapping of Protocol Buffers writes NaN and the infinities as texts.
type double float64

// UnmarshalJSON implements [json.Unmarshaler].
func (d *double) UnmarshalJSON(b []byte) error {
	text := string(bytes.Trim(b, `"`))
	if text == "" || text == "null" {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%.40q is not a number of 64 bits", text)
	}
	*d = double(v)
	return nil
}
