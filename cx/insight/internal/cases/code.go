package cases

import (
	"cmp"
	"math"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// Kind says what a word means. The order of the kinds is the order of words of one time.
type Kind uint8

// The kinds of words.
const (
	_ Kind = iota
	Entered
	Touched
	Stalled
	Made
	Due // the time of the word is the due time of the promise: the first one and, if a pause has moved it, the last one
	Kept
	Broken
	Withdrawn
	Answered  // the customer answered a survey
	Mentioned // the customer said something without a question
)

// isSign reports whether something was done: a stall, and what becomes of a promise, follow from time, or from something else that was done.
func (k Kind) isSign() bool { return k == Entered || k == Touched || k == Answered || k == Mentioned }

// Code is what a word says beside its time. Its numbers are codes of the table's dictionaries.
type Code struct {
	Kind    Kind
	Outcome event.Outcome
	Channel event.Channel
	Actor   event.Actor
	Verdict event.Verdict
	// Number is that of a promise of the name, up to 255.
	Number uint8
	// Late marks an event that came after the end of its run, by the event's own word.
	Late bool
	// Score is the answer to a survey.
	Score int8
	// Name is the touchpoint, the stage, the promise or the survey. Stage is where a touchpoint happened.
	Name, Stage, Queue, Team, Cause uint16
}

// coder numbers codes in the order of their arrival. Code 0 is no event.
type coder struct {
	list  []Code // they are added at the end and never changed
	codes map[Code]uint16
	// recent are codes that were asked for: an event has mostly that of an event before it.
	recent [256]numbered
	// coarse counts the events whose code lacks a part, because the table has as many codes as it can have.
	coarse int64
}

type numbered struct {
	asked Code
	code  uint16
}

// slot returns the place of the code among the recent ones. The zero code is in all of them that are free.
func (c *coder) slot(code *Code) *numbered {
	return &c.recent[(int(code.Name)+7*int(code.Kind)+17*int(code.Outcome)+31*int(code.Team)+61*int(code.Queue)+127*int(code.Stage))%len(c.recent)]
}

func newCoder() *coder { return &coder{list: []Code{{}}, codes: map[Code]uint16{{}: 0}} }

// intern returns the number of the code. When the numbers become few, it drops what the fewest questions read: first cause, team, queue and stage, then
// the name, and at last channel, actor and answer. What is then left has fewer than 512 values.
func (c *coder) intern(code Code) uint16 {
	n, known := c.codes[code]
	asked := code
	for level := 1; !known && level <= 3 && len(c.list) > math.MaxUint16-(8192>>(2*level-1)); level++ {
		if level == 1 {
			c.coarse++
		}
		code = without(code, level)
		n, known = c.codes[code]
	}
	if !known {
		n = uint16(len(c.list)) //nolint:gosec // see [without]: the last level has fewer values than are left
		c.list = append(c.list, code)
		c.codes[code] = n
	}
	*c.slot(&asked) = numbered{asked, n}
	return n
}

func without(c Code, level int) Code {
	switch level {
	case 1:
		c.Cause, c.Team, c.Queue, c.Stage = 0, 0, 0, 0
	case 2:
		c.Name, c.Number = min(c.Name, 1), 0
	default:
		c.Channel, c.Actor, c.Verdict, c.Score = 0, 0, 0, 0
	}
	return c
}

// compare orders codes by what they say, because their numbers follow arrival.
func (t *Table) compare(a, b uint16) int {
	if a == b {
		return 0
	}
	x, y := &t.codes.list[a], &t.codes.list[b]
	if x.Kind != y.Kind {
		return cmp.Compare(x.Kind, y.Kind)
	}
	if n := order(t.names, x.Name, y.Name); n != 0 {
		return n
	}
	return cmp.Or(
		cmp.Compare(x.Number, y.Number), cmp.Compare(x.Outcome, y.Outcome), cmp.Compare(x.Channel, y.Channel), cmp.Compare(x.Actor, y.Actor),
		order(t.stages, x.Stage, y.Stage), order(t.queues, x.Queue, y.Queue), order(t.teams, x.Team, y.Team), order(t.causes, x.Cause, y.Cause),
		cmp.Compare(x.Verdict, y.Verdict), cmp.Compare(x.Score, y.Score), compareBool(x.Late, y.Late),
	)
}

// order compares the texts of two codes.
func order(d *dict, a, b uint16) int {
	if a == b {
		return 0
	}
	return strings.Compare(d.text(uint32(a)), d.text(uint32(b)))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
