package stdout_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/stdout"
)

// tearing takes so many bytes of one batch, and fails, or says nothing.
type tearing struct {
	text bytes.Buffer
	at   int // -1: it takes everything
	err  error
}

func (w *tearing) Write(b []byte) (int, error) {
	if w.at < 0 {
		return w.text.Write(b)
	}
	n, _ := w.text.Write(b[:w.at])
	w.at = -1
	return n, w.err
}

// TestTorn: what a failed write left does not join the next event.
func TestTorn(t *testing.T) {
	t.Parallel()
	batch := touches(2, "pay")
	first, second := string(batch[0].AppendJSON(nil))+"\n", string(batch[1].AppendJSON(nil))+"\n"
	errFull := errors.New("no space left")
	for _, c := range []struct {
		name, reason string
		at           int
		err, want    error
		text         string
	}{
		{"nothing is written", "there is nothing to end", 0, errFull, errFull, first + second},
		{"in the first line", "the next event would be a part of it", 10, errFull, errFull, first[:10] + "\n" + first + second},
		{"between two lines", "a line that is whole has ended", len(first), errFull, errFull, first + first + second},
		{"in the second line", "as in the first", len(first) + 5, errFull, errFull, first + second[:5] + "\n" + first + second},
		{"all but the last line break", "it is whole then", len(first+second) - 1, errFull, errFull, first + second + first + second},
		{"a short write without an error", "io.Writer forbids it, and it happens", 10, nil, io.ErrShortWrite, first[:10] + "\n" + first + second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &tearing{at: c.at, err: c.err}
			e := stdout.New(stdout.WithWriter(w))
			if err := e.Export(context.Background(), batch); !errors.Is(err, c.want) || sink.IsPermanent(err) {
				t.Errorf("Export: %v, want %v", err, c.want)
			}
			if err := e.Export(context.Background(), batch); err != nil {
				t.Errorf("Export again: %v", err)
			}
			if got := w.text.String(); got != c.text {
				t.Errorf("it is\n%q, want\n%q: %s", got, c.text, c.reason)
			}
		})
	}
}

// TestNobodyReads: a pipe that is full holds no call for longer than its context, and loses nothing of what
// it takes later.
func TestNobodyReads(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	e := stdout.New(stdout.WithWriter(w))
	begun := make([]byte, 1)
	big := touches(200, strings.Repeat("x", 8000)) // more than any system's pipe has room for
	for _, c := range []struct {
		name, says string
		call       func(ctx context.Context) error
	}{
		{"Export", "does not take", func(ctx context.Context) error { return e.Export(ctx, big) }},
		{"Export behind it", "not yet taken", func(ctx context.Context) error { return e.Export(ctx, touches(1, "behind")) }},
		{"Flush", "not yet taken", e.Flush},
		{"Shutdown", "not yet taken", e.Shutdown},
	} {
		ctx := deadline(func() {
			if c.name == "Export" { // the deadline comes when the writer has taken some, and no more
				_, _ = io.ReadFull(r, begun)
			}
		})
		if err := c.call(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), c.says) || sink.IsPermanent(err) {
			t.Errorf("%s: %v, want that it %s", c.name, err, c.says)
		}
	}
	text := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(r)
		text <- slices.Concat(begun, b)
	}()
	if err := errors.Join(e.Flush(context.Background()), e.Shutdown(context.Background())); err != nil {
		t.Error(err)
	}
	if err := e.Export(context.Background(), big); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("Export after Shutdown: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	n := 0
	for line := range bytes.Lines(<-text) {
		got, err := event.ParseJSON(line)
		if err != nil || got.ID != big[n].ID {
			t.Fatalf("line %d is %.80q: %v", n, line, err)
		}
		n++
	}
	if n != len(big) {
		t.Errorf("%d lines, want %d", n, len(big))
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("no") }

// TestPanics: a panic of somebody's writer is an error, in any goroutine, and the next call has its turn.
func TestPanics(t *testing.T) {
	t.Parallel()
	e := stdout.New(stdout.WithWriter(panicking{}))
	for _, ctx := range []context.Context{context.Background(), t.Context(), nil} {
		if err := e.Export(ctx, touches(1, "pay")); err == nil || sink.IsPermanent(err) {
			t.Errorf("Export: %v", err)
		}
	}
	if err := errors.Join(e.Flush(nil), e.Shutdown(nil)); err != nil { //nolint:staticcheck // a nil context is context.Background()
		t.Error(err)
	}
}

// timeUp is a context whose deadline comes when a call waits for it, and the condition has returned.
type timeUp struct {
	context.Context //nolint:containedctx // it is one

	condition func()
	begin     sync.Once
	over      chan struct{}
}

func deadline(condition func()) *timeUp {
	return &timeUp{Context: context.Background(), condition: condition, over: make(chan struct{})}
}

// Done implements [context.Context].
func (c *timeUp) Done() <-chan struct{} {
	c.begin.Do(func() {
		go func() {
			c.condition()
			close(c.over)
		}()
	})
	return c.over
}

// Err implements [context.Context].
func (c *timeUp) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
