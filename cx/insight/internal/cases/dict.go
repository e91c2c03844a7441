package cases

import (
	"math"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// Dict numbers the texts of a column in the order of their arrival. Code 0 is "", a text that is not known. A full dictionary gives the
// code of [event.Other] to every further text.
type Dict struct {
	texts []string
	codes map[string]uint32
	limit int
	// recent are texts that were asked for, by a few of their bytes: an event has mostly those of an event before it.
	recent [64]coded
}

type coded struct {
	text string
	code uint32
}

// slot returns the place of the text among the recent ones. The text is not empty.
func (d *Dict) slot(text string) *coded {
	n := len(text)
	return &d.recent[(n+7*int(text[n-1])+31*int(text[n/2]))%len(d.recent)]
}

// Limits of dictionaries: of columns of 16 bits, and of those of 32 bits.
const (
	narrow = math.MaxUint16
	wide   = 1 << 24
)

func newDict(limit int) *Dict {
	return &Dict{texts: []string{"", event.Other}, codes: map[string]uint32{"": 0, event.Other: 1}, limit: limit}
}

// code returns the code of the text, and gives it one if it has none.
func (d *Dict) intern(text string) uint32 {
	if text == "" {
		return 0
	}
	slot := d.slot(text)
	if slot.text == text {
		return slot.code
	}
	code, known := d.codes[text]
	if !known {
		code = 1
		if len(d.texts) < d.limit {
			code = uint32(len(d.texts)) //nolint:gosec // below the limit
			text = strings.Clone(text)  // the source's may be a part of a longer one
			d.texts = append(d.texts, text)
			d.codes[text] = code
		}
	}
	slot.text, slot.code = d.texts[code], code
	if code == 1 {
		slot.text = "" // another text than the dictionary's
	}
	return code
}

// Code returns the code of the text, and false if no row has it.
func (d *Dict) Code(text string) (uint32, bool) {
	code, ok := d.codes[text]
	return code, ok
}

// Text returns the text of the code, and "" for a code that the dictionary has not given.
func (d *Dict) Text(code uint32) string {
	if int(code) < len(d.texts) {
		return d.texts[code]
	}
	return ""
}

// Len returns the number of codes, with that of "" and of [event.Other].
func (d *Dict) Len() int { return len(d.texts) }
