package jsonl_test

import (
	"context"
	"errors"
	"testing"

	"cairncx.dev/cairn/exporters/jsonl"
)

// tearing writes so many bytes of a batch, once, and fails.
type tearing struct {
	text []byte
	at   int
}

var errTorn = errors.New("torn")

func (w *tearing) Write(b []byte) (int, error) {
	if w.at >= 0 {
		n := w.at
		w.at = -1
		w.text = append(w.text, b[:n]...)
		return n, errTorn
	}
	w.text = append(w.text, b...)
	return len(b), nil
}

func TestWriterTorn(t *testing.T) {
	t.Parallel()
	batch := touches(1, 2, "pay")
	first, second := string(batch[0].AppendJSON(nil))+"\n", string(batch[1].AppendJSON(nil))+"\n"
	for _, c := range []struct {
		name, reason string
		at           int
		want         string
	}{
		{"nothing is written", "there is nothing to end", 0, first + second},
		{"in the first line", "the next batch would be a part of it", 10, first[:10] + "\n" + first + second},
		{"between two lines", "a line that is whole has ended", len(first), first + first + second},
		{"in the second line", "as in the first", len(first) + 5, first + second[:5] + "\n" + first + second},
		{"all but the last line break", "it is whole then", len(first+second) - 1, first + second + first + second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &tearing{at: c.at}
			e, err := jsonl.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Export(context.Background(), batch); !errors.Is(err, errTorn) {
				t.Fatalf("Export: %v", err)
			}
			export(t, e, batch...)
			if string(w.text) != c.want {
				t.Errorf("it is\n%q, want\n%q: %s", w.text, c.want, c.reason)
			}
		})
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("no") }

// TestWriterPanics: a panic of somebody's writer is an error, and the next call has its turn.
func TestWriterPanics(t *testing.T) {
	t.Parallel()
	e, err := jsonl.NewWriter(panicking{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := e.Export(t.Context(), touches(1, 1, "pay")); err == nil {
			t.Error("Export returned nil")
		}
	}
	shut(t, e)
}
