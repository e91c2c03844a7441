package stdout_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"cairncx.dev/cairn/exporters/stdout"
)

// step is what a writer does at one call: it takes so many bytes, says that it has taken n, and fails or not.
type step struct {
	takes, says int
	err         error
}

// scripted is a writer that does one step after the other, and then takes everything.
type scripted struct {
	text  bytes.Buffer
	steps []step
	calls int
}

func (w *scripted) Write(b []byte) (int, error) {
	w.calls++
	if len(w.steps) == 0 {
		return w.text.Write(b)
	}
	s := w.steps[0]
	w.steps = w.steps[1:]
	w.text.Write(b[:s.takes])
	return s.says, s.err
}

// TestAfterATear: a line that was torn is ended once, before the next event, and again only where that was refused
// or a later line was torn.
func TestAfterATear(t *testing.T) {
	t.Parallel()
	errFull := errors.New("no space left")
	batch := touches(1, "pay")
	line := string(batch[0].AppendJSON(nil)) + "\n"
	tear, refuse := step{10, 10, errFull}, step{0, 0, errFull}
	end := step{1, 1, nil} // of a torn line
	for _, c := range []struct {
		name, reason string
		steps        []step
		failures     int
		text         string // after two more batches that are taken
	}{
		{"once", "the line has ended after the first one", []step{tear}, 1, line[:10] + "\n" + line + line},
		{"the end is refused", "the line is torn still", []step{tear, refuse}, 2, line[:10] + "\n" + line + line},
		{"what follows the end is refused", "the line has ended", []step{tear, end, refuse}, 2, line[:10] + "\n" + line + line},
		{"twice", "each one has its end", []step{tear, end, tear}, 2, line[:10] + "\n" + line[:10] + "\n" + line + line},
		{"the first byte", "it is a part of a line", []step{{1, 1, errFull}}, 1, "{\n" + line + line},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &scripted{steps: c.steps}
			e := stdout.New(stdout.WithWriter(w))
			for i := range c.failures {
				if err := e.Export(context.Background(), batch); !errors.Is(err, errFull) {
					t.Errorf("Export %d: %v, want %v", i+1, err, errFull)
				}
			}
			for range 2 {
				if err := e.Export(context.Background(), batch); err != nil {
					t.Errorf("Export afterwards: %v", err)
				}
			}
			if got := w.text.String(); got != c.text {
				t.Errorf("it is\n%q, want\n%q: %s", got, c.text, c.reason)
			}
		})
	}
}

// TestMiscounts: io.Writer says that n is 0 to len(p). A writer that fails and says something else still has its
// own error told, and what is certain of its line holds.
func TestMiscounts(t *testing.T) {
	t.Parallel()
	errBroken := errors.New("broken")
	batch := touches(1, "pay")
	line := string(batch[0].AppendJSON(nil)) + "\n"
	for _, c := range []struct {
		name, reason string
		first        step
		text         string
	}{
		{"more than there was", "at most everything was taken", step{len(line), len(line) + 5, errBroken}, line + line},
		{"fewer than none", "at least nothing was taken", step{0, -5, errBroken}, line},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &scripted{steps: []step{c.first}}
			e := stdout.New(stdout.WithWriter(w))
			if err := e.Export(context.Background(), batch); !errors.Is(err, errBroken) {
				t.Errorf("Export: %v, want %v: %s", err, errBroken, c.reason)
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

// TestNoTimeAtAll: with a context that is done before the call, the writer is not called.
func TestNoTimeAtAll(t *testing.T) {
	t.Parallel()
	why := errors.New("there is no time")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	w := &scripted{}
	e := stdout.New(stdout.WithWriter(w))
	if err := e.Export(ctx, touches(1, "pay")); !errors.Is(err, why) {
		t.Errorf("Export: %v, want %v", err, why)
	}
	if err := e.Flush(t.Context()); err != nil { // a call of the writer would be over afterwards
		t.Fatal(err)
	}
	if w.calls != 0 {
		t.Errorf("the writer was called %d times", w.calls)
	}
}
