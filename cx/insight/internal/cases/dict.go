package cases

import (
	"math"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// dict numbers the texts of a column in the order of their arrival. Code 0 is "", a text that is not known. A full dictionary gives the
// code of [event.Other] to every further text. It is the loader's; questions read the [Texts] of a snapshot.
type dict struct {
	texts []string // they are added at the end and never changed
	codes *numbers[string]
	limit int
	// recent are texts that were asked for, by a few of their bytes: an event has mostly those of an event before it.
	recent [64]coded
}

type coded struct {
	text string
	code uint32
}

// slot returns the place of the text among the recent ones. The text is not empty.
func (d *dict) slot(text string) *coded {
	n := len(text)
	return &d.recent[(n+7*int(text[n-1])+31*int(text[n/2]))%len(d.recent)]
}

// Limits of dictionaries: of columns of 16 bits, and of those of 32 bits.
const (
	narrow = math.MaxUint16
	wide   = 1 << 24
)

func newDict(limit int) *dict {
	return &dict{texts: []string{"", event.Other}, codes: &numbers[string]{of: map[string]uint32{"": 0, event.Other: 1}}, limit: limit}
}

// intern returns the code of the text, and gives it one if it has none.
func (d *dict) intern(text string) uint32 {
	if text == "" {
		return 0
	}
	slot := d.slot(text)
	if slot.text == text {
		return slot.code
	}
	code, known := d.codes.of[text]
	switch {
	case !known && len(d.texts) >= d.limit:
		return 1 // it has no slot: the text is another one than the dictionary's
	case !known:
		code = uint32(len(d.texts)) //nolint:gosec // below the limit
		text = strings.Clone(text)  // the source's may be a part of a longer one
		d.texts = append(d.texts, text)
		d.codes.add(text, code)
	}
	*slot = coded{d.texts[code], code}
	return code
}

// text returns the text of the code.
func (d *dict) text(code uint32) string { return d.texts[code] }

// snapshot returns the texts that the dictionary has now.
func (d *dict) snapshot() *Texts { return &Texts{d.texts[:len(d.texts):len(d.texts)], d.codes} }

// Texts is the dictionary of a column, as it was when the snapshot was made. It is safe for concurrent use.
type Texts struct {
	list  []string
	codes *numbers[string]
}

// Code returns the code of the text, and false if no row has it.
func (t *Texts) Code(text string) (uint32, bool) {
	code, ok := t.codes.number(text)
	if !ok || int(code) >= len(t.list) { // it came after the snapshot
		return 0, false
	}
	return code, true
}

// Text returns the text of the code, and "" for a code that the dictionary has not given.
func (t *Texts) Text(code uint32) string {
	if int(code) < len(t.list) {
		return t.list[code]
	}
	return ""
}

// Len returns the number of codes, with that of "" and of [event.Other].
func (t *Texts) Len() int { return len(t.list) }
