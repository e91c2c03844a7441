package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"

	"cairncx.dev/cairn/cx/event"
)

// errNoEvent is in the error of a line that is no event.
var errNoEvent = errors.New("it is no event")

func notAnEvent(err error) error { return fmt.Errorf("%w: %w", errNoEvent, err) }

// reading is what is done with each line of a file.
type reading struct {
	// parse makes an event of the line, and reports whether take is to have it. It is called by several goroutines at once, in any order.
	parse func(line []byte, e *event.Event) (wanted bool, err error)
	// take has the events one after the other, in the order of their lines. It must not keep e.
	take func(e *event.Event) error
}

// lines calls take with the events of the lines from the offset on, and returns the offset behind the last line that is whole.
func (f *file) lines(ctx context.Context, offset int64, r reading) (int64, error) {
	return f.linesUntil(ctx, offset, math.MaxInt64, r)
}

// linesUntil is lines up to an offset. It reads lines in one goroutine and parses them in as many as GOMAXPROCS, which end before it returns.
func (f *file) linesUntil(ctx context.Context, offset, until int64, r reading) (int64, error) {
	h, done, err := f.handle()
	if err != nil || h == nil {
		return offset, err
	}
	defer done()
	from, err := reader(h, offset)
	if err != nil {
		return offset, err
	}
	var running sync.WaitGroup
	stop := make(chan struct{})
	defer running.Wait()
	defer close(stop)
	begun, n := offset, 0
	for b := range inOrder(from, offset, until, r.parse, stop, &running) {
		for i := range b.lines {
			if n%64 == 0 && ctx.Err() != nil {
				return offset, context.Cause(ctx) //nolint:wrapcheck // Scan adds the path
			}
			l := &b.lines[i]
			fault := l.fault
			if l.wanted {
				fault = r.take(&b.events[i])
			}
			switch {
			case errors.Is(fault, errNoEvent) && l.ends:
				return offset, nil // it may be the beginning of an event
			case errors.Is(fault, errNoEvent), errors.Is(fault, errLong):
				if err := f.skipped(f.name, lineNumber(begun, n), fault); err != nil {
					return offset, err
				}
			case fault != nil:
				return offset, fault
			}
			offset, n = offset+l.length, n+1
		}
	}
	return offset, nil
}

// block is some lines that follow each other.
type block struct {
	text   []byte
	lines  []line
	events []event.Event // one for each line
	parsed chan struct{} // has an entry when all lines are parsed
}

// line is one line of a block.
type line struct {
	from, to int   // in the text, without the line's end
	length   int64 // in the file
	fault    error
	ends     bool // the file ends within the line
	wanted   bool
}

// The bounds of a block. A line that is longer has a block of its own.
const (
	blockLines = 128
	blockBytes = 1 << 16
)

// inOrder yields the blocks from the offset on, parsed, in their order. A block is used again after the loop's body. All goroutines end when stop is closed, or after
// the last block.
func inOrder(from *bufio.Reader, offset, until int64, parse func([]byte, *event.Event) (bool, error), stop <-chan struct{}, running *sync.WaitGroup) func(func(*block) bool) {
	workers := runtime.GOMAXPROCS(0)
	free, toParse, next := make(chan *block, workers+2), make(chan *block, workers+2), make(chan *block, workers+2)
	for range cap(free) {
		free <- &block{parsed: make(chan struct{}, 1)}
	}
	running.Go(func() {
		defer close(next)
		defer close(toParse)
		for more := true; more; {
			select {
			case b := <-free:
				offset, more = b.fill(from, offset, until)
				toParse <- b // both have room for all blocks
				next <- b
			case <-stop:
				return
			}
		}
	})
	for range workers {
		running.Go(func() {
			for b := range toParse {
				b.parse(parse)
				b.parsed <- struct{}{}
			}
		})
	}
	return func(yield func(*block) bool) {
		for b := range next {
			<-b.parsed
			if !yield(b) {
				return
			}
			free <- b
		}
	}
}

// fill reads lines, and returns where the next one begins, and whether there may be one. An error is that of a line, the last one.
func (b *block) fill(r *bufio.Reader, offset, until int64) (next int64, more bool) {
	b.text, b.lines = b.text[:0], b.lines[:0]
	for len(b.lines) < blockLines && len(b.text) < blockBytes {
		if offset >= until {
			return offset, false
		}
		from := len(b.text)
		text, length, err := take(r, b.text)
		b.text = text
		l := line{from: from, length: length, ends: errors.Is(err, io.EOF)}
		l.to = from + len(bytes.TrimRight(text[from:], lineEnd))
		l.from = l.to - len(plain(text[from:], offset))
		if err != nil && !l.ends {
			l.fault = err
		}
		b.lines = append(b.lines, l)
		offset += length
		if l.ends || l.fault != nil && !errors.Is(l.fault, errLong) {
			return offset, false
		}
	}
	return offset, true
}

func (b *block) parse(parse func([]byte, *event.Event) (bool, error)) {
	if len(b.events) < len(b.lines) {
		b.events = make([]event.Event, len(b.lines))
	}
	for i := range b.lines {
		l := &b.lines[i]
		if l.fault == nil && l.to > l.from {
			l.wanted, l.fault = parse(b.text[l.from:l.to], &b.events[i])
		}
	}
}
