// Package progress shows a progress bar on a terminal. The callers choose its text.
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
	// patience is the time after which the bar appears.
	patience = time.Second
	// every is the minimum time between two updates of the line.
	every = 100 * time.Millisecond
	// The maximum and the minimum length of the bar in characters. A line without room for the minimum has no
	// bar.
	most, least = 30, 5
	// usual is the width in characters of a terminal that does not report its width.
	usual = 80
)

// Bar is a line of a terminal that it rewrites to show progress. It is not safe for concurrent use. A nil Bar
// shows nothing.
type Bar struct {
	w       io.Writer
	now     func() time.Time
	width   func() int
	began   time.Time
	written time.Time
	shown   bool
}

// New returns a Bar that writes to w, or nil if w is not a terminal.
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

// NewOn returns a Bar that writes to w even if w is not a terminal. It takes the time from now. The function
// width returns the width of the line in characters.
func NewOn(w io.Writer, now func() time.Time, width func() int) *Bar {
	t := now()
	return &Bar{w: w, now: now, width: width, began: t, written: t}
}

// Show reports the current activity and its progress, done out of total. A total of 0 is unknown. Show writes
// at most ten times a second, and nothing in the first second.
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
	_, _ = fmt.Fprintf(b.w, "\r\x1b[K%s", line) // a failure to show progress is no error
}

// fit puts a bar between the texts if there is room for it. The bar never makes the line wrap, because a
// wrapped line could not be cleared.
func (b *Bar) fit(doing, about string, part float64) string {
	size := min(most, b.width()-1-utf8.RuneCountInString(doing+" "+about))
	if size < least {
		return doing + about
	}
	full := int(part * float64(size))
	return doing + " " + strings.Repeat("█", full) + strings.Repeat("░", size-full) + about
}

// Stage begins a new activity. The estimate of the remaining time starts anew.
func (b *Bar) Stage() {
	if b != nil {
		b.began = b.now().Add(-patience)
		if !b.shown {
			b.began = b.now()
		}
	}
}

// Clear removes the line, so that the caller can write something else.
func (b *Bar) Clear() {
	if b != nil && b.shown {
		_, _ = io.WriteString(b.w, "\r\x1b[K")
		b.shown = false
	}
}
