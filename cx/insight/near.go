package insight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// MaxNear is the most runs that [View.Near] returns.
const MaxNear = 20

// Near returns runs of the table whose ID is another form of this one, as people read it out: in capitals, with other signs in between ("A-17 4" and "a174"), or with
// the same number behind another prefix ("#000123" and "Order 123"). An ID with another number is another run. The ID itself is not among them: see [View.Find]. It
// returns at most [MaxNear] of them, those that began last first. It looks at every run, and needs the right [Customers].
func (v *View) Near(ctx context.Context, id string) ([]event.RunRef, error) {
	if err := v.viewer.needs("Near", Customers); err != nil {
		return nil, err
	}
	if err := v.current(); err != nil {
		return nil, err
	}
	var list []nearRun
	wanted := newWantedID(id)
	if len(wanted.letters) == 0 {
		return nil, nil
	}
	for _, c := range v.snapshot.Chunks() {
		if ctx.Err() != nil {
			break
		}
		for row := range c.N {
			if v.at != 0 && c.Base[row] > v.at {
				continue
			}
			if text := c.ID(row); !wanted.is(text) { // the text stays on the stack
				continue
			}
			if n, ok := v.nearRun(c, row); ok {
				list = keepLatest(list, n)
			}
		}
	}
	refs := make([]event.RunRef, len(list))
	for i := range list {
		refs[i] = list[i].run
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("insight: Near: %w", context.Cause(ctx))
	}
	return refs, v.current()
}

// nearRun is a run that may be meant, and when it began, in microseconds since 1970.
type nearRun struct {
	run   event.RunRef
	began int64
}

// nearRun returns the run of a row, and false if the viewer may not see it.
func (v *View) nearRun(c *cases.Chunk, row int) (n nearRun, ok bool) {
	j := v.snapshot.Journeys[c.Journey[row]]
	n = nearRun{event.RunRef{Namespace: j.Namespace, Name: j.Name, ID: c.ID(row)}, c.Base[row]}
	return n, v.sees(j.Name) && c.Flags[row]&cases.Synthetic == 0 && v.segment(v.snapshot.FirstText(cases.Segment, c, row))
}

// keepLatest adds a run to a list in the order of their beginnings, the last one first, of at most MaxNear.
func keepLatest(list []nearRun, n nearRun) []nearRun {
	at, _ := slices.BinarySearchFunc(list, n, func(a, b nearRun) int {
		if a.began != b.began {
			return int(min(max(b.began-a.began, -1), 1))
		}
		return compareRefs(a.run, b.run)
	})
	if at == MaxNear {
		return list
	}
	list = slices.Insert(list, at, n)
	return list[:min(len(list), MaxNear)]
}

// wantedID is an ID whose other forms are looked for: its letters and digits, and the number at its end.
type wantedID struct {
	id, number string
	letters    []rune
}

func newWantedID(id string) *wantedID {
	w := &wantedID{id: id, number: lastNumber(id)}
	for r, rest := nextLetter(id); r != 0; r, rest = nextLetter(rest) {
		w.letters = append(w.letters, r)
	}
	return w
}

// is reports whether another ID may be a form of this one: the letters and digits are the same, or what comes before the number at their ends has no digit and the
// numbers are the same.
func (w *wantedID) is(other string) bool {
	if other == w.id {
		return false
	}
	if w.number != "" && strings.HasSuffix(other, w.number) && lastNumber(other) == w.number {
		return true
	}
	var r rune
	for _, want := range w.letters {
		if r, other = nextLetter(other); r != want {
			return false
		}
	}
	r, _ = nextLetter(other)
	return r == 0
}

// lastNumber returns the number at the end of an ID, without zeros before it, and "" if the ID has none, or digits elsewhere, too.
func lastNumber(id string) string {
	at := strings.IndexAny(id, "0123456789")
	if at < 0 || strings.Trim(id[at:], "0123456789") != "" {
		return ""
	}
	return strings.TrimLeft(id[at:], "0")
}

// nextLetter returns the first letter or digit, in lower case, and what comes after it; 0 without one.
func nextLetter(text string) (letter rune, rest string) {
	for text != "" {
		r, size := rune(text[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text)
		}
		text = text[size:]
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r), text
		}
	}
	return 0, ""
}
