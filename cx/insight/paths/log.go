package paths

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Step is one step of a run, in eight bytes: the microseconds since the run's start in the upper 48 bits, and a code in the lower 16.
// Steps in the order of their numbers are in the order of time.
type Step uint64

const (
	codeBits = 16
	codeMask = 1<<codeBits - 1
	// MaxAfter is the longest time since the start that a step has, 8.9 years.
	MaxAfter = (1<<(64-codeBits) - 1) * time.Microsecond
	// MaxCodes is the highest number of codes.
	MaxCodes = codeMask
)

// StepAt returns the step with the code, so long after the run's start. A time before the start is the start, and one beyond
// [MaxAfter] is that. Parts of a microsecond are cut.
func StepAt(after time.Duration, code uint16) Step {
	after = min(max(after, 0), MaxAfter)
	return Step(after/time.Microsecond)<<codeBits | Step(code)
}

// After returns the time since the run's start.
func (s Step) After() time.Duration { return time.Duration(s.micros()) * time.Microsecond }

// Code returns the code, an index into [Log.Codes].
func (s Step) Code() uint16 { return uint16(s & codeMask) }

func (s Step) micros() int64 { return int64(s >> codeBits) }

// Code is what a step can be: a stage, an activity, a team.
type Code struct {
	// Name is shown in answers. Codes of the same name are one.
	Name string
	// Rank orders steps of the same moment: the lower one comes first. Steps of the same rank are in the order of their names, by bytes.
	// The promised order of stages is a good rank. The lowest rank counts among codes of the same name.
	Rank int
	// Wait means that the time from such a step to the next one is waiting: nothing is done for the customer. Codes of the same
	// name wait if one of them does.
	Wait bool
}

// Run is what a question needs of a run beside its steps.
type Run struct {
	Start int64 // in microseconds since 1970 in UTC, the moment from which the steps count
	End   int64 // the same, if Ended
	Ended bool
	// Completed means that the run has ended as it should. It says nothing if Ended is false.
	Completed bool
	// Currency is that of Value, an index into [Log.Currencies].
	Currency uint16
	// Customer is a digest of the customer's pseudonym. It is 0 if the customer is not known: each such run counts as a customer.
	Customer uint64
	// Value is the run's value in the minor unit of its currency.
	Value int64
}

// Log is the runs that questions are about. The functions are called concurrently, and more than once with the same row. Their results
// must not change while a question is asked. Neither the order of rows nor that of codes changes an answer.
type Log struct {
	// Rows is the number of runs. Rows are numbered from 0.
	Rows int
	// Run returns a run.
	Run func(row int) Run
	// Steps returns the steps of a run, in any order. It may append them to into, which is empty, or return a slice of its own, which is only
	// read. A step whose code is not in Codes is left out.
	Steps func(row int, into []Step) []Step
	// Codes are what the steps can be, at most [MaxCodes].
	Codes []Code
	// Currencies are those of the runs' values. A value with another currency is left out.
	Currencies []string
	// At is the moment of the question, in microseconds since 1970 in UTC. An open run lasts until At.
	At int64
	// Workers is the number of goroutines of a question. Default: GOMAXPROCS. It changes no answer.
	Workers int
}

// ErrLog is the error of a log that questions cannot read.
var ErrLog = errors.New("paths: not a log")

// Paths answers questions about the runs of a log. It may be used concurrently.
type Paths struct {
	log     Log
	names   []string // by place: the order of rank and name
	waits   []bool
	place   []uint16 // the place of each code
	workers int
	fewest  int // a group of fewer customers is not shown
	// The runs and the variants, which several questions read.
	runs atomic.Pointer[[]Run]
	once sync.Once
	kept *variants
	// Whether the runs with a step are of too few customers.
	looked sync.Once
	few    bool
}

// New returns the answers to questions about the log. It reads the codes, and no run. The error wraps [ErrLog].
func New(log Log) (*Paths, error) {
	switch {
	case log.Rows < 0 || log.Rows > math.MaxInt32:
		return nil, fmt.Errorf("%w: it has %d rows: give 0 to %d", ErrLog, log.Rows, math.MaxInt32)
	case log.Rows > 0 && (log.Run == nil || log.Steps == nil):
		return nil, fmt.Errorf("%w: it has rows, and Run or Steps is nil", ErrLog)
	case len(log.Codes) > MaxCodes:
		return nil, fmt.Errorf("%w: it has %d codes: give at most %d", ErrLog, len(log.Codes), MaxCodes)
	}
	p := &Paths{log: log, workers: log.Workers, fewest: minGroup}
	if p.workers < 1 {
		p.workers = runtime.GOMAXPROCS(0)
	}
	p.arrange()
	return p, nil
}

// arrange gives each name a place, so that the order of the codes does not matter.
func (p *Paths) arrange() {
	ranks, waits := map[string]int{}, map[string]bool{}
	for _, c := range p.log.Codes {
		if r, ok := ranks[c.Name]; !ok || c.Rank < r {
			ranks[c.Name] = c.Rank
		}
		waits[c.Name] = waits[c.Name] || c.Wait
	}
	p.names = make([]string, 0, len(ranks))
	for name := range ranks {
		p.names = append(p.names, name)
	}
	slices.SortFunc(p.names, func(a, b string) int { return cmp.Or(cmp.Compare(ranks[a], ranks[b]), cmp.Compare(a, b)) })
	places := make(map[string]uint16, len(p.names))
	p.waits = make([]bool, len(p.names))
	for i, name := range p.names {
		places[name], p.waits[i] = uint16(i), waits[name]
	}
	p.place = make([]uint16, len(p.log.Codes))
	for i, c := range p.log.Codes {
		p.place[i] = places[c.Name]
	}
}

// placed returns the place of a name, and false if no code has it.
func (p *Paths) placed(name string) (uint16, bool) {
	i := slices.Index(p.names, name)
	return uint16(max(i, 0)), i >= 0 //nolint:gosec // at most MaxCodes
}

// named returns the names of places.
func (p *Paths) named(places ...uint16) []string {
	names := make([]string, len(places))
	for i, at := range places {
		names[i] = p.names[at]
	}
	return names
}

// reader reads the steps of runs. Each goroutine has its own.
type reader struct {
	p       *Paths
	in, out []Step
}

// steps returns the steps of the run in the order of time, and of places within a moment. Their codes are places. The next call
// overwrites them.
func (r *reader) steps(row int) []Step {
	got := r.p.log.Steps(row, r.in[:0]) // the slice may be the caller's own, which is not written to
	place, out, sorted, last := r.p.place, r.out[:0], true, Step(0)
	for _, s := range got {
		code := int(s & codeMask)
		if code >= len(place) {
			continue
		}
		s = s&^codeMask | Step(place[code])
		sorted, last = sorted && s >= last, s
		out = append(out, s)
	}
	if !sorted {
		slices.Sort(out)
	}
	r.out = out
	return out
}
