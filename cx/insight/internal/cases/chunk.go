package cases

import "math"

// Rows is the number of rows of a chunk.
const Rows = 4096

// Flag is what a row knows about itself.
type Flag uint8

// The flags of a row.
const (
	Folded    Flag = 1 << iota // the row has words, and questions may read it
	Begun                      // an event knows when the run began; without it, Base is the time of the first event
	endStage                   // Stage is that of the end
	endCause                   // Cause is that of the end
	Synthetic                  // a probe did something in the run
	dirty                      // the tail has events of the row
	After                      // an event says that it came after the end of the run
)

// Chunk has the rows of a part of the table. Questions read the exported fields of the chunks of a snapshot, and change nothing.
type Chunk struct {
	N int // rows in use
	// Journey is a code of Snapshot.Journeys. Base is when the run began, in microseconds since 1970; Ended when it ended, 0 if it did not;
	// Last when the customer or the company last did something, 0 if
	// that is not known: a stall, a promise that is broken and the end are no signs of life.
	Journey [Rows]uint16
	Base    [Rows]int64
	Ended   [Rows]int64
	Last    [Rows]int64
	Flags   [Rows]Flag
	Outcome [Rows]uint8 // event.Outcome of the end
	// Channels and Actors have a bit for each event.Channel and event.Actor of the touchpoints.
	Channels [Rows]uint16
	Actors   [Rows]uint8
	// Failures counts failed touchpoints, up to 255.
	Failures [Rows]uint8
	arrays

	firsts []first // by the number of the column
	lead   [Rows]uint32

	ids  []byte
	idAt [Rows + 1]uint32

	words  []uint64
	wordAt [Rows + 1]uint32
	tail   []tailed

	// earliest and latest are the bounds of Base of the rows that are folded. Plain is how many are folded, and have nothing that a probe did. Newest is the latest
	// time of an event.
	earliest, latest, newest int64
	plain                    int

	published bool   // a snapshot has the chunk
	was       arrays // those that a published chunk has, too: see own
}

// arrays are the columns that may be nil. Such a one has no value in this chunk.
type arrays struct {
	// Stage, Cause, Queue and Team are codes of the dictionaries of these names.
	Stage, Cause, Queue, Team *[Rows]uint16
	// Waits is the time that the customer waited for answers of people, in milliseconds, up to 49 days.
	Waits *[Rows]uint32
	// Verdict is the event.Verdict of the customer's last answer. Score is the answer itself.
	Verdict *[Rows]uint8
	Score   *[Rows]int8
	// Customer is a digest of the customer's pseudonym; 0 is not known.
	Customer *[Rows]uint64
	// Amount is the value at stake in minor units of Currency, a code of Snapshot.Currencies.
	Amount   *[Rows]int64
	Currency *[Rows]uint16
	amountAt *[Rows]uint32
}

// Bounds returns the earliest and the latest Base of the rows that are folded. Without one the earliest is after the latest.
func (c *Chunk) Bounds() (earliest, latest int64) {
	if c.latest == 0 && c.earliest == 0 {
		return 1, 0
	}
	return c.earliest, c.latest
}

// Oldest returns the earliest Base of all rows, and 0 without a row that has one.
func (c *Chunk) Oldest() (at int64) {
	if c.Plain() {
		return c.earliest
	}
	for row := range c.N {
		if base := c.Base[row]; base != 0 && (at == 0 || base < at) {
			at = base
		}
	}
	return at
}

// Newest returns a time that none of the columns Base, Last and Ended is after.
func (c *Chunk) Newest() int64 { return c.newest }

// Plain reports whether all rows are folded, and no probe did anything in one.
func (c *Chunk) Plain() bool { return c.N > 0 && c.plain == c.N }

// bound works out the bounds.
func (c *Chunk) bound() {
	c.earliest, c.latest, c.plain = math.MaxInt64, math.MinInt64, 0
	for row := range c.N {
		c.newest = max(c.newest, c.Last[row], c.Ended[row], c.Base[row])
		if c.Flags[row]&Folded == 0 {
			continue
		}
		c.earliest, c.latest = min(c.earliest, c.Base[row]), max(c.latest, c.Base[row])
		if c.Flags[row]&Synthetic == 0 {
			c.plain++
		}
	}
}

// tailed is an event that is not yet folded.
type tailed struct {
	at   int64
	wait uint32
	row  uint16
	code uint16
}

// ID returns the application's ID of the run.
func (c *Chunk) ID(row int) string { return string(c.ids[c.idAt[row]:c.idAt[row+1]]) }

// Words returns the words of the run in the order of time. The caller must not change them.
func (c *Chunk) Words(row int) []uint64 { return c.words[c.wordAt[row]:c.wordAt[row+1]] }

// At returns the time of a word of the row, in microseconds since 1970.
func (c *Chunk) At(row int, word uint64) int64 { return c.Base[row] + int64(word>>codeBits) }

const (
	codeBits  = 16
	maxOffset = 1<<(64-codeBits) - 1
)

// IsSign reports whether the word of this code is a sign of life: see Chunk.Last.
func (c *Code) IsSign() bool { return c.Kind.isSign() }

// CodeOf returns the code of a word: an index into Snapshot.Codes.
func CodeOf(word uint64) uint16 { return uint16(word & (1<<codeBits - 1)) }

// EndCause returns the code of the cause of the run's end, and 0 if no event told one.
func (c *Chunk) EndCause(row int) uint16 {
	if c.Flags[row]&endCause == 0 || c.Cause == nil {
		return 0
	}
	return c.Cause[row]
}
