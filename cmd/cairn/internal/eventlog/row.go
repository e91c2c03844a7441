package eventlog

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"cairncx.dev/cairn/cx/event"
)

// Row is one event of a log. Its slices are good until the next row is asked for.
type Row struct {
	// Time is when it happened, in nanoseconds since 1970.
	Time int64
	// Case is the run's ID, empty where an event of JSON has none.
	Case []byte
	// Activity is the number of its name: see [Log.Activity]. It is of CSV rows, as are Channel,
	// Customer and Outcome; 0 and empty where the log does not say.
	Activity int
	Channel  event.Channel
	Outcome  event.Outcome
	Customer []byte
	// JSON is the event itself, for event.ParseJSON, or nil for a row of a CSV file.
	JSON []byte
}

// appendTo appends the row but for its time, in a form of its own.
func (r *Row) appendTo(b []byte) []byte {
	rest, isJSON := r.Customer, byte(0)
	if r.JSON != nil {
		rest, isJSON = r.JSON, 1
	}
	b = append(b, isJSON, byte(r.Channel), byte(r.Outcome))
	b = binary.AppendUvarint(b, uint64(r.Activity)) //nolint:gosec // counted from 0
	b = binary.AppendUvarint(b, uint64(len(r.Case)))
	b = append(b, r.Case...)
	return append(b, rest...)
}

// maxHead is what appendTo needs beyond the texts.
const maxHead = 1 + 2 + 2*binary.MaxVarintLen64

// size is how many bytes appendTo appends at most.
func (r *Row) size() int { return maxHead + len(r.JSON) + len(r.Case) + len(r.Customer) }

// read fills the row with what appendTo wrote. Its slices point into b.
func (r *Row) read(at int64, b []byte) {
	isJSON := b[0] == 1
	*r = Row{Time: at, Channel: event.Channel(b[1]), Outcome: event.Outcome(b[2])}
	b = b[3:]
	activity, n := binary.Uvarint(b)
	b = b[n:]
	size, n := binary.Uvarint(b)
	b = b[n:]
	r.Activity = int(activity) //nolint:gosec // came from an int
	r.Case = b[:size]
	if isJSON {
		r.JSON = b[size:]
	} else {
		r.Customer = b[size:]
	}
}

// whyText is what faultyID returns of an ID that is not all ASCII: it has to be looked at more closely.
const whyText = "is not all ASCII"

// faultyID says what is wrong with the ID of a case or a customer, or "".
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

// faultyUTF8 says what is wrong with an ID that is UTF-8, or "".
func faultyUTF8(id []byte) string {
	switch {
	case event.ValidID(string(id)):
		return ""
	case len(id) > event.MaxID:
		return "is longer than 128 bytes"
	default:
		return "has a control character in it"
	}
}

// maxNames bounds the names of activities that are told apart: those of the blueprint, and then
// some. All others are one, event.Other.
const maxNames = 20_000

// names gives activities numbers. One goroutine numbers, any may ask for a name.
type names struct {
	numbers map[string]int
	mu      sync.Mutex
	list    []string
}

// newNames returns names with those that are known numbered first.
func newNames(known []string) *names {
	n := &names{numbers: map[string]int{}, list: []string{event.Other}}
	for _, k := range known {
		n.number([]byte(k))
	}
	return n
}

// number returns the number of a name. A blueprint has names in Unicode's normal form C, and a log may have
// them in another one, as some systems write accents: they are the same.
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
