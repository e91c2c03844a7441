// Package progress shows on a terminal how far something is that takes long. What is done is its
// callers' to say.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

const (
	// patience is after how long something takes long.
	patience = time.Second
	// every is how often the line is written anew.
	every = 100 * time.Millisecond
	// The bar has so many characters, and fewer where the line would not fit.
	most, least = 30, 5
	// usual is how many characters a terminal has that does not say it.
	usual = 80
)

// Bar is one line that is written over and over. It is not safe for concurrent use. A nil Bar
// shows nothing.
type Bar struct {
	w       io.Writer
	now     func() time.Time
	width   func() int
	began   time.Time
	written time.Time
	shown   bool
}

// New returns a Bar that writes to w, or nil when w is not a terminal.
func New(w io.Writer) *Bar {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return NewOn(w, time.Now, func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 {
			return usual
		}
		return width
	})
}

// NewOn returns a Bar that writes to w whatever it is, by the clock. Width is asked how many
// characters fit into a line of it.
func NewOn(w io.Writer, now func() time.Time, width func() int) *Bar {
	t := now()
	return &Bar{w: w, now: now, width: width, began: t, written: t}
}

// Show says what is being done and how much of how much is done; total 0 is not known. It writes
// ten times a second at most, and not in the first second.
func (b *Bar) Show(doing string, done, total int64) {
	if b == nil {
		return
	}
	now := b.now()
	if now.Sub(b.began) < patience || b.shown && now.Sub(b.written) < every {
		return
	}
	b.written, b.shown = now, true
	line := doing
	if total > 0 {
		part := min(max(float64(done)/float64(total), 0), 1)
		about := fmt.Sprintf(" %3.0f%%", part*100)
		if part > 0 && part < 1 {
			left := time.Duration(float64(now.Sub(b.began)) * (1 - part) / part)
			about += fmt.Sprintf(", about %v left", left.Round(time.Second))
		}
		line = b.fit(doing, about, part)
	}
	line = string([]rune(line)[:min(utf8.RuneCountInString(line), max(b.width()-1, 0))])
	_, _ = fmt.Fprintf(b.w, "\r\x1b[K%s", line) // a bar that cannot be shown is no fault
}

// fit puts a bar between the texts that is as long as there is room: a line that wraps could not be
// taken away.
func (b *Bar) fit(doing, about string, part float64) string {
	size := min(most, b.width()-1-utf8.RuneCountInString(doing+" "+about))
	if size < least {
		return doing + about
	}
	full := int(part * float64(size))
	return doing + " " + strings.Repeat("█", full) + strings.Repeat("░", size-full) + about
}

// Stage begins something new: what was done before says nothing about how long it takes.
func (b *Bar) Stage() {
	if b != nil {
		b.began = b.now().Add(-patience)
		if !b.shown {
			b.began = b.now()
		}
	}
}

// Clear takes the line away, so that something else can be written.
func (b *Bar) Clear() {
	if b != nil && b.shown {
		_, _ = io.WriteString(b.w, "\r\x1b[K")
		b.shown = false
	}
}
