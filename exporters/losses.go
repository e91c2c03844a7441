package exporters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// LossError says how many events a [Batch], or a [Filter], has lost: they reached no sink, and no part tries them again.
type LossError struct {
	// Name of the Batch or Filter, see [WithName].
	Name string
	// Lost events by their reason, which is the error.type of cx.sdk.processor.dropped: queue_full, already_shutdown,
	// permanent, panic, timeout, cancelled or transient. Events that a Shutdown has left behind are in timeout.
	Lost map[string]uint64
	// Err is the last error of the exporter, or of the context that was done first. Nil if the queue alone was the reason.
	Err error
}

// Events returns how many events were lost.
func (e *LossError) Events() uint64 {
	if e == nil {
		return 0
	}
	var n uint64
	for _, k := range e.Lost {
		n += k
	}
	return n
}

// Error implements error.
func (e *LossError) Error() string {
	if e == nil {
		return "events were dropped"
	}
	var why []string
	for class, n := range e.Lost {
		why = append(why, fmt.Sprintf("%d %s", n, class))
	}
	slices.Sort(why)
	text := fmt.Sprintf("%s: %d events were dropped (%s)", e.Name, e.Events(), strings.Join(why, ", "))
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *LossError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// class is a reason why events are not delivered.
type class int

const (
	classFull class = iota
	classClosed
	classTimeout
	classCancelled
	classPanic
	classPermanent
	classTransient
	numClasses
)

// classes returns the names of the classes, which are values of error.type.
func classes() [numClasses]string {
	return [...]string{
		classFull: "queue_full", classClosed: "already_shutdown", classTimeout: "timeout",
		classCancelled: "cancelled", classPanic: "panic", classPermanent: "permanent", classTransient: "transient",
	}
}

// tally counts events by class.
type tally [numClasses]int

// sum returns how many events there are.
func (t *tally) sum() (n int) {
	for _, k := range t {
		n += k
	}
	return n
}

// classify returns how many of the events were not taken, by the class of their error. Each event of a [sink.PartialError] has
// its own. A PartialError that names no event, or events of another batch, says nothing: all events count as not taken.
func classify(err error, events []event.Event) (t tally) {
	if err == nil {
		return t
	}
	p, failed := failures(err, len(events))
	if p == nil {
		t[classOf(err)] = len(events)
		return t
	}
	for _, err := range failed {
		t[classOf(err)]++
	}
	return t
}

// losses are the events that a part has lost since it was made, and how many of them a Flush has reported.
type losses struct {
	lost, told counts
	err        error // the exporter's last one
}

// counts has the number of events of each class. Its last entry is the number of calls of the exporter that failed.
type counts [numClasses + 1]uint64

// drop counts an event that the queue did not take.
func (l *losses) drop(closed bool) {
	if closed {
		l.lost[classClosed]++
	} else {
		l.lost[classFull]++
	}
}

// add counts events that the exporter did not take.
func (l *losses) add(t tally, err error) {
	if err == nil {
		return
	}
	l.err = err
	l.lost[numClasses]++
	for c, n := range t {
		l.lost[c] += uint64(n)
	}
}

// since returns a [LossError] of the events that were lost since the given counts were reported, or nil, and marks all of them
// as reported.
func (l *losses) since(told counts, name string) error {
	e := &LossError{Name: name, Lost: map[string]uint64{}}
	for c, name := range classes() {
		if n := l.lost[c] - told[c]; n > 0 {
			e.Lost[name] = n
		}
	}
	if l.lost[numClasses] > told[numClasses] {
		e.Err = l.err
	}
	l.told = l.lost
	if len(e.Lost) == 0 {
		return nil
	}
	return e
}

// lossy is a part of this package that has losses to report, or that stands in front of such a part.
type lossy interface {
	// untold returns a function that returns the losses which no Flush had reported when untold was called, of the part and of
	// those behind it, and marks them as reported. Neither function waits for a delivery.
	untold() func() error
}

// untold returns the function of e and of the parts behind it, see [lossy].
func untold(e event.Exporter) func() error {
	if l, ok := e.(lossy); ok {
		return l.untold()
	}
	return nothingLost
}

func nothingLost() error { return nil }

// both returns a function that calls the functions and joins their errors.
func both(fs ...func() error) func() error {
	return func() error {
		errs := make([]error, len(fs))
		for i, f := range fs {
			errs[i] = f()
		}
		return errors.Join(errs...)
	}
}

type leavingKey struct{}

// leaving returns ctx with the mark that every Flush within leaves the report of losses to the next Flush. The mark also
// reaches the parts behind an exporter of another package that passes its context on.
func leaving(ctx context.Context) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithValue(ctx, leavingKey{}, true)
}

// leaves reports whether a Flush with ctx leaves losses to the next one.
func leaves(ctx context.Context) bool { return ctx != nil && ctx.Value(leavingKey{}) != nil }
