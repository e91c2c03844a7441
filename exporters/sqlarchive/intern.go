package sqlarchive

import "hash/maphash"

// texts keeps the texts that a scan has seen lately, so that a text that comes again needs no memory of its own. A text has one
// place, which the next text of the same place takes. The memory is bounded, whatever a column holds.
type texts struct {
	seed  maphash.Seed
	slots []string
}

const (
	textSlots = 1 << 13 // a power of two
	longText  = 256     // in bytes; a longer text seldom comes again
)

func newTexts() *texts { return &texts{seed: maphash.MakeSeed(), slots: make([]string, textSlots)} }

// of returns the text of b, which it does not keep.
func (t *texts) of(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > longText {
		return string(b)
	}
	slot := &t.slots[maphash.Bytes(t.seed, b)&(textSlots-1)]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}

// same returns a text that equals s, an earlier one if there is one.
func (t *texts) same(s string) string {
	if s == "" || len(s) > longText {
		return s
	}
	slot := &t.slots[maphash.String(t.seed, s)&(textSlots-1)]
	if *slot != s {
		*slot = s
	}
	return *slot
}
