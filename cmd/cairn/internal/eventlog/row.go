package eventlog

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"cairncx.dev/cairn/cx/event"
)

// Row is one event of a log. Its slices are valid until the caller asks for the next row.
type Row struct {
	// Time is the time of the event, in nanoseconds since 1970.
	Time int64
	// File is the index of the row's file, and Line the line on which the row begins, counted from 1. Both are 0 without Config.Places.
	File, Line int
	// Case is the ID of the run. It is empty if a JSON event has none.
	Case []byte
	// Activity is the number of the activity's name: see [Log.Activity]. Activity and what follows until Purpose are set for CSV
	// rows only. They are 0 or empty if the log does not have them.
	Activity  int
	Channel   event.Channel
	Outcome   event.Outcome
	Direction event.Direction
	Customer  []byte
	Purpose   []byte
	// Attributes are the texts of the columns of Columns.Attributes, for [Row.Texts]. It is nil without such columns.
	Attributes []byte
	people     []byte // the texts of the columns of Columns.People, each behind its length; nil if all are empty
	// JSON is the event in JSON, for event.ParseJSON, or nil for a row of a CSV file.
	JSON []byte
}

// appendTo appends the row without its time in a private encoding.
func (r *Row) appendTo(b []byte) []byte {
	isJSON := byte(0)
	if r.JSON != nil {
		isJSON = 1
	}
	b = append(b, isJSON, byte(r.Channel), byte(r.Outcome), byte(r.Direction))
	b = appendLen(b, r.File)
	b = appendLen(b, r.Line)
	b = appendLen(b, r.Activity)
	b = appendLen(b, len(r.Case))
	b = append(b, r.Case...)
	if isJSON == 1 {
		return append(b, r.JSON...)
	}
	b = append(appendLen(b, len(r.Customer)), r.Customer...)
	b = append(appendLen(b, len(r.Purpose)), r.Purpose...)
	b = append(appendLen(b, len(r.people)), r.people...)
	return append(b, r.Attributes...)
}

// Texts yields the text of each attribute, in the order of Columns.Attributes.
func (r *Row) Texts(yield func(i int, text []byte) bool) {
	for i, rest := 0, r.Attributes; len(rest) > 0; i++ {
		size, n := readLen(rest)
		if rest = rest[n:]; !yield(i, rest[:size]) {
			return
		}
		rest = rest[size:]
	}
}

// maxHead is the number of bytes that appendTo needs in addition to the texts.
const maxHead = 1 + 3 + 7*binary.MaxVarintLen64

// size returns the maximum number of bytes that appendTo appends.
func (r *Row) size() int {
	return maxHead + len(r.JSON) + len(r.Case) + len(r.Customer) + len(r.Purpose) + len(r.people) + len(r.Attributes)
}

// read decodes the output of appendTo into the row. The row's slices point into b.
func (r *Row) read(at int64, b []byte) {
	isJSON := b[0] == 1
	*r = Row{Time: at, Channel: event.Channel(b[1]), Outcome: event.Outcome(b[2]), Direction: event.Direction(b[3])}
	b = b[4:]
	file, n := readLen(b)
	b = b[n:]
	line, n := readLen(b)
	b = b[n:]
	activity, n := readLen(b)
	b = b[n:]
	size, n := readLen(b)
	b = b[n:]
	r.File, r.Line, r.Activity = file, line, activity
	r.Case = b[:size]
	if isJSON {
		r.JSON = b[size:]
		return
	}
	b = b[size:]
	size, n = readLen(b)
	b = b[n:]
	r.Customer = b[:size]
	b = b[size:]
	size, n = readLen(b)
	b = b[n:]
	r.Purpose = b[:size]
	b = b[size:]
	if size, n = readLen(b); size > 0 {
		r.people = b[n : n+size]
	}
	b = b[n:]
	if b = b[size:]; len(b) > 0 {
		r.Attributes = b
	}
}

// whyText is the result of faultyID for an ID with bytes that are not printable ASCII. Such an ID needs a
// closer check.
const whyText = "is not all ASCII"

// faultyID returns the fault of an invalid ID of a case or a customer, or "".
func faultyID(id []byte) string {
	if len(id) == 0 {
		return "is empty"
	}
	for _, c := range id {
		if c < 0x20 || c >= 0x7f {
			return whyText
		}
	}
	if len(id) > event.MaxID {
		return "is longer than 128 bytes"
	}
	return ""
}

// faultyUTF8 returns the fault of an invalid ID in UTF-8, or "".
func faultyUTF8(id []byte) string {
	switch {
	case event.ValidID(string(id)):
		return ""
	case len(id) > event.MaxID:
		return "is longer than 128 bytes"
	default:
		return "has a control character"
	}
}

// maxNames is the maximum number of different activity names in a log. The blueprint's names come first. All further names
// count as event.Other.
const maxNames = 20_000

// names numbers the names of activities. One goroutine assigns numbers; any goroutine may look a name up.
type names struct {
	numbers map[string]int
	mu      sync.Mutex
	list    []string
}

// newNames returns names that has numbered the known names first.
func newNames(known []string) *names {
	n := &names{numbers: map[string]int{}, list: []string{event.Other}}
	for _, k := range known {
		n.number([]byte(k))
	}
	return n
}

// number returns the number of a name. A blueprint has names in Unicode's normal form C. Some systems write
// accents in another form, so number treats all forms of a name as the same name.
func (n *names) number(name []byte) int {
	if i, ok := n.numbers[string(name)]; ok {
		return i
	}
	if normal := norm.NFC.Bytes(name); !bytes.Equal(normal, name) {
		i := n.number(normal)
		if len(n.numbers) <= 2*maxNames {
			n.numbers[string(name)] = i
		}
		return i
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) > maxNames {
		return 0
	}
	text := strings.ToValidUTF8(string(name[:min(len(name), 4*event.MaxName)]), "")
	n.numbers[string(name)] = len(n.list)
	n.list = append(n.list, text)
	return len(n.list) - 1
}

func (n *names) name(i int) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.list[i]
}
